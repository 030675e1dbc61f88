"""``python -m fairway``."""

from fairway.cli.main import app

app()
