"""What is reported of an invocation: log lines, status, summary, response (contract 11), without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from fairway.agent.messages.codec import json_text, read_json
from fairway.agent.messages.redaction import Redactor
from fairway.agent.messages.routing import flag
from fairway.agent.model import Invocation, LogLine, Report
from fairway.agent.target import Delivery, Request
from fairway.kit.errors import FairwayError
from fairway.kit.http import Answer

Level = Literal["INFO", "WARN", "ERROR", "DEBUG"]
Status = Literal["SUCCESS", "FAILURE"]
_LOGGED = 4_000
"""Characters of a target's answer in a log line or summary; the whole one is the run's response."""
_MOST_JSON = 1 << 30
"""Answers are bounded already, by what the client reads."""
_SURELY_SECRET = 8
"""Characters of a secret that is taken out of links, too."""
_MOST_TEXT = 16_000
"""Characters of a summary or log line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a target, and what the mapping's ``report`` makes of it: only expressions that did not fail."""

    delivery: Delivery
    response: Mapping[str, Any]
    mapped: Mapping[str, Any]
    exhausted: bool = False
    """The target said that it did not take the request, and all attempts are used up."""

    @property
    def failed(self) -> bool:
        """Whether the call itself failed: 400 and above."""
        return self.delivery.answer.status >= 400


def response_document(answer: Answer) -> dict[str, Any]:
    """``{statusCode, headers, text, json}``: what report expressions see; ``json`` is null when it is none."""
    text = _decoded(answer)
    try:
        parsed = None if answer.truncated or not text.strip() else read_json(text.encode(), max_bytes=_MOST_JSON)
    except FairwayError:
        parsed = None
    return {"statusCode": answer.status, "headers": dict(answer.headers), "text": text, "json": parsed}


