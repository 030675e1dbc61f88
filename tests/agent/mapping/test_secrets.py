"""Encrypted inputs are opened where a mapping says so, and secrets appear in no log and no report (contract 9, 13)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.agent.execute import ExecutorSettings
from fairway.agent.mapping.decrypt import Opener
from fairway.agent.messages.redaction import HIDDEN, Redactor, secrets_in, sensitive
from fairway.agent.model import Invocation, Report
from fairway.kit.errors import InvalidRequest
from fairway.wire.encryption import encrypt_input
from support.targets import SECRET, Received, Target, claimed, claimed_node, event, executing, serving

PLAIN = 'hunter2 "Zoë" & co/äöü'
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


def sealed_in_the_browser(text: str, key: rsa.RSAPrivateKey = KEY) -> str:
    """``iv[12] || RSA-OAEP-SHA256 wrapped key || AES-256-GCM data and tag`` (contract 9)."""
    iv, data_key = os.urandom(12), os.urandom(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = key.public_key().encrypt(data_key, oaep)
    return base64.b64encode(iv + wrapped + AESGCM(data_key).encrypt(iv, text.encode(), None)).decode()


async def _report(document: Any, invocation: Invocation, opener: Opener | None = None, **options: Any) -> Report:
    async with executing(document, opener=opener, **options) as executor:
        return await executor.execute(invocation)


# --- opening


async def test_named_paths_are_opened(target: Target) -> None:
    sealed = encrypt_input(PLAIN, SECRET)
    properties = {"a": sealed, "b": {"c": ["x", sealed]}, "left": sealed, "nothing": None}
    paths = [
        "payload.properties.a", ".payload.properties.b.c.1", "payload.properties.nothing", "payload.absent.at.all",
        "payload.properties.b.c.7", "payload.properties.b.c.x", "action.x",
    ]  # fmt: skip
    report = await _report([{"fieldsToDecryptPaths": paths}], event(target.url, properties=properties))
    assert report.status != "FAILURE", report.summary
    assert target.last.json["payload"]["properties"] == {
        "a": PLAIN, "b": {"c": ["x", PLAIN]}, "left": sealed, "nothing": None,
    }  # fmt: skip


async def test_expressions_see_the_opened_value_and_enabled_the_sealed_one(target: Target) -> None:
    document = {
        "enabled": f'.payload.properties.a != "{PLAIN}"'.replace('"Zoë"', '\\"Zoë\\"'),
        "fieldsToDecryptPaths": ["payload.properties.a"],
        "body": {"value": ".payload.properties.a"},
        "headers": {"X-Secret": ".payload.properties.a | @base64"},
        "report": {"summary": '"length \\(.body.payload.properties.a | length)"'},
    }
    report = await _report([document], event(target.url, properties={"a": encrypt_input(PLAIN, SECRET)}))
    assert target.last.json == {"value": PLAIN}
    assert report.summary == f"length {len(PLAIN)}"


async def test_objects_stay_json_text(target: Target) -> None:
    document = [{"fieldsToDecryptPaths": ["payload.properties.a"]}]
    await _report(document, event(target.url, properties={"a": encrypt_input('{"x": 1}', SECRET)}))
    assert target.last.json["payload"]["properties"]["a"] == '{"x": 1}'


async def test_claimed_runs_and_nodes(target: Target) -> None:
    """Inputs of polled runs are not encrypted for the original (contract 6)."""
    sealed = encrypt_input(PLAIN, SECRET)
    plain = ExecutorSettings(envelope_body=False)
    await _report([{"fieldsToDecryptPaths": ["a.b"]}], claimed(target.url, body={"a": {"b": sealed}}), settings=plain)
    assert target.last.json == {"a": {"b": PLAIN}}
    document = [{"fieldsToDecryptPaths": ["context.nodeConfig.body.a"]}]
    await _report(document, claimed_node(target.url, body={"a": sealed}))
    assert target.last.json == {"a": PLAIN}


@pytest.mark.parametrize(
    "value",
    ["plain text", "QUJD", encrypt_input("x", "another secret, forty characters long!!"), 5],
    ids=["text", "short", "another secret", "number"],
)
async def test_what_cannot_be_opened_is_not_sent(target: Target, value: Any) -> None:
    """The original sends the ciphertext on (contract 9), and a target takes it for the value."""
    report = await _report(
        [{"fieldsToDecryptPaths": ["payload.properties.a"]}], event(target.url, properties={"a": value})
    )
    assert report.status == "FAILURE"
    assert '"payload.properties.a" cannot be decrypted' in (report.summary or "")
    assert target.requests == []


async def test_inputs_sealed_in_the_browser(target: Target) -> None:
    document = [{"fieldsToDecryptPaths": ["payload.properties.a", "payload.properties.b"]}]
    properties = {"a": sealed_in_the_browser(PLAIN), "b": encrypt_input("portal's", SECRET)}
    await _report(document, event(target.url, properties=properties), Opener(PEM))
    assert target.last.json["payload"]["properties"] == {"a": PLAIN, "b": "portal's"}, "both schemes side by side"


async def test_another_private_key_opens_nothing(target: Target) -> None:
    other = rsa.generate_private_key(65537, 2048)
    invocation = event(target.url, properties={"a": sealed_in_the_browser(PLAIN, other)})
    report = await _report([{"fieldsToDecryptPaths": ["payload.properties.a"]}], invocation, Opener(PEM))
    assert "cannot be decrypted" in (report.summary or "")


def test_private_keys() -> None:
    password = b"key password"
    locked = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    Opener(locked, password)
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem, given_password, told in (
        (locked, None, "cannot be read"), (locked, b"wrong", "cannot be read"), (b"no key", None, "cannot be read"),
        (elliptic, None, "has to be an RSA key"),
    ):  # fmt: skip
        with pytest.raises(InvalidRequest, match=told):
            Opener(pem, given_password)


@pytest.mark.slow
@given(st.binary(max_size=600))
@settings(deadline=None)
def test_noise_is_refused_and_never_a_crash(noise: bytes) -> None:
    opener = Opener(PEM)
    for value in (base64.b64encode(noise).decode(), noise.decode("latin-1")):
        with pytest.raises(InvalidRequest):
            opener.open({"a": value}, None, [("a",)], SECRET, node=False)


# --- redaction


async def test_decrypted_values_and_tokens_appear_in_no_log_and_no_report(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target that echoes everything, an author who copies secrets about, and the most talkative log."""
    token, header = "token-0123456789", "Basic dXNlcjpwYXNz"

    async def echo(request: web.Request, received: Received) -> web.StreamResponse:
        answer = {
            "body": received.body.decode(),
            "headers": dict(received.headers),
            "query": received.query,
            "again": PLAIN,
        }
        return web.json_response(answer, status=500, headers={"X-Echo": token})

    document = {
        "fieldsToDecryptPaths": ["payload.properties.a"],
        "body": {
            "x": ".payload.properties.a",
            "url": ".payload.properties.a | @uri",
            "deep": {"apiKey": '"key-in-body-1"'},
        },
        "headers": {"Authorization": f'"{header}"', "X-Api-Key": "env.API_TOKEN"},
        "query": {"access_token": '"query-token-1"'},
        "report": {
            "summary": '"\\(.body.payload.properties.a) \\(.request.headers | tojson) \\(.response.text)"',
            "link": '"http://x/?t=" + .request.query[0][1]',
        },
    }
    target.answers.append(echo)
    invocation = event(target.url, properties={"a": encrypt_input(PLAIN, SECRET)}, synchronized=True)
    report = await _report([document], invocation, env={"API_TOKEN": token})
    received = target.last
    assert received.json["x"] == PLAIN
    assert (received.headers["x-api-key"], received.headers["authorization"]) == (token, header)
    told = repr(report.summary) + repr(report.logs) + json.dumps(report.response) + capsys.readouterr().out
    assert "500 Internal Server Error" in told
    assert HIDDEN in told
    for secret in (PLAIN, json.dumps(PLAIN)[1:-1], "hunter2", token, header, "dXNlcjpwYXNz", "key-in-body-1",
                   "query-token-1", SECRET):  # fmt: skip
        assert secret not in told, secret


