"""Messages become invocations: claimed runs and nodes, Kafka envelopes, change-log events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from fairway.agent.messages import MessageReader, Skipped, from_node_run, from_run
from fairway.agent.model import Invocation


class Trusting:
    """Signatures have tests of their own."""

    def problem(self, data: bytes, message: Mapping[str, Any]) -> str:
        return "forged" if message.get("forged") else ""


READER = MessageReader(Trusting())


def envelope(**changes: Any) -> dict[str, Any]:
    """A run event as it is on the topic (contract 7)."""
    return {
        "action": "deploy", "resourceType": "run", "status": "TRIGGERED",
        "trigger": {"by": {"orgId": "o", "userId": "u", "user": {"email": "a@b.c"}}, "origin": "UI"},
        "context": {"entity": None, "blueprint": "service", "runId": "r_1"},
        "payload": {
            "entity": None,
            "action": {
                "identifier": "deploy", "trigger": "CREATE",
                "invocationMethod": {"type": "WEBHOOK", "agent": True, "synchronized": False, "url": "http://ci/run"},
            },
            "properties": {"env": "dev"}, "censoredProperties": [],
        },
        "headers": {"X-Port-Signature": "v1,x", "X-Port-Timestamp": "1", "X-More": "2"},
        **changes,
    }  # fmt: skip


def _read(message: Any) -> Invocation | Skipped:
    return READER.run(json.dumps(message).encode())


def _invocation(found: Invocation | Skipped) -> Invocation:
    assert isinstance(found, Invocation), found
    return found


def test_a_run_event() -> None:
    found = _invocation(_read(envelope()))
    assert (found.kind, found.id, found.action, found.source, found.problem) == ("run", "r_1", "deploy", "KAFKA", "")
    assert found.method["url"] == "http://ci/run"
    assert found.message["headers"] == {"X-More": "2"}, "the signature is not the target's business"
    assert found.message["payload"]["properties"] == {"env": "dev"}


def test_gitlab_events_have_no_headers() -> None:
    message = envelope()
    message["payload"]["action"]["invocationMethod"] = {"type": "GITLAB", "agent": True}
    assert "headers" not in _invocation(_read(message)).message


@pytest.mark.parametrize(
    ("run_id", "kind"), [("r_1", "run"), ("wfnr_1", "node"), ("", "changelog"), (None, "changelog"), (7, "changelog")]
)
def test_the_id_tells_the_kind(run_id: Any, kind: str) -> None:
    found = _invocation(_read(envelope(context={"runId": run_id})))
    assert found.kind == kind
    assert (found.id is None) is (kind == "changelog")


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ({"type": "WEBHOOK", "url": "http://x"}, '"agent" is not true'),
        ({"type": "WEBHOOK", "agent": False}, '"agent" is not true'),
        ({"type": "WEBHOOK", "agent": "false"}, '"agent" is not true'),
        ({"type": "KAFKA", "agent": True}, 'type is "KAFKA"'),
        ({"type": "GITHUB", "agent": True}, 'type is "GITHUB"'),
        ([], '"agent" is not true'),
        (None, '"agent" is not true'),
    ],
)
def test_what_is_not_for_agents_is_passed_over(method: Any, reason: str) -> None:
    message = envelope()
    message["payload"]["action"]["invocationMethod"] = method
    found = _read(message)
    assert isinstance(found, Skipped)
    assert reason in found.reason
    assert not found.unreadable, "it is meant for somebody else, which is no reason to warn"


def test_a_message_of_another_shape_is_for_somebody_else() -> None:
    for message in ({}, {"payload": []}, {"payload": {"action": "x"}}, {"payload": None}):
        assert isinstance(_read(message), Skipped)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"), (b"{", "not JSON"), (b"\xff\xfe", "not JSON"), (b"[1]", "not a JSON object"),
        (b'"x"', "not a JSON object"), (b'{"a": NaN}', "not JSON"), (b"[" * 300 + b"]" * 300, "nested deeper"),
        (b"[" * 100_000, "depth limit|nested deeper"), (b'{"a":' * 2000 + b"1" + b"}" * 2000, "depth limit"),
        (b'{"n": 12345678901234567890, "a": Infinity}', "not JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_warned_of(data: bytes, reason: str) -> None:
    for read in (READER.run, READER.change):
        found = read(data)
        assert isinstance(found, Skipped)
        assert found.unreadable
        assert any(each in found.reason for each in reason.split("|")), found.reason


def test_tombstones_are_nothing_to_warn_of() -> None:
    assert READER.run(None) == Skipped("it is a tombstone")


def test_oversized_messages_are_not_parsed() -> None:
    found = MessageReader(Trusting(), max_bytes=100).run(b"x" * 101)
    assert found == Skipped("The message has 101 bytes; at most 100 are read", unreadable=True)


def test_a_forged_message_becomes_an_invocation_that_fails() -> None:
    found = _invocation(_read(envelope(forged=True)))
    assert found.problem == "forged"
    assert found.id == "r_1"


def test_a_changelog_destination_exempts_no_run_from_its_signature() -> None:
    """The original executes an unsigned run that has this key (contract 10)."""
    found = _invocation(_read(envelope(forged=True, changelogDestination={"type": "WEBHOOK", "agent": True})))
    assert found.problem == "forged"


def test_large_integers_keep_their_digits() -> None:
    exact = 123456789012345678901234567890
    found = _invocation(_read(envelope(n=exact, t=1_700_000_000_000, s=2**53 + 1)))
    assert (found.message["n"], found.message["t"], found.message["s"]) == (exact, 1_700_000_000_000, 2**53 + 1)


@pytest.mark.parametrize(
    ("context", "key"),
    [
        ({"runId": "r_1", "blueprint": "service", "entity": "cart"}, "service/cart"),
        ({"runId": "r_1", "blueprint": {"identifier": "service"}, "entity": {"identifier": "cart"}}, "service/cart"),
        ({"runId": "r_1", "blueprint": "service", "entity": None}, "r_1"),
        ({"runId": "r_1"}, "r_1"),
        ({"runId": "r_1", "blueprint": 3, "entity": {"identifier": 3}}, "r_1"),
    ],
)
def test_order_is_kept_for_an_entity(context: Any, key: str) -> None:
    assert _invocation(_read(envelope(context=context))).key == key


# --- change-log events


def change(**changes: Any) -> dict[str, Any]:
    return {
        "action": "UPDATE", "resourceType": "entity", "status": "SUCCESS",
        "context": {"entity": "cart", "blueprint": "service", "runId": "r_caused_it"},
        "diff": {"before": {}, "after": {}},
        "changelogDestination": {"type": "WEBHOOK", "agent": True, "url": "http://sink"},
        **changes,
    }  # fmt: skip


def test_a_change_belongs_to_no_run() -> None:
    """Not even when a run caused it: the original posts to that run (contract 11)."""
    found = _invocation(READER.change(json.dumps(change()).encode()))
    assert (found.kind, found.id, found.problem) == ("changelog", None, "")
    assert found.method["url"] == "http://sink"
    assert found.message["context"]["runId"] == "r_caused_it", "mappings see the whole event"
    assert found.key == "changelog:service/cart"


def test_changes_without_entity_keep_order_within_their_blueprint() -> None:
    found = _invocation(READER.change(json.dumps(change(context={"blueprint": "service"})).encode()))
    assert found.key == "changelog:changelog:service"


@pytest.mark.parametrize("destination", [None, {}, {"agent": False}, {"agent": True, "type": "KAFKA"}, "http://sink"])
def test_changes_for_others_are_passed_over(destination: Any) -> None:
    assert isinstance(READER.change(json.dumps(change(changelogDestination=destination)).encode()), Skipped)


# --- claimed runs


def run(**changes: Any) -> dict[str, Any]:
    return {
        "id": "r_1", "status": "IN_PROGRESS", "action": {"identifier": "deploy"},
        "blueprint": {"identifier": "service"},
        "entity": {"identifier": "cart"},
        "payload": {
            "type": "WEBHOOK", "agent": True, "method": "PUT", "url": "http://ci/run", "headers": {"X-A": "1"},
            "body": {"env": "dev", "payload": {"x": 1}, "context": {"y": 2}},
        },
        **changes,
    }  # fmt: skip


def test_a_claimed_run_is_rebuilt_as_an_envelope() -> None:
    found = _invocation(from_run(run(), received_at=3.0))
    assert (found.kind, found.id, found.action, found.source, found.key, found.received_at) == (
        "run", "r_1", "deploy", "POLLING", "service/cart", 3.0,
    )  # fmt: skip
    assert found.message == {
        "env": "dev",
        "headers": {"X-A": "1"},
        "payload": {
            "x": 1,
            "action": {
                "invocationMethod": {
                    "type": "WEBHOOK", "agent": True, "method": "PUT", "url": "http://ci/run", "headers": {"X-A": "1"},
                    "synchronized": False,
                }
            },
        },
        "context": {"y": 2, "runId": "r_1"},
    }  # fmt: skip
    assert found.method["body"] == {"env": "dev", "payload": {"x": 1}, "context": {"y": 2}}, "as it was configured"


def test_defaults_of_a_claimed_run() -> None:
    found = _invocation(from_run(run(payload={"type": "WEBHOOK", "agent": True, "url": "u", "body": {}})))
    invocation = found.message["payload"]["action"]["invocationMethod"]
    assert invocation == {
        "type": "WEBHOOK", "agent": True, "url": "u", "synchronized": False, "method": "POST", "headers": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (None, 'no "payload"'), ([], 'no "payload"'), ({}, 'no "payload"'),
        ({"type": "WEBHOOK", "agent": False, "url": "u"}, '"payload.agent" is not true'),
        ({"type": "KAFKA", "agent": True}, '"payload.type" is "KAFKA"'),
    ],
)  # fmt: skip
def test_a_claimed_run_that_cannot_be_run_still_ends(payload: Any, problem: str) -> None:
    found = _invocation(from_run(run(payload=payload)))
    assert problem in found.problem
    assert found.id == "r_1"


@pytest.mark.parametrize("run_id", [None, "", 3])
def test_a_claim_without_id_is_unreadable(run_id: Any) -> None:
    for found in (from_run(run(id=run_id)), from_node_run({"identifier": run_id, "config": {}})):
        assert isinstance(found, Skipped)
        assert found.unreadable


def test_gitlab_can_be_claimed() -> None:
    """The original cannot (contract 6, 17); pipelines get the inputs as they do over Kafka."""
    payload = {"type": "GITLAB", "agent": True, "groupName": "g", "projectName": "p"}
    found = _invocation(from_run(run(payload=payload, rawProperties={"ref": "dev"}, properties={"ref": "shown"})))
    assert found.problem == ""
    assert found.message["payload"]["properties"] == {"ref": "dev"}


def test_a_configured_list_is_kept_beside_the_envelope() -> None:
    payload = {"type": "WEBHOOK", "agent": True, "url": "u", "body": [1, 2]}
    found = _invocation(from_run(run(payload=payload)))
    assert found.method["body"] == [1, 2]
    assert found.message["context"] == {"runId": "r_1"}


# --- claimed nodes


@pytest.mark.parametrize("place", ["config", "node"])
def test_a_claimed_node(place: str) -> None:
    config = {"type": "WEBHOOK", "agent": True, "url": "u", "body": {"a": 1}, "headers": {"X-A": "1"}}
    node: dict[str, Any] = {"identifier": "wfnr_1", "nodeUid": "call"}
    node[place] = config if place == "config" else {"config": config}
    found = _invocation(from_node_run(node))
    assert (found.kind, found.id, found.action, found.key) == ("node", "wfnr_1", "call", "wfnr_1")
    assert found.message["context"] == {"runId": "wfnr_1", "nodeConfig": config}
    invocation = found.message["payload"]["action"]["invocationMethod"]
    assert "body" not in invocation
    assert (invocation["url"], invocation["method"], invocation["synchronized"]) == ("u", "POST", False)
    assert found.message["headers"] == {"X-A": "1"}


def test_a_node_without_configuration_ends() -> None:
    assert 'no "config"' in _invocation(from_node_run({"identifier": "wfnr_1"})).problem
