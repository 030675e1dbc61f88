"""Proxies of the environment, with a real local proxy (contract 3, 14)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fairway.agent.target import TlsProfile, TlsStore
from fairway.kit.errors import InvalidRequest
from fairway.kit.proxy import proxy_for
from support.certificates import Authority
from support.targets import Target, claimed, client, executing, serving


class Proxy:
    """An HTTP proxy: forwards absolute URLs and opens tunnels; remembers request lines and credentials."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.credentials: list[str] = []
        self.refuse = False
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").split("\r\n")
        self.lines.append(line)
        self.credentials += [text.split(" ")[-1] for text in headers if text.lower().startswith("proxy-authorization")]
        method, address, _ = line.split(" ")
        if self.refuse:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        _, _, port = address.removeprefix("http://").partition("/")[0].partition(":")
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(port or 80))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = "/" + address.removeprefix("http://").partition("/")[2]
            kept = [each for each in headers if not each.lower().startswith(("proxy-", "connection"))]
            far_writer.write("\r\n".join([f"{method} {path} HTTP/1.1", "Connection: close", *kept]).encode("latin-1"))
        await asyncio.gather(_pipe(reader, far_writer), _pipe(far_reader, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    found = Proxy()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield found
    server.close()


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def _told(url: str, env: dict[str, str], tls: TlsStore | None = None) -> str:
    async with executing([{"retries": 0}], target=client(env=env, tls=tls)) as executor:
        report = await executor.execute(claimed(url, synchronized=True, body={"a": "é"}))
    return report.summary or report.status or ""


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_requests_go_through_the_proxy(target: Target, proxy: Proxy, name: str) -> None:
    assert await _told(target.url + "/x?y=1", {name: proxy.url}) == "SUCCESS"
    assert proxy.lines == [f"POST {target.url}/x?y=1 HTTP/1.1"]
    assert (target.last.path, target.last.query) == ("/x", [("y", "1")])


async def test_names_are_the_proxys_to_resolve(target: Target, proxy: Proxy) -> None:
    port = target.url.rpartition(":")[2]
    assert await _told(f"http://only.the.proxy.knows:{port}/x", {"HTTP_PROXY": proxy.url}) == "SUCCESS"


async def test_a_proxy_without_scheme_and_with_credentials(target: Target, proxy: Proxy) -> None:
    env = {"HTTP_PROXY": proxy.url.replace("http://", "user:pass%20word@")}
    assert await _told(target.url, env) == "SUCCESS"
    assert base64.b64decode(proxy.credentials[0]).decode() == "user:pass word"


async def test_tls_goes_through_a_tunnel(proxy: Proxy, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "private")
    async with serving(authority.server()) as target:
        store = TlsStore({}, TlsProfile(ca_file=str(authority.file)))
        assert await _told(
            target.url + "/x", {"HTTPS_PROXY": proxy.url, "HTTP_PROXY": "http://127.0.0.1:1"}, store
        ) == ("SUCCESS")
        assert proxy.lines == [f"CONNECT {target.url.removeprefix('https://')} HTTP/1.1"]


async def test_exemptions(target: Target, proxy: Proxy) -> None:
    for no_proxy in ("127.0.0.1", "x, 127.0.0.0/8 ,y", "*", target.url.removeprefix("http://")):
        assert await _told(target.url, {"HTTP_PROXY": proxy.url, "NO_PROXY": no_proxy}) == "SUCCESS"
    assert proxy.lines == []


async def test_trouble_of_the_proxy_is_named(target: Target, proxy: Proxy, tmp_path: Path) -> None:
    told = await _told(target.url, {"HTTP_PROXY": "http://user:secretword@127.0.0.1:1"})
    assert 'through proxy "http://127.0.0.1:1' in told
    assert "cannot be reached" in told
    assert "secretword" not in told
    proxy.refuse = True
    authority = Authority(tmp_path, "private")
    async with serving(authority.server()) as secure:
        told = await _told(secure.url, {"HTTPS_PROXY": proxy.url})
        assert "the proxy answered 407" in told


@pytest.mark.parametrize("value", ["socks5://user:secretword@127.0.0.1:1", "ftp://x"])
def test_proxies_of_other_kinds_are_refused_at_start(value: str) -> None:
    with pytest.raises(InvalidRequest, match="SOCKS proxies are not supported") as caught:
        client(env={"HTTPS_PROXY": value})
    assert "secretword" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("http://a.example.com/", "example.com", True), ("http://example.com/", ".example.com", True),
        ("http://badexample.com/", "example.com", False), ("http://a.b.c/", "*.c", True),
        ("http://A.B/", "a.b", True), ("http://a:8080/", "a:8080", True), ("http://a:8081/", "a:8080", False),
        ("http://[::1]/", "::1", True), ("http://[fd00::5]/", "fd00::/8", True),
        ("http://10.1.2.3/", "10.0.0.0/8", True),
        ("http://11.1.2.3/", "10.0.0.0/8", False), ("http://name/", "10.0.0.0/8", False), ("http://a/", "", False),
        ("http://a/", " , ,", False), ("http://a/", "*", True), ("http://a/", "bad/net", False),
    ],
)  # fmt: skip
def test_which_targets_are_exempt(url: str, no_proxy: str, direct: bool) -> None:
    env = {"http_proxy": "proxy:3128", "NO_PROXY": no_proxy}
    assert (proxy_for(url, env) is None) is direct
    assert direct or proxy_for(url, env) == "http://proxy:3128"


def test_lower_case_wins_and_schemes_differ() -> None:
    env = {"HTTP_PROXY": "http://upper", "http_proxy": "http://lower", "ALL_PROXY": "http://all"}
    assert proxy_for("http://x", env) == "http://lower"
    assert proxy_for("https://x", env) == "http://all"
    assert proxy_for("https://x", {"HTTP_PROXY": "http://upper"}) is None
