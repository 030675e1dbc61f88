"""What is reported: status, summary, link, response, log lines (contract 8, 11, 17)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from fairway.agent.execute import ExecutorSettings
from fairway.agent.model import Invocation, Report
from support.targets import Received, Target, change, claimed, claimed_node, event, executing, serving


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def _report(invocation: Invocation, rules: Any = None, **settings: Any) -> Report:
    document = [{"name": "m", "report": rules}] if rules is not None else None
    async with executing(document, settings=ExecutorSettings(**settings)) as executor:
        return await executor.execute(invocation)


def _lines(report: Report) -> list[str]:
    return [f"{line.level} {line.message}" for line in report.logs]


async def test_an_asynchronous_success_leaves_the_end_to_the_target(target: Target) -> None:
    report = await _report(claimed(target.url + "/hook?secret=x", method="PUT"))
    assert (report.status, report.summary, report.response, report.dead) == (None, None, None, False)
    assert (report.attempts, report.response_status) == (1, 200)
    assert _lines(report) == [
        "INFO The execution agent received the invocation",
        "INFO Preparing the request",
        f"INFO Sending PUT {target.url}/hook",
        "INFO The target answered 200 OK",
        "INFO The agent is done; the target reports the result",
    ]


@pytest.mark.parametrize(
    ("text", "response"),
    [('{"a": [1, "é"]}', {"a": [1, "é"]}), ("plain", "plain"), ("", None), ("5", 5), ("NaN", "NaN"), ("{", "{")],
)
async def test_a_synchronized_success_ends_the_run(target: Target, text: str, response: Any) -> None:
    target.text = text
    report = await _report(claimed(target.url, synchronized=True))
    assert (report.status, report.summary) == ("SUCCESS", None)
    if text == "NaN":
        json.dumps(report.response)
    else:
        assert report.response == response
    assert _lines(report)[-1] == "INFO The agent is done"


async def test_a_failure_names_status_and_answer(target: Target) -> None:
    target.status, target.text = 422, '{"error": "no such environment"}'
    report = await _report(claimed(target.url, synchronized=True))
    assert report.status == "FAILURE"
    assert report.summary == 'The target answered 422 Unprocessable Entity: {"error": "no such environment"}'
    assert report.response == {"error": "no such environment"}
    assert not report.dead, "the target took it and said no"
    assert _lines(report)[-1].startswith("ERROR The target answered 422")


async def test_answers_can_be_kept_out_of_texts(target: Target) -> None:
    target.status, target.text = 400, "private"
    report = await _report(claimed(target.url), detailed_logging=False)
    assert report.summary == "The target answered 400 Bad Request"
    assert "private" not in repr(report.logs)


async def test_long_answers_are_cut_in_texts(target: Target) -> None:
    """The original copies them in full, without limit (contract 13)."""
    target.status, target.text = 500, "x" * 100_000
    report = await _report(claimed(target.url))
    assert len(report.summary or "") < 5_000
    assert "(100000 characters)" in (report.summary or "")
    assert sum(len(line.message) for line in report.logs) < 6_000


async def test_unusual_statuses(target: Target) -> None:
    target.status = 599
    report = await _report(claimed(target.url))
    assert report.summary == "The target answered 599"
    for status in (201, 204, 302, 399):
        target.status = status
        assert (await _report(claimed(target.url, synchronized=True))).status == "SUCCESS", "below 400"


async def test_a_mapped_report(target: Target) -> None:
    target.status, target.text, target.headers = 201, '{"id": 7, "url": "http://x/7"}', {"X-Id": "h"}
    rules = {
        "status": 'if .response.statusCode == 201 then "SUCCESS" else "FAILURE" end',
        "link": "[.response.json.url, .request.url]",
        "summary": '"\\(.body.payload.action.identifier // "none") \\(.request.method) \\(.response.headers["x-id"])"',
        "externalRunId": ".response.json.id",
    }
    report = await _report(claimed(target.url), rules)
    assert report.status == "SUCCESS"
    assert report.link == ["http://x/7", target.url]
    assert report.summary == "none POST h"
    assert report.external_run_id == "7", "as text, which the API asks for"


async def test_what_report_expressions_see(target: Target) -> None:
    target.text = "not json"
    signed_there = '(.request.headers | has("X-Port-Signature"))'
    rules = {"summary": f"[(.request | keys), {signed_there}, .response] | tojson"}
    report = await _report(claimed(target.url), rules)
    keys, signed, response = json.loads(report.summary or "")
    assert keys == ["body", "headers", "method", "query", "url"]
    assert signed is True
    assert (response["statusCode"], response["text"], response["json"]) == (200, "not json", None)


@pytest.mark.parametrize(
    ("status", "answered", "expected"),
    [
        ("null", 200, None), ("null", 500, "FAILURE"), (".response.json.status", 500, "FAILURE"), ('"DONE"', 200, None),
        ('"DONE"', 500, "FAILURE"), ("error", 200, None), ("error", 500, "FAILURE"), ('"SUCCESS"', 500, "SUCCESS"),
        ('"FAILURE"', 200, "FAILURE"), ("5", 500, "FAILURE"),
    ],
)  # fmt: skip
async def test_a_failed_call_always_ends_the_run(
    target: Target, status: str, answered: int, expected: str | None
) -> None:
    """A null from ``report.status`` leaves the original's run unfinished for ever (contract 8)."""
    target.status, target.text = answered, "<html>not json</html>"
    assert (await _report(claimed(target.url), {"status": status})).status == expected


