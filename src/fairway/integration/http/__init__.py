"""Requests to third parties (contract sections 15.3 to 15.6)."""

from fairway.integration.http.answer import HttpAnswer
from fairway.integration.http.call import Content, form
from fairway.integration.http.client import ThirdPartyHttp
from fairway.integration.http.errors import (
    ThirdPartyBroken,
    ThirdPartyError,
    ThirdPartyLimited,
    ThirdPartyMissing,
    ThirdPartyRefused,
    ThirdPartyRejected,
    ThirdPartyUnavailable,
)
from fairway.integration.http.guard import OutboundGuard
from fairway.integration.http.paging import Page, Paging, cursor, link_in, links, numbered, offsets
from fairway.integration.http.settings import HttpFigures, HttpSettings, Retries
from fairway.integration.http.streams import Lines
from fairway.integration.http.tokens import CallableToken, FileToken, Token, TokenSource
from fairway.integration.http.way import ClientTls

__all__ = [
    "CallableToken",
    "ClientTls",
    "Content",
    "FileToken",
    "HttpAnswer",
    "HttpFigures",
    "HttpSettings",
    "Lines",
    "OutboundGuard",
    "Page",
    "Paging",
    "Retries",
    "ThirdPartyBroken",
    "ThirdPartyError",
    "ThirdPartyHttp",
    "ThirdPartyLimited",
    "ThirdPartyMissing",
    "ThirdPartyRefused",
    "ThirdPartyRejected",
    "ThirdPartyUnavailable",
    "Token",
    "TokenSource",
    "cursor",
    "form",
    "link_in",
    "links",
    "numbered",
    "offsets",
]
