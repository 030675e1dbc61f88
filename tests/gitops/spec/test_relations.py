"""Section 2.7: relations and searches."""

from __future__ import annotations

import pytest

from fairway.gitops.spec.validation import validate
from support.specs import SERVICE, SHAPES, one, places, read

START = "identifier: a\nblueprint: service\n"
RULE = 'property: handle, operator: "=", value: kim'


def test_forms_of_a_relation() -> None:
    found = one(START + "relations:\n  owner: kim\n  uses: [a, b]\n  domain: ~\n", shapes=None)
    assert found.relations == {"owner": "kim", "uses": ["a", "b"], "domain": None}


def test_a_known_relation_gets_its_form() -> None:
    assert one(START + "relations:\n  owner: [kim]\n  uses: b\n").relations == {"owner": "kim", "uses": ["b"]}
    assert one(START + "relations:\n  uses: []\n").relations == {"uses": []}


@pytest.mark.parametrize(("listed", "count"), [("[a, b]", 2), ("[]", 0)])
def test_several_for_one(listed: str, count: int) -> None:
    found = one(f"{START}relations:\n  owner: {listed}\n")
    (problem,) = validate(found, SERVICE, "port.yml", exists=True)
    assert (problem.code, problem.mark) == ("E_RELATION_ARITY", (4, 10))
    assert str(count) in problem.message


def test_unknown_relations() -> None:
    found = one(START + "relations:\n  ownr: kim\n  tier: x\n")
    first, second = validate(found, SERVICE, "port.yml", exists=True)
    assert (first.code, first.mark) == ("E_RELATION_UNKNOWN", (4, 3))
    assert 'did you mean "owner"?' in first.message
    assert (second.code, second.mark) == ("E_RELATION_UNKNOWN", (5, 3))
    assert '"properties"' in (second.hint or "")


@pytest.mark.parametrize("search", [
    f"{{combinator: and, rules: [{{{RULE}}}]}}",
    "{combinator: or, rules: [{property: age, operator: in, value: [1]}, {property: $title, operator: =, value: x}]}",
    f"{{combinator: and, rules: [{{combinator: or, rules: [{{combinator: and, rules: [{{{RULE}}}]}}]}}]}}",
])  # fmt: skip
def test_good_searches(search: str) -> None:
    found = one(f"{START}relations:\n  owner: {search}\n")
    assert found.relations["owner"]["combinator"] in ("and", "or")
    assert validate(found, SERVICE, "port.yml", exists=True, shapes=SHAPES) == []


@pytest.mark.parametrize(("search", "column", "words"), [
    ("{rules: [{RULE}]}", 10, '"combinator"'),
    ("{combinator: xor, rules: [{RULE}]}", 23, '"xor"'),
    ("{combinator: [and], rules: [{RULE}]}", 23, "a list"),
    ("{combinator: and}", 10, '"rules"'),
    ("{combinator: and, rules: }", 35, "null as"),
    ("{combinator: and, rules: []}", 35, "everything"),
    ("{combinator: and, rules: {a: b}}", 35, "a mapping as"),
    ("{combinator: and, rules: [x]}", 36, "a string"),
    ("{combinator: and, rules: [{operator: '=', value: 1}]}", 36, '"property"'),
    ("{combinator: and, rules: [{property: age, value: 1}]}", 36, '"operator"'),
    ("{combinator: and, rules: [{property: age, operator: '!=', value: 1}]}", 62, '"!="'),
    ("{combinator: and, rules: [{property: age, operator: '='}]}", 36, '"value"'),
    ("{combinator: and, rules: [{property: age, operator: '=', value: [1]}]}", 74, "list"),
    ("{combinator: and, rules: [{property: age, operator: in, value: 1}]}", 73, "list"),
    ("{combinator: and, rules: [{property: age, operator: '=', value: {a: b}}]}", 74, "text"),
    ("{combinator: and, rules: [{property: age, operator: in, value: [[1]]}]}", 73, "text"),
    ("{combinator: and, rules: [{RULE, valu: 1}]}", 82, 'did you mean "value"?'),
    ("{combinator: and, rule: [], rules: [{RULE}]}", 28, 'did you mean "rules"?'),
    ("{combinator: and, rules: [" * 4 + "{RULE}" + "]}" * 4, 88, "deeper than 2"),
])  # fmt: skip
def test_bad_searches(search: str, column: int, words: str) -> None:
    search = search.replace("RULE", RULE)
    spec = read(f"{START}relations:\n  owner: {search}\n", shapes=SHAPES)
    assert places(spec) == [("E_SEARCH_RULE", 4, column)]
    assert words in spec.diagnostics[0].message
    assert spec.broken == (("service", "a"),)


@pytest.mark.parametrize("field", ["team", "relations:\n  domain"])
def test_searches_look_at_what_the_target_has(field: str) -> None:
    search = "{combinator: and, rules: [{combinator: or, rules: [{property: cod, operator: '=', value: x}]}]}"
    found = one(f"{START}{field}: {search}\n")
    (problem,) = validate(found, SERVICE, "port.yml", exists=True, shapes=SHAPES)
    assert problem.code == "E_SEARCH_RULE"
    assert problem.mark.column == (69 if field == "team" else 73)
    assert '"cod"' in problem.message


@pytest.mark.parametrize(("line", "place"), [
    ("title: '{{ name }}'", (3, 8)), ("properties: {p: 'x {{.y}} z'}", (3, 17)),
    ("properties: {p: [a, '{{ b }}']}", (3, 21)),
    ("properties: {p: {'{{k}}': 1}}", (3, 18)), ("team: '{{ t }}'", (3, 7)), ("properties: {'{{ k }}': 1}", (3, 14)),
])  # fmt: skip
def test_templates_that_were_not_filled_in(line: str, place: tuple[int, int]) -> None:
    spec = read(START + line + "\n")
    assert places(spec) == [("W_TEMPLATE_LEFTOVER", *place)]
    assert len(spec.definitions) == 1


@pytest.mark.parametrize("text", ["{{", "}} {{", "{ { a } }", "$(x)"])
def test_what_is_no_template(text: str) -> None:
    assert one(f"{START}properties:\n  version: '{text}'\n").properties["version"] == text


def test_the_search_scheme() -> None:
    spec = read(START + "properties:\n  p: search://scope=x\n")
    assert places(spec) == [("W_SEARCH_SCHEME", 4, 6)]
    assert spec.definitions[0].properties == {"p": "search://scope=x"}
