"""Reading a mapping file: everything that is wrong with it is named at start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.agent.environment import Environment
from fairway.agent.mapping import MappingFile, MappingInvalid, load_mappings, parse_mappings
from fairway.jq import Engine


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    found = Engine()
    yield found
    await found.aclose()


def _parse(document: Any, engine: Engine, env: dict[str, str] | None = None) -> MappingFile:
    text = document if isinstance(document, str) else json.dumps(document)
    return parse_mappings(text, engine, where="m.json", env=env or {})


def _problems(document: Any, engine: Engine) -> tuple[str, ...]:
    with pytest.raises(MappingInvalid) as caught:
        _parse(document, engine)
    assert 'The mapping file "m.json" cannot be used:' in caught.value.message
    for problem in caught.value.problems:
        assert problem in caught.value.message
    return caught.value.problems


async def test_a_file_of_the_vendors_guides(engine: Engine) -> None:
    file = _parse(
        [
            {
                "enabled": ".action == \"deploy\"",
                "url": '"http://argo/api/v1/workflows"',
                "method": '"POST"',
                "headers": {"Authorization": '"Bearer " + env.ARGO_TOKEN', "X": 1},
                "body": {"workflow": ".payload.properties.name", "count": 3, "list": [".a", {"b": ".b"}]},
                "query": {"dry": ".payload.properties.dry"},
                "report": {"status": 'if .response.statusCode == 201 then "SUCCESS" else "FAILURE" end',
                           "link": ".response.json.url", "summary": '"done"', "externalRunId": ".response.json.id"},
                "fieldsToDecryptPaths": ["payload.properties.token", ".payload.properties.other"],
            }
        ],
        engine,
        {"ARGO_TOKEN": "x"},
    )  # fmt: skip
    (entry,) = file.entries
    assert file.warnings == ()
    assert entry.decrypt == (("payload", "properties", "token"), ("payload", "properties", "other"))
    assert set(entry.report.programs) == {"status", "link", "summary", "externalRunId"}
    assert file.environment == {"ARGO_TOKEN"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True), (False, False), (1, True), (0, False), ("true", True), ("Yes", True), ("on", True), ("1", True),
        ("t", True), ("false", False), ("No", False), ("off", False), ("0", False), ("n", False),
    ],
)  # fmt: skip
async def test_words_that_count_as_flags(engine: Engine, value: Any, expected: bool) -> None:
    (entry,) = _parse([{"enabled": value}], engine).entries
    assert entry.enabled is expected


async def test_defaults(engine: Engine) -> None:
    (entry,) = _parse([{}], engine).entries
    assert (entry.enabled, entry.url, entry.body, entry.decrypt, entry.name) == (True, None, None, (), "[0]")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "it is not JSON"), ("{", "it is not JSON"), ("[" * 10_000, "it is not JSON"),
        ({}, "it has to be an array"), ("null", "it has to be an array"), ([1], "[0]: a mapping has to be an object"),
        ([{}, {"url": ".a |"}], "[1].url: "), ([{"enabled": ".a ="}], "[0].enabled: "),
        ([{"url": 5}], "[0].url: has to be a JQ expression"), ([{"url": {}}], "[0].url: has to be a JQ expression"),
        ([{"body": ["."]}], '[0].body: has to be a JQ expression or an object of them; for a list'),
        ([{"headers": 5}], "[0].headers: "), ([{"headers": {"X": "("}}], "[0].headers.X: "),
        ([{"body": {"a": {"b": [".", "|"]}}}], "[0].body.a.b[1]: "),
        ([{"enabled": []}], "[0].enabled: has to be true, false or a JQ expression"),
        ([{"enabled": 2}], "[0].enabled: has to be"), ([{"report": "x"}], "[0].report: has to be an object"),
        ([{"report": {"status": "{"}}], "[0].report.status: "), ([{"report": {"link": []}}], "[0].report.link: "),
        ([{"fieldsToDecryptPaths": "a"}], "[0].fieldsToDecryptPaths: has to be a list"),
        ([{"fieldsToDecryptPaths": [""]}], "[0].fieldsToDecryptPaths: "),
        ([{"fieldsToDecryptPaths": [1]}], "[0].fieldsToDecryptPaths: "),
        ([{"timeoutSeconds": 0}], "[0].timeoutSeconds: "), ([{"timeoutSeconds": "5"}], "[0].timeoutSeconds: "),
        ([{"retries": -1}], "[0].retries: "), ([{"retries": 1.5}], "[0].retries: "),
        ([{"retries": True}], "[0].retries: "), ([{"retryOn": [200]}], "[0].retryOn: "),
        ([{"retryOn": ["x"]}], "[0].retryOn: "), ([{"tls": 1}], "[0].tls: has to be the name"),
        ([{"keyBy": "("}], "[0].keyBy: "), ([{"refuse": "undefined_function"}], "[0].refuse: "),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_with_its_place(engine: Engine, document: Any, problem: str) -> None:
    found = _problems(document, engine)
    assert any(each.startswith(problem) for each in found), found


async def test_every_problem_is_named_not_only_the_first(engine: Engine) -> None:
    found = _problems([{"url": "(", "method": ")"}, {"body": {"x": "|"}, "report": 1}], engine)
    assert [each.partition(":")[0] for each in found] == ["[0].url", "[0].method", "[1].body.x", "[1].report"]


async def test_syntax_errors_say_what_is_wrong_with_the_expression(engine: Engine) -> None:
    (problem,) = _problems([{"url": ".payload | nosuch(1)"}], engine)
    assert "nosuch" in problem


async def test_unknown_keys_are_named(engine: Engine) -> None:
    """The original ignores them, so that a misspelt key does nothing and nobody is told (contract 2)."""
    file = _parse([{"enabeld": True, "report": {"sumary": ".", "x": "."}, "somethingElse": 1}], engine)
    assert file.warnings == (
        '[0]: unknown key "enabeld" does nothing; did you mean "enabled"?',
        '[0]: unknown key "somethingElse" does nothing',
        '[0]: unknown key "report.sumary" does nothing; did you mean "report.summary"?',
        '[0]: unknown key "report.x" does nothing',
    )


async def test_doubtful_things_are_warned_of(engine: Engine) -> None:
    assert _parse("[]", engine).warnings == ("it has no mappings, so nothing will be sent",)
    assert _parse('[{"url": ".a", "url": ".b"}]', engine).warnings == (
        'the key "url" stands twice in one object; the last one counts',
    )
    text = [{"headers": {"A": "env.TOKEN", "B": "$ENV.OTHER", "C": 'env["THIRD"]', "D": 'env.OPTIONAL // "x"'}}]
    assert _parse(text, engine, {"OTHER": "1"}).warnings == (
        'expressions read "env.THIRD", which is not set',
        'expressions read "env.TOKEN", which is not set',
    )


async def test_current_jq(engine: Engine) -> None:
    """What the original's JQ 1.5 lacks (contract 8)."""
    expressions = [
        "$ENV.X", '"YQ==" | @base64d', "if . then 1 end", "walk(.)", "pick(.a)", ".a | IN(1, 2)", 'ltrimstr("a")',
    ]  # fmt: skip
    assert len(_parse([{"body": dict(enumerate(expressions))}], engine, {"X": ""}).entries) == 1


