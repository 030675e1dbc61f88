"""Unix sockets, certificates of a view and answers that last (contract section 15.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.http import (
    CallableToken,
    ClientTls,
    OutboundGuard,
    ThirdPartyBroken,
    ThirdPartyHttp,
    ThirdPartyMissing,
    ThirdPartyUnavailable,
)
from fairway.integration.testing.third_party import FakeThirdParty, Reply
from fairway.kit.errors import InvalidRequest
from fairway.kit.http import DestinationRefused
from support.certificates import Authority


async def parts(*given: bytes, ends: bool = True) -> AsyncIterator[bytes]:
    for part in given:
        yield part
    if not ends:
        await asyncio.Event().wait()


async def test_a_unix_socket_is_an_address(clients: Any, tmp_path: Path) -> None:
    async with FakeThirdParty(unix=tmp_path / "engine.sock") as engine:
        engine.on("GET", "/items", [{"id": 1}])
        engine.on("GET", "/away", Reply(status=302, headers={"location": "http://169.254.169.254/secret"}))
        client = clients(guard=OutboundGuard(allowed=[engine.url]), base_url=engine.url, headers={"x-key": "hush"})
        assert [page async for page in client.pages("/items")] == [[{"id": 1}]]
        assert engine.asked[0].headers["x-key"] == "hush"
        with pytest.raises(DestinationRefused):
            await client.get_json("/away")
        with pytest.raises(DestinationRefused, match="sockets of the machine are closed"):
            await clients(base_url=engine.url).get_json("/items")
    with pytest.raises(ThirdPartyUnavailable, match=r"engine\.sock"):
        await client.get_json("/items")


@pytest.mark.parametrize("text", ["unix://", "unix://relative.sock"])
def test_an_address_of_no_socket_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="names no unix socket"):
        ThirdPartyHttp(base_url=text)


async def test_a_view_shows_its_certificate_and_trusts_its_own_authority(tmp_path: Path, clients: Any) -> None:
    authority, people = Authority(tmp_path, "corporate"), Authority(tmp_path, "people")
    certificate, key = people.issue("eve")
    async with FakeThirdParty(tls=authority.server(clients=people)) as server:
        server.on("GET", "/items", [])
        plain: ThirdPartyHttp = clients(base_url=server.url)
        texts = {"ca": authority.file.read_text(), "certificate": certificate.read_text(), "key": key.read_text()}
        good = [
            ClientTls(ca_file=authority.file, certificate_file=certificate, key_file=key),
            ClientTls(**texts),
            ClientTls(certificate_file=certificate, key_file=key, verify=False),
        ]
        for tls in good:
            assert await plain.view(server.url, tls=tls).get_json("/items") == []
        for tls in (ClientTls(ca_file=authority.file), ClientTls(certificate_file=certificate, key_file=key)):
            with pytest.raises(ThirdPartyUnavailable):
                await plain.view(tls=tls, lane="event").send("POST", "/items")
    assert "PRIVATE" not in repr(good[1])


async def test_certificates_that_are_none_are_an_error_of_the_settings(tmp_path: Path, clients: Any) -> None:
    authority = Authority(tmp_path, "corporate")
    certificate, key = authority.issue("locked", password="a password")
    for tls in (
        ClientTls(ca="no certificate"),
        ClientTls(ca_file=tmp_path / "missing.pem"),
        ClientTls(certificate_file=certificate, key_file=key),
        ClientTls(key_file=key),
    ):
        with pytest.raises(InvalidRequest, match="certificates of the connection cannot be used"):
            await clients().view(tls=tls).get_json("/items")


async def test_lines_come_as_they_are_sent(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/events", Reply(stream=parts(b'{"n": 1}\n{"n"', b": 2}\r\n\n", b'{"n": 3}')))
    async with clients().lines("/events", params={"since": 5}) as lines:
        assert [line async for line in lines.json()] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert party.asked[0].query == {"since": "5"}


async def test_lines_end_when_the_process_stops(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/events", Reply(stream=parts(b"one\n", ends=False)))
    stopping, found = asyncio.Event(), []
    async with clients().lines("/events", stopping=stopping) as lines:
        async for line in lines:
            found.append(line)
            asyncio.get_running_loop().call_soon(stopping.set)
    assert found == [b"one"]


async def test_lines_are_bounded(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/events", Reply(stream=parts(b"short\n", b"x" * 60, b"x" * 60, ends=False)))
    async with clients().lines("/events", max_line=100) as lines:
        with pytest.raises(ThirdPartyBroken, match="more than 100 bytes"):
            [line async for line in lines]


async def test_a_stream_that_cannot_be_opened_or_breaks_off_is_an_error(clients: Any, party: FakeThirdParty) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"one\n"
        raise ConnectionResetError

    party.on("GET", "/gone", Reply({"message": "no"}, 404))
    party.on("GET", "/down", Reply(status=503))
    party.on("GET", "/broken", Reply(stream=breaking()))
    party.on("GET", "/silent", Reply(stream=parts(b"one\n", ends=False)))
    client = clients()
    for path, error in (("/gone", ThirdPartyMissing), ("/down", ThirdPartyUnavailable)):
        with pytest.raises(error):
            async with client.lines(path):
                pass
    for path in ("/broken", "/silent"):
        with pytest.raises(ThirdPartyUnavailable, match=r"broke off|silent for too long"):
            async with client.lines(path, silence_seconds=0.05) as lines:
                [line async for line in lines]


async def test_streams_take_no_place_while_they_last_and_renew_their_token(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/events", Reply({}, 401), Reply(stream=parts(b"one\n", ends=False)))
    party.on("GET", "/items", [])
    given = iter(["old", "new"])

    async def fetch() -> str:
        return next(given)

    client = clients(token=CallableToken(fetch), concurrency=1)
    async with client.lines("/events") as lines:
        assert await anext(aiter(lines)) == b"one"
        assert await client.get_json("/items") == []
    assert [each.headers["authorization"] for each in party.asked] == ["Bearer old", "Bearer new", "Bearer new"]
