"""The client of third parties, over sockets (contract sections 15.3, 15.5 and 15.6)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from fairway.integration.http import (
    CallableToken,
    FileToken,
    HttpSettings,
    OutboundGuard,
    Retries,
    ThirdPartyBroken,
    ThirdPartyHttp,
    ThirdPartyLimited,
    ThirdPartyMissing,
    ThirdPartyRefused,
    ThirdPartyRejected,
    ThirdPartyUnavailable,
    Token,
    form,
)
from fairway.integration.testing.third_party import Asked, FakeThirdParty, Reply
from fairway.kit.errors import InvalidRequest
from fairway.kit.http import DestinationRefused
from support.certificates import Authority


async def test_overload_and_broken_connections_are_asked_again(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply(status=503), Reply(abort=True), Reply(status=502), [{"id": 1}])
    assert await clients().get_json("/items") == [{"id": 1}]
    assert party.counts == {"GET /items": 4}


async def test_pauses_grow_and_are_bounded(clients: Any, party: FakeThirdParty, sleeper: Any) -> None:
    party.on("GET", "/items", Reply(status=503))
    client = clients(retries=Retries(attempts=5, first_seconds=1, longest_seconds=3, jitter=0))
    with pytest.raises(ThirdPartyUnavailable, match="after 5 tries: it answered 503"):
        await client.get_json("/items")
    assert sleeper.slept == [1, 2, 3, 3]


async def test_too_many_requests_are_taken_seriously_also_without_a_hint(
    clients: Any, party: FakeThirdParty, sleeper: Any
) -> None:
    party.on("GET", "/items", *[Reply({"message": "You have exceeded a secondary rate limit."}, 403)] * 3, [])
    assert await clients(retries=Retries(first_seconds=0.1, jitter=0)).get_json("/items") == []
    assert sleeper.slept == [1, 2, 4]


@pytest.mark.parametrize(("given", "seconds"), [("7", 7), ("Sun, 01 Mar 2026 12:00:09 GMT", 9)])
async def test_retry_after_overrides_the_pause(
    clients: Any, party: FakeThirdParty, sleeper: Any, given: str, seconds: int
) -> None:
    party.on("GET", "/items", Reply(status=429, headers={"retry-after": given}), [])
    assert await clients().get_json("/items") == []
    assert sleeper.slept == [seconds]


@pytest.mark.parametrize("reset", ["30", "1772366430", "2026-03-01T12:00:30Z"])
async def test_a_used_up_budget_is_waited_for_before_asking(
    clients: Any, party: FakeThirdParty, sleeper: Any, reset: str
) -> None:
    used = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    party.on("GET", "/items", Reply([], headers=used), [1])
    client = clients()
    assert await client.get_json("/items") == []
    assert await client.get_json("/items") == [1]
    assert sleeper.slept == [30]


async def test_a_budget_that_has_a_name_is_waited_for_too(clients: Any, party: FakeThirdParty, sleeper: Any) -> None:
    used = {"limit": "5000", "remaining": "0", "reset": "1772366430", "resource": "core"}
    party.on("GET", "/items", Reply([], headers={f"X-RateLimit-{name}": value for name, value in used.items()}), [1])
    client = clients()
    await client.get_json("/items")
    await client.get_json("/items")
    assert sleeper.slept == [30]


async def test_live_events_use_what_resyncs_leave_of_a_budget(
    clients: Any, party: FakeThirdParty, sleeper: Any
) -> None:
    low = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "4", "x-ratelimit-reset": "60"}
    party.on("GET", "/items", Reply([], headers=low))
    client = clients()
    await client.get_json("/items")
    await client.view(lane="event").get_json("/items")
    assert sleeper.slept == []
    await client.get_json("/items")
    assert sleeper.slept == [60]
    assert client.limits_left == {party.url: 4}


async def test_a_limit_that_lasts_too_long_is_an_error(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply(status=429, headers={"retry-after": "86400"}))
    with pytest.raises(ThirdPartyLimited) as caught:
        await clients().get_json("/items")
    assert caught.value.seconds == 86400
    assert len(party.asked) == 1


async def test_one_rejection_holds_up_everybody(clients: Any, party: FakeThirdParty, sleeper: Any) -> None:
    party.on("GET", "/items", Reply(status=429, headers={"retry-after": "5"}), [])
    client = clients(concurrency=1)
    await asyncio.gather(*(client.get_json("/items") for _ in range(5)))
    assert len(party.asked) == 6


async def test_the_limiter_really_limits(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply([], seconds=0.01))
    client = clients(concurrency=3)
    await asyncio.gather(*(client.view(headers={"x": "1"}).get_json("/items") for _ in range(20)))
    assert party.busiest == 3


async def test_what_may_act_twice_is_not_repeated(clients: Any, party: FakeThirdParty) -> None:
    party.on("POST", "/items", Reply(status=503))
    with pytest.raises(ThirdPartyUnavailable, match="503"):
        await clients().send("POST", "/items", json={})
    assert len(party.asked) == 1
    with pytest.raises(ThirdPartyUnavailable, match="after 2 tries"):
        await clients(retries=Retries(attempts=2)).send("POST", "/items", json={}, retryable=True)
    party.on("POST", "/items", Reply(status=429), {"done": True})
    assert (await clients().send("POST", "/items", content=form({"a": "b c"}))).json == {"done": True}
    assert party.asked[-1].body == b"a=b+c"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ThirdPartyRejected), (401, ThirdPartyRefused), (403, ThirdPartyRefused), (404, ThirdPartyMissing)],
)
async def test_refusals_are_errors_of_their_own_and_not_repeated(
    clients: Any, party: FakeThirdParty, status: int, error: type[Exception]
) -> None:
    party.on("GET", "/items", Reply({"message": "no"}, status))
    with pytest.raises(error, match=f'GET ".*/items" answered {status}'):
        await clients(token=CallableToken(_constant)).get_json("/items")
    assert len(party.asked) == 1


async def _constant() -> str:
    return "always the same"


async def test_broken_json_names_the_url_without_secrets(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply(body=b'[{"id": 1}, {"id"'))
    with pytest.raises(ThirdPartyBroken) as caught:
        await clients().get_json("/items", params={"token": "hush", "page": 2})
    assert f'"{party.url}/items?page=2" answered 200 with something else than JSON' in caught.value.message
    assert "hush" not in caught.value.message


async def test_answers_are_bounded(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", Reply(body=b"x" * 2000))
    with pytest.raises(ThirdPartyBroken, match="more than 1000 bytes"):
        await clients(max_bytes=1000).get_json("/items")


def _accepting(token: str) -> Any:
    def reply(asked: Asked) -> Reply:
        return Reply([]) if asked.headers.get("authorization") == f"Bearer {token}" else Reply(status=401)

    return reply


async def test_a_token_file_is_read_again_on_401_and_without_blanks(
    clients: Any, party: FakeThirdParty, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    source = FileToken(file)
    client = clients(token=source)
    party.route("GET", "/items", _accepting("old"))
    await client.get_json("/items")
    file.write_text(" newer \n")
    party.route("GET", "/items", _accepting("newer"))
    assert await client.get_json("/items") == []
    assert source.age_seconds is not None


async def test_a_401_renews_the_token_once_for_all(clients: Any, party: FakeThirdParty) -> None:
    fetched = 0

    async def fetch() -> Token:
        nonlocal fetched
        fetched += 1
        await asyncio.sleep(0.01)
        return Token(f"token {fetched}", expires_in=3600)

    client = clients(token=CallableToken(fetch))
    party.route("GET", "/items", _accepting("token 2"))
    await asyncio.gather(*(client.get_json("/items") for _ in range(10)))
    assert fetched == 2
    party.route("GET", "/items", _accepting("token 99"))
    with pytest.raises(ThirdPartyRefused):
        await client.get_json("/items")
    assert fetched == 3


async def test_a_token_is_renewed_before_it_ends(clients: Any, party: FakeThirdParty, sleeper: Any) -> None:
    tokens = iter(("a", "b"))

    async def fetch() -> Token:
        return Token(next(tokens), expires_in=100)

    client = clients(token=CallableToken(fetch, clock=sleeper.clock))
    party.on("GET", "/items", [])
    await client.get_json("/items")
    sleeper.clock.advance(seconds=71)
    await client.get_json("/items")
    assert [asked.headers["authorization"] for asked in party.asked] == ["Bearer a", "Bearer b"]


@pytest.mark.parametrize("content", ["", " \n", "two\nlines"])
async def test_a_token_file_without_a_token_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    with pytest.raises(InvalidRequest, match="holds no token"):
        await FileToken(tmp_path / "token").headers()


async def test_credentials_stay_at_their_origin(clients: Any, party: FakeThirdParty) -> None:
    async with FakeThirdParty() as other:
        other.on("GET", "/there", {"there": True})
        party.on("GET", "/moved", Reply(status=302, headers={"location": f"{other.url}/there"}))
        client = clients(headers={"authorization": "Bearer hush", "PRIVATE-TOKEN": "hush"})
        assert await client.get_json("/moved") == {"there": True}
        assert await client.get_json(f"{other.url}/there") == {"there": True}
        assert all("hush" not in str(asked.headers) for asked in other.asked)
        assert party.asked[0].headers["private-token"] == "hush"


async def test_redirects_end(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/round", Reply(status=302, headers={"location": "/round"}))
    with pytest.raises(ThirdPartyBroken, match="redirects more than 5 times"):
        await clients().get_json("/round")


async def test_the_network_around_is_closed_unless_named(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/items", [])
    with pytest.raises(DestinationRefused, match="private networks are closed"):
        await clients(guard=OutboundGuard()).get_json("/items")
    localhost = party.url.replace("127.0.0.1", "localhost")
    with pytest.raises(DestinationRefused):
        await clients(guard=OutboundGuard(allowed=["10.0.0.0/8", "*.example.com"]), base_url=localhost).get_json(
            "/items"
        )
    for allowed in ("127.0.0.0/8", "localhost"):
        guard = OutboundGuard(allowed=[allowed])
        assert await clients(guard=guard, base_url=localhost).get_json("/items") == []
    assert await clients(guard=OutboundGuard(enabled=False)).get_json("/items") == []


async def test_redirects_pass_the_guard(clients: Any, party: FakeThirdParty) -> None:
    party.on("GET", "/out", Reply(status=302, headers={"location": f"{party.url}/secret"}))
    client = clients(guard=OutboundGuard(allowed=["localhost"]), base_url=party.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(DestinationRefused):
        await client.get_json("/out")
    assert party.counts == {"GET /out": 1}


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "224.0.0.1"])
def test_metadata_services_are_closed_whatever_is_allowed(address: str) -> None:
    for guard in (OutboundGuard(enabled=False), OutboundGuard(allowed=["0.0.0.0/0", "::/0"])):
        assert guard.refusal(address) is not None


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "100.64.0.1", "192.0.2.1", "::ffff:10.0.0.1", "::1"])
def test_private_and_reserved_ranges_are_closed(address: str) -> None:
    assert OutboundGuard().refusal(address) is not None
    assert OutboundGuard().refusal("93.184.216.34") is None


def test_an_allow_list_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="neither a host nor a network"):
        OutboundGuard(allowed=["10.0.0.0/40"])


async def test_a_proxy_is_used_and_private_addresses_stay_closed_behind_it(party: FakeThirdParty) -> None:
    party.on("GET", "/items", ["from the proxy"])
    settings = HttpSettings(environment={"http_proxy": party.url})
    client = ThirdPartyHttp(settings, base_url="http://vendor.example")
    assert await client.get_json("/items") == ["from the proxy"]
    assert party.asked[0].headers["host"] == "vendor.example"
    with pytest.raises(DestinationRefused):
        await client.get_json("http://10.0.0.1/items")
    await client.aclose()


async def test_a_private_authority_is_trusted_when_told(tmp_path: Path, clients: Any) -> None:
    authority = Authority(tmp_path, "corporate")
    async with FakeThirdParty(tls=authority.server()) as server:
        server.on("GET", "/items", [])
        with pytest.raises(ThirdPartyUnavailable, match="not available: its certificate is not trusted"):
            await clients(base_url=server.url).get_json("/items")
        assert await clients(base_url=server.url, ca_file=authority.file).get_json("/items") == []
        assert await clients(base_url=server.url, verify=False).get_json("/items") == []


async def test_strict_certificates_can_be_switched_off(tmp_path: Path, clients: Any) -> None:
    authority = LaxAuthority(tmp_path)
    async with FakeThirdParty(tls=authority.server()) as server:
        server.on("GET", "/items", [])
        with pytest.raises(ThirdPartyUnavailable, match="certificate"):
            await clients(base_url=server.url, ca_file=authority.file, strict=True).get_json("/items")
        assert await clients(base_url=server.url, ca_file=authority.file, strict=False).get_json("/items") == []


class LaxAuthority(Authority):
    """Its certificate says nothing about what its key is for, as those of many companies."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "lax")
        self.certificate = (
            self._builder(self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))


async def test_requests_are_spaced_where_the_server_does_not_tell_its_limits(
    clients: Any, party: FakeThirdParty, sleeper: Any
) -> None:
    party.on("GET", "/items", [])
    client = clients()
    spaced = client.view(per_minute=120)
    for _ in range(3):
        await spaced.get_json("/items")
    assert sleeper.slept == [0.5, 0.5]
    await client.view(per_minute=120, lane="event").get_json("/items")
    await client.get_json("/items")
    assert sleeper.slept == [0.5, 0.5]
    await spaced.get_json("/items")
    assert sleeper.slept == [0.5, 0.5, 1.0]
