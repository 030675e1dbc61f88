"""Catalog API contract, section 6.7."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairway.jq import Engine, Templates
from fairway.jq.template_text import Expression, parse

CONTEXT = {"inputs": {"n": 3, "s": "x", "o": {"k": [1]}, "b": True, "z": None}, "secrets": {"t}}": "hush"}}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("{{ .inputs.n }}", 3),
        ("  {{ .inputs.n }} ", 3),
        ("{{.inputs.o}}", {"k": [1]}),
        ("{{ .inputs.z }}", None),
        ("{{ .inputs.b }}", True),
        ("svc-{{ .inputs.n }}", "svc-3"),
        ("{{ .inputs.s }}{{ .inputs.o }}", 'x{"k":[1]}'),
        ("a {{ .inputs.z }} b", "a null b"),
        ("a {{ .inputs.missing }} b {{ empty }}", "a null b null"),
        ("{{ {a:{b:1}} }}", {"a": {"b": 1}}),
        ("{{{a:{b:1}}}}", {"a": {"b": 1}}),
        ('{{ .secrets."t}}" }}', "hush"),
        ("{{ .secrets.'t}}' }}", "hush"),
        ("{{ 'it' + .inputs.s }}", "itx"),
        ('{{ "\\(.inputs.n)}}" }}', "3}}"),
        ("{{ not closed", "{{ not closed"),
        ("}} {{ .inputs.n }} }}", "}} 3 }}"),
        ('{{ error("x") }}', None),
        ("{{ .[ }}", None),
        ("{{ }}", None),
        ("x{{}}", "xnull"),
        (7, 7),
        ([None, "{{ .inputs.n }}", ["{{ .inputs.s }}"]], [None, 3, ["x"]]),
        ({"{{ .inputs.s }}": 1, "k-{{ .inputs.n }}": "{{ .inputs.n }}"}, {"x": 1, "k-3": 3}),
        ({'{{ if .inputs.a then "a" else null end }}': "gone", "b": 1}, {"b": 1}),
        ({"{{ .inputs.n }}": 1, "{{ .inputs.b }}": 2}, {"3": 1, "true": 2}),
        ({"{{ error }}": 1}, {}),
        ({"k": "{{ error }}"}, {"k": None}),
        ({"n": 9, "{{ spreadValue() }}": "{{ .inputs }}", "s": 8}, {**CONTEXT["inputs"], "n": 9, "s": 8}),
        ({"{{spreadValue()}}": {"a": "{{ .inputs.n }}"}, "{{ spreadValue() }}": "{{ .inputs.z }}"}, {"a": 3}),
        ({"a": {"{{ spreadValue() }}": "{{ .inputs.o }}"}}, {"a": {"k": [1]}}),
    ],
)
async def test_renders(engine: Engine, template: Any, expected: Any) -> None:
    assert await Templates(engine).render(template, CONTEXT) == expected


async def test_reports_what_failed_and_where(engine: Engine) -> None:
    template = {
        "a/b": ["{{ .x", 'x{{ error("no") }}'],
        "{{ .inputs.n.q }}": 1,
        "{{ spreadValue() }}": 5,
        "c": "{{ .[ }}",
    }
    rendered, problems = await Templates(engine).render_report(template, CONTEXT)
    assert rendered == {"a/b": ["{{ .x", "xnull"], "c": None}
    assert [(problem.pointer, problem.program) for problem in problems] == [
        ("/a~1b/1", 'error("no")'),
        ("/{{ .inputs.n.q }}", ".inputs.n.q"),
        ("/{{ spreadValue() }}", "spreadValue()"),
        ("/c", ".["),
    ]
    assert problems[0].error == "no"


async def test_a_limit_is_told_apart(engine: Engine) -> None:
    rendered, problems = await Templates(engine).render_report(["{{ last(repeat(1)) }}", "{{ .inputs.n }}"], CONTEXT)
    assert rendered == [None, 3]
    assert [problem.kind for problem in problems] == ["limit"]


PIECES = ["{{", "}}", "{", "}", '"', "'", "\\", "\\(", "(", ")", " ", ".a", "#", "é", "[", "]", "|", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_parsing_never_fails_and_loses_nothing_outside_templates(text: str) -> None:
    parts = parse(text)
    for part in parts:
        assert (part.text if isinstance(part, Expression) else part) in text
    if "{{" not in text:
        assert parts == ([text] if text else [])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
async def test_rendering_never_raises(engine: Engine, text: str) -> None:
    await Templates(engine).render({text: [text]}, {"a": 1})
