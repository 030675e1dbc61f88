"""Connected repositories: from the form to the finding at its line, held deletions, history, and the entity's page."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import accessible, settled, violations
from support.gitops_connected import BLUEPRINT, TOKEN, World, spec


@pytest.mark.slow
def test_the_list_says_how_each_source_is(page: Page, world: World) -> None:
    world.repository("one", {"port.yml": spec("one-" + world.name, tier="high")})
    world.repository("two", {"port.yml": spec("two-" + world.name)})
    source = world.connect()
    page.goto("/sources")
    row = page.get_by_role("row", name=re.compile(world.name))
    expect(row).to_contain_text("Complete")
    expect(row).to_contain_text("1 error")
    expect(row.get_by_role("cell").nth(2)).to_have_text("2")
    expect(row.get_by_role("img", name="Gitea or Forgejo")).to_be_visible()
    accessible(page)
    row.get_by_role("link", name=re.compile(world.name)).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/sources/gitops/{source}")


def test_from_the_source_to_the_finding_at_its_line(page: Page, world: World) -> None:
    bad = world.repository("bad", {"services/a/port.yml": spec("bad-" + world.name, stage="soon")})
    world.repository("good", {"port.yml": spec("good-" + world.name, tier=2)})
    source = world.connect()
    page.goto(f"/sources/gitops/{source}")
    page.get_by_role("tab", name=re.compile("Repositories")).click()
    expect(page).to_have_url(re.compile("tab=repositories"))
    grid = page.get_by_role("grid", name="Repositories")
    expect(grid.get_by_text(f"{world.name}/good")).to_be_visible()
    page.get_by_text("With problems").click()
    expect(page).to_have_url(re.compile("state=problems"))
    expect(grid.get_by_text(f"{world.name}/good")).to_have_count(0)
    expect(grid.get_by_text(bad)).to_be_visible()
    accessible(page)
    page.get_by_text("Failed", exact=True).click()
    expect(page.get_by_text("No repository failed")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Search repositories").fill("BAD")
    expect(page).to_have_url(re.compile("q=BAD"))
    expect(grid.get_by_text(f"{world.name}/good")).to_have_count(0)
    grid.get_by_text(bad).click()
    expect(page.get_by_role("heading", level=1, name=bad)).to_be_visible()
    part = page.get_by_role("region", name="services/a/port.yml")
    expect(part.get_by_role("img", name="Error")).to_be_visible()
    expect(part).to_contain_text("E_PROPERTY_ENUM")
    link = part.get_by_role("link", name=re.compile(r"^services.a.port\.yml:\d+:\d+"))
    expect(link).to_have_attribute(
        "href", re.compile(rf"^{world.forge.url}/{bad}/src/commit/\w+/services/a/port\.yml#L\d+$")
    )
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    accessible(page)


def test_the_grid_is_walked_with_keys(page: Page, world: World) -> None:
    for name in ("a", "b"):
        world.repository(name, {"port.yml": spec(f"{name}-{world.name}")})
    source = world.connect()
    page.goto(f"/sources/gitops/{source}?tab=repositories")
    settled(page)
    page.get_by_role("gridcell", name=f"{world.name}/a").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=f"{world.name}/b")).to_be_visible()
    table = page.get_by_role("table", name="Entities of port.yml")
    expect(table.get_by_role("row", name=re.compile(f"b-{world.name}"))).to_contain_text("Created by git")
    table.get_by_role("link", name=f"b-{world.name}").click()
    expect(page).to_have_url(f"/entities/{BLUEPRINT}/b-{world.name}")


@pytest.mark.slow
def test_a_pass_shows_how_far_it_is_and_can_be_aborted(page: Page, world: World) -> None:
    for number in range(30):
        world.repository(f"r{number}", {"port.yml": spec(f"r{number}-{world.name}")})
    source = world.connect(concurrency=1)
    world.forge.delay = 0.4
    page.goto(f"/sources/gitops/{source}")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Running", exact=True).first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Abort").click()
    expect(page.get_by_text("The pass is being stopped")).to_be_visible()
    expect(page.get_by_role("button", name="Sync now")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("table", name="Last passes").get_by_role("cell", name="Aborted")).to_be_visible()


@pytest.fixture
def held(world: World) -> tuple[World, str]:
    """A source whose last pass would have deleted twelve of its entities."""
    names = [f"h{number:02}-{world.name}" for number in range(24)]
    world.repository("keep", {"port.yml": spec(*names[:12])})
    label = world.repository("lose", {"port.yml": spec(*names[12:])})
    source = world.connect()
    world.forge.commit(label, {"port.yml": "[]\n"})
    found = world.sync(source)
    assert found["state"]["heldPlans"] == 1, found["state"]
    return world, source


@pytest.mark.slow
def test_held_deletions_are_approved_and_brought_back(page: Page, held: tuple[World, str]) -> None:
    world, source = held
    gone = f"h12-{world.name}"
    page.goto(f"/sources/gitops/{source}")
    page.get_by_role("link", name="See what would be deleted").click()
    plan = page.get_by_role("region", name="Would delete 12 entities")
    expect(plan.get_by_role("table", name="Samples of the plan").get_by_role("row")).to_have_count(13)
    expect(plan.get_by_role("link", name=gone)).to_be_visible()
    accessible(page)
    plan.get_by_role("button", name="Approve…").click()
    dialog = page.get_by_role("dialog", name="Approve the plan?")
    expect(dialog).to_contain_text("12 entities of Work")
    approve = dialog.get_by_role("button", name="Approve")
    expect(approve).to_be_disabled()
    assert violations(page) == []
    dialog.get_by_role("checkbox", name="Yes, delete 12 entities").check()
    approve.click()
    expect(page.get_by_text("Approved: 12 deleted")).to_be_visible()
    expect(page.get_by_text("Nothing waits for approval")).to_be_visible()
    assert not world.entity(gone)
    page.get_by_role("tab", name="History").click()
    row = page.get_by_role("row", name=re.compile(gone))
    expect(row).to_contain_text("Deleted")
    expect(row).to_contain_text(f"{world.name}/lose")
    accessible(page)
    row.get_by_role("button", name=f"Restore {gone}").click()
    expect(row).to_contain_text("restored")
    assert world.entity(gone)
    row.get_by_role("link", name=gone).click()
    expect(page).to_have_url(f"/entities/{BLUEPRINT}/{gone}")


@pytest.mark.slow
def test_held_deletions_are_discarded(page: Page, held: tuple[World, str]) -> None:
    world, _ = held
    page.goto("/sources")
    page.get_by_role("row", name=re.compile(world.name)).get_by_role("link", name="1 held plan").click()
    page.get_by_role("button", name="Discard…").click()
    dialog = page.get_by_role("dialog", name="Discard the plan?")
    assert violations(page) == []
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Discarded; the entities stay")).to_be_visible()
    expect(page.get_by_text("Nothing waits for approval")).to_be_visible()
    assert world.entity(f"h12-{world.name}")
    page.goto(f"/entities/{BLUEPRINT}/h12-{world.name}")
    expect(page.get_by_role("region", name="Managed in git")).to_contain_text("Orphaned")
    accessible(page)


@pytest.mark.slow
def test_a_refused_login_is_put_right(page: Page, world: World) -> None:
    world.repository("one", {"port.yml": spec("r-" + world.name)})
    source = world.connect(token="not good")
    page.goto(f"/sources/gitops/{source}")
    expect(page.get_by_text("The forge refuses the credentials")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Change the credentials").click()
    expect(page.get_by_text("Stored; nobody can read it here.").first).to_be_visible()
    assert "not good" not in page.content()
    page.get_by_role("button", name="Replace token").click()
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; the next pass goes by it")).to_be_visible()
    expect(page.locator("header").get_by_text("Complete")).to_be_visible(timeout=15_000)
    assert world.source(source)["secrets"] == {"token": True, "webhookSecret": True}


@pytest.mark.slow
def test_settings_are_read_and_changed(page: Page, world: World) -> None:
    source = world.connect()
    page.goto(f"/sources/gitops/{source}?tab=settings")
    expect(page.get_by_role("textbox", name="Address for events")).to_have_value(
        re.compile(rf"/ingest/gitops/{source}$")
    )
    for group in ("Spec files", "Repositories", "What is written", "What is deleted", "When and how"):
        page.get_by_role("button", name=re.compile(f"^{group}")).click()
    page.get_by_role("combobox", name="Paths of spec files").fill("services/*/port.{yml,yaml}")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Only add and change").check()
    page.get_by_label("Most that may go at once").fill("10")
    page.get_by_role("switch", name="Check pull requests").click()
    page.get_by_role("group", name="Other branches for some repositories").get_by_role("button", name="Add").click()
    page.get_by_label("Repositories, 1").fill(f"{world.name}/old-*")
    page.get_by_label("Branch, 1").fill("release")
    accessible(page)
    page.get_by_role("button", name="Make a secret").click()
    made = page.get_by_role("textbox", name="Secret to copy").input_value()
    assert re.fullmatch("[0-9a-f]{48}", made)
    page.get_by_role("textbox", name="Previous webhook secret").fill("hook")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; the next pass goes by it")).to_be_visible()
    found = world.source(source)
    options = found["options"]
    assert "services/*/port.{yml,yaml}" in options["specPath"]
    assert options["mergeMode"] == "merge"
    assert options["entityDeletionThreshold"] == 0.1
    assert options["validatePullRequests"] is False
    assert options["branches"] == {f"{world.name}/old-*": "release"}
    assert found["secrets"] == {"token": True, "webhookSecret": True, "webhookSecretPrevious": True}
    expect(page.get_by_role("textbox", name="Secret to copy")).to_have_count(0)
    assert made not in page.content()
    page.get_by_role("button", name="Remove previous webhook secret").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Remove previous webhook secret")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Previous webhook secret")).to_have_count(0)
    assert world.source(source)["secrets"] == {"token": True, "webhookSecret": True}


def test_events_with_a_bad_signature_are_told(page: Page, world: World) -> None:
    source = world.connect()
    page.goto(f"/sources/gitops/{source}")
    events = page.get_by_role("region", name="Events")
    expect(events).to_contain_text("No event has come yet")
    address = world.source(source)["webhook"]["url"]
    headers = {"X-Gitea-Event": "push", "X-Gitea-Delivery": "d1", "X-Gitea-Signature": "00"}
    assert httpx.post(address, content=b"{}", headers=headers).status_code == 401
    page.reload()
    expect(events).to_contain_text("the secret at the forge is another one than here")


@pytest.mark.slow
def test_the_entity_says_where_it_is_defined(page: Page, world: World) -> None:
    name = "e-" + world.name
    first = world.repository("first", {"team/port.yml": "\n" + spec(name, tier=1)})
    second = world.repository("second", {"port.yml": spec(name, tier=2)})
    source = world.connect()
    page.goto(f"/entities/{BLUEPRINT}/{name}")
    panel = page.get_by_role("region", name="Managed in git")
    expect(panel.get_by_role("link", name=first)).to_be_visible()
    place = panel.get_by_role("link", name=re.compile(r"^team.port\.yml:2\b")).first
    expect(place).to_have_attribute("href", re.compile(rf"{first}/src/commit/\w+/team/port\.yml#L2$"))
    expect(panel).to_contain_text("created from this file")
    expect(panel.get_by_role("link", name=second)).to_be_visible()
    expect(panel).to_contain_text("Shadowed")
    expect(page.locator("header").get_by_role("link", name=re.compile("Managed in git"))).to_be_visible()
    accessible(page)
    panel.get_by_role("button", name="Let this file define it").click()
    expect(page.get_by_text("This file defines the entity from now on")).to_be_visible()
    expect(panel.get_by_role("button", name="Unpin")).to_be_visible()
    panel.get_by_role("link", name=second).click()
    expect(page).to_have_url(re.compile(rf"/sources/gitops/{source}/repositories/"))
    expect(page.get_by_role("heading", level=1, name=second)).to_be_visible()


def test_an_entity_that_git_does_not_know_says_nothing_of_it(page: Page) -> None:
    page.goto("/entities/service/checkout-api")
    expect(page.get_by_role("region", name="Record")).to_be_visible()
    settled(page)
    expect(page.get_by_text("Managed in git")).to_have_count(0)


def test_a_source_is_disabled_and_disconnected(page: Page, world: World) -> None:
    world.repository("one", {"port.yml": spec("d-" + world.name)})
    source = world.connect()
    page.goto(f"/sources/gitops/{source}")
    page.get_by_role("button", name=f"Actions of Forge {world.name}").click()
    page.get_by_role("menuitem", name="Disable").click()
    expect(page.locator("header").get_by_text("Disabled")).to_be_visible()
    expect(page.get_by_role("button", name="Sync now")).to_be_disabled()
    page.get_by_role("button", name=f"Actions of Forge {world.name}").click()
    page.get_by_role("menuitem", name="Disconnect…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Disconnect")).to_be_disabled()
    assert violations(page) == []
    dialog.get_by_role("radio", name="Keep the entities as they are").check()
    dialog.get_by_role("button", name="Disconnect").click()
    expect(page).to_have_url("/sources")
    expect(page.get_by_role("row", name=re.compile(world.name))).to_have_count(0, timeout=15_000)
    assert world.entity("d-" + world.name)


@pytest.mark.slow
def test_members_see_how_it_goes_and_change_nothing(member_page: Page, world: World) -> None:
    page = member_page
    world.repository("one", {"port.yml": spec("m-" + world.name, tier="x")})
    source = world.connect()
    page.goto("/sources")
    expect(page.get_by_role("button", name="Connect repositories").first).to_be_disabled()
    page.get_by_role("link", name=f"Forge {world.name}").click()
    expect(page.get_by_role("button", name="Sync now")).to_be_disabled()
    expect(page.get_by_role("region", name="Last pass")).to_be_visible()
    expect(page.get_by_text("Address for events")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("tab", name="Held").click()
    expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_text("Only Admins see the settings")).to_be_visible()
    assert violations(page) == []
    page.goto("/sources/gitops/new")
    expect(page.get_by_text("Only Admins connect repositories")).to_be_visible()
    page.goto(f"/sources/gitops/{source}/repositories/{world.name}%2Fone")
    expect(page.get_by_role("heading", level=1, name=f"{world.name}/one")).to_be_visible()


@pytest.mark.slow
def test_what_is_not_there_says_so(page: Page, world: World) -> None:
    page.goto("/sources/gitops/none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    source = world.connect()
    page.goto(f"/sources/gitops/{source}/repositories/none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.goto(f"/sources/gitops/{source}?tab=repositories")
    expect(page.get_by_text("No repository has been found yet")).to_be_visible()
    page.goto(f"/sources/gitops/{source}?tab=history")
    expect(page.get_by_text("Nothing has been deleted or cleared")).to_be_visible()


@pytest.mark.slow
def test_narrow_windows_do_not_scroll_sideways(page: Page, held: tuple[World, str]) -> None:
    world, source = held
    page.set_viewport_size({"width": 320, "height": 700})
    here = f"/sources/gitops/{source}"
    tabs = [f"{here}?tab={tab}" for tab in ("overview", "repositories", "held")]
    pages = [f"{here}/repositories/{world.name}%2Fkeep", f"/entities/{BLUEPRINT}/h00-{world.name}"]
    for path in ["/sources", "/sources/gitops/new", *tabs, *pages]:
        page.goto(path)
        settled(page)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, path
    assert violations(page) == []
