"""The environment as the agent and expressions see it: variables, secret files, and for settings a dotenv file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

_FILE = "_FILE"
_SECRETS_DIR = "FAIRWAY_AGENT_SECRETS_DIR"
_LARGEST = 65_536
_CERTIFICATES = "-----BEGIN CERTIFICATE"
"""Variables of other programs name files of certificates, which are no secrets."""


class Environment(Mapping[str, str]):
    """Variables, and with them secrets from files: ``NAME_FILE`` names a file with the value of ``NAME``, and each file
    in the folder ``FAIRWAY_AGENT_SECRETS_DIR`` is a variable. :meth:`reload` reads them again; expressions that look
    into this mapping see the new values at once.
    """

    def __init__(self, variables: Mapping[str, str], folder: Path = Path()) -> None:
        self._variables = dict(variables)
        self._folder = folder
        self._secrets: dict[str, str] = {}
        self._stamp: tuple[tuple[str, int, int], ...] = ()
        self.problems: list[str] = []
        """Files that could not be read."""
        self.reload()

    def __getitem__(self, name: str) -> str:
        value = self._variables.get(name)
        if not value and name in self._secrets:  # charts render unset variables as empty text
            return self._secrets[name]
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._secrets, **self._variables})

    def __len__(self) -> int:
        return len({**self._secrets, **self._variables})

    def all(self) -> dict[str, str]:
        """A copy, variables before secret files."""
        return {name: self[name] for name in self}

    @property
    def secrets(self) -> frozenset[str]:
        """The values that came from files, for redaction."""
        return frozenset(filter(None, self._secrets.values()))

    def reload(self) -> bool:
        """Reads the secret files again; whether a value changed."""
        before = self._secrets
        self.problems = []
        self._stamp = self._stamps()
        self._secrets = {name: text for name, path in self._files() if (text := self._read(path)) is not None}
        return before != self._secrets

    def changed(self) -> bool:
        """Whether a secret file was changed since it was read; cheap enough to ask every second."""
        return self._stamps() != self._stamp

    def dotenv(self, path: Path | None = None) -> dict[str, str]:
        """Values of the dotenv file: the given one, else ``.env`` in the working folder or the nearest parent."""
        found = path or next((each / ".env" for each in self._upwards() if (each / ".env").is_file()), None)
        if found is None:
            return {}
        return {name: value for name, value in dotenv_values(found, encoding="utf-8").items() if value is not None}

    def _upwards(self) -> Iterator[Path]:
        start = self._folder.absolute()
        return iter((start, *start.parents))

    def _files(self) -> Iterator[tuple[str, Path]]:
        folder = self._variables.get(_SECRETS_DIR)
        if folder:
            # Kubernetes mounts links to files, beside folders that begin with two dots
            found = sorted(Path(folder).iterdir()) if Path(folder).is_dir() else []
            yield from ((path.name, path) for path in found if path.is_file() and not path.name.startswith("."))
        for name, value in self._variables.items():
            if name.endswith(_FILE) and value and name != _FILE and not name.startswith("SSL_"):
                yield name.removesuffix(_FILE), Path(value)

    def _stamps(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for _, path in self._files():
            try:
                state = path.stat()
            except OSError:
                continue
            found.append((str(path), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def _read(self, path: Path) -> str | None:
        try:
            if not path.is_file() or path.stat().st_size > _LARGEST:
                return None
            text = path.read_text().rstrip("\r\n")
            return None if _CERTIFICATES in text else text
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f'"{path}" cannot be read: {error}')
            return None