async def test_mistakes_of_a_report_are_told_in_the_run_log(target: Target) -> None:
    rules = {"status": '"DONE"', "link": "5", "summary": '.response.text | error("broken")', "externalRunId": "{}"}
    target.text = "x"
    report = await _report(claimed(target.url, synchronized=True), rules)
    assert report.status == "SUCCESS"
    assert (report.link, report.external_run_id, report.summary) == (None, None, None)
    warnings = [line.message for line in report.logs if line.level == "WARN"]
    assert any('"report.status" gives DONE' in text for text in warnings), warnings
    assert any('"report.link" gives 5' in text for text in warnings)
    assert any('"report.summary" of mapping "m" failed: broken' in text for text in warnings), warnings


async def test_a_mapped_failure_has_a_summary(target: Target) -> None:
    report = await _report(claimed(target.url), {"status": '"FAILURE"'})
    assert report.summary == "The target answered 200 OK; the mapping reports that as a failure"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("null", None), ('""', None), ('"null"', None), ("5", "5"), ("true", "true"), ("[]", None), ('"x"', "x")],
)
async def test_external_ids_are_texts(target: Target, value: str, expected: str | None) -> None:
    assert (await _report(claimed(target.url), {"externalRunId": value})).external_run_id == expected


async def test_nodes(target: Target) -> None:
    target.text = '{"a": 1}'
    report = await _report(claimed_node(target.url, synchronized=True), {"status": '"FAILURE"'})
    assert (report.status, report.response, report.response_status) == ("SUCCESS", {"a": 1}, 200)
    target.text = ""
    assert (await _report(claimed_node(target.url, synchronized=True))).response == "", "later nodes see the status"
    assert (await _report(claimed_node(target.url))).status is None, "the target reports"
    assert (await _report(claimed_node(target.url, synchronized="false"))).status is None
    target.status = 500
    report = await _report(claimed_node(target.url))
    assert (report.status, report.summary) == ("FAILURE", "The target answered 500 Internal Server Error")


async def test_changes_end_with_their_call(target: Target) -> None:
    assert (await _report(change(target.url, context={"runId": "r_9"}))).status == "SUCCESS"
    target.status = 500
    report = await _report(change(target.url, context={"runId": "r_9"}))
    assert (report.status, report.invocation.id) == ("FAILURE", None)
    report = await _report(change(""))
    assert "There is no URL to call" in (report.summary or "")


async def test_runs_of_kafka_report_alike(target: Target) -> None:
    target.text = "{}"
    assert (await _report(event(target.url, synchronized=True))).status == "SUCCESS"
    assert (await _report(event(target.url))).status is None


async def test_other_encodings(target: Target) -> None:
    async def latin(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(body="Zoë".encode("latin-1"), headers={"Content-Type": "text/plain; charset=ISO-8859-1"})

    async def odd(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(body=b"\xff\x00ok", headers={"Content-Type": "text/plain; charset=no-such"})

    async def codec(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(body=b"abc", headers={"Content-Type": "text/plain; charset=hex"})

    target.answers += [latin, odd, codec]
    assert (await _report(claimed(target.url, synchronized=True))).response == "Zoë"
    assert (await _report(claimed(target.url, synchronized=True))).response == "\ufffd\x00ok"
    assert (await _report(claimed(target.url, synchronized=True))).status == "SUCCESS"


async def test_deep_and_odd_json_answers(target: Target) -> None:
    for text in ("[" * 100_000, "[" * 3000 + "]" * 3000, '{"a": 1e999}', '"\\ud800"', '{"n": ' + "9" * 6000 + "}"):
        target.text = text
        report = await _report(claimed(target.url, synchronized=True), {"summary": ".response.text | length"})
        assert report.status == "SUCCESS", text[:20]
        json.dumps(report.response, allow_nan=False).encode()
