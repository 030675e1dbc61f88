"""Connecting repositories: the form of each kind of forge, and what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import accessible, violations
from support.gitops_connected import BASE, TOKEN, World, figure, spec


def test_without_sources_the_list_says_what_they_are_for(page: Page, blueprint: str) -> None:
    page.goto("/sources")
    section = page.get_by_role("region", name="Git repositories")
    expect(section.get_by_text("No repositories are connected")).to_be_visible(timeout=15_000)
    assert violations(page) == []
    section.get_by_role("link", name="Connect repositories").click()
    expect(page).to_have_url("/sources/gitops/new")


@pytest.mark.slow
def test_a_forge_is_connected(page: Page, world: World) -> None:
    world.repository("checkout", {"port.yml": spec("co-" + world.name, tier=1)})
    page.goto("/sources/gitops/new")
    page.get_by_role("radio", name="Gitea").click()
    page.get_by_label("Title").fill(f"Forge {world.name}")
    page.get_by_label("Address", exact=False).first.fill(world.forge.url)
    page.get_by_label("Organisation or user").fill(world.name)
    token = page.get_by_role("textbox", name="Token")
    expect(token).to_have_attribute("type", "password")
    token.fill("wrong")
    page.get_by_role("button", name="Check connection").click()
    expect(page.get_by_text("This does not work yet")).to_be_visible()
    token.fill(TOKEN)
    expect(page.get_by_text("This does not work yet")).to_have_count(0)
    page.get_by_role("button", name="Check connection").click()
    expect(page.get_by_text("Logged in as")).to_contain_text("The first page of its list has 1 repository")
    accessible(page)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sources/gitops/git_\w+$"))
    source = page.url.rpartition("/")[2]
    world.made.append(source)
    expect(page.get_by_role("heading", level=1, name=f"Forge {world.name}")).to_be_visible()
    expect(figure(page, "Created")).to_contain_text("1", timeout=15_000)
    expect(page.get_by_role("banner").or_(page.locator("header")).get_by_text("Complete").first).to_be_visible()
    assert world.entity("co-" + world.name)
    accessible(page)


def test_what_is_left_as_it_is_are_the_portals_own_defaults(page: Page, world: World, api: httpx.Client) -> None:
    page.goto("/sources/gitops/new")
    page.get_by_role("radio", name="Gitea").click()
    page.get_by_label("Title").fill(f"Form {world.name}")
    page.get_by_label("Address", exact=False).first.fill(world.forge.url)
    page.get_by_label("Organisation or user").fill(f"{world.name}-form")
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sources/gitops/git_\w+$"))
    formed = page.url.rpartition("/")[2]
    body = {"title": f"Bare {world.name}", "kind": "gitea", "url": world.forge.url, "secrets": {"token": TOKEN},
            "settings": {"organisation": f"{world.name}-bare"}}  # fmt: skip
    bare = api.post(f"{BASE}/sources", json=body).raise_for_status().json()["source"]
    world.made += [formed, bare["id"]]
    assert world.source(formed)["options"] == bare["options"]


_NOWHERE = "http://127.0.0.1:9"
_LOGINS = [
    ("GitHub", "GitHub App", {"Address of the API": _NOWHERE, "App id": "7", "Installation id": "8"}, "Private key",
     {"appId": "7", "installation": "8"}),
    ("GitLab", None, {"Address": _NOWHERE, "Group": "acme/platform"}, "Token", {"organisation": "acme/platform"}),
    ("Bitbucket Data Center", "User name and password", {"Address": _NOWHERE, "Projects": "PAY,PLAT*",
     "User name": "kim"}, "Password or token", {"projects": ["PAY", "PLAT*"], "username": "kim"}),
    ("Plain git", "SSH key", {"Repositories": "ssh://git@127.0.0.1:9/a.git", "Host keys": "127.0.0.1 ssh-ed25519 AAAA"},
     "Private key", {"repositories": ["ssh://git@127.0.0.1:9/a.git"], "knownHosts": "127.0.0.1 ssh-ed25519 AAAA"}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "login", "given", "secret", "settings"), _LOGINS, ids=[each[0] for each in _LOGINS])
def test_each_kind_of_forge_takes_its_form(
    page: Page, world: World, kind: str, login: str | None, given: dict[str, str], secret: str, settings: dict[str, Any]
) -> None:
    page.goto("/sources/gitops/new")
    page.get_by_role("radio", name=kind, exact=True).click()
    if login is not None:
        page.get_by_text(login, exact=True).click()
    page.get_by_label("Title").fill(f"{kind} {world.name}")
    for label, text in given.items():
        field = page.get_by_role("textbox", name=label).or_(page.get_by_role("combobox", name=label))
        field.first.fill(text)
        field.first.blur()
    page.get_by_role("textbox", name=secret).fill("a secret of nobody")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sources/gitops/git_"))
    source = page.url.rpartition("/")[2]
    world.made.append(source)
    assert world.source(source)["settings"] == settings
    expect(page.get_by_role("heading", level=1, name=f"{kind} {world.name}")).to_be_visible()


def test_what_does_not_fit_is_said_in_the_portals_words(page: Page, world: World) -> None:
    page.goto("/sources/gitops/new")
    page.get_by_role("radio", name="Plain git").click()
    page.get_by_label("Title").fill("Nowhere")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="settings.repositories")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_label("Title")).to_have_value("Nowhere")
