"""From an ``approve`` permission to the people it stands for (contract 6.8)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from fairway.portal.access.directory import Directory
from fairway.portal.access.finding import find_people
from fairway.portal.actions.access.model import Approver, ApproveRule, Panel
from fairway.portal.actions.access.policy import Outcome
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

MAX_APPROVERS = 1000
"""Asked for one run."""
MAX_EMAIL = 254
"""Characters (RFC 5321)."""
_EMAIL = re.compile(r"[^\s@<>,;:()\[\]\\\"\x00-\x1f\x7f]+@[^\s@<>,;:()\[\]\\\"\x00-\x1f\x7f]+")


class PanelFinder:
    """Finds approvers."""

    def __init__(self, db: Database, directory: Directory, org_id: str) -> None:
        self._db = db
        self._directory = directory
        self._org_id = org_id

    async def find(self, block: Mapping[str, Any], owners: Sequence[str], outcome: Outcome) -> Panel:
        """The people of a permission, and of what its policy gave. An e-mail that nobody has stays: it is notified."""
        problems = list(outcome.problems)
        users: dict[str, str] = {}
        given = [("approve.users holds", block.get("users") or [])]
        given += [(f"condition {number} of the policy gave", value) for number, value in enumerate(outcome.values, 1)]
        for place, value in given:
            for text in _texts(value):
                if _EMAIL.fullmatch(text) and len(text) <= MAX_EMAIL:
                    users.setdefault(text.lower(), text)
                else:
                    problems.append(f"{place} what is not an e-mail")
        teams = [*(block.get("teams") or ()), *(owners if block.get("ownedByTeam") else ())]
        rule = ApproveRule(frozenset(users), frozenset(block.get("roles") or ()), frozenset(teams))
        approvers = await self._db.read(lambda tx: self._approvers(tx, rule, users))
        if len(approvers) > MAX_APPROVERS:
            problems.append(f"{len(approvers)} people may approve; the first {MAX_APPROVERS} are asked")
        return Panel(tuple(approvers[:MAX_APPROVERS]), rule, tuple(dict.fromkeys(problems)))

    async def _approvers(self, tx: Tx, rule: ApproveRule, users: Mapping[str, str]) -> list[Approver]:
        people = await find_people(tx, self._org_id, emails=rule.users, roles=rule.roles, teams=rule.teams)
        found = [Approver(str(each.email), each.principal_id) for each in people if rule.grants(each)]
        return found + _unknown(users, await self._directory.known_emails(tx, rule.users))


def _unknown(users: Mapping[str, str], known: Collection[str]) -> list[Approver]:
    """Named, but nobody's yet; who exists and may not authenticate is left out."""
    return [Approver(text, None) for login, text in sorted(users.items()) if login not in known]


def _texts(value: Any) -> Iterator[str]:
    """A condition gives a list of e-mails, or one; what is no text counts as what is no e-mail."""
    if value is None or isinstance(value, bool):
        return
    for item in value if isinstance(value, list) else [value]:
        if item is not None:
            yield item.strip() if isinstance(item, str) else ""
