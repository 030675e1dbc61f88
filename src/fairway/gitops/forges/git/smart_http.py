"""Repositories over HTTP: one POST asks for references, one more for a pack. ``gitprotocol-http(5)``.

A POST of version 2's ``ls-refs`` needs no advertisement in front of it; servers that do not speak version 2 are told by
their answer, and asked in two steps from then on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable, RepositoryGone
from fairway.gitops.forges.git import protocol
from fairway.gitops.forges.git.packs import PackTooBig
from fairway.gitops.forges.git.protocol import Advertisement, FetchRequest, Refs
from fairway.gitops.forges.git.remote import RECEIVE, UPLOAD
from fairway.gitops.forges.git.settings import HttpLogin
from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.requests import Content, How

_REFS_BYTES = 64 * 1024 * 1024
_PACK_SLACK = 1 << 20
"""Side bands and messages around a pack."""


def basic(login: HttpLogin | None) -> Mapping[str, str]:
    """The header of a login; none without one."""
    if login is None:
        return {}
    pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


@dataclass(slots=True)
class HttpHost:
    """One origin, and what is known of its server from the repositories asked so far."""

    http: ForgeHttp
    version: int | None = None
    abilities: Advertisement | None = None


class HttpRemote:
    """A repository below an origin."""

    def __init__(self, host: HttpHost, url: str) -> None:
        self._host = host
        self._url = url.rstrip("/")
        self._own: Advertisement | None = None

    async def refs(self, prefixes: Sequence[str]) -> Refs:
        """See :class:`Remote`."""
        if self._host.version != 0 and (found := await self._ask_directly(prefixes)) is not None:
            self._host.version = 2
            return found
        advertisement = await self._advertised(UPLOAD)
        self._own = advertisement
        if advertisement.version != 2:
            self._host.version = self._host.version or 0
            return advertisement.refs
        answer = await self._post(UPLOAD, protocol.ls_refs(prefixes), _REFS_BYTES)
        self._host.version = 2
        return protocol.parse_ls_refs(answer.body)

    async def _ask_directly(self, prefixes: Sequence[str]) -> Refs | None:
        """None when the server does not seem to speak version 2, or the repository is elsewhere now."""
        sure = self._host.version == 2
        try:
            answer = await self._send(UPLOAD, protocol.ls_refs(prefixes), _REFS_BYTES, repeatable=sure)
            return protocol.parse_ls_refs(answer.body) if answer.ok else None
        except (ForgeUnavailable, ForgeBroken):
            if sure:
                raise
            return None

    async def abilities(self, *, fresh: bool = False) -> Advertisement:
        """See :class:`Remote`."""
        if fresh or (self._own is None and self._host.abilities is None):
            self._own = self._host.abilities = await self._advertised(UPLOAD)
        found = self._own or self._host.abilities
        assert found is not None
        return found

    async def fetch(self, request: FetchRequest, most: int) -> bytes:
        """See :class:`Remote`."""
        known = await self.abilities()
        body = protocol.fetch(request) if known.version == 2 else protocol.old_fetch(request, known.refs.capabilities)
        answer = await self._post(UPLOAD, body, most + _PACK_SLACK)
        if answer.truncated:
            raise PackTooBig(f'"{self._url}" sent more than {most} bytes')
        return protocol.parse_fetch(answer.body)

    async def push(self, ref: str, old: str | None, new: str, pack: bytes) -> str | None:
        """See :class:`Remote`."""
        advertisement = await self._advertised(RECEIVE)
        body = protocol.push(ref, old, new, advertisement.refs.capabilities, pack)
        answer = await self._post(RECEIVE, body, _PACK_SLACK, repeatable=False)
        return protocol.parse_push(answer.body, ref)

    async def _advertised(self, service: str) -> Advertisement:
        headers = {"git-protocol": "version=2"} if service == UPLOAD else {}
        how = How(headers=headers, max_bytes=_REFS_BYTES)
        query = f"/info/refs?service={service}"
        answer = await self._host.http.get(self._url + query, how=how)
        self._require(answer)
        if answer.headers.get("content-type", "").partition(";")[0] != f"application/x-{service}-advertisement":
            raise answer.error("an advertisement of git's smart protocol")
        if answer.url.endswith(query):  # after a redirect within the origin requests go where it led
            self._url = answer.url.removesuffix(query)
        return protocol.parse_advertisement(answer.body)

    async def _post(self, service: str, body: bytes, most: int, *, repeatable: bool = True) -> HttpAnswer:
        answer = await self._send(service, body, most, repeatable=repeatable)
        if answer.headers.get("content-type", "").partition(";")[0] != f"application/x-{service}-result":
            raise answer.error("an answer of git's smart protocol")
        return answer

    async def _send(self, service: str, body: bytes, most: int, *, repeatable: bool) -> HttpAnswer:
        headers = {"accept": f"application/x-{service}-result"}
        if service == UPLOAD and (self._own is None or self._own.version == 2):
            headers["git-protocol"] = "version=2"
        how = How(headers=headers, max_bytes=most, repeatable=repeatable)
        content = Content(body, f"application/x-{service}-request")
        answer = await self._host.http.send("POST", f"{self._url}/{service}", content=content, how=how)
        if answer.status == 404 or repeatable:
            self._require(answer)
        return answer

    def _require(self, answer: HttpAnswer) -> None:
        if answer.status in (404, 410, 451):
            raise RepositoryGone(f'There is no repository at "{self._url}", or it may not be seen')
        if not answer.ok:
            raise answer.error("an answer of git's smart protocol")
