"""The HTTP client of all forges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.forges.answers import HttpAnswer, asked_pause, next_link
from fairway.gitops.forges.base import ForgeFigures, ForgeKind
from fairway.gitops.forges.budget import RateBudget
from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable, ListingIncomplete
from fairway.gitops.forges.gate import Gate
from fairway.gitops.forges.http import EVENT, PASS, ForgeHttp, How, HttpOptions
from fairway.gitops.forges.requests import Addresses, form, json_content, multipart, path_of, segment
from fairway.gitops.forges.settings import ForgeSettings, open_forge, project_filter
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from support.certificates import Authority
from support.gitops_clients import options
from support.gitops_server import Answered, ForgeServer, Seen, VirtualTime


class Scripted(ForgeServer):
    """Answers by path; everything else gets 200 and an empty object."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answered] = {}

    def answer(self, seen: Seen) -> Answered:
        key = seen.path + ("?" + "&".join(f"{k}={v}" for k, v in seen.query.items()) if seen.query else "")
        return self.answers.get(key) or self.answers.get(seen.path) or Answered(json={})


@asynccontextmanager
async def client(server: ForgeServer, path: str = "", **more: Any) -> AsyncIterator[ForgeHttp]:
    async def authorization() -> Mapping[str, str]:
        return {"authorization": "Bearer t"}

    http = ForgeHttp(
        server.url + path, authorization=authorization, figures=ForgeFigures(), options=options(server, **more)
    )
    try:
        yield http
    finally:
        await http.aclose()


async def test_requests_carry_credentials_and_parameters() -> None:
    async with Scripted() as server, client(server, "/bitbucket/") as http:
        await http.get("/rest/x%2Fy", params={"a": "1&2", "b": True, "c": None, "d": 3})
        (seen,) = server.requests
        assert seen.path == "/bitbucket/rest/x%2Fy"
        assert dict(seen.query) == {"a": "1&2", "b": "true", "d": "3"}
        assert seen.headers["authorization"] == "Bearer t"
        assert "gitops" in seen.headers["user-agent"]


async def test_bodies_of_all_kinds() -> None:
    async with Scripted() as server, client(server) as http:
        await http.send("POST", "/a", content=json_content({"a": [1]}))
        await http.send("POST", "/a", content=form({"a": "1&2"}))
        await http.send("PUT", "/a", content=multipart({"content": b"\xff\r\n--", "message": "ä"}))
        plain, fields, parts = server.requests
        assert plain.json == {"a": [1]}
        assert fields.body == b"a=1%262"
        assert parts.headers["content-type"].startswith("multipart/form-data; boundary=")
        border = parts.headers["content-type"].partition("boundary=")[2].encode()
        assert parts.body.count(b"--" + border) == 3
        assert b'name="content"\r\n\r\n\xff\r\n--\r\n--' in parts.body


async def test_posts_are_not_repeated_unless_they_did_not_arrive_or_may_be() -> None:
    async with Scripted() as server, client(server) as http:
        for repeat in (server.reset, server.fail):
            repeat("POST")
            with pytest.raises(ForgeUnavailable):
                await http.send("POST", "/a")
        assert len(server.requests) == 2
        server.reset("POST")
        assert (await http.send("POST", "/a", how=How(repeatable=True))).ok
        server.fail("POST", status=429)
        assert (await http.send("POST", "/a")).ok


async def test_unchanged_answers_are_kept_and_counted() -> None:
    async with Scripted() as server, client(server) as http:
        how = replace(PASS, conditional=True)
        server.answers["/a"] = Answered(json={"n": 1}, headers={"ETag": '"1"'})
        assert (await http.get("/a", how=how)).json == {"n": 1}
        server.answers["/a"] = Answered(304)
        again = await http.get("/a", how=how)
        assert (again.json, again.status, again.not_modified) == ({"n": 1}, 200, True)
        assert server.requests[-1].headers["if-none-match"] == '"1"'
        assert http.figures.not_modified == 1
        own = await http.get("/a", how=How(etag='"7"'))
        assert (own.status, server.requests[-1].headers["if-none-match"]) == (304, '"7"')
        assert "if-none-match" not in (await seen_of(server, http)).headers


async def seen_of(server: ForgeServer, http: ForgeHttp) -> Seen:
    await http.get("/b", how=EVENT)
    return server.requests[-1]


