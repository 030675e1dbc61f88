"""One request to somebody else's server, with its failures sorted: worth another attempt, or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from fairway.kit.clock import Clock
from fairway.kit.errors import FairwayError
from fairway.kit.http import Answer, AnswerTimedOut, HttpClient, RemoteUnavailable
from fairway.portal.runs.delivery.base import Refused, Undelivered

OVERLOADED = frozenset({429, 502, 503, 504})
_ANSWER_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    body: bytes | None = field(repr=False, default=None)


class Sender:
    """Sends single requests; attempts and pauses are the job's, so that waiting holds nothing."""

    def __init__(self, http: HttpClient, clock: Clock, timeout_seconds: float) -> None:
        self._http = http
        self._clock = clock
        self._timeout = timeout_seconds

    async def send(self, request: Request, *, whole: bool = False) -> Answer:
        """The answer, whatever its status, unless it says that the server is overloaded (with ``whole``, even then).

        Raises:
            Undelivered: no connection, or an overloaded server.
            Refused: the URL leads where it must not, or an answer did not come in time: the receiver may have acted.
        """
        try:
            answer = await self._http.request(
                request.method, request.url, headers=request.headers, body=request.body,
                timeout_seconds=self._timeout, max_answer_bytes=_ANSWER_BYTES,
            )  # fmt: skip
        except AnswerTimedOut as error:
            raise Refused(error.message, label="Timed out") from None
        except RemoteUnavailable as error:
            raise Undelivered(error.message) from None
        except FairwayError as error:
            raise Refused(error.message, label="Not sent") from None
        if answer.status in OVERLOADED and not whole:
            raise Undelivered(f"The receiver answered {answer.status}", self.retry_after(answer))
        return answer

    def retry_after(self, answer: Answer) -> float | None:
        """Seconds that the answer's ``Retry-After`` asks for, in either of its forms."""
        text = answer.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return max(0.0, (parsedate_to_datetime(text) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return None
