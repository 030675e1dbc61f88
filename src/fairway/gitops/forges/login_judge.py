"""What refusals mean where 401 is about the login and 403 about what may be done with it: GitLab, Gitea and Forgejo."""

from __future__ import annotations

from fairway.gitops.forges.answers import HttpAnswer, Verdict, says_limit


def judge(answer: HttpAnswer) -> Verdict:
    """403 with a JSON body comes from the forge itself, which knows the user; anything else may be a guard in front."""
    if answer.status == 429:
        return Verdict.LIMITED
    if answer.status == 401:
        return Verdict.REFUSED
    if answer.status != 403:
        return Verdict.FINE
    if says_limit(answer):
        return Verdict.LIMITED
    return Verdict.NOT_PERMITTED if "json" in answer.headers.get("content-type", "") else Verdict.REFUSED


def never_refused(answer: HttpAnswer) -> Verdict:
    """For calls that may be closed to a credential that is good otherwise."""
    verdict = judge(answer)
    return Verdict.NOT_PERMITTED if verdict is Verdict.REFUSED else verdict
