"""Repositories that a complete listing does not have any more, or that are filtered out. Section 7.2."""

from __future__ import annotations

from fairway.gitops.ledger.endings import is_gone
from fairway.gitops.ledger.model import RepositoryState
from fairway.gitops.ledger.store import Changes
from fairway.gitops.sync.applier import GroupApplier
from fairway.gitops.sync.context import Context
from fairway.gitops.sync.tally import Tally

_PAGE = 500


class Vanishing:
    """Ends the claims of repositories that are gone. Their effect is subject to the limits of section 7.3."""

    def __init__(self, context: Context, applier: GroupApplier) -> None:
        self._context = context
        self._applier = applier
        self.ended = 0
        self.tally = Tally()

    async def run(self, generation: int, started_at: int, *, absence_counts: bool) -> None:
        """Looks at every repository that is not in the listing of ``generation``. ``absence_counts``: the listing can
        be trusted to hold all that exist."""
        after = ""
        while page := await self._context.store.unlisted(self._context.source, generation, after, _PAGE):
            after = page[-1].id
            for state in page:
                await self._look(state, generation, started_at, absence_counts=absence_counts)

    async def _look(self, state: RepositoryState, generation: int, started_at: int, *, absence_counts: bool) -> None:
        if state.listed >= generation:
            await self._end(state, f'Repository "{state.label}" is filtered out')
            return
        if not absence_counts:
            return
        since = started_at if state.missing_since is None else state.missing_since
        count = state.missed + 1
        await self._context.store.missed(self._context.source, state.id, since, count)
        if is_gone(count, since, started_at):
            await self._end(state, f'Repository "{state.label}" is gone')

    async def deleted(self, state: RepositoryState) -> None:
        """A repository that its forge says is deleted, and that is not there."""
        await self._end(state, f'Repository "{state.label}" was deleted')

    async def _end(self, state: RepositoryState, reason: str) -> None:
        """Ends what is left. The wait of two passes was its grace."""
        context = self._context
        if state.tip is not None or state.files:
            due_at = context.now() - int(context.options.deletion_grace_seconds * 1000)
            self.tally.add(await self._applier.end(state, due_at, reason))
            self.ended += 1
        elif not state.excluded and not await context.store.claims_of(context.source, [state.id]):
            await context.store.commit(Changes(forgotten=[(context.source, state.id)]))
