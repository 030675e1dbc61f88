"""Where the agent goes and where it does not: allowlist, addresses, redirects, size of answers (contract 17, 19.9)."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from fairway.agent.target import Allowlist, TargetClient, TargetPolicy, TargetSettings
from fairway.kit.errors import InvalidRequest
from support.targets import QUICK, Received, Target, claimed, client, executing, serving


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def _summary(url: str, sender: TargetClient, **method: object) -> str:
    async with executing(target=sender) as executor:
        report = await executor.execute(claimed(url, synchronized=True, **method))
    return report.summary or report.status or ""


# --- the allowlist


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("https://ci.internal", "https://ci.internal/any/path?q=1", True),
        ("https://ci.internal", "https://ci.internal:443/x", True),
        ("https://ci.internal", "https://ci.internal:8443/x", False),
        ("https://ci.internal", "http://ci.internal/x", False),
        ("https://ci.internal", "https://ci.internal.evil.com/x", False),
        ("https://ci.internal", "https://ci.internal@evil.com/x", False),
        ("https://ci.internal", "https://evil.com/https://ci.internal/", False),
        ("https://ci.internal", "https://evil.com#@ci.internal/", False),
        ("https://ci.internal", "https://CI.INTERNAL/x", True),
        ("https://CI.internal:*/hooks/*", "https://ci.internal:9/hooks/a/b", True),
        ("https://ci.internal/hooks/*", "https://ci.internal/hooks", False),
        ("https://ci.internal/hooks/*", "https://ci.internal/hooks/../admin", False),
        ("https://ci.internal/hooks/*", "https://ci.internal/hooks/%2e%2e/admin", False),
        ("https://ci.internal/hooks/*", "https://ci.internal/hooks/%2E%2E%2Fadmin", False),
        ("https://ci.internal/hooks/*", "https://ci.internal/hooks/..%5cadmin", False),
        ("https://*.internal", "https://a.b.internal/", True),
        ("https://*.internal", "https://internal/", False),
        ("*://10.0.0.*:8080", "http://10.0.0.7:8080/", True),
        ("*://10.0.0.*:8080", "https://10.0.0.7:8080/", True),
        ("http://[::1]:*", "http://[::1]:3000/", True),
        ("http://a.b", "http://axb/", False),
    ],
)
def test_patterns(pattern: str, url: str, allowed: bool) -> None:
    assert (Allowlist([pattern]).refusal(URL(url)) is None) is allowed


@pytest.mark.parametrize("pattern", ["", "ci.internal", "ftp://x", "https://", "https://x:port", "https://u@x", "//x"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidRequest, match="is no URL pattern"):
        Allowlist([pattern])


@given(st.text(max_size=40))
@settings(deadline=None)
def test_nothing_slips_through_the_host(noise: str) -> None:
    allowlist = Allowlist(["http://allowed.internal/ok/*"])
    for text in (f"http://{noise}allowed.internal/ok/x", f"http://allowed.internal{noise}/ok/x", f"http://{noise}"):
        try:
            url = URL(text)
        except ValueError:
            continue
        if url.host != "allowed.internal":
            assert allowlist.refusal(url) is not None, text


async def test_only_allowed_urls_are_called(target: Target) -> None:
    allowed = (f"{target.url}/hooks/*", "https://elsewhere")
    assert await _summary(f"{target.url}/hooks/a", client(allowed=allowed)) == "SUCCESS"
    told = await _summary(f"{target.url}/admin?token=secret", client(allowed=allowed))
    assert "may not be called: no pattern of FAIRWAY_AGENT_ALLOWED_URLS allows it" in told
    assert "secret" not in told
    assert [each.path for each in target.requests] == ["/hooks/a"]


# --- addresses


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("169.254.169.254", "link-local and metadata"), ("[fe80::1]", "link-local and metadata"),
        ("100.100.100.200", "link-local and metadata"), ("[fd00:ec2::254]", "link-local and metadata"),
        ("[::ffff:169.254.169.254]", "link-local and metadata"), ("[64:ff9b::a9fe:a9fe]", "link-local and metadata"),
        ("0.0.0.0", "not the address of a host"), ("224.0.0.1", "not the address of a host"),
        ("255.255.255.255", "not the address of a host"),
    ],
)  # fmt: skip
async def test_metadata_services_are_never_called(host: str, told: str) -> None:
    assert told in await _summary(f"http://{host}/latest", client(TargetSettings(timeout_seconds=2)))


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.16689662",
                                  "169.254.169.254."])  # fmt: skip
async def test_other_spellings_of_a_forbidden_address(host: str) -> None:
    told = await _summary(f"http://{host}/latest", client(TargetSettings(timeout_seconds=2)))
    assert "link-local and metadata addresses are never allowed" in told, told


async def test_private_networks_can_be_turned_off(target: Target) -> None:
    """They are the agent's purpose otherwise. The address that is connected to counts, whatever the name is."""
    for url in (target.url, target.url.replace("127.0.0.1", "localhost"), "http://10.1.2.3/", "http://[::1]:1/"):
        told = await _summary(url, client(policy=TargetPolicy(private_networks=False)))
        assert "private networks are turned off for this agent" in told, told
    assert target.requests == []
    assert await _summary(target.url.replace("127.0.0.1", "localhost"), client()) == "SUCCESS"


