"""Who may do what, and why: pure functions of a caller and a blueprint's permission document (contract 2.10).

Nothing here reads the database. A read decision is a *scope* that the catalog turns into SQL; a write decision is an
answer about one entity. Both always carry a reason for people and the rule that decided.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.errors import Forbidden
from fairway.portal.access.permissions import default_permissions, merge_permissions
from fairway.portal.caller import Caller

WriteVerb = Literal["register", "update", "unregister"]
WRITE_VERBS: tuple[WriteVerb, ...] = ("register", "update", "unregister")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question."""

    allowed: bool
    reason: str
    """For people: what was granted, or what would have been needed."""
    rule: str
    """Where it is written: ``admin``, ``entities.update.roles``, ..., or ``none`` when nothing grants it."""

    def enforce(self) -> None:
        """Does nothing when the answer is yes.

        Raises:
            Forbidden: the answer is no; the reason goes into the message and, with the rule, into the details.
        """
        if not self.allowed:
            raise Forbidden(self.reason, details={"reason": self.reason, "rule": self.rule})


@dataclass(frozen=True, slots=True)
class ReadScope:
    """Which entities of a blueprint a caller may read: everything, or the union of what the other fields grant."""

    everything: bool
    reason: str
    rule: str
    owned_by: frozenset[str] = frozenset()
    """Entities whose ``team`` holds one of these (identifiers and names of the caller's teams)."""
    policy: Mapping[str, Any] | None = None
    """Entities that this search query matches; its context values are those of the caller."""

    @property
    def nothing(self) -> bool:
        """No entity at all."""
        return not self.everything and not self.owned_by and self.policy is None


def read_scope(caller: Caller, blueprint: str, permissions: Mapping[str, Any]) -> ReadScope:
    """What of ``blueprint`` the caller may read."""
    if caller.is_admin:
        return ReadScope(True, "Admins may read everything", "admin")
    blocks = permissions.get("entities", {})
    for verb in ("read", *WRITE_VERBS):
        grant = granted(caller, blocks.get(verb), f"entities.{verb}")
        if grant is not None:
            implied = "" if verb == "read" else f", which implies reading {blueprint}"
            return ReadScope(True, grant.reason + implied, grant.rule)
    return _partial_scope(caller, blueprint, blocks)


def decide_write(
    caller: Caller,
    blueprint: str,
    permissions: Mapping[str, Any],
    verb: WriteVerb,
    owner_teams: Collection[str],
    changed_properties: Collection[str] = (),
    changed_relations: Collection[str] = (),
) -> Decision:
    """Whether the caller may register, update or unregister one entity of ``blueprint``.

    ``owner_teams`` are the teams of the entity as stored (of the body, for register). ``changed_properties`` (with
    ``$title``, ``$icon``, ``$team``, ``$identifier``) and ``changed_relations`` let an update through that the
    granular permissions cover completely.
    """
    if caller.is_admin:
        return Decision(True, "Admins may do everything", "admin")
    blocks = permissions.get("entities", {})
    grant = granted(caller, blocks.get(verb), f"entities.{verb}", owner_teams)
    if grant is not None:
        return grant
    if verb == "update" and (changed_properties or changed_relations):
        return _granular(caller, blueprint, blocks, owner_teams, changed_properties, changed_relations)
    reason = f'{who(caller)} may not {verb} entities of "{blueprint}"; {needs(blocks.get(verb))}'
    return Decision(False, reason, "none")


def decide_admin(caller: Caller, what: str) -> Decision:
    """Whether the caller may do something that only Admins may; ``what`` reads like ``change blueprints``."""
    if caller.is_admin:
        return Decision(True, "Admins may do everything", "admin")
    return Decision(False, f"{who(caller)} may not {what}; it needs the role Admin", "none")


def require_admin(caller: Caller, what: str) -> None:
    """Does nothing for an Admin.

    Raises:
        Forbidden: the caller is none.
    """
    decide_admin(caller, what).enforce()


