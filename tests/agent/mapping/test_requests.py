"""What a target receives: mapped fields, defaults, and which mapping applies (contract 8, 11, 17)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairway.agent.execute import ExecutorSettings
from fairway.agent.model import Invocation, Report
from fairway.agent.runtime.placing import Placer
from support.targets import SECRET, Received, Target, change, claimed, claimed_node, event, executing, serving

PLAIN = ExecutorSettings(envelope_body=False, forward_headers=True)
"""As agents of ours run unless they are told to behave like the original."""


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def _report(
    document: Any,
    invocation: Invocation,
    *,
    env: dict[str, str] | None = None,
    settings: ExecutorSettings | None = None,
) -> Report:
    async with executing(document, env=env, settings=settings) as executor:
        return await executor.execute(invocation)


async def _sent(document: Any, invocation: Invocation, target: Target, **options: Any) -> Received:
    report = await _report(document, invocation, **options)
    assert report.status != "FAILURE", report.summary
    return target.last


# --- mapped fields


async def test_every_field(target: Target) -> None:
    document = {
        "url": '.payload.action.invocationMethod.url + "/x"',
        "method": '"put"',
        "headers": {"Authorization": '"Bearer " + env.TOKEN', "X-Number": "1", "X-Object": "{a: 1}", "X-Null": ".none"},
        "query": {"dry": "true", "name": ".name", "many": '["a", "b"]', "none": "null"},
        "body": {"who": ".name", "literal": 5, "list": [".name", {"deep": ".name"}, 1], "empty": {}, "text": '"x"'},
    }
    invocation = claimed(target.url, body={"name": "Zoë"})
    received = await _sent([document], invocation, target, env={"TOKEN": "the-token"})
    assert (received.method, received.path) == ("PUT", "/x")
    assert received.query == [("dry", "true"), ("name", "Zoë"), ("many", "a"), ("many", "b")]
    assert received.headers["authorization"] == "Bearer the-token"
    assert (received.headers["x-number"], received.headers["x-object"]) == ("1", '{"a":1}')
    assert "x-null" not in received.headers
    assert received.json == {"who": "Zoë", "literal": 5, "list": ["Zoë", {"deep": "Zoë"}, 1], "text": "x"}
    assert received.headers["content-type"] == "application/json"


async def test_whole_parts_as_one_expression(target: Target) -> None:
    document = {"body": "[.name, 1]", "headers": "{X: .name}", "query": "{q: .name}"}
    received = await _sent([document], claimed(target.url, body={"name": "n"}), target)
    assert received.json == ["n", 1]
    assert (received.headers["x"], received.query) == ("n", [("q", "n")])


async def test_only_the_first_output_counts(target: Target) -> None:
    received = await _sent([{"body": {"a": "1, 2", "b": "empty"}}], claimed(target.url), target)
    assert received.json == {"a": 1, "b": None}


async def test_a_value_that_fails_is_null_and_the_run_log_says_why(target: Target) -> None:
    document = {"name": "m", "body": {"bad": ".name | ltrimstr(1) | tonumber", "good": ".name"}}
    report = await _report([document], claimed(target.url, body={"name": "n"}))
    assert target.last.json == {"bad": None, "good": "n"}
    warning = next(line for line in report.logs if line.level == "WARN")
    assert '"[0].body.bad" of mapping "m" is null, because `.name | ltrimstr(1) | tonumber` failed' in warning.message


@pytest.mark.parametrize("name", ["url", "method", "headers", "query", "body", "refuse"])
async def test_an_error_in_a_whole_part_ends_the_run_with_its_cause(target: Target, name: str) -> None:
    """Issue: a JQ error in a mapping; the run page says what went wrong."""
    report = await _report([{"name": "m", name: '"x" | error("no such thing")'}], claimed(target.url))
    assert target.requests == []
    assert report.status == "FAILURE"
    assert report.summary is not None
    assert 'of mapping "m" gives nothing, because `"x" | error("no such thing")` failed' in report.summary
    assert "no such thing" in report.summary
    assert any(line.level == "ERROR" and "no such thing" in line.message for line in report.logs)


async def test_an_endless_expression_ends_the_run(target: Target) -> None:
    for document in ({"body": {"a": "[range(1e12)]"}}, {"enabled": "[range(1e12)] | true"}):
        report = await _report([document], claimed(target.url))
        assert target.requests == []
        assert report.status == "FAILURE"
        assert "could not be computed" in (report.summary or "")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"url": "null"}, '"url" of mapping "[0]" gives null'),
        ({"url": "5"}, 'gives 5, which is no text'),
        ({"url": '""'}, "There is no URL to call"),
        ({"url": '"ftp://x/"'}, "is not an http or https URL"),
        ({"url": '"http://[x"'}, "is not a URL"),
        ({"url": '"nowhere"'}, "is not an http or https URL"),
        ({"method": '"GET POST"'}, "is no HTTP method"),
        ({"method": "[]"}, "is no HTTP method"),
        ({"headers": "[]"}, '"headers" of mapping "[0]" gives list, not an object'),
        ({"query": '"a=b"'}, '"query" of mapping "[0]" gives str, not an object'),
        ({"refuse": '"not on Fridays"'}, "not on Fridays"),
        ({"headers": {"X": '"a\\nInjected: b"'}}, "cannot be called"),
        ({"headers": {"X Y": '"a"'}}, '"X Y" is no name of an HTTP header'),
        ({"headers": {"X\nY": '"a"'}}, "is no name of an HTTP header"), ({"headers": {"": '"a"'}}, "is no name"),
        ({"tls": "nosuch"}, 'There is no TLS profile "nosuch"'),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_ends_the_run(target: Target, document: Any, told: str) -> None:
    if "tls" in document:
        document = {**document, "url": '"https://127.0.0.1:1/"'}
    report = await _report([document], claimed(target.url))
    assert report.status == "FAILURE"
    assert told in (report.summary or ""), report.summary
    assert target.requests == []


async def test_a_refusal_that_is_false_or_null_is_none(target: Target) -> None:
    for refusal in ("null", "false", "empty"):
        await _sent([{"refuse": refusal}], claimed(target.url), target)
    assert len(target.requests) == 3


async def test_headers_of_the_connection_cannot_be_set(target: Target) -> None:
    document = {"headers": {"Content-Length": '"1"', "Transfer-Encoding": '"x"', "Connection": '"close"', "X": '"1"'}}
    received = await _sent([document], claimed(target.url, body={"name": "long enough"}), target)
    assert received.headers["x"] == "1"
    assert int(received.headers["content-length"]) == len(received.body) > 1


async def test_exact_integers_pass(target: Target) -> None:
    """JQ 1.5 made floats of them (contract 8)."""
    numbers = {"instant": 1700000000000, "large": 2**53 + 1, "larger": 12345678901234567890123}
    received = await _sent(
        [{"body": {name: f".{name}" for name in numbers}}], claimed(target.url, body=numbers), target
    )
    assert received.json == numbers
    assert b"1700000000000," in received.body
    whole = await _sent([{}], claimed(target.url, body=numbers), target)
    assert {name: whole.json[name] for name in numbers} == numbers


async def test_deeply_nested_bodies_arrive(target: Target) -> None:
    deep: Any = 1
    for _ in range(120):
        deep = {"a": deep}
    received = await _sent([{"body": {"x": ".a", "y": "[.a | .. | numbers]"}}], claimed(target.url, body=deep), target)
    assert received.json == {"x": deep["a"], "y": [1]}


# --- which mapping applies


@pytest.mark.parametrize(
    ("enabled", "applies"),
    [
        (True, True), (False, False), ("true", True), ("no", False), ('.env == "dev"', True), ('.env == "prod"', False),
        (".env", False), ("1 | .", False), ('"true" | .', False), ("null", False), ("empty", False),
        ("true, false", True),
        (".payload.action.invocationMethod.url != null", True), ('.context.runId | startswith("r_")', True),
    ],
)  # fmt: skip
async def test_enabled_has_to_be_exactly_true(target: Target, enabled: Any, applies: bool) -> None:
    report = await _report([{"enabled": enabled}], claimed(target.url, body={"env": "dev"}))
    assert report.matched is applies
    assert len(target.requests) == applies
    assert applies or (report.status is None and report.logs == ()), "work of others is left alone"


async def test_the_first_that_applies_is_used(target: Target) -> None:
    document = [
        {"enabled": '.env == "prod"', "body": {"at": '"0"'}},
        {"enabled": "error", "body": {"at": '"1"'}},
        {"enabled": '.env == "dev"', "body": {"at": '"2"'}},
        {"body": {"at": '"3"'}},
    ]
    assert (await _sent(document, claimed(target.url, body={"env": "dev"}), target)).json == {"at": "2"}
    assert (await _sent(document, claimed(target.url, body={"env": "test"}), target)).json == {"at": "3"}


async def test_no_match_leaves_the_work_alone(target: Target) -> None:
    """Node runs, too, which the original fails (contract 8; port-agent PR 84)."""
    for invocation in (claimed(target.url), claimed_node(target.url), event(target.url), change(target.url),
                       event(target.url, run_id="wfnr_1")):  # fmt: skip
        report = await _report([{"enabled": False}], invocation)
        assert (report.matched, report.status, report.logs, report.dead) == (False, None, (), False)
    assert target.requests == []


async def test_a_broken_enabled_ends_a_claimed_run_and_leaves_kafka_alone(target: Target) -> None:
    """A claimed run is this agent's, so that it must not stay for ever; over Kafka another agent may be meant."""
    document = [{"name": "m", "enabled": '.name | startswith("x")'}]
    report = await _report(document, claimed(target.url, body={"name": 5}))
    assert report.status == "FAILURE"
    assert 'No mapping applies; in mapping "m", enabled failed: startswith() requires string inputs' in (
        report.summary or ""
    )
    assert (await _report(document, event(target.url))).matched is False


