"""Reads and checks a mapping file ("control the payload"): everything that is wrong with it is found at start."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.agent.mapping.model import Entry, Policy, ReportRules
from fairway.agent.mapping.problems import MappingInvalid
from fairway.agent.mapping.template import Template
from fairway.jq import Engine, JqSyntaxError, Program

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
_KEYS = (
    "enabled", "url", "method", "body", "headers", "query", "report", "fieldsToDecryptPaths",
    "name", "refuse", "keyBy", "timeoutSeconds", "retries", "retryOn", "tls",
)  # fmt: skip
_REPORT_KEYS = ("status", "link", "summary", "externalRunId")
_RETRY_WORDS = ("connect", "timeout")
_ENV = re.compile(r"""(?<![.\w])\$?(?:env|ENV)(?:\.|\[")([A-Za-z_]\w*)\b(?:"\])?(?!\s*//)""")


@dataclass(slots=True)
class _Notes:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MappingFile:
    """Entries in the order in which they are tried, and what looks wrong without being an error."""

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    environment: frozenset[str] = frozenset()
    """Environment variables that expressions name."""


def parse_mappings(text: str | bytes, engine: Engine, *, where: str, env: Mapping[str, str]) -> MappingFile:
    """The file with the content ``text``.

    Raises:
        MappingInvalid: with every problem found.
    """
    notes = _Notes()
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, notes))
    except (ValueError, RecursionError) as error:
        raise MappingInvalid(where, [f"it is not JSON: {error}"]) from None
    return build_mappings(document, engine, where=where, env=env, notes=notes)


def build_mappings(
    document: Any, engine: Engine, *, where: str, env: Mapping[str, str], notes: _Notes | None = None
) -> MappingFile:
    """The file with the parsed content ``document``.

    Raises:
        MappingInvalid: with every problem found.
    """
    notes = notes or _Notes()
    if not isinstance(document, list):
        raise MappingInvalid(where, ["it has to be an array of mappings"])
    readers = [_EntryReader(at, item, engine, notes) for at, item in enumerate(document)]
    entries = [reader.entry() for reader in readers]
    names = frozenset().union(*(reader.environment for reader in readers))
    notes.warnings += [f'expressions read "env.{name}", which is not set' for name in sorted(names - env.keys())]
    if not entries:
        notes.warnings.append("it has no mappings, so nothing will be sent")
    if notes.problems:
        raise MappingInvalid(where, notes.problems)
    return MappingFile(tuple(entries), tuple(notes.warnings), names)


class _EntryReader:
    """One entry; problems are noted and reading goes on."""

    def __init__(self, at: int, item: Any, engine: Engine, notes: _Notes) -> None:
        self._place = f"[{at}]"
        self._given: dict[str, Any] = item if isinstance(item, dict) else {}
        self._engine = engine
        self._notes = notes
        self.environment: set[str] = set()
        if not isinstance(item, dict):
            self._wrong("", "a mapping has to be an object")
        self._unknown(self._given, _KEYS, "")

    def entry(self) -> Entry:
        given = self._given
        name = given.get("name")
        return Entry(
            name=name if isinstance(name, str) and name else self._place,
            enabled=self._enabled(),
            url=self._program("url"),
            method=self._program("method"),
            body=self._template("body"),
            headers=self._template("headers"),
            query=self._template("query"),
            report=self._report(),
            decrypt=self._paths(),
            refuse=self._program("refuse"),
            key_by=self._program("keyBy"),
            policy=self._policy(),
        )

    def _enabled(self) -> bool | Program:
        value = self._given.get("enabled", True)
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        if isinstance(value, str):
            word = value.lower()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            return self._compile(value, f"{self._place}.enabled") or False
        self._wrong("enabled", "has to be true, false or a JQ expression")
        return False

    def _program(self, name: str, source: Mapping[str, Any] | None = None, prefix: str = "") -> Program | None:
        value = (self._given if source is None else source).get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong(prefix + name, "has to be a JQ expression (a text)")
            return None
        return self._compile(value, f"{self._place}.{prefix}{name}")

    def _template(self, name: str) -> Template | None:
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, str | dict):
            self._wrong(
                name, 'has to be a JQ expression or an object of them; for a list, write an expression: "[...]"'
            )
            return None
        try:
            return Template(value, f"{self._place}.{name}", self._or_identity)
        except RecursionError:
            self._wrong(name, "is nested too deep")
            return None

    def _report(self) -> ReportRules:
        value = self._given.get("report")
        if value is None:
            return ReportRules()
        if not isinstance(value, dict):
            self._wrong("report", f"has to be an object with {', '.join(_REPORT_KEYS)}")
            return ReportRules()
        self._unknown(value, _REPORT_KEYS, "report.")
        return ReportRules(*(self._program(name, value, "report.") for name in _REPORT_KEYS))

    def _paths(self) -> tuple[tuple[str, ...], ...]:
        value = self._given.get("fieldsToDecryptPaths", [])
        if not isinstance(value, list) or not all(isinstance(path, str) and path.strip(".") for path in value):
            self._wrong("fieldsToDecryptPaths", 'has to be a list of paths such as "payload.properties.token"')
            return ()
        return tuple(tuple(path.removeprefix(".").split(".")) for path in value)

    def _policy(self) -> Policy:
        seconds, retries = self._given.get("timeoutSeconds"), self._given.get("retries")
        if seconds is not None and not (_number(seconds) and 0 < seconds <= 3600):
            self._wrong("timeoutSeconds", "has to be a number of seconds above 0, 3600 at most")
        if retries is not None and not (_number(retries) and isinstance(retries, int) and 0 <= retries <= 100):
            self._wrong("retries", "has to be a whole number from 0 to 100")
        tls = self._given.get("tls", "")
        if not isinstance(tls, str):
            self._wrong("tls", "has to be the name of a TLS profile")
        return Policy(seconds, retries, self._retry_on(), tls if isinstance(tls, str) else "")

    def _retry_on(self) -> frozenset[int | str] | None:
        value = self._given.get("retryOn")
        if value is None:
            return None
        if isinstance(value, list) and all(
            each in _RETRY_WORDS or (_number(each) and isinstance(each, int) and 300 <= each <= 599) for each in value
        ):
            return frozenset(value)
        self._wrong("retryOn", 'has to be a list of status codes, "connect" and "timeout"')
        return None

    def _or_identity(self, text: str, place: str) -> Program:
        return self._compile(text, place) or self._engine.compile(".")

    def _compile(self, text: str, place: str) -> Program | None:
        self.environment.update(_ENV.findall(text))
        try:
            return self._engine.compile(text)
        except JqSyntaxError as error:
            self._notes.problems.append(f"{place}: {error.message}")
            return None

    def _unknown(self, given: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1, 0.75)
                hint = f'; did you mean "{prefix}{near[0]}"?' if near else ""
                self._notes.warnings.append(f'{self._place}: unknown key "{prefix}{name}" does nothing{hint}')

    def _wrong(self, name: str, message: str) -> None:
        self._notes.problems.append(f"{self._place}{'.' if name else ''}{name}: {message}")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object(pairs: list[tuple[str, Any]], notes: _Notes) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        notes.warnings += [f'the key "{name}" stands twice in one object; the last one counts' for name in twice]
    return found
