"""Events are believed only with a right signature or token, over the bytes that came."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.hooks import MAX_BODY, authenticate, git_signature
from fairway.kit.errors import PayloadTooLarge, Unauthorized

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = b'{"a": "\xc3\xa4"}'
SECRET = "s3cret"


def signature(body: bytes = BODY, secret: str = SECRET, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


def standard(body: bytes = BODY, secret: bytes = SECRET.encode(), stamp: str = STAMP) -> dict[str, str]:
    signed = b"id-1." + stamp.encode() + b"." + body
    text = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": "id-1", "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA v1,{text}"}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


GIT = {"X-Portal-Timestamp": STAMP, "X-Portal-Signature-256": git_signature(SECRET, STAMP, BODY)}
GOOD = [
    (ForgeKind.BITBUCKET_SERVER, {"X-Hub-Signature": "sha256=" + signature()}),
    (ForgeKind.BITBUCKET_SERVER, basic(f"hook:{SECRET}")),
    (ForgeKind.GITHUB, {"X-Hub-Signature-256": "sha256=" + signature()}),
    (ForgeKind.GITLAB, {"X-Gitlab-Token": SECRET}),
    (ForgeKind.GITLAB, standard()),
    (ForgeKind.GITEA, {"X-Gitea-Signature": signature()}),
    (ForgeKind.GITEA, {"X-Forgejo-Signature": signature()}),
    (ForgeKind.GITEA, {"X-Hub-Signature-256": "sha256=" + signature()}),
    (ForgeKind.GIT, GIT),
]
BAD = [
    (ForgeKind.BITBUCKET_SERVER, {"X-Hub-Signature": signature()}),
    (ForgeKind.BITBUCKET_SERVER, {"X-Hub-Signature": "sha256=" + "0" * 64, **basic(f"hook:{SECRET}")}),
    (ForgeKind.BITBUCKET_SERVER, basic("hook:wrong")),
    (ForgeKind.BITBUCKET_SERVER, {"Authorization": "Basic ä"}),
    (ForgeKind.BITBUCKET_SERVER, {"Authorization": f"Bearer {SECRET}"}),
    (ForgeKind.GITHUB, {"X-Hub-Signature": "sha1=" + signature(algorithm="sha1")}),
    (ForgeKind.GITHUB, {"X-Hub-Signature": "sha256=" + signature()}),
    (ForgeKind.GITHUB, {"X-Hub-Signature-256": "sha256=" + signature(BODY + b" ")}),
    (ForgeKind.GITLAB, {"X-Gitlab-Token": SECRET + " "}),
    (ForgeKind.GITLAB, {**standard(secret=b"other"), "X-Gitlab-Token": SECRET}),
    (ForgeKind.GITLAB, standard(stamp=str(int(STAMP) - 301))),
    (ForgeKind.GITLAB, standard(stamp=str(int(STAMP) + 301))),
    (ForgeKind.GITLAB, standard(stamp="now")),
    (ForgeKind.GITEA, {"X-Gitea-Signature": "sha256=" + signature()}),
    (ForgeKind.GITEA, {"X-Gitea-Signature": "", "X-Hub-Signature-256": "sha256=" + signature()}),
    (ForgeKind.GIT, {"X-Portal-Signature-256": "sha256=" + signature()}),
    (ForgeKind.GIT, {**GIT, "X-Portal-Timestamp": str(int(STAMP) + 1)}),
]


@pytest.mark.parametrize(("kind", "headers"), GOOD)
def test_authentic_events_pass_with_either_of_two_secrets(kind: ForgeKind, headers: dict[str, str]) -> None:
    authenticate(kind, headers, BODY, ["other", SECRET], NOW)
    authenticate(kind, {name.lower(): value for name, value in headers.items()}, BODY, [SECRET], NOW)


@pytest.mark.parametrize(("kind", "headers"), BAD)
def test_others_do_not(kind: ForgeKind, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        authenticate(kind, headers, BODY, [SECRET], NOW)


@pytest.mark.parametrize("kind", ForgeKind)
@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(kind: ForgeKind, secrets: list[str]) -> None:
    for headers in ({}, *(headers for each, headers in GOOD if each is kind)):
        with pytest.raises(Unauthorized, match="no secret"):
            authenticate(kind, headers, BODY, secrets, NOW)
    empty = {"X-Gitlab-Token": "", "X-Hub-Signature-256": "sha256=" + signature(secret="")}
    with pytest.raises(Unauthorized):
        authenticate(kind, empty, BODY, secrets, NOW)


@pytest.mark.parametrize(("kind", "headers"), GOOD)
def test_a_signed_event_that_is_old_or_of_another_body_is_refused(kind: ForgeKind, headers: dict[str, str]) -> None:
    if not any("ignature" in name for name in headers):
        return  # tokens sign nothing
    with pytest.raises(Unauthorized):
        authenticate(kind, headers, BODY + b"\n", [SECRET], NOW)
    if any("imestamp" in name for name in headers):
        with pytest.raises(Unauthorized):
            authenticate(kind, headers, BODY, [SECRET], NOW + timedelta(minutes=6))


def test_a_standard_secret_is_base64_behind_its_prefix() -> None:
    key = bytes(range(24))
    authenticate(ForgeKind.GITLAB, standard(secret=key), BODY, ["whsec_" + base64.b64encode(key).decode()], NOW)


def test_bodies_are_bounded() -> None:
    with pytest.raises(PayloadTooLarge):
        authenticate(ForgeKind.GITHUB, {}, bytes(MAX_BODY + 1), [SECRET], NOW)


HEADERS = sorted({name for _, headers in GOOD for name in headers})


@given(
    st.sampled_from(ForgeKind),
    st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=80).map(lambda t: t.encode(errors="replace").decode())),
    st.binary(max_size=40),
)
def test_made_up_headers_are_refused_without_a_fault(kind: ForgeKind, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Unauthorized):
        authenticate(kind, headers, body, ["a secret that nobody guesses"], NOW)


def test_header_values_that_are_no_utf_8_are_refused_without_a_fault() -> None:
    for kind in ForgeKind:
        with pytest.raises(Unauthorized):
            authenticate(
                kind, dict.fromkeys(HEADERS, b"\xff\xfe".decode(errors="surrogateescape")), BODY, [SECRET], NOW
            )