async def test_a_forged_message_fails_its_run_only_where_a_mapping_applies(target: Target) -> None:
    forged = event(target.url)
    forged = Invocation(**{name: getattr(forged, name) for name in forged.__dataclass_fields__} | {"problem": "forged"})
    assert (await _report([{"enabled": False}], forged)).matched is False
    report = await _report([{}], forged)
    assert (report.status, report.summary, report.matched) == ("FAILURE", "forged", True)
    assert target.requests == []


# --- defaults


async def test_a_claimed_run_as_the_original_sends_it(target: Target) -> None:
    """Envelope keys in the body, headers of the action dropped: the switch for those who depend on it."""
    invocation = claimed(target.url, body={"env": "dev"}, headers={"X-A": "1"}, method="PATCH")
    received = await _sent(None, invocation, target, settings=ExecutorSettings())
    assert received.method == "PATCH"
    assert "x-a" not in received.headers
    assert sorted(received.json) == ["context", "env", "headers", "payload"]


async def test_a_claimed_run_sends_the_configured_body_and_headers(target: Target) -> None:
    """Contract 17: what is configured on the action is what is sent."""
    for body in ({"env": "dev", "payload": 1}, [1, 2], "text", {}):
        received = await _sent(None, claimed(target.url, body=body, headers={"X-A": "1"}), target, settings=PLAIN)
        assert received.json == body
        assert received.headers["x-a"] == "1"


