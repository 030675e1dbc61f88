"""The typing rules of templates as laws, for any value (contract 6.7)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.model import Context
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.runs.rendering.typing_rules import as_text, is_true
from fairway.portal.services import Portal

CONTEXT = Context(inputs={}, trigger={}, event=None, entity=None, action={}, run={"id": "r_1"})
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT
VALUES = st.recursive(
    _SCALARS | st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(["a", "b", "c", "d"])
PIECES = ["{{", "}}", "{", "}", '"', "'", "\\", ".run.id", " ", "|", "spreadValue()", "a"]
few = examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Any) -> str:
    """Rendering does not depend on the kind of database."""
    return f"sqlite:///{tmp_path / 'fairway.db'}"


@pytest.fixture
def renderer(portal: Portal) -> Renderer:
    return portal.runs.renderer


async def _body(renderer: Renderer, body: Any, **inputs: Any) -> Any:
    definition = {"type": "WEBHOOK", "url": "https://ci.example/", "body": body}
    rendered = await renderer.render(definition, replace(CONTEXT, inputs=inputs), {})
    assert rendered.problem is None
    return rendered.payload["body"]


@few
@given(VALUES)
async def test_a_whole_template_keeps_value_and_type(renderer: Renderer, value: Any) -> None:
    found = await _body(renderer, {"v": "{{ .inputs.v }}", "deep": [{"v": "{{.inputs.v}}"}]}, v=value)
    assert dumps_text(found["v"]) == dumps_text(found["deep"][0]["v"])
    assert found["v"] == value
    assert type(found["v"]) is type(value) or isinstance(value, float), "2.0 may come back as 2"


@few
@given(VALUES, _TEXT.filter(lambda text: "{{" not in text and "}}" not in text and text.strip()))
async def test_an_embedded_one_is_text(renderer: Renderer, value: Any, around: str) -> None:
    if "{" in around[-1:] or around[:1] == "}":
        around = f"-{around}-"
    found = await _body(renderer, {"v": around + "{{ .inputs.v }}" + around}, v=value)
    middle = found["v"].removeprefix(around).removesuffix(around)
    if isinstance(value, str):
        assert middle == value
    elif value is None:
        assert middle == "null"
    else:
        assert json.loads(middle) == value
        assert " " not in json.dumps(value) or len(middle) <= len(json.dumps(value, ensure_ascii=False))


@few
@given(VALUES)
async def test_a_key_drops_its_pair_when_it_is_null(renderer: Renderer, value: Any) -> None:
    found = await _body(renderer, {"{{ .inputs.k }}": "{{ .inputs.v }}", "rest": 1}, k=None, v=value)
    assert found == {"rest": 1}


@few
@given(_TEXT.filter(bool), VALUES)
async def test_a_key_is_its_text(renderer: Renderer, name: str, value: Any) -> None:
    found = await _body(renderer, {"{{ .inputs.k }}": "{{ .inputs.v }}"}, k=name, v=value)
    assert found == {name: value}


@few
@given(st.dictionaries(_NAMES, VALUES, max_size=3), st.dictionaries(_NAMES, _SCALARS, max_size=3))
async def test_a_spread_merges_and_what_is_written_out_wins(
    renderer: Renderer, spread: dict[str, Any], explicit: dict[str, Any]
) -> None:
    explicit = {name: value for name, value in explicit.items() if not isinstance(value, str) or "{{" not in value}
    expected = {**spread, **explicit}
    for body in (
        {"{{ spreadValue() }}": "{{ .inputs }}", **explicit},
        {**explicit, "{{ spreadValue() }}": "{{ .inputs }}"},
    ):
        assert await _body(renderer, body, **spread) == expected


@few
@given(VALUES)
async def test_headers_are_texts_and_flags_booleans(renderer: Renderer, value: Any) -> None:
    definition = {
        "type": "WEBHOOK", "url": "https://ci.example/", "headers": {"a": "{{ .inputs.v }}"},
        "synchronized": "{{ .inputs.v }}", "agent": "{{ .inputs.v }}",
    }  # fmt: skip
    rendered = await renderer.render(definition, replace(CONTEXT, inputs={"v": value}), {})
    assert rendered.payload["headers"] == ({} if value is None else {"a": as_text(value)})
    wanted = value is True or value == "true"
    assert is_true(value) is wanted
    assert (rendered.payload["synchronized"], rendered.payload["agent"]) == (wanted, wanted)


@few
@given(VALUES)
async def test_what_holds_no_template_is_left_alone(renderer: Renderer, value: Any) -> None:
    text = dumps_text(value)
    if "{{" not in text:
        assert await _body(renderer, {"v": value}) == {"v": value}


BROKEN = [
    "error",
    ".inputs.v | tonumber",
    ".a.b.c[0] | error",
    "1 / 0",
    ".inputs | keys | .[0] | fromjson",
    "nonsense |",
    "@base32d",
]


@pytest.mark.parametrize("program", BROKEN)
async def test_a_template_that_fails_is_null_and_spoils_nothing_else(renderer: Renderer, program: str) -> None:
    body = {"bad": f"{{{{ {program} }}}}", "in": f"a {{{{ {program} }}}} b", "good": "{{ .inputs.v }}"}
    assert await _body(renderer, body, v="x") == {"bad": None, "in": "a null b", "good": "x"}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ .inputs.'my-prop' }}", 1),
        ("{{ 'a' + .inputs.s }}", "ax"),
        ('{{ .inputs["s"] + "it\'s" }}', "xit's"),
        ("{{ .inputs.s == 'x' and true }}", True),
        ("{{ [.inputs.'my-prop', 'b'] }}", [1, "b"]),
    ],
)
async def test_single_quotes_are_quotes(renderer: Renderer, template: str, value: Any) -> None:
    assert await _body(renderer, {"v": template}, **{"my-prop": 1, "s": "x"}) == {"v": value}


@few
@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{", "}", '"', "'", "\\", ".run.id", " ", "|", "spreadValue()", "a"]), max_size=10
    )
)
async def test_no_text_breaks_rendering(renderer: Renderer, parts: list[str]) -> None:
    text = "".join(parts)
    definition = {"type": "WEBHOOK", "url": text, "headers": {text: text}, "body": {text: [text]}}
    rendered = await renderer.render(definition, CONTEXT, {"S": "secret-value"})
    assert "secret-value" not in dumps_text(rendered.payload)