async def test_files(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    with pytest.raises(MappingInvalid, match="cannot be read: No such file"):
        load_mappings(path, Environment({}))
    path.write_text('[{"name": "only", "url": "env.HOME_OF_IT"}]')
    found = load_mappings(path, Environment({"HOME_OF_IT": "http://x"}))
    assert (found.where, found.entries[0].name, found.warnings) == (str(path), "only", ())
    await found.retire()
    path.write_bytes(b"\xff")
    with pytest.raises(MappingInvalid, match="not JSON"):
        load_mappings(path, Environment({}))


async def test_expressions_do_not_see_the_agents_own_secret(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('[{"url": "env | tojson"}]')
    environment = Environment({"PORT_CLIENT_SECRET": "hidden", "FAIRWAY_AGENT_LABELS": "a=b", "OWN": "seen"})
    found = load_mappings(path, environment)
    assert found.env == {"OWN": "seen"}
    exposed = load_mappings(path, environment, expose_secret=True)
    assert exposed.env["PORT_CLIENT_SECRET"] == "hidden"
    await found.retire()
    await exposed.retire()


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    found = Engine()
    yield found
    asyncio.run(found.aclose())


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([".", ".a", "(", "true", "x"]) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["enabled", "url", "body", "headers", "report", "status", "retryOn", "retries", "tls", "keyBy"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.lists(json_like, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_content_is_read_or_refused(shared_engine: Engine, document: Any) -> None:
    with suppress(MappingInvalid):
        assert len(_parse(document, shared_engine).entries) == len(document)
