"""TLS towards targets: private authorities, client certificates, profiles, rotation (contract 14, 17)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from fairway.agent.target import TlsProfile, TlsStore, load_profiles
from fairway.kit.errors import InvalidRequest
from support.certificates import Authority
from support.targets import Received, claimed, client, executing, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "private")


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "other")


async def _told(url: str, store: TlsStore, mapping: dict[str, Any] | None = None) -> str:
    """``SUCCESS``, or the run's summary."""
    async with executing([mapping or {}], target=client(tls=store)) as executor:
        report = await executor.execute(claimed(url, synchronized=True))
    return report.summary or report.status or ""


async def test_unknown_authorities_are_refused_with_the_reason(authority: Authority) -> None:
    async with serving(authority.server()) as target:
        told = await _told(target.url, TlsStore({}))
        assert "TLS failed" in told
        assert "certificate" in told
        assert target.requests == []


async def test_a_private_authority(authority: Authority, other: Authority) -> None:
    async with serving(authority.server()) as target:
        assert await _told(target.url, TlsStore({}, TlsProfile(ca_file=str(authority.file)))) == "SUCCESS"
        assert "TLS failed" in await _told(target.url, TlsStore({}, TlsProfile(ca_file=str(other.file))))
        several = authority.folder / "several.pem"
        several.write_bytes(other.file.read_bytes() + authority.file.read_bytes())
        assert await _told(target.url, TlsStore({}, TlsProfile(ca_file=str(several)))) == "SUCCESS"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
async def test_authorities_of_the_environment(authority: Authority, name: str) -> None:
    """The original's container overwrites these variables (contract 14)."""
    async with serving(authority.server()) as target:
        assert await _told(target.url, TlsStore({name: str(authority.file)})) == "SUCCESS"


async def test_a_folder_of_authorities(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "hashed"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(authority.file.read_bytes())
    await asyncio.to_thread(subprocess.run, ["openssl", "rehash", folder], check=True, timeout=30)
    async with serving(authority.server()) as target:
        assert await _told(target.url, TlsStore({"SSL_CERT_DIR": str(folder)})) == "SUCCESS"
        assert await _told(target.url, TlsStore({}, TlsProfile(ca_file=str(folder)))) == "SUCCESS"


async def test_the_name_counts(authority: Authority) -> None:
    async with serving(authority.server()) as target:
        store = TlsStore({}, TlsProfile(ca_file=str(authority.file)))
        assert await _told(target.url.replace("127.0.0.1", "localhost"), store) == "SUCCESS"
        async with executing(target=client(tls=store)) as executor:
            report = await executor.execute(claimed(target.url.replace("127.0.0.1", "127.0.0.2")))
        assert report.status == "FAILURE"


async def test_verification_can_be_turned_off(authority: Authority) -> None:
    async with serving(authority.server()) as target:
        assert await _told(target.url, TlsStore({}, TlsProfile(verify=False))) == "SUCCESS"


async def test_a_failed_handshake_is_not_tried_again(authority: Authority) -> None:
    async with executing(target=client()) as executor, serving(authority.server()) as target:
        report = await executor.execute(claimed(target.url))
    assert (report.attempts, report.dead) == (1, True)


async def test_client_certificates(authority: Authority, other: Authority) -> None:
    async def who(request: web.Request, received: Received) -> web.StreamResponse:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peercert")
        return web.json_response({"subject": peer["subject"][0][0][1]})

    async with serving(authority.server(clients=authority)) as target:
        ca = str(authority.file)
        assert "FAILURE" not in await _told(target.url, TlsStore({}, TlsProfile(ca_file=ca)))
        assert target.requests == [], "without a certificate nothing gets through"
        for number, (certificate, key, password) in enumerate(
            (
                (*authority.issue("agent"), ""),
                (*authority.issue("agent-locked", password="pass word"), "pass word"),
                (authority.issue("agent-one", together=True)[0], "", ""),
            )
        ):
            target.answers.append(who)
            profile = TlsProfile(ca_file=ca, cert_file=str(certificate), key_file=str(key or ""), key_password=password)
            assert await _told(target.url, TlsStore({}, profile)) == "SUCCESS"
            assert len(target.requests) == number + 1
        foreign = other.issue("stranger")
        profile = TlsProfile(ca_file=ca, cert_file=str(foreign[0]), key_file=str(foreign[1]))
        assert await _told(target.url, TlsStore({}, profile)) != "SUCCESS"


async def test_profiles_for_single_targets(authority: Authority, other: Authority) -> None:
    certificate, key = authority.issue("agent")
    async with serving(authority.server(clients=authority)) as strict, serving(other.server()) as plain:
        profiles = {
            "strict": TlsProfile((f"{strict.url}/*",), str(authority.file), str(certificate), str(key)),
            "plain": TlsProfile((), str(other.file)),
        }
        store = TlsStore({}, None, profiles)
        assert sorted(store.names) == ["plain", "strict"]
        assert await _told(strict.url + "/x", store) == "SUCCESS"
        assert "TLS failed" in await _told(plain.url, store), "no pattern, no name"
        assert await _told(plain.url, store, {"tls": "plain"}) == "SUCCESS", "a mapping names it"


async def test_certificates_rotate_without_restart(authority: Authority, other: Authority, tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(other.file.read_bytes())
    os.utime(trusted, (1, 1))
    store = TlsStore({}, TlsProfile(ca_file=str(trusted)))
    async with serving(authority.server()) as target:
        assert "TLS failed" in await _told(target.url, store)
        trusted.write_bytes(authority.file.read_bytes())
        assert await _told(target.url, store) == "SUCCESS"
        trusted.write_bytes(b"half a file")
        os.utime(trusted, (2, 2))
        told = await _told(target.url, store)
        assert "cannot be used" in told
        assert str(trusted) in told


# --- files


def _file(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "profiles.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_file_of_profiles(tmp_path: Path) -> None:
    document = {"a": {"targets": ["https://a/*"], "certFile": "c", "keyFile": "k", "keyPassword": "env.PASS"}, "b": {}}
    found = load_profiles(_file(tmp_path, document), {"PASS": "word"})
    assert found["a"] == TlsProfile(("https://a/*",), "", "c", "k", "word")
    assert found["b"] == TlsProfile()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read"), ([], "have to be an object"), ({"a": {"certfile": "x"}}, "unknown keys: certfile"),
        ({"a": []}, "no object"), ({"a": {"verify": "no"}}, 'TLS profile "a"'),
        ({"a": {"targets": "x"}}, "list of texts"), ({"a": {"caFile": 1}}, 'TLS profile "a"'),
    ],
)  # fmt: skip
def test_mistakes_in_the_file_of_profiles(tmp_path: Path, content: Any, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        load_profiles(_file(tmp_path, content), {})


def test_unusable_files_are_found_at_start(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        load_profiles(tmp_path / "absent.json", {})
    certificate, _ = authority.issue("one")
    _, wrong_key = authority.issue("two")
    _, locked = authority.issue("three", password="x")
    for profile in (
        TlsProfile(ca_file=str(tmp_path / "absent.pem")),
        TlsProfile(cert_file=str(tmp_path / "absent.pem")),
        TlsProfile(cert_file=str(certificate), key_file=str(wrong_key)),
        TlsProfile(cert_file=str(certificate), key_file=str(locked)),
    ):
        with pytest.raises(InvalidRequest, match="cannot be used"):
            TlsStore({}, profile)
    with pytest.raises(InvalidRequest, match='"x" is no URL pattern'):
        TlsStore({}, None, {"p": TlsProfile(("x",))})
