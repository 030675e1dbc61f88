"""Requests that all workspaces over an API make alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import ForgeBroken, RepositoryGone
from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.requests import Content, Params, json_content
from fairway.gitops.scaffold.model import EditConflict

MOST_PAGES = 100


class Calls:
    """Calls below one repository, whose label is for messages."""

    def __init__(self, http: ForgeHttp, place: str, label: str) -> None:
        self.http = http
        self.place = place
        self.label = label

    async def get(self, path: str, params: Params | None = None) -> HttpAnswer:
        """``GET``; 404 and other statuses come back."""
        return await self.http.get(self.place + path, params=params)

    async def send(self, method: str, path: str, body: object | Content) -> HttpAnswer:
        """A request with a body."""
        content = body if isinstance(body, Content) else json_content(body)
        return await self.http.send(method, self.place + path, content=content)

    def require(self, answer: HttpAnswer, what: str) -> Any:
        """The JSON of a good answer.

        Raises:
            RepositoryGone: 404.
            EditConflict: 409 or 412.
            ForgeBroken: anything else, with what the forge said.
        """
        if answer.ok:
            return answer.json if answer.body else None
        if answer.status == 404:
            raise RepositoryGone(f'"{self.label}" has no such thing, or it may not be seen: {what}')
        if answer.status in (409, 412):
            raise EditConflict(f'"{self.label}" was changed by somebody else meanwhile: {said(answer)}')
        raise ForgeBroken(f'"{self.label}" answered {answer.status} to {what}: {said(answer)}')


def said(answer: HttpAnswer) -> str:
    """The forge's own words about an error, cut."""
    try:
        document = answer.json
    except ForgeBroken:
        document = None
    if isinstance(document, Mapping):
        for name in ("message", "error"):
            value = document.get(name)
            if isinstance(value, Mapping):
                value = value.get("message")
            if isinstance(value, list):
                value = "; ".join(str(each) for each in value)
            if value:
                return str(value)[:300]
        found = document.get("errors")
        if isinstance(found, list):
            return "; ".join(
                str(each.get("message", "")) if isinstance(each, Mapping) else str(each) for each in found
            )[:300]
    return answer.body[:300].decode(errors="replace")
