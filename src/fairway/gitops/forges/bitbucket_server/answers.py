"""What Bitbucket's answers mean: kinds of 404, refusals, pages. Section 4.1 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer, Verdict, says_limit
from fairway.gitops.forges.errors import ForgeBroken, ListingIncomplete
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import Params
from fairway.kit.errors import FairwayError

_MOST_PAGES = 10_000
_BAD_LOGINS = (
    "CaptchaRequired",
    "IncorrectPassword",
    "AuthenticationException",
    "InactiveUser",
    "ExpiredAuthentication",
)


class Absent(Enum):
    """What it is that a 404 says is not there."""

    PATH = "path"
    COMMIT = "commit"
    BRANCH = "branch"
    """No default branch: the repository is empty."""
    REPOSITORY = "repository"
    ROUTE = "route"
    """The server has no such call, or something in front of it answered."""


_KINDS = {
    "NoSuchPath": Absent.PATH,
    "NoDefaultBranch": Absent.BRANCH,
    "NoSuchBranch": Absent.BRANCH,
    "NoSuchCommit": Absent.COMMIT,
    "NoSuchObject": Absent.COMMIT,
    "NoSuchRepository": Absent.REPOSITORY,
    "NoSuchProject": Absent.REPOSITORY,
}
_MESSAGES = {
    "The path ": Absent.PATH,
    "Commit ": Absent.COMMIT,
    "Repository ": Absent.REPOSITORY,
    "Project ": Absent.REPOSITORY,
}
"""Where errors have no name."""


def names(answer: HttpAnswer) -> Sequence[str]:
    """The ``exceptionName`` of each error in the body."""
    return _texts(answer, "exceptionName")


def _texts(answer: HttpAnswer, key: str) -> Sequence[str]:
    try:
        body = answer.json
    except ForgeBroken:
        return ()
    errors = body.get("errors") if isinstance(body, dict) else None
    found = [each.get(key) for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return [text for text in found if isinstance(text, str)]


def absent(answer: HttpAnswer) -> Absent:
    """What a 404 is about."""
    for name in names(answer):
        for part, what in _KINDS.items():
            if part in name:
                return what
    for message in _texts(answer, "message"):
        for start, what in _MESSAGES.items():
            if message.startswith(start):
                return what
    return Absent.ROUTE


def judge(answer: HttpAnswer) -> Verdict:
    """Bitbucket says 401, too, when the login is good but may not see something; and names the user whenever it is."""
    if answer.status == 429:
        return Verdict.LIMITED
    if answer.status not in (401, 403):
        return Verdict.FINE
    found = names(answer)
    if "x-authentication-denied-reason" in answer.headers or any(bad in name for name in found for bad in _BAD_LOGINS):
        return Verdict.REFUSED
    if any(name.endswith("AuthorisationException") for name in found) or answer.headers.get("x-ausername"):
        return Verdict.NOT_PERMITTED
    return Verdict.LIMITED if answer.status == 403 and says_limit(answer) else Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Page:
    """A page object; ``whole`` is the answer's own JSON."""

    values: Sequence[Any]
    whole: Mapping[str, Any]
    following: int | None
    """Where the next one starts; None: this is the last."""


def page_of(document: Any, start: int, what: str, error: type[FairwayError] = ForgeBroken) -> Page:
    """Reads a page object. Only ``isLastPage`` ends a listing: neither an empty page nor a missing cursor does.

    Raises:
        FairwayError: of the class ``error`` when it is no page, or the next one would not be further on.
    """
    if not isinstance(document, dict) or not isinstance(document.get("isLastPage"), bool):
        raise error(f"{what} did not answer with a page")
    values = document.get("values", document.get("lines", []))
    if not isinstance(values, list):
        raise error(f"{what} answered a page without values")
    if document["isLastPage"]:
        return Page(values, document, None)
    following = document.get("nextPageStart")
    if following is None and "lines" in document and values:  # source lines have no cursor on older servers
        following = start + len(values)
    if not isinstance(following, int) or isinstance(following, bool) or following <= start:
        raise error(f"{what} says that there are more pages, but not where: {following!r} is not behind {start}")
    return Page(values, document, following)


async def listing_pages(http: ForgeHttp, path: str, params: Params, how: How) -> AsyncIterator[HttpAnswer | Page]:
    """Pages of a listing of projects or repositories; an answer that is not 200 is handed over if it is the first.

    Raises:
        ListingIncomplete: a page failed, or the cursor does not advance.
    """
    start: int | None = 0
    for number in range(_MOST_PAGES):
        answer = await http.page(path, params={**dict(params), "start": start}, how=how)
        if answer.status != 200:
            if number == 0 and answer.status == 404:
                yield answer
                return
            raise ListingIncomplete(f'Page {number + 1} of "{path}" answered {answer.status}')
        page = page_of(_json(answer), start or 0, f'Page {number + 1} of "{path}"', ListingIncomplete)
        yield page
        start = page.following
        if start is None:
            return
    raise ListingIncomplete(f'"{path}" has more than {_MOST_PAGES} pages')


def _json(answer: HttpAnswer) -> Any:
    try:
        return answer.json
    except ForgeBroken as error:
        raise ListingIncomplete(error.message) from error
