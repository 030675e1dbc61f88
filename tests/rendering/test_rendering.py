"""Rendering of invocation methods: types, secrets, ways (contract 6.7, 15.15, 15.23)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr

from fairway.portal.runs.model import Context
from fairway.portal.runs.rendering.renderer import Rendered, Renderer
from fairway.portal.runs.rendering.routes import Routes
from fairway.portal.runs.rendering.scrub import MASK, Scrubber, holds_mask
from fairway.portal.runs.rendering.sealing import open_context, seal_context
from fairway.portal.services import Portal

CONTEXT = Context(
    inputs={"n": 3, "s": "x", "list": [1, "a"], "none": None, "env": "prod", "yes": "true",
            "domain": {"identifier": "payments", "title": "Payments"}},
    trigger={"origin": "UI", "operation": "DAY-2", "by": {"user": {"email": "a@b.c"}}},
    event=None,
    entity={"identifier": "svc-a", "properties": {"my-prop": 1}},
    action={"identifier": "deploy", "blueprint": "service", "encryptedProperties": []},
    run={"id": "r_1"},
)  # fmt: skip
SECRETS = {"TOKEN": "s3cr3t-Value/+1", "USER": "robot", "OTHER": "hush-hush"}


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """Rendering does not depend on the kind of database."""
    return f"sqlite:///{tmp_path / 'fairway.db'}"


def _renderer(portal: Portal, streamer: str | None = None, **settings: Any) -> Renderer:
    async def told() -> str | None:
        return streamer

    known = portal.settings.model_copy(update=settings)
    return Renderer(portal.jq, portal.db, portal.box, portal.secrets, Routes(known, told))


@pytest.fixture
def renderer(portal: Portal) -> Renderer:
    return _renderer(portal)


def _webhook(**keys: Any) -> dict[str, Any]:
    return {"type": "WEBHOOK", "url": "https://ci.example.com/hook", **keys}


async def _render(renderer: Renderer, definition: dict[str, Any], context: Context = CONTEXT) -> Rendered:
    return await renderer.render(definition, context, SECRETS)


async def test_defaults_and_types(renderer: Renderer) -> None:
    rendered = await _render(renderer, _webhook(headers={"A": "{{ .inputs.n }}", "B": "{{ .inputs.none }}", "C": "x"}))
    assert rendered.payload == {
        "type": "WEBHOOK", "agent": False, "synchronized": False, "method": "POST",
        "url": "https://ci.example.com/hook", "headers": {"A": "3", "C": "x"},
    }  # fmt: skip
    assert (rendered.push, rendered.queue, rendered.problem, rendered.secret) == (True, None, None, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True), (False, False), ("true", True), ("false", False), ("True", False), ("{{ .inputs.yes }}", True),
        ("{{ .inputs.env == 'prod' }}", True), ("{{ .inputs.none }}", False), ("{{ 1 }}", False),
        ("{{ error }}", False),
    ],
)  # fmt: skip
async def test_flags_are_booleans(renderer: Renderer, value: Any, expected: bool) -> None:
    rendered = await _render(renderer, _webhook(agent=value, synchronized=value))
    assert rendered.payload["agent"] is expected
    assert rendered.payload["synchronized"] is expected
    assert (rendered.queue, rendered.push) == (("_PORT_EXEC_AGENT", False) if expected else (None, True))


async def test_values_keep_their_type_and_type_is_never_rendered(renderer: Renderer) -> None:
    body = {
        "n": "{{ .inputs.n }}", "text": "v{{ .inputs.n }}", "list": "{{ .inputs.list }}", "gone": "{{ .inputs.none }}",
        "bad": "{{ error }}", "{{ if .inputs.x then 'k' else null end }}": 1,
        "prop": "{{ .entity.properties.'my-prop' }}",
    }  # fmt: skip
    rendered = await _render(renderer, {**_webhook(body=body), "type": "WEBHOOK"})
    assert rendered.payload["body"] == {
        "n": 3, "text": "v3", "list": [1, "a"], "gone": None, "bad": None, "prop": 1,
    }  # fmt: skip
    odd = await _render(renderer, {"type": "{{ .inputs.s }}"})
    assert odd.payload["type"] == "{{ .inputs.s }}"
    assert odd.problem


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (_webhook(url="{{ .inputs.none }}"), ["url", "null"]),
        (_webhook(url="{{ .inputs.n }}"), ["url", "a number"]),
        (_webhook(url=""), ["url", "an empty text"]),
        (_webhook(headers="{{ .inputs.s }}"), ["headers", "a text"]),
        (_webhook(method="TRACE"), ["method", "POST"]),
        (_webhook(body="{{ last(repeat(1)) }}"), ["/body", "more time"]),
        ({"type": "GITHUB", "org": "o", "repo": "r", "workflow": "{{ .inputs.none }}"}, ["workflow", "null"]),
        ({"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w"}, ["FAIRWAY_GITHUB_TOKEN"]),
        ({"type": "KAFKA", "payload": {}}, ["FAIRWAY_KAFKA_BROKERS"]),
        ({"type": "UPSERT_ENTITY", "blueprintIdentifier": "b", "mapping": "{{ .inputs.n }}"}, ["mapping", "a number"]),
        ({"type": "INTEGRATION_ACTION", "installationId": "i", "integrationActionType": "x"}, ["ExecutionProperties"]),
    ],
)
async def test_problems_name_the_place(renderer: Renderer, definition: dict[str, Any], words: list[str]) -> None:
    rendered = await _render(renderer, definition)
    assert rendered.problem is not None
    assert (rendered.push, rendered.queue) == (False, None)
    for word in words:
        assert word in rendered.problem


async def test_who_delivers(portal: Portal) -> None:
    agent = _webhook(agent=True)
    gitlab = {"type": "GITLAB", "projectName": "p", "groupName": "g/sub"}
    kafka = {"kafka_brokers": "localhost:1"}

    async def way(definition: dict[str, Any], streamer: str | None = None, **settings: Any) -> tuple[bool, str | None]:
        rendered = await _render(_renderer(portal, streamer, **settings), definition)
        assert rendered.problem is None
        return rendered.push, rendered.queue

    assert await way(agent) == (False, "_PORT_EXEC_AGENT")
    assert await way(agent, "KAFKA") == (False, "_PORT_EXEC_AGENT"), "no brokers"
    assert await way(agent, "POLLING", **kafka) == (False, "_PORT_EXEC_AGENT")
    assert await way(agent, "KAFKA", **kafka) == (True, None)
    assert await way(gitlab) == (False, "_PORT_EXEC_AGENT:GITLAB")
    assert await way(gitlab, "KAFKA", **kafka) == (True, None)
    assert await way(gitlab, gitlab_trigger_token=SecretStr("t")) == (True, None)
    integration = {
        "type": "INTEGRATION_ACTION", "installationId": "int-{{ .inputs.n }}",
        "integrationActionType": "dispatch_workflow",
        "integrationActionExecutionProperties": {"org": "o", "reportWorkflowStatus": "{{ .inputs.yes }}"},
    }  # fmt: skip
    assert await way(integration) == (False, "int-3")
    assert await way({"type": "KAFKA", "payload": [1]}, **kafka) == (True, None)
    assert await way({"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w"}, github_token=SecretStr("t")) == (
        True,
        None,
    )


async def test_gitlab_tokens_by_project(portal: Portal) -> None:
    renderer = _renderer(portal)
    gitlab = {"type": "GITLAB", "projectName": "my.app", "groupName": "g/sub"}
    direct = await renderer.render(gitlab, CONTEXT, {"g_sub_my_app": "token"})
    other = await renderer.render(gitlab, CONTEXT, {"g_sub": "token"})
    assert (direct.push, direct.payload["agent"]) == (True, False)
    assert (other.queue, other.payload["agent"]) == ("_PORT_EXEC_AGENT:GITLAB", True)


async def test_labels(renderer: Renderer) -> None:
    labels = {"region": "eu-{{ .inputs.n }}", "count": "{{ .inputs.n }}", "none": "{{ .inputs.none }}"}
    rendered = await _render(renderer, _webhook(agent=True, agentLabels=labels))
    assert rendered.labels == {"region": "eu-3", "count": "3"}
    assert (await _render(renderer, _webhook(agent=True))).labels is None


async def test_an_agent_gets_a_body_to_copy(renderer: Renderer) -> None:
    assert (await _render(renderer, _webhook(agent=True))).payload["body"] == {}
    assert "body" not in (await _render(renderer, _webhook())).payload


ATTACKS = [
    "{{ .secrets.TOKEN }}",
    "Bearer {{ .secrets.TOKEN }}",
    "{{ .secrets.TOKEN | ascii_downcase }}",
    "{{ .secrets.TOKEN | @base64 }}",
    "{{ @base64 \"\\(.secrets.USER):\\(.secrets.TOKEN)\" }}",
    "{{ .secrets.TOKEN[0:4] }}",
    "{{ .secrets.TOKEN | explode }}",
    "{{ .secrets.TOKEN | split(\"\") | reverse | join(\"\") }}",
    "{{ .secrets.TOKEN | startswith(\"s\") }}",
    "{{ .secrets.TOKEN < \"t\" }}",
    "{{ .secrets.TOKEN | length }}",
    "{{ .secrets }}",
    "{{ .secrets | tojson }}",
    "{{ .secrets | to_entries }}",
    "{{ .[\"secrets\"].TOKEN }}",
    "{{ . as $d | $d.secrets.TOKEN }}",
    "{{ def f: .secrets.TOKEN; f }}",
    "{{ getpath([\"secrets\",\"TOKEN\"]) }}",
    "{{ if .secrets.TOKEN | test(\"^s3\") then \"yes\" else \"no\" end }}",
    "{{ try error(.secrets.TOKEN) catch . }}",
    "{{ (.inputs, .secrets) | .TOKEN? // empty }}",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_a_secret_becomes_is_masked_whole(renderer: Renderer, attack: str) -> None:
    definition = _webhook(headers={"authorization": attack}, body={"a": [attack], "other": "{{ .inputs.n }}"})
    rendered = await _render(renderer, definition)
    assert rendered.secret
    assert rendered.payload["body"]["other"] == 3
    before, _, after = attack.partition("{{")
    assert rendered.payload["body"]["a"] == [before + MASK + after.rpartition("}}")[2]]
    real = await renderer.real(definition, CONTEXT, SECRETS)
    assert real["body"]["a"] != rendered.payload["body"]["a"]
    assert real["body"]["other"] == 3


@pytest.mark.parametrize("blind", ["{{ . }}", "{{ tojson }}", "{{ [..] }}", "{{ .[] }}", '{{ .["sec" + "rets"] }}'])
async def test_an_expression_that_does_not_name_secrets_has_none(renderer: Renderer, blind: str) -> None:
    real = await renderer.real(_webhook(body={"a": blind}), CONTEXT, SECRETS)
    assert SECRETS["TOKEN"] not in json.dumps(real)


async def test_a_masked_spread_and_key_leave_a_trace(renderer: Renderer) -> None:
    body = {"{{ spreadValue() }}": "{{ {a: .secrets.TOKEN} }}", "{{ .secrets.USER }}": 1, "b": 2}
    rendered = await _render(renderer, _webhook(body=body))
    assert rendered.payload["body"] == {MASK: 1, "b": 2}
    assert await renderer.real(_webhook(body=body), CONTEXT, SECRETS) == {
        **rendered.payload, "body": {"a": SECRETS["TOKEN"], "robot": 1, "b": 2},
    }  # fmt: skip


async def test_secrets_that_come_in_another_way_are_scrubbed(renderer: Renderer) -> None:
    context = replace(CONTEXT, inputs={"text": f"my token is {SECRETS['TOKEN']}, ok?"})
    rendered = await _render(renderer, _webhook(body={"t": "{{ .inputs.text }}"}), context)
    assert rendered.payload["body"] == {"t": "my token is ***, ok?"}
    assert rendered.secret


async def test_secret_flags_do_not_change_the_way(renderer: Renderer) -> None:
    rendered = await renderer.render(_webhook(agent="{{ .secrets.AGENT }}"), CONTEXT, {"AGENT": "true"})
    assert rendered.payload["agent"] is True
    assert rendered.queue == "_PORT_EXEC_AGENT"
    assert rendered.payload["body"] == {}


_WORDS = st.text(alphabet='abc/+="\\ é{}%\n', min_size=4, max_size=12)
_WRAP = st.sampled_from(
    ["{}", "{} | @base64", "{} | ascii_upcase", "{} | tojson", "{} | @uri", "[{}]", "{{a: {}}}", "{}[1:]", '"x\\({})"']
)
_PLACE = st.sampled_from([".secrets.A", ".inputs.a", ".entity.b", ".", ".run.id", "tojson", '"lit"'])


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=_WORDS, wraps=st.lists(st.tuples(_WRAP, _PLACE, st.booleans()), max_size=4), leaked=st.booleans())
async def test_a_masked_payload_never_holds_a_secret(
    renderer: Renderer, secret: str, wraps: list[tuple[str, str, bool]], leaked: bool
) -> None:
    texts = ["{{ " + wrap.format(place) + " }}" + (" tail" if tail else "") for wrap, place, tail in wraps]
    inputs = {"a": f"<{secret}>" if leaked else "a"}
    context = replace(CONTEXT, inputs=inputs, entity={"b": [secret] if leaked else None})
    definition = _webhook(
        headers=dict(zip("abcd", texts, strict=False)), body={"list": texts, **dict.fromkeys(texts, 1)}
    )
    rendered = await renderer.render(definition, context, {"A": secret})
    for text in _strings({**rendered.payload, "type": ""}):
        assert secret not in text
    if not any(".secrets" in text for text in texts) and not leaked:
        assert not rendered.secret or holds_mask(rendered.payload)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in _strings(item))]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


@given(secret=st.text(min_size=4, max_size=40), before=st.text(max_size=5), after=st.text(max_size=5))
def test_scrubbed_texts_hold_no_spelling_of_a_secret(secret: str, before: str, after: str) -> None:
    scrubber = Scrubber([secret, "other-secret"])
    raw = secret.encode("utf-8", "surrogatepass")
    for form in (secret, json.dumps(secret)[1:-1], raw.hex()):
        assert form not in scrubber.text(before + form + after)
    if len(raw) >= 8:
        for user in ("", "u", "us", "user"):
            header = base64.b64encode(f"{user}:".encode() + raw).decode()
            assert base64.b64encode(raw).decode()[4:-4] not in scrubber.text(header)
            assert scrubber.text(header) != header


def test_short_secrets_are_left_alone() -> None:
    assert Scrubber(["abc"]).text("abc abc") == "abc abc"


async def test_a_context_is_sealed_for_its_run(portal: Portal) -> None:
    sealed = seal_context(portal.box, "r_1", CONTEXT)
    assert "payments" not in sealed
    assert open_context(portal.box, "r_1", sealed) == CONTEXT
    with pytest.raises(Exception, match="cannot be decrypted"):
        open_context(portal.box, "r_2", sealed)