async def test_a_mapping_adds_to_forwarded_headers(target: Target) -> None:
    invocation = claimed(target.url, headers={"X-A": "1", "X-B": "2", "X-Number": 3, "X-None": None})
    received = await _sent([{"headers": {"x-a": '"mapped"'}}], invocation, target, settings=PLAIN)
    assert (received.headers["x-a"], received.headers["x-b"], received.headers["x-number"]) == ("mapped", "2", "3")
    assert "x-none" not in received.headers


async def test_nodes_send_what_is_configured(target: Target) -> None:
    """The original sends the envelope instead of the body (contract 7, 19.11)."""
    invocation = claimed_node(target.url, body={"a": 1}, headers={"X-A": "1"}, method="PUT")
    received = await _sent(None, invocation, target, settings=ExecutorSettings())
    assert (received.json, received.headers["x-a"], received.method) == ({"a": 1}, "1", "PUT")
    assert (await _sent(None, claimed_node(target.url), target)).body == b""
    mapping = [{"body": {"x": ".context.nodeConfig.body.a"}}]
    assert (await _sent(mapping, invocation, target)).json == {"x": 1}, "mapping files of today go on working"


async def test_kafka_sends_the_whole_message(target: Target) -> None:
    received = await _sent(None, event(target.url, properties={"env": "dev"}), target)
    assert received.json["payload"]["properties"] == {"env": "dev"}
    assert received.json["context"]["runId"] == "r_1"
    assert received.json["headers"] == {}, "emptied, as the original's is"


