"""Users and teams that inputs name."""

from __future__ import annotations

from collections.abc import Collection

from fairway.portal.access.directory import Directory
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class PeopleFinder:
    """Tells which users and teams there are."""

    def __init__(self, db: Database, directory: Directory) -> None:
        self._db = db
        self._directory = directory

    async def users(self, emails: Collection[str]) -> set[str]:
        """Those of the e-mails that are users'."""
        if not emails:
            return set()
        return await self._db.read(lambda tx: self._directory.known_emails(tx, emails))

    async def teams(self, names: Collection[str]) -> set[str]:
        """Those of the names and identifiers that are teams'."""
        if not names:
            return set()

        async def work(tx: Tx) -> set[str]:
            return set(await self._directory.find_teams(tx, sorted(names)))

        return await self._db.read(work)