def test_link_local_has_a_switch() -> None:
    assert TargetPolicy(link_local=True).refusal("169.254.1.1") is None
    assert "FAIRWAY_AGENT_ALLOW_LINK_LOCAL" in (TargetPolicy().refusal("169.254.1.1") or "")
    assert TargetPolicy(link_local=True).refusal("224.0.0.1") is not None
    assert TargetPolicy(private_networks=False).refusal("8.8.8.8") is None


async def test_a_proxy_gets_no_forbidden_address(target: Target) -> None:
    """It would connect to it where the agent cannot see."""
    told = await _summary("http://169.254.169.254/latest", client(env={"HTTP_PROXY": target.url}))
    assert "metadata" in told
    assert target.requests == []


# --- redirects


def redirect(target: Target, status: int, location: str) -> None:
    async def answer(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    target.answers.append(answer)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_that_keeps_the_method_is_followed_within_the_origin(target: Target, status: int) -> None:
    redirect(target, status, "/moved?x=1")
    assert await _summary(target.url + "/a", client(), method="PUT", body={"n": 1}) == "SUCCESS"
    first, second = target.requests
    assert (second.method, second.path, second.query, second.body) == ("PUT", "/moved", [("x", "1")], first.body)
    assert second.headers["x-port-signature"] == first.headers["x-port-signature"]


@pytest.mark.parametrize("status", [301, 302])
async def test_a_redirect_does_not_turn_a_post_into_an_empty_get(target: Target, status: int) -> None:
    """The original does that, and takes the page's 200 for success (contract 11)."""
    redirect(target, status, "/login")
    told = await _summary(target.url, client())
    assert "would turn it into an empty GET, which is not followed (FAIRWAY_AGENT_FOLLOW_REDIRECTS)" in told
    assert len(target.requests) == 1


async def test_see_other_is_meant_as_a_get(target: Target) -> None:
    redirect(target, 303, "/result")
    assert await _summary(target.url, client(), body={"n": 1}) == "SUCCESS"
    assert (target.last.method, target.last.body) == ("GET", b"")
    assert "content-type" not in target.last.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_another_origin_does_not_get_the_request(target: Target, status: int) -> None:
    async with serving() as other:
        redirect(target, status, other.url + "/steal")
        told = await _summary(target.url, client(), method="GET")
        assert f"redirects ({status}) to another origin" in told
        assert other.requests == []


async def test_redirects_like_the_originals_on_demand(target: Target) -> None:
    """Across origins, and 302 as an empty GET; even then without what authorises at the first origin."""
    async with serving() as other:
        redirect(target, 302, other.url + "/next")
        document = [{"headers": {"Authorization": '"Bearer tokentoken"', "Cookie": '"a=b"', "X-A": '"1"'}}]
        settings = TargetSettings(follow_redirects=True)
        async with executing(document, target=client(settings)) as executor:
            report = await executor.execute(claimed(target.url, synchronized=True))
        assert report.status == "SUCCESS"
        assert (other.last.method, other.last.body, other.last.headers["x-a"]) == ("GET", b"", "1")
        assert not {"authorization", "cookie"} & set(other.last.headers)


async def test_a_redirect_cannot_lead_out_of_the_policy(target: Target) -> None:
    settings = TargetSettings(follow_redirects=True)
    redirect(target, 307, "http://169.254.169.254/latest/meta-data")
    assert "metadata" in await _summary(target.url, client(settings))
    async with serving() as other:
        redirect(target, 307, other.url)
        told = await _summary(target.url, client(settings, allowed=(f"{target.url}/*",)))
        assert "no pattern of FAIRWAY_AGENT_ALLOWED_URLS" in told
        assert other.requests == []
    for location in ("ftp://x/", "file:///etc/passwd", "http://["):
        redirect(target, 307, location)
        assert "not a" in await _summary(target.url, client(settings)), location


async def test_circles_end(target: Target) -> None:
    for _ in range(10):
        redirect(target, 307, "/again")
    assert "redirects more than 5 times" in await _summary(target.url, client())
    assert len(target.requests) == 6


async def test_a_redirect_without_location_is_an_answer(target: Target) -> None:
    target.status = 302
    assert await _summary(target.url, client()) == "SUCCESS"


# --- size


async def test_an_answer_of_three_gigabytes_is_cut(target: Target) -> None:
    """Read up to the bound; then the connection is closed, and nothing of the rest is kept."""
    sent = 0

    async def endless(request: web.Request, received: Received) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Length": str(3 * 1024**3)})
        await response.prepare(request)
        piece = b"x" * 65_536
        while sent < 3 * 1024**3:
            await response.write(piece)
            sent += len(piece)
        return response

    target.answers.append(endless)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with executing() as executor:
        report = await executor.execute(claimed(target.url, synchronized=True))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert report.status == "SUCCESS"
    assert len(report.response) == QUICK.max_answer_bytes
    assert any("longer than the agent reads" in line.message for line in report.logs)
    assert sent < 64 * 1024**2
    assert grown < 100 * 1024, f"{grown} KiB"


async def test_compressed_answers_are_bounded_when_unpacked(target: Target) -> None:
    import zlib

    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(b"\0" * 2**20) for _ in range(300)) + packer.flush()
    assert len(packed) < 400_000

    async def bomb(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    target.answers.append(bomb)
    async with executing() as executor:
        report = await executor.execute(claimed(target.url, synchronized=True))
    assert report.status == "SUCCESS"
    assert len(report.response) == QUICK.max_answer_bytes


async def test_a_cut_answer_is_no_json(target: Target) -> None:
    target.text = "5" * 2000
    small = TargetSettings(max_answer_bytes=1000)
    async with executing([{"report": {"summary": ".response.json | tojson"}}], target=client(small)) as executor:
        report = await executor.execute(claimed(target.url, synchronized=True))
    assert (report.summary, report.response) == ("null", "5" * 1000)


async def test_broken_answers_end_the_run(target: Target) -> None:
    async def short(request: web.Request, received: Received) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"x")
        assert request.transport is not None
        request.transport.close()
        return response

    async def garbage(request: web.Request, received: Received) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")  # type: ignore[attr-defined]  # a socket's transport
        request.transport.close()
        return web.Response()

    for answer in (short, garbage):
        target.answers += [answer] * 4
        told = await _summary(target.url, client())
        assert "broke the connection off" in told or "cannot be called" in told, told
        target.answers.clear()
