"""A request to a third party, and what is told when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.connections import Failed
from fairway.integration.http.errors import ThirdPartyBroken, ThirdPartyError, ThirdPartyLimited, ThirdPartyUnavailable
from fairway.integration.http.urls import Params, encoded, shown


@dataclass(frozen=True, slots=True)
class Content:
    """A request's body that is no JSON."""

    data: bytes
    type: str


def form(fields: Params) -> Content:
    """A body as HTML forms send them; most token endpoints want one."""
    return Content(encoded(fields).encode(), "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, however often it is sent."""

    method: str
    url: URL
    headers: Mapping[str, str]
    content: bytes | None
    repeatable: bool
    max_bytes: int

    @property
    def place(self) -> str:
        """For messages; secrets in the query are left out."""
        return f'{self.method} "{shown(self.url)}"'


def again(call: Call, outcome: HttpAnswer | Failed) -> bool:
    """Whether sending it once more may help, and does no harm."""
    if isinstance(outcome, Failed) and outcome.hopeless:
        return False
    surely_idle = not outcome.sent if isinstance(outcome, Failed) else outcome.limited
    return call.repeatable or surely_idle


def unavailable(call: Call, outcome: HttpAnswer | Failed, tries: int) -> ThirdPartyUnavailable:
    """The error when there is no further try."""
    if isinstance(outcome, Failed):
        text, status, said = outcome.reason, None, None
    else:
        text, status, said = f"it answered {outcome.status}", outcome.status, outcome.said
    times = f" after {tries} tries" if tries > 1 else ""
    return ThirdPartyUnavailable(
        f"{call.place} is not available{times}: {text}", url=shown(call.url), answered=status, cause=said
    )


def no_stream(call: Call, answer: HttpAnswer) -> ThirdPartyError:
    """The error when an answer that should last is another one."""
    if answer.limited or answer.ok:
        return unavailable(call, answer, 1)
    try:
        answer.require_ok()
    except ThirdPartyError as error:
        return error
    return ThirdPartyBroken(f"{call.place} answered {answer.status}", url=shown(call.url), answered=answer.status)


def too_long(call: Call, seconds: float) -> ThirdPartyLimited:
    """The error when a limit lasts longer than anybody should wait."""
    text = f"{call.place}: there were too many requests, and the next may be sent in {seconds:.0f} s only"
    return ThirdPartyLimited(text, url=shown(call.url), seconds=seconds)