async def test_kept_answers_are_bounded() -> None:
    async with Scripted() as server, client(server) as http:
        how = How(conditional=True)
        for number in range(300):
            server.answers[f"/{number}"] = Answered(json={"n": number}, headers={"ETag": f'"{number}"'})
            await http.get(f"/{number}", how=how)
        await http.get("/0", how=how)
        assert "if-none-match" not in server.requests[-1].headers
        await http.get("/299", how=how)
        assert "if-none-match" in server.requests[-1].headers


async def test_long_answers_are_cut_and_not_taken_for_whole() -> None:
    async with Scripted() as server, client(server) as http:
        server.answers["/a"] = Answered(body=b"[" + b"1," * 50_000 + b"1]")
        answer = await http.get("/a", how=How(max_bytes=1000))
        assert (len(answer.body), answer.truncated) == (1000, True)
        with pytest.raises(ForgeBroken, match="more than 1000 bytes"):
            _ = answer.json
        assert (await http.get("/a")).json[0] == 1


async def test_redirects_within_the_origin_keep_the_method_or_not() -> None:
    async with Scripted() as server, client(server) as http:
        server.answers["/old"] = Answered(301, headers={"Location": "/new?x=1"})
        server.answers["/moved"] = Answered(307, headers={"Location": "/new"})
        server.answers["/loop"] = Answered(302, headers={"Location": "/loop"})
        assert (await http.get("/old")).ok
        assert (await http.send("POST", "/moved", content=json_content(1))).ok
        assert (await http.send("POST", "/old")).status == 301
        with pytest.raises(ForgeBroken, match="more than 5 times"):
            await http.get("/loop")
        assert [str(each) for each in server.requests[:4]] == ["GET /old", "GET /new", "POST /moved", "POST /new"]


async def test_urls_of_payloads_are_used_only_within_the_origin() -> None:
    async with Scripted() as server, client(server, "/api") as http:
        await http.get(server.url + "/elsewhere?a=b", params={"c": 1})
        assert dict(server.requests[0].query) == {"a": "b", "c": "1"}
        port = server.url.rpartition(":")[2]
        for url in (
            "http://127.0.0.2:" + port,
            "https://127.0.0.1:" + port,
            f"http://u@127.0.0.1:{port}/",
            f"http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x",
            "http://[",
            "x",
        ):
            with pytest.raises((ForgeBroken, InvalidRequest)):
                await http.get(url)
        assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["", "ftp://x", "https://kim:secret@host", "host"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Addresses(url)
    assert "kim:secret" not in str(refused.value)


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_segment_is_one_whatever_is_in_it(text: str) -> None:
    encoded = text.encode(errors="surrogatepass").decode(errors="replace")
    url = Addresses("https://host/base").of(f"/{segment(encoded)}")
    assert url.raw_path.count("/") == 2
    assert (url.raw_query_string, url.raw_fragment) == ("", "")


@pytest.mark.parametrize("path", ["", "a//b", "../x", "a/../b", "./a", "/a", "a/"])
def test_paths_that_climb_are_refused(path: str) -> None:
    with pytest.raises(InvalidRequest):
        path_of(path)


async def test_linked_pages_end_and_do_not_repeat() -> None:
    async with Scripted() as server, client(server) as http:
        server.answers["/a"] = Answered(json=[1], headers={"Link": f'<{server.url}/a2>; rel="prev next"'})
        server.answers["/a2"] = Answered(json=[2], headers={"Link": f"<{server.url}/a>; rel=prev"})
        assert [answer.json async for answer in http.pages("/a")] == [[1], [2]]
        server.answers["/a2"] = Answered(json=[2], headers={"Link": f'<{server.url}/a>; rel="next"'})
        with pytest.raises(ListingIncomplete, match="does not end"):
            [answer async for answer in http.pages("/a")]
        server.answers["/a2"] = Answered(404)
        with pytest.raises(ListingIncomplete, match="answered 404"):
            [answer async for answer in http.pages("/a")]
        ends = [answer.status async for answer in http.pages("/a", ends=frozenset({404}))]
        assert ends == [200, 404]


def test_link_headers() -> None:
    header = '<https://h/a,b?page=1>; rel="first", <https://h/a,b?page=3>; title="x"; rel="next"'
    assert next_link(HttpAnswer(200, {"link": header}, b"", "")) == "https://h/a,b?page=3"
    assert next_link(HttpAnswer(200, {}, b"", "")) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), (" 12 ", 12), ("Sun, 01 Mar 2026 12:01:00 GMT", 60), ("Sun, 01 Mar 2020 12:01:00 GMT", 0),
     ("", None), ("soon", None), ("-3", None), ("²", None), ("1e9", None)],
)  # fmt: skip
def test_times_to_wait(text: str, seconds: float | None) -> None:
    assert asked_pause(text, datetime(2026, 3, 1, 12, tzinfo=UTC)) == seconds


