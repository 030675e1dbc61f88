"""From a body to an event. Section 5.1 of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.hooks import bitbucket, git, github, gitlab
from fairway.gitops.hooks.event import HookEvent
from fairway.gitops.hooks.fields import Fields
from fairway.kit.errors import MalformedBody
from fairway.kit.jsonio import parse_body

_LONGEST_ID = 200
_FORM = "application/x-www-form-urlencoded"
Read = Callable[[str, str, Fields], HookEvent]

_NAMES = {
    ForgeKind.BITBUCKET_SERVER: ("x-event-key",),
    ForgeKind.GITHUB: ("x-github-event",),
    ForgeKind.GITLAB: ("x-gitlab-event",),
    ForgeKind.GITEA: ("x-gitea-event", "x-forgejo-event"),
    ForgeKind.GIT: (),
}
_IDS = {
    ForgeKind.BITBUCKET_SERVER: ("x-request-id",),
    ForgeKind.GITHUB: ("x-github-delivery",),
    ForgeKind.GITLAB: ("webhook-id", "x-gitlab-event-uuid"),
    ForgeKind.GITEA: ("x-gitea-delivery", "x-forgejo-delivery"),
    ForgeKind.GIT: (),
}
_READS: Mapping[ForgeKind, Read] = {
    ForgeKind.BITBUCKET_SERVER: bitbucket.read,
    ForgeKind.GITHUB: github.read,
    ForgeKind.GITLAB: gitlab.read,
    ForgeKind.GITEA: github.read,
    ForgeKind.GIT: git.read,
}


def parse(kind: ForgeKind, headers: Mapping[str, str], body: bytes) -> HookEvent:
    """What an authentic event is about. Events that nobody subscribed to are ``ignored``.

    Raises:
        InvalidRequest: the body is not JSON, or lacks what events of its name have.
    """
    found = {name.lower(): value for name, value in headers.items()}
    name = _first(found, _NAMES[kind])
    delivery = _first(found, _IDS[kind])[:_LONGEST_ID] or _digest(name, found, body)
    if not body and "ping" in name:
        return HookEvent("ping", name, delivery)
    document = parse_body(_json(found, body))
    if not isinstance(document, dict):
        raise MalformedBody("The event is no JSON object")
    return _READS[kind](name, delivery, Fields(document, name))


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if headers.get(name)), "")


def _digest(name: str, headers: Mapping[str, str], body: bytes) -> str:
    """A delivery's id where the forge gives none: a repetition has the same one."""
    stamp = headers.get("x-portal-timestamp", "")
    return hashlib.sha256(f"{name}\0{stamp}\0".encode(errors="surrogateescape") + body).hexdigest()


def _json(headers: Mapping[str, str], body: bytes) -> bytes:
    """GitHub and Gitea can be told to send forms."""
    if not headers.get("content-type", "").startswith(_FORM):
        return body
    try:
        return parse_qs(body.decode(), max_num_fields=8).get("payload", [""])[0].encode()
    except ValueError:
        raise MalformedBody("The event is neither JSON nor a form") from None