async def test_changes_are_sent_as_they_are(target: Target) -> None:
    received = await _sent(None, change(target.url, diff={"before": None}, context={"runId": "r_9"}), target)
    assert received.json["diff"] == {"before": None}
    assert (received.method, received.json["context"]) == ("POST", {"runId": "r_9"})
    assert "idempotency-key" not in received.headers, "a change is not a run"


async def test_the_idempotency_key_is_the_run(target: Target) -> None:
    assert (await _sent(None, claimed(target.url, run_id="r_7"), target)).headers["idempotency-key"] == "r_7"
    assert (await _sent(None, claimed_node(target.url), target)).headers["idempotency-key"] == "wfnr_1"
    own = [{"headers": {"idempotency-key": '"mine"'}}]
    assert (await _sent(own, claimed(target.url), target)).headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("body", [{"a": "é ☃ \u2028", "n": 0.00005, "big": 2**70}, {}, [1.0]])
async def test_the_signature_is_over_the_bytes_that_arrive(target: Target, body: Any) -> None:
    """The original signs other bytes than it sends (contract 10)."""
    received = await _sent([{"body": ".x"}], claimed(target.url, body={"x": body}), target)
    assert received.json == body
    text = received.headers["x-port-timestamp"].encode() + b"." + received.body
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert received.headers["x-port-signature"] == f"v1,{expected}"
    assert received.body == json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


async def test_requests_without_a_body_are_signed_too(target: Target) -> None:
    received = await _sent([{"body": "null", "method": '"GET"'}], claimed(target.url), target)
    text = received.headers["x-port-timestamp"].encode() + b"."
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert received.headers["x-port-signature"] == f"v1,{expected}"
    assert "content-type" not in received.headers


async def test_a_mapping_cannot_sign_in_our_name(target: Target) -> None:
    document = [{"headers": {"X-Port-Signature": '"v1,mine"', "x-port-timestamp": '"1"'}}]
    received = await _sent(document, claimed(target.url), target)
    assert received.headers["x-port-signature"] != "v1,mine"
    assert int(received.headers["x-port-timestamp"]) > 1_000_000_000


# --- keys of order


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ([{}], "r_1"), ([{"keyBy": ".env"}], "dev"), ([{"keyBy": "[.env, 1]"}], '["dev",1]'),
        ([{"keyBy": "null"}], "r_1"),
        ([{"keyBy": "error"}], "r_1"), ([{"enabled": False, "keyBy": ".env"}], "r_1"),
        ([{"enabled": False}, {"keyBy": ".env"}], "dev"), ([{"enabled": "[range(1e12)]", "keyBy": ".env"}], "r_1"),
    ],
)  # fmt: skip
async def test_a_mapping_may_say_what_stays_in_order(document: Any, key: str) -> None:
    async with executing(document) as executor:
        place = await Placer(executor, "http://gitlab").place(claimed("http://x", body={"env": "dev"}))
        assert place.invocation.key == key