def decide_moderation(caller: Caller, blueprint: str, what: str) -> Decision:
    """Whether the caller may do what Admins and the blueprint's moderators may."""
    role = f"{blueprint}-moderator"
    if not caller.is_admin and role in caller.roles:
        return Decision(True, f'{who(caller)} has the role "{role}"', "moderator")
    return decide_admin(caller, what)


def _partial_scope(caller: Caller, blueprint: str, blocks: Mapping[str, Any]) -> ReadScope:
    mine = _team_labels(caller)
    owning = [verb for verb in ("read", *WRITE_VERBS) if (blocks.get(verb) or {}).get("ownedByTeam")] if mine else []
    policy = (blocks.get("read") or {}).get("policy")
    reasons, rules = [], []
    if owning:
        reasons.append("entities owned by the caller's teams may be read")
        rules.append(f"entities.{owning[0]}.ownedByTeam")
    if policy is not None:
        reasons.append("entities that match the read policy may be read")
        rules.append("entities.read.policy")
    if not reasons:
        reason = f'{who(caller)} may not read entities of "{blueprint}"; {needs(blocks.get("read"))}'
        return ReadScope(False, reason, "none")
    text = " and ".join(reasons)
    return ReadScope(False, text[0].upper() + text[1:], ", ".join(rules), mine if owning else frozenset(), policy)


def _granular(
    caller: Caller,
    blueprint: str,
    blocks: Mapping[str, Any],
    owner_teams: Collection[str],
    properties: Collection[str],
    relations: Collection[str],
) -> Decision:
    grant = None
    for kind, names in (("updateProperties", properties), ("updateRelations", relations)):
        named = blocks.get(kind) or {}
        for name in names:
            grant = granted(caller, named.get(name), f"entities.{kind}.{name}", owner_teams)
            if grant is None:
                noun = "property" if kind == "updateProperties" else "relation"
                needed = needs(named[name] if name in named else blocks.get("update"))
                reason = f'{who(caller)} may not update the {noun} "{name}" of "{blueprint}"; {needed}'
                return Decision(False, reason, "none")
    assert grant is not None, "asked with at least one changed field"
    return grant


def granted(
    caller: Caller, block: Mapping[str, Any] | None, rule: str, owner_teams: Collection[str] = ()
) -> Decision | None:
    """The first grant of a block that matches the caller; ``rule`` says where the block is written."""
    if not block:
        return None
    if caller.email and caller.email.lower() in (user.lower() for user in block.get("users") or ()):
        return Decision(True, f"{caller.email} is named in {rule}.users", f"{rule}.users")
    for role in block.get("roles") or ():
        if role in caller.roles:
            return Decision(True, f'The role "{role}" is named in {rule}.roles', f"{rule}.roles")
    mine = _team_labels(caller)
    for team in block.get("teams") or ():
        if team in mine:
            return Decision(True, f'The team "{team}" is named in {rule}.teams', f"{rule}.teams")
    if block.get("ownedByTeam"):
        for team in owner_teams:
            if team in mine:
                return Decision(True, f'The entity is owned by the caller\'s team "{team}"', f"{rule}.ownedByTeam")
    return None


def _team_labels(caller: Caller) -> frozenset[str]:
    return caller.teams | caller.team_names


def who(caller: Caller) -> str:
    """The caller in a sentence."""
    return caller.email or caller.principal_id


def needs(block: Mapping[str, Any] | None) -> str:
    """What would have been enough, from the block that said no."""
    parts = []
    if block and block.get("roles"):
        parts.append("one of the roles " + ", ".join(f'"{role}"' for role in block["roles"]))
    if block and block.get("teams"):
        parts.append("one of the teams " + ", ".join(f'"{team}"' for team in block["teams"]))
    if block and block.get("ownedByTeam"):
        parts.append("membership in the owning team")
    return "it needs " + (" or ".join(parts) or 'the role "Admin"')


__all__ = [
    "WRITE_VERBS", "Decision", "ReadScope", "WriteVerb", "decide_admin", "decide_moderation", "decide_write",
    "default_permissions", "granted", "merge_permissions", "needs", "read_scope", "require_admin", "who",
]  # fmt: skip
