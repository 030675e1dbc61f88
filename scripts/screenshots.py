"""Pictures of every screen, light and dark, of a portal with the demo organisation.

python scripts/screenshots.py FOLDER [NAME ...]       (or: make screenshots)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Page
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from pictured_forge import connected

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from support.browser import launched, settled, sign_in
from support.gitops_gitea import FakeGitea
from support.gitops_threads import served
from support.live import LivePortal

EMAIL, PASSWORD = "admin@example.com", "correct horse battery staple"
SCREENS = {
    "home": "/",
    "catalog": "/pages/services",
    "entity": "/entities/service/checkout-api",
    "entity-related": "/entities/service/checkout-api?tab=related",
    "entity-scorecards": "/entities/service/checkout-api?tab=scorecards",
    "self-service": "/self-service",
    "action": "/self-service/{action}",
    "runs": "/runs",
    "run": "/runs/{run}",
    "dashboard": "/dashboards?dashboard=platform_overview",
    "dashboards": "/dashboards",
    "builder": "/builder",
    "blueprint": "/builder/service",
    "blueprint-json": "/builder/service?tab=json",
    "permissions": "/builder/service?tab=permissions",
    "actions": "/builder/actions",
    "action-definition": "/builder/actions/{action}",
    "workflow": "/builder/workflows/{workflow}",
    "scorecards": "/builder/scorecards",
    "scorecard": "/builder/scorecards/service/production_readiness",
    "sources": "/sources",
    "repositories": "/sources/gitops/{gitops}",
    "repositories-list": "/sources/gitops/{gitops}?tab=repositories",
    "repositories-held": "/sources/gitops/{gitops}?tab=held",
    "repositories-history": "/sources/gitops/{gitops}?tab=history",
    "repositories-settings": "/sources/gitops/{gitops}?tab=settings",
    "repository": "/sources/gitops/{gitops}/repositories/{repository}",
    "connect-repositories": "/sources/gitops/new",
    "integration": "/sources/integrations/pictures?tab=mapping",
    "webhook": "/sources/webhooks/alerts",
    "audit": "/audit",
    "users": "/settings/users",
    "teams": "/settings/teams",
    "credentials": "/settings/credentials",
    "secrets": "/settings/secrets",
    "organisation": "/settings/organization",
}


def examples(api: httpx.Client, forge: FakeGitea) -> dict[str, str]:
    """What the addresses of some screens need: an action and a run of the demo, a service, connected repositories."""
    runs = api.get("/v1/actions/runs", params={"limit": 1}).json()["runs"]
    actions = api.get("/v1/actions", params={"trigger_type": "self-service"}).json()["actions"]
    services = api.get("/v1/blueprints/service/entities").json()["entities"]
    workflows = api.get("/v1/workflows").json()["workflows"]
    mappings = {"identifier": ".slug", "blueprint": '"service"', "title": ".name", "properties": {"url": ".html_url"}}
    resource = {"kind": "repository", "selector": {"query": "true"}, "port": {"entity": {"mappings": mappings}}}
    body = {"installationId": "pictures", "installationAppType": "github", "config": {"resources": [resource]}}
    api.post("/v1/integration", json=body).raise_for_status()
    return {
        "run": runs[0]["id"] if runs else "none",
        "action": actions[0]["identifier"] if actions else "none",
        "service": services[0]["identifier"],
        "workflow": workflows[0]["identifier"],
        **connected(api, forge, [each["identifier"] for each in services[:8]]),
    }


def picture(page: Page, base: str, address: str, path: Path) -> None:
    """One screen, once it shows what it has loaded."""
    page.goto(base + address)
    settled(page)
    page.wait_for_timeout(700)  # charts and graphs are drawn in steps
    page.screenshot(path=path)


def main(folder: Path, names: list[str]) -> None:
    """Starts a portal, signs in, and visits the screens."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, launched() as browser, served(FakeGitea(SystemClock())) as forge:
        settings = Settings(
            data_dir=Path(data), client_id="pictures", client_secret=SecretStr("s" * 64), admin_email=EMAIL,
            admin_password=SecretStr(PASSWORD), secret_key=SecretStr("k" * 48), outgoing_private_networks=True,
        )  # fmt: skip
        portal = LivePortal(settings)
        portal.start(FAIRWAY_DEMO="true")
        portal.wait_for("The demo organisation is ready")
        with portal.login() as api:
            known = examples(api, forge)
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            if not names or "login" in names:
                picture(page, portal.url, "/", folder / f"login-{scheme}.png")
            sign_in(page, portal.url, EMAIL, PASSWORD)
            for name, address in SCREENS.items():
                if names and name not in names:
                    continue
                target = address.replace("checkout-api", known["service"]).format(**known)
                picture(page, portal.url, target, folder / f"{name}-{scheme}.png")
                print(f"{name}-{scheme}.png")
            context.close()
        portal.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
