"""What an event is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HookKind = Literal["push", "repository", "request", "ping", "ignored"]
_BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True)
class RefChange:
    """A ref that moved. Commits are None where the forge did not say, or where there is none."""

    ref: str
    before: str | None = None
    after: str | None = None
    author: str | None = None
    """Who made ``after``, or pushed it, as the forge says."""

    @property
    def deleted(self) -> bool:
        """Whether it is gone."""
        return self.after is None

    @property
    def branch(self) -> str | None:
        """The branch's name; None for tags and everything else."""
        return self.ref.removeprefix(_BRANCHES) if self.ref.startswith(_BRANCHES) else None


@dataclass(frozen=True, slots=True)
class HookEvent:
    """``push``: ``refs`` moved; ``repository``: one was made, changed or deleted, or without ``repository`` any;
    ``request``: a pull or merge request has a new head; ``ping``; ``ignored``: nothing to do."""

    kind: HookKind
    name: str
    """The forge's own name of the event."""
    delivery_id: str
    repository: str | None = None
    """The forge's unchanging id of the repository; for plain git its clone URL."""
    label: str | None = None
    """``project/slug`` or the full path, as of now."""
    refs: tuple[RefChange, ...] = ()
    gone: bool = False
    """The repository was deleted."""
    request: str | None = None
    """The request's number; None for a check that is to run again without one."""
    head: str | None = None
    """The request's head commit."""
    base: str | None = None
    """The branch that the request is to be merged into."""
    from_fork: bool = False
    """The head comes from another repository, whose owner may not see what ours knows."""

    @property
    def ref(self) -> str | None:
        """The ref of a push of one."""
        return self.refs[0].ref if self.refs else None

    @property
    def deleted(self) -> bool:
        """Whether every ref is gone."""
        return bool(self.refs) and all(change.deleted for change in self.refs)
