"""Who stands where now: starters of a run, and those who can decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.portal.access.finding import emails_of, find_callers, find_people
from fairway.portal.caller import Caller
from fairway.portal.runs.approvals.repository import Answer, Request
from fairway.portal.runs.approvals.tally import Vote, person_key
from fairway.portal.runs.model import Run
from fairway.portal.storage import Tx


@dataclass(frozen=True, slots=True)
class Starters:
    """Who started a run: its creator, who acted in their name, and whoever set off what created it."""

    ids: frozenset[str]
    people: frozenset[str]

    def holds(self, user_id: str | None, email: str | None) -> bool:
        """Whether an account is one of them, or another spelling of the e-mail of one."""
        return user_id in self.ids or (bool(email) and person_key(str(email)) in self.people)


async def starters_of(tx: Tx, run: Run, request: Request) -> Starters:
    """Who started a run."""
    ids = {run.created_by, *request.starters}
    emails = {*(await emails_of(tx, ids)).values(), *([run.creator_email] if run.creator_email else [])}
    return Starters(frozenset(ids), frozenset(person_key(each) for each in emails))


def may_approve_own(run: Run) -> bool:
    """Whether ``requiredApproval`` lets people approve what they started."""
    return bool((run.required_approval or {}).get("allowSelfApproval"))


async def votes_of(tx: Tx, org_id: str, run: Run, request: Request, answers: Sequence[Answer]) -> list[Vote]:
    """What was said, and who of the others can still decide: they exist, the rule still names them, and the run is not
    theirs."""
    waiting = [each for each in answers if each.state == "PENDING"]
    people = await find_callers(tx, org_id, [each.user_id for each in waiting if each.user_id])
    people += await find_people(tx, org_id, emails=[each.email for each in waiting if not each.user_id])
    starters = await starters_of(tx, run, request)
    own = may_approve_own(run)
    able = {
        each.principal_id: each
        for each in people
        if request.rule.grants(each) and (own or not starters.holds(each.principal_id, each.email))
    }
    emails = {str(each.email).lower(): each for each in able.values()}
    votes = []
    for answer in answers:
        who = able.get(answer.user_id) if answer.user_id else emails.get(answer.email.lower())
        votes.append(Vote(_key(answer, who), answer.state, who is not None))
    return votes


def _key(answer: Answer, who: Caller | None) -> str:
    return person_key(str(who.email) if who is not None else answer.email)