class Reporting:
    """Collects the lines of one invocation and makes its report."""

    def __init__(self, invocation: Invocation, redactor: Redactor, *, detailed: bool) -> None:
        self.invocation = invocation
        self.redactor = redactor
        self.notes: list[str] = []
        """What a mapping's author should know."""
        self._detailed = detailed
        self._logs: list[LogLine] = []

    def hide(self, secrets: Iterable[str]) -> None:
        """Takes these out of everything that is reported, lines so far included."""
        self.redactor = self.redactor.adding(secrets)

    def note(self, text: str) -> None:
        """A problem of the mapping that does not stop the run."""
        self.notes.append(text)
        self._line(text, "WARN")

    def received(self) -> None:
        self._line("The execution agent received the invocation")

    def preparing(self, notes: Iterable[str]) -> None:
        self._line("Preparing the request")
        for text in notes:
            self.note(text)

    def sending(self, request: Request) -> None:
        self._line(f"Sending {request.method} {_place(request.url)}")

    def failed(self, cause: str, *, attempts: int = 0, dead: bool = False) -> Report:
        """The report when there was no answer."""
        times = f" ({attempts} attempts)" if attempts > 1 else ""
        self._line(f"{cause}{times}", "ERROR")
        return Report(
            self.invocation,
            status="FAILURE",
            summary=self._shown(f"{cause}{times}"),
            logs=self._lines(),
            dead=dead,
            attempts=attempts,
        )

    def report(self, outcome: Outcome) -> Report:
        """The report of an answer."""
        answer, failed = outcome.delivery.answer, outcome.failed
        cause = self._verdict(outcome)
        if outcome.delivery.attempts > 1:
            self._line(f"It took {outcome.delivery.attempts} attempts")
        status = self._status(outcome)
        summary = self._summary(outcome, status, cause)
        response = self._response(outcome)
        link, external = self._link(outcome), self._external(outcome)
        if not failed:
            self._line("The agent is done" if status else "The agent is done; the target reports the result")
        return Report(
            self.invocation,
            status=status,
            summary=None if summary is None else self._shown(summary),
            link=self._plain(link),
            external_run_id=self._plain(external),
            response=self.redactor.value(response),
            response_status=answer.status,
            logs=self._lines(),
            dead=status == "FAILURE" and failed and outcome.exhausted,
            attempts=outcome.delivery.attempts,
        )

    @property
    def _synchronized(self) -> bool:
        return flag(self.invocation.method.get("synchronized"))

    def _verdict(self, outcome: Outcome) -> str:
        status = outcome.delivery.answer.status
        text = f"The target answered {status} {_reason(status)}".rstrip()
        if not outcome.failed:
            self._line(text)
            return text
        detail = str(outcome.response["text"]).strip() if self._detailed else ""
        text += f": {self._excerpt(detail, _LOGGED)}" if detail else ""
        self._line(text, "ERROR")
        return text

    def _status(self, outcome: Outcome) -> Status | None:
        default: Status | None = "FAILURE" if outcome.failed else "SUCCESS" if self._finishes else None
        if "status" not in outcome.mapped:
            return default
        value = outcome.mapped["status"]
        if value in ("SUCCESS", "FAILURE"):
            return "SUCCESS" if value == "SUCCESS" else "FAILURE"
        if value is not None:
            self.note(f'"report.status" gives {self._excerpt(json_text(value), 60)}; SUCCESS or FAILURE are possible')
            return default
        return "FAILURE" if outcome.failed else None

    @property
    def _finishes(self) -> bool:
        """Whether a success ends the work: nobody else will report on a change, or on a synchronized run."""
        return self._synchronized or self.invocation.kind == "changelog"

    def _summary(self, outcome: Outcome, status: Status | None, cause: str) -> str | None:
        value = outcome.mapped.get("summary")
        if value is not None:
            return json_text(value)
        if status != "FAILURE":
            return None
        return cause if outcome.failed else f"{cause}; the mapping reports that as a failure"

    def _response(self, outcome: Outcome) -> Any:
        if not self._synchronized or self.invocation.kind == "changelog":
            return None
        if outcome.delivery.answer.truncated:
            self.note(
                "The target's answer is longer than the agent reads (FAIRWAY_AGENT_MAX_RESPONSE_BYTES); it is cut"
            )
        parsed, text = outcome.response["json"], outcome.response["text"]
        if parsed is None and not text and self.invocation.kind == "run":
            return None
        return text if parsed is None else parsed  # later nodes of a workflow see the status of an empty answer, too

    def _link(self, outcome: Outcome) -> str | list[str] | None:
        value = outcome.mapped.get("link")
        if value is None or (isinstance(value, str) and value):
            return value
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return value
        self.note(f'"report.link" gives {self._excerpt(json_text(value), 60)}; a text or a list of texts is a link')
        return None

    def _external(self, outcome: Outcome) -> str | None:
        value = outcome.mapped.get("externalRunId")
        text = "" if value is None or isinstance(value, dict | list) else json_text(value)
        return text if text not in ("", "null") else None

    def _line(self, text: str, level: Level = "INFO") -> None:
        self._logs.append(LogLine(text, level))

    def _lines(self) -> tuple[LogLine, ...]:
        return tuple(LogLine(self._shown(line.message), line.level) for line in self._logs)

    def _plain(self, value: Any) -> Any:
        """Without secrets, as far as those are longer than the words that links are made of."""
        return self.redactor.of_length(_SURELY_SECRET).value(value)

    def _excerpt(self, text: str, most: int) -> str:
        """Secrets go before the rest is cut: the half of one would not be found."""
        return _cut(self.redactor.text(text), most)

    def _shown(self, text: str) -> str:
        return _cut(self.redactor.text(text), _MOST_TEXT)


def _decoded(answer: Answer) -> str:
    """As the answer says, or as UTF-8 where that is no encoding of texts."""
    charset = answer.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        return answer.body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return answer.body.decode(errors="replace")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _place(url: str) -> str:
    """A URL as far as it is no secret: without query, user and password."""
    plain = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = plain.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
