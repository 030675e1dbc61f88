"""Who asks: passed to every service and repository, never looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

PrincipalKind = Literal["app", "user", "service_account", "system"]


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal of a request with what decisions and audit records need of it."""

    principal_id: str
    """``createdBy``/``updatedBy`` of what this caller writes: a client id, a user id, or ``system``."""
    kind: PrincipalKind
    org_id: str
    email: str | None = None
    roles: frozenset[str] = frozenset()
    """Role names: ``Admin``, ``Member``, ``<blueprint>-moderator``."""
    teams: frozenset[str] = frozenset()
    """Identifiers of the caller's ``_team`` entities."""
    team_names: frozenset[str] = frozenset()
    """Titles of the same teams: permission rules and entities may name either."""
    origin: str = "API"
    """``UI`` for browser sessions, ``API`` for tokens, else the name of the integration or automation."""
    user_agent: str = ""
    """The exact ``User-Agent`` header: the datasource stamp (contract 3.6)."""
    trace_id: str = ""
    audit_context: tuple[tuple[str, str], ...] = ()
    """Keys that every event of this caller carries in its ``context``, such as ``webhookId``."""
    run_id: str | None = None
    """The run on whose behalf the caller acts: its changes are the run's."""
    run_depth: int = 0
    """Runs behind one another that led here; what the caller starts is no less deep."""

    @property
    def is_admin(self) -> bool:
        """May do everything."""
        return "Admin" in self.roles

    @property
    def is_machine(self) -> bool:
        """Organisation credentials and service accounts."""
        return self.kind in ("app", "service_account", "system")

    def acting_as(self, origin: str) -> Caller:
        """The same principal writing on behalf of a named automation or source."""
        return replace(self, origin=origin)

    def trigger(self, at: str) -> dict[str, Any]:
        """The ``trigger`` of audit records and events (contract 7.10)."""
        by: dict[str, Any] = {"orgId": self.org_id, "userId": self.principal_id}
        if self.email:
            by["user"] = {"email": self.email}
        return {"by": by, "origin": self.origin, "at": at}


def system_caller(org_id: str, origin: str = "SYSTEM") -> Caller:
    """The portal itself: start-up, background work."""
    return Caller("system", "system", org_id, roles=frozenset({"Admin"}), origin=origin, user_agent="fairway")
