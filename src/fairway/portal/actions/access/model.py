"""Who is asked to approve a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.portal.caller import Caller


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

    def grants(self, caller: Caller) -> str | None:
        """What makes the caller an approver, now; none when nothing does.

        Roles and teams stand for people. A service account approves only where its e-mail is named: whoever makes one
        would otherwise approve through it. Organisation credentials approve by their role.
        """
        if caller.email and caller.email.lower() in self.users:
            return f"{caller.email} is named as an approver"
        for role in sorted(self.roles & caller.roles):
            if caller.kind in ("user", "app"):
                return f'the role "{role}" approves'
        for team in sorted(self.teams & (caller.teams | caller.team_names)):
            if caller.kind == "user":
                return f'the team "{team}" approves'
        return None

    def document(self) -> dict[str, list[str]]:
        """As it is stored with a run."""
        return {"users": sorted(self.users), "roles": sorted(self.roles), "teams": sorted(self.teams)}

    @staticmethod
    def of(document: Mapping[str, Any]) -> ApproveRule:
        """From :meth:`document`."""
        return ApproveRule(frozenset(document["users"]), frozenset(document["roles"]), frozenset(document["teams"]))


@dataclass(frozen=True, slots=True)
class Panel:
    """Everybody who is asked to approve one run, and the rule that found them."""

    approvers: tuple[Approver, ...] = ()
    rule: ApproveRule = field(default_factory=ApproveRule)
    problems: tuple[str, ...] = ()
    """What of the policy failed; for the log of the run."""
