"""The published port-ocean framework on this machine, from PyPI: to compare with, in tests and measurements.

python scripts/ocean.py        (or: make ocean)

Needs Python 3.12 or newer, on the path or among pyenv's versions. Prints the command that runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

OCEAN = "0.56.2"
FOLDER = Path(".tools") / f"port-ocean-{OCEAN}"
_PYTHONS = ("python3.13", "python3.12")
_SECONDS = 600


def missing() -> str | None:
    """What this machine lacks; ``None`` when :func:`fetch` can be tried."""
    if (FOLDER / ".complete").exists() or _python() is not None:
        return None
    return f"port-ocean {OCEAN} needs {' or '.join(_PYTHONS)}"


def fetch() -> Path:
    """Its command; installed in ``.tools`` once.

    Raises:
        LookupError: there is no Python for it.
        subprocess.SubprocessError: PyPI cannot be reached.
    """
    venv = FOLDER.absolute() / "venv"
    if not (FOLDER / ".complete").exists():
        python = _python()
        if python is None:
            raise LookupError(missing())
        shutil.rmtree(FOLDER, ignore_errors=True)
        _run(python, "-m", "venv", str(venv))
        _run(str(venv / "bin" / "pip"), "install", "--quiet", f"port-ocean[cli]=={OCEAN}")
        (FOLDER / ".complete").touch()
    return venv / "bin" / "ocean"


def _python() -> str | None:
    """pyenv's commands of versions that are not in use only complain, so each is tried."""
    found = [shutil.which(name) for name in _PYTHONS]
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.1[23].*/bin/python3"))
    return next((each for each in [*found, *map(str, kept)] if each and _starts(each)), None)


def _starts(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False, timeout=60).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_SECONDS, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    lacking = missing()
    if lacking:
        raise SystemExit(lacking)
    print(fetch())