async def test_addresses_are_shown_without_secrets(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    host = target.url.partition("://")[2]
    for url in (
        f"http://user:password1@{host}/p?key=secretkey1#x",
        "http://user:password1@127.0.0.1:1/p?key=secretkey1",
    ):
        report = await _report([{"retries": 0}], claimed(url))
        told = repr(report.summary) + repr(report.logs)
        assert "password1" not in told
        assert "secretkey1" not in told
        assert "/p" in told


async def test_the_link_is_redacted(target: Target) -> None:
    document = {
        "headers": {"Authorization": '"Bearer token-0123456789"'},
        "report": {"link": '"http://x/token-0123456789"'},
    }
    report = await _report([document], claimed(target.url))
    assert report.link == f"http://x/{HIDDEN}"
    document["report"] = {"link": '["http://x/token-0123456789"]', "externalRunId": '"token-0123456789"'}
    report = await _report([document], claimed(target.url))
    assert (report.link, report.external_run_id) == ([f"http://x/{HIDDEN}"], HIDDEN)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("password", True), ("DB_PASSWORD", True), ("Authorization", True), ("X-Api-Key", True), ("apiKey", True),
        ("token", True), ("access_tokens", True), ("X-Port-Signature", True), ("Set-Cookie", True),
        ("private_key", True),
        ("name", False), ("monkey", False), ("tokenizer", False), ("url", False), ("Idempotency-Key", False),
    ],
)  # fmt: skip
def test_names_of_secrets(name: str, expected: bool) -> None:
    assert sensitive(name) is expected


def test_secrets_below_their_names() -> None:
    value = {"token": ["one1", {"x": "two2"}], "name": "three3", "headers": {"Authorization": "Bearer four4"}}
    assert sorted(secrets_in(value)) == ["Bearer four4", "four4", "one1"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=4), st.text(), st.text())
@settings(deadline=None)
def test_a_known_secret_is_in_no_text(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    for spelling in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        shown = redactor.text(f"{before}{spelling}{after}")
        assert secret not in shown.replace(HIDDEN, "\0") or secret in HIDDEN
    assert redactor.value({"a": [secret, {secret: 1}]}) == {"a": [HIDDEN, {HIDDEN: 1}]}


def test_short_values_are_no_secrets() -> None:
    assert Redactor(["a", "abc"]).text("abc") == "abc"
    assert Redactor(["abcd"]).adding(["efgh"]).text("abcd efgh") == f"{HIDDEN} {HIDDEN}"


def test_the_longest_secret_goes_first() -> None:
    assert Redactor(["abcd", "abcdefgh"]).text("abcdefgh") == HIDDEN
