"""The echo principle (contract 1.7): whatever is accepted is answered as it was sent, with the additions of 6.2."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.actions.definition import read_definition
from fairway.portal.actions.definition.words import STAMPS, STRING_FORMATS
from fairway.portal.caller import Caller, system_caller
from fairway.portal.services import Portal, build_portal
from support.catalog import DOMAIN, SERVICE

_JQ = st.sampled_from([".form.a", '.user.email // "x"', "[.form | keys[]]", ".entity.properties.'a-b'"])
_jq_query = _JQ.map(lambda text: {"jqQuery": text})
_text = st.text("aé {}'\"\\", max_size=6) | st.sampled_from(["{{ .inputs.a }}", "x-{{ .run.id }}-{{ .user.email }}"])
_words = st.text("abc é", max_size=5)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | _text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_text, inner, max_size=2),
    max_leaves=4,
)
_NAMES = ("a", "b", "c-d", "E@1")
_names = st.lists(st.sampled_from(_NAMES), max_size=4)


def _maybe(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in fields.items()})


def _with(base: dict[str, Any], more: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return more.map(lambda fields: {**base, **fields})


_flag = st.booleans() | _jq_query
_rule = st.fixed_dictionaries(
    {
        "property": st.sampled_from(["tier", "$title", "unknown"]),
        "operator": st.sampled_from(["=", "!=", "contains", "in"]),
        "value": _words | _jq_query,
    }
)
_query = st.fixed_dictionaries({"combinator": st.sampled_from(["and", "or"]), "rules": st.lists(_rule, max_size=2)})
_common = {
    "title": _words, "description": _words, "icon": _words, "visible": _flag, "disabled": _flag,
    "dependsOn": st.just([]),
}  # fmt: skip
_string = _with(
    {"type": "string"},
    _maybe(
        **_common, enum=st.lists(_words, min_size=1, max_size=3, unique=True) | _jq_query, default=_jq_query,
        pattern=st.sampled_from(["^a+$", "(?=x)y", "(a+)+$"]) | _jq_query, minLength=st.integers(0, 3),
        format=st.sampled_from(["multi-line", "url", *STRING_FORMATS]), encryption=st.just("aes256-gcm"),
        blueprint=st.sampled_from(["service", "domain"]), dataset=_query,
        enumColors=st.dictionaries(_words, st.sampled_from(["red", "gold"]), max_size=2),
        sort=st.just({"property": "$title", "order": "ASC"}),
    ),
)  # fmt: skip
_number = _with({"type": "number"}, _maybe(**_common, minimum=st.integers(0, 1), default=st.integers(-1, 3)))
_array = _with(
    {"type": "array"},
    _maybe(
        **_common, minItems=st.integers(0, 2) | _jq_query, default=st.lists(_words, max_size=3) | _jq_query,
        items=st.sampled_from([
            {"type": "string", "format": "entity", "blueprint": "service"}, {"type": "number"},
            {"type": "string", "enum": {"jqQuery": ".form.a"}}, {},
        ]),
    ),
)  # fmt: skip
_other = st.sampled_from(["object", "boolean"]).flatmap(lambda kind: _with({"type": kind}, _maybe(**_common)))
_inputs = st.dictionaries(st.sampled_from(_NAMES), _string | _number | _array | _other, max_size=4)
_step = st.fixed_dictionaries(
    {"title": st.text("ab", min_size=1, max_size=25), "order": _names}, optional={"visible": _flag}
)
_title = _maybe(title=st.text("ab", min_size=1, max_size=9), description=_words, visible=_flag)
_user_inputs = st.fixed_dictionaries(
    {},
    optional={
        "properties": st.none() | _inputs,
        "required": st.none() | _names | _jq_query,
        "order": st.none() | _names,
        "steps": st.lists(_step, max_size=2),
        "titles": st.dictionaries(st.sampled_from(_NAMES), _title, max_size=2),
    },
)
_self_service = st.fixed_dictionaries(
    {
        "type": st.just("self-service"),
        "operation": st.sampled_from(["CREATE", "DAY-2", "DELETE"]),
        "userInputs": _user_inputs,
    },
    optional={
        "blueprintIdentifier": st.none() | st.sampled_from(["service", "domain"]),
        "condition": st.none() | _query.map(lambda query: {"type": "SEARCH", **query}),
        "actionCardButtonText": st.none() | st.text("go!", min_size=1, max_size=15),
    },
)
_automation = st.fixed_dictionaries(
    {
        "type": st.just("automation"),
        "event": st.sampled_from(["ENTITY_CREATED", "ANY_ENTITY_CHANGE"]).map(
            lambda kind: {"type": kind, "blueprintIdentifier": "service"}
        ),
    },
    optional={
        "condition": st.none()
        | st.lists(_JQ, max_size=2).map(lambda found: {"type": "JQ", "expressions": found, "combinator": "or"})
    },
)
_object = st.dictionaries(_text, _json, max_size=3)
_method = st.one_of(
    _with({"type": "KAFKA"}, _maybe(payload=_object | st.lists(_json, max_size=2))),
    _with(
        {"type": "WEBHOOK", "url": "https://x.io/{{ .inputs.a }}"},
        _maybe(
            agent=st.booleans() | _text, synchronized=st.booleans(), method=st.sampled_from(["PUT", "{{ .inputs.m }}"]),
            headers=st.dictionaries(_text, _text, max_size=2), body=_object, agentLabels=st.dictionaries(_text, _text),
        ),
    ),
    _with({"type": "GITLAB", "projectName": "p", "groupName": "g"}, _maybe(pipelineVariables=_object)),
    _with(
        {"type": "UPSERT_ENTITY", "blueprintIdentifier": "domain"},
        st.fixed_dictionaries({"mapping": _maybe(identifier=_text, team=_text, properties=_object)}),
    ),
)  # fmt: skip
_action = st.fixed_dictionaries(
    {"identifier": st.just("it"), "trigger": _self_service | _automation, "invocationMethod": _method},
    optional={
        "title": st.none() | _words,
        "publish": st.none() | st.booleans(),
        "allowAnyoneToViewRuns": st.booleans(),
        "requiredApproval": st.none() | st.booleans() | st.just({"type": "ANY", "quorum": 2, "expiresInSeconds": 60}),
        "approvalNotification": st.just({"type": "email"}),
        "createdAt": st.just("a stamp that is not ours"),
    },
)


def _expected(sent: dict[str, Any]) -> dict[str, Any]:
    document = {key: value for key, value in sent.items() if key not in STAMPS}
    trigger = {key: value for key, value in sent["trigger"].items() if key != "condition" or value is not None}
    if trigger["type"] == "self-service":
        inputs = trigger["userInputs"]
        trigger["userInputs"] = {**inputs, "properties": inputs.get("properties") or {}}
    return {**document, "trigger": trigger, "publish": sent.get("publish") is not False}


async def _check(portal: Portal, caller: Caller, sent: dict[str, Any]) -> bool:
    """Whether the document was accepted; what is answered then, is checked."""
    definitions = portal.actions.definitions
    try:
        created = await definitions.create(caller, sent)
    except InvalidRequest:
        return False
    try:
        assert {key: value for key, value in created.items() if key not in STAMPS} == _expected(sent)
        assert await definitions.get(caller, "it") == created
        assert await definitions.replace(caller, "it", created) == created, "what was read may be sent back"
    finally:
        await definitions.delete(caller, "it")
    return True


@pytest.mark.slow
def test_what_is_accepted_is_answered_as_it_was_sent(settings: Settings) -> None:
    accepted: list[bool] = []
    with asyncio.Runner() as runner:
        portal = runner.run(build_portal(settings, SystemClock()))
        caller = system_caller("org")
        for blueprint in (SERVICE, DOMAIN):
            runner.run(portal.catalog.blueprints.create(caller, blueprint, catalog_page=False))

        @examples(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(_action)
        def holds(sent: dict[str, Any]) -> None:
            accepted.append(runner.run(_check(portal, caller, sent)))

        try:
            holds()
        finally:
            runner.run(portal.close())
    assert sum(accepted) > 30, "the strategies should mostly make documents that are right"


_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def _damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A likely document with something else in one place."""
    document = draw(_action)
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return document
        key = draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and draw(st.booleans()):
            holder[key] = type(holder[key])(holder[key])
            holder = holder[key]
            continue
        holder[key] = draw(_anything)
        return document


@examples(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(_damaged())
def test_damaged_documents_are_read_or_refused(document: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidRequest):
        read_definition(document)
