"""Who is asked to approve a run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who is asked. Without ``user_id`` nobody has that e-mail yet: notified, but not able to decide."""

    email: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class ApproveRule:
    """The ``approve`` permission as it was when the run was made, its owners and policy resolved (contract 6.8)."""

    users: frozenset[str] = frozenset()
    """E-mails in lower case: those named, and those that the policy's conditions gave."""
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    """Identifiers or names: those named, and the entity's owners with ``ownedByTeam``."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Everybody who is asked to approve one run, and the rule that found them."""

    approvers: tuple[Approver, ...] = ()
    rule: ApproveRule = field(default_factory=ApproveRule)
    problems: tuple[str, ...] = ()
    """What of the policy failed; for the log of the run."""