LIMITS = [f"{prefix}ratelimit-{name}" for prefix in ("x-", "") for name in ("remaining", "limit", "reset")]


@given(st.dictionaries(st.sampled_from(LIMITS), st.text() | st.integers(0, 10**15).map(str)))
def test_limit_headers_of_any_form_do_no_harm(headers: dict[str, str]) -> None:
    time = VirtualTime()
    budget = RateBudget(time, time.sleep)
    budget.note("core", headers)
    assert budget.pause("core") <= 2 * 3600


async def test_no_more_than_so_many_at_once_and_events_first() -> None:
    gate, order = Gate(2), list[str]()
    await gate.enter("pass")
    await gate.enter("pass")

    async def one(name: str, lane: Any) -> None:
        await gate.enter(lane)
        order.append(name)
        gate.leave()

    tasks = [asyncio.create_task(one(f"pass{n}", "pass")) for n in range(3)]
    tasks.append(asyncio.create_task(one("event", "event")))
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    gate.leave()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["event", "pass1", "pass2"]
    gate.leave()
    await asyncio.wait_for(asyncio.gather(gate.enter("pass"), gate.enter("event")), 5)


@given(st.lists(st.sampled_from(["enter", "cancel", "leave"]), max_size=60))
def test_a_gate_loses_no_places(steps: list[str]) -> None:
    async def play() -> None:
        gate = Gate(3)
        waiting: list[asyncio.Task[None]] = []
        for step in steps:
            inside = [task for task in waiting if task.done() and not task.cancelled()]
            if step == "enter":
                waiting.append(asyncio.create_task(gate.enter("pass")))
            elif step == "cancel" and waiting:
                waiting[-1].cancel()
            elif step == "leave" and inside:
                waiting.remove(inside[0])
                gate.leave()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        for task in list(waiting):
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for task in waiting:
            if not task.cancelled():
                gate.leave()
        await asyncio.wait_for(asyncio.gather(*(gate.enter("pass") for _ in range(3))), 5)

    asyncio.run(play())


async def test_connections_are_bounded() -> None:
    async with Scripted() as server, client(server, concurrency=3) as http:
        server.delay = 0.005
        await asyncio.gather(*(http.get(f"/{number}") for number in range(30)))
        assert server.peak == 3


async def test_proxies_of_the_environment_are_used() -> None:
    async with Scripted() as proxy:
        answered = Answered(json={"by": "proxy"})
        proxy.answers["/a"] = answered
        async with Scripted() as server:
            server.url = "http://forge.invalid"
            async with client(server, environment={"http_proxy": proxy.url}) as http:
                assert (await http.get("/a")).json == {"by": "proxy"}
            assert proxy.requests[0].headers["host"] == "forge.invalid"


async def test_a_bundle_of_authorities_is_trusted_and_nothing_else(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")

    async def hello(_: web.Request) -> web.Response:
        return web.json_response({"hello": 1})

    app = web.Application()
    app.router.add_get("/a", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server()).start()
    server = Scripted()
    server.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with client(server, ca_file=authority.file) as http:
            assert (await http.get("/a")).json == {"hello": 1}
        async with client(server) as http:
            with pytest.raises(ForgeUnavailable, match="certificate"):
                await http.get("/a")
    finally:
        await runner.cleanup()
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(InvalidRequest, match=r"none\.pem"):
        async with client(server, ca_file=tmp_path / "none.pem") as http:
            await http.get("/a")


async def test_a_client_is_made_by_kind_and_secrets_do_not_show() -> None:
    settings = ForgeSettings(ForgeKind.GITHUB, token="t0ken")
    assert "t0ken" not in repr(settings)
    forge = open_forge(settings, clock=SystemClock(), environment={})
    assert forge.kind is ForgeKind.GITHUB
    await forge.close()
    with pytest.raises(InvalidRequest, match="bitbucket-server"):
        open_forge(ForgeSettings(ForgeKind.BITBUCKET_SERVER), clock=SystemClock())
    assert project_filter(" a, ,b,") == ("a", "b")
    assert HttpOptions().connect_seconds == 5
