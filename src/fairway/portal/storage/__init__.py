"""Storage: one unit-of-work interface over SQLite and PostgreSQL, migrations, the outbox and jobs.

Features write ``async`` units of work that receive a :class:`Tx`. On PostgreSQL they are awaited over asyncpg; on
SQLite the same coroutine is driven to its end inside the writer or a reader thread, so a unit of work may await
nothing but its ``Tx``.
"""

from fairway.portal.storage.database import Database, open_database
from fairway.portal.storage.tx import Tx

__all__ = ["Database", "Tx", "open_database"]
