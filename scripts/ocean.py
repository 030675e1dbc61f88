"""The published port-ocean framework on this machine, from PyPI: to compare with, in tests and measurements.

python scripts/ocean.py        (or: make ocean)

Needs Python 3.12 or newer, on the path or among pyenv's versions. Prints the command that runs it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

OCEAN = "0.56.2"
OLDEST = "0.12.9"
"""The last that runs on Python 3.11."""
_PYTHONS = {OCEAN: ("3.13", "3.12"), OLDEST: ("3.11",)}
_SECONDS = 600


def missing(version: str = OCEAN) -> str | None:
    """What this machine lacks; ``None`` when :func:`fetch` can be tried."""
    if (_folder(version) / ".complete").exists() or _python(version) is not None:
        return None
    return f"port-ocean {version} needs Python {' or '.join(_PYTHONS[version])}"


def fetch(version: str = OCEAN) -> Path:
    """Its command; installed in ``.tools`` once.

    Raises:
        LookupError: there is no Python for it.
        subprocess.SubprocessError: PyPI cannot be reached.
    """
    folder = _folder(version)
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not (folder / ".complete").exists():
            _install(version, folder)
    return folder / "venv" / "bin" / "ocean"


def _install(version: str, folder: Path) -> None:
    python = _python(version)
    if python is None:
        raise LookupError(missing(version))
    shutil.rmtree(folder, ignore_errors=True)
    _run(python, "-m", "venv", str(folder / "venv"))
    _run(str(folder / "venv" / "bin" / "pip"), "install", "--quiet", f"port-ocean[cli]=={version}")
    (folder / ".complete").touch()


def _folder(version: str) -> Path:
    return (Path(".tools") / f"port-ocean-{version}").absolute()


def _python(version: str) -> str | None:
    """pyenv's commands of versions that are not in use only complain, so each is tried."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for wanted in _PYTHONS[version]:
        for each in (shutil.which(f"python{wanted}"), *map(str, sorted(kept.glob(f"{wanted}.*/bin/python3")))):
            if each and _starts(each):
                return each
    return None


def _starts(python: str) -> bool:
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False, timeout=60).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_SECONDS, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    lacking = missing()
    if lacking:
        raise SystemExit(lacking)
    print(fetch())
