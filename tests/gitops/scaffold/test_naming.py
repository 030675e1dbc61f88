"""Names of branches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.model import EntityKey
from fairway.gitops.scaffold.model import Requester
from fairway.gitops.scaffold.naming import branch_prefix, is_of, short_run, slug
from fairway.gitops.scaffold.workspace import commit_message


def test_names() -> None:
    assert branch_prefix("enrich_service", EntityKey("service", "checkout")).startswith("portal/enrich-service-")
    assert branch_prefix("enrich", EntityKey("service", "checkout")) == "portal/enrich/checkout-"
    assert short_run("r_0123456789ABCDEF") == "89abcdef"
    assert len(short_run("x")) == 8


@given(st.text(), st.text())
def test_slugs_are_plain_and_tell_texts_apart(one: str, other: str) -> None:
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in slug(one))
    assert slug(one)
    assert (slug(one) == slug(other)) == (one == other)


def test_prefixes_of_other_entities() -> None:
    prefix = branch_prefix("a", EntityKey("service", "checkout"))
    assert is_of(prefix, "portal/a/checkout-0123abcd")
    assert not is_of(prefix, "portal/a/checkout-v2-0123abcd")
    assert not is_of(prefix, "portal/a/checkout-mine")


def test_messages_have_lines_of_their_own_only() -> None:
    message = commit_message("Title\n\nSigned-off-by: x", Requester("Kim <k>\nX-Evil: 1", "kim@example.com>\n"))
    assert message == "Title Signed-off-by: x\n\nCo-authored-by: Kim k X-Evil: 1 <kim@example.com>"
