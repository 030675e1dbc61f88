"""The published Ocean framework, unchanged and in an environment of its own, against a running portal."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.live import LivePortal
from support.ocean import NEWEST, OLDEST, published

INTEGRATION = Path(__file__).parent / "ocean_peer"
_RUN_SECONDS = 180


class Shelf:
    """The integration's items, its process, and what it left in the portal."""

    def __init__(self, version: str, portal: LivePortal, folder: Path) -> None:
        self._command = str(published(version))
        self._portal = portal
        self._folder = folder / "integration"
        shutil.copytree(INTEGRATION, self._folder)
        self._items = folder / "items.json"
        self.client = portal.login()

    def stock(self, services: int, teams: int) -> None:
        """Writes the items: services in pages of 15, each in a team, one in three archived."""
        tiers = ("gold", "silver", None)
        self._items.write_text(
            json.dumps(
                {
                    "shelf-service": [
                        {
                            "id": number,
                            "name": f"Service {number}",
                            "url": f"https://shelf.example/{number}",
                            "tier": tiers[number % 3],
                            "tags": ["a", str(number)],
                            "note": None,
                            "team": f"team-{number % teams}",
                            "archived": number % 10 == 9,
                        }
                        for number in range(services)
                    ],
                    "shelf-team": [
                        {"id": f"team-{number}", "name": f"Team {number}", "size": number} for number in range(teams)
                    ],
                }
            )
        )

    def sail(self) -> str:
        """One run with the ONCE listener; its output."""
        settings = self._portal.settings
        assert settings.client_secret is not None
        environment = {
            **{key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "TMPDIR", "LANG")},
            "OCEAN__PORT__BASE_URL": self._portal.url,
            "OCEAN__PORT__CLIENT_ID": settings.client_id,
            "OCEAN__PORT__CLIENT_SECRET": settings.client_secret.get_secret_value(),
            "OCEAN__INTEGRATION__TYPE": "shelf",
            "OCEAN__INTEGRATION__IDENTIFIER": "my-shelf",
            "OCEAN__EVENT_LISTENER": '{"type": "ONCE"}',
            "OCEAN__INITIALIZE_PORT_RESOURCES": "true",
            "OCEAN__SEND_RAW_DATA_EXAMPLES": "true",
            "ITEMS_FILE": str(self._items),
        }
        command = [self._command, "sail", "--port", str(_free_port()), "--once", "."]
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output[-8000:]
        assert self.state()["status"] == "completed", output[-8000:]
        return output

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.integration()["resyncState"]
        return state

    def entities(self, blueprint: str) -> dict[str, dict[str, Any]]:
        found = self._get(f"/v1/blueprints/{blueprint}/entities")["entities"]
        return {each["identifier"]: each for each in found}

    def integration(self) -> dict[str, Any]:
        found: dict[str, Any] = self._get("/v1/integration/my-shelf")["integration"]
        return found

    def status(self) -> dict[str, Any]:
        """The summary that the UI shows; older frameworks report no metrics."""
        found: dict[str, Any] = self._get("/v1/fairway/integration/my-shelf/status")["status"]
        return found

    def _get(self, path: str) -> Any:
        response: httpx.Response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_start_defaults_resync_and_deletions(version: str, live_portal: LivePortal, tmp_path: Path) -> None:
    shelf = Shelf(version, live_portal, tmp_path)

    shelf.stock(services=20, teams=12)
    shelf.sail()
    integration = shelf.integration()
    assert (integration["installationAppType"], integration["version"]) == ("shelf", "0.1.0")
    assert [each["kind"] for each in integration["config"]["resources"]] == ["shelf-service", "shelf-team"]
    services, teams = shelf.entities("shelfService"), shelf.entities("shelfTeam")
    assert services.keys() == {str(number) for number in range(20) if number % 10 != 9}
    assert teams.keys() == {f"team-{number}" for number in range(12)}
    one = services["13"]
    assert one["relations"]["team"] == "team-1"
    assert one["properties"].items() >= {"tier": "silver", "tags": ["a", "13"], "teamSize": 1, "note": None}.items()
    assert one["properties"]["label"] == "Service 13!"
    if version != OLDEST:
        assert integration["arePortResourcesInitialized"] is True
        status = shelf.status()
        assert status["lastSync"]["totals"].items() >= {"extract.raw_extracted": 32, "load.loaded": 30}.items()
        assert status["recentLogs"]
    first_end = shelf.state()["lastResyncEnd"]

    shelf.sail()
    assert shelf.state()["lastResyncEnd"] > first_end
    assert shelf.entities("shelfService") == services, "nothing was written again, not even a stamp"
    assert shelf.entities("shelfTeam") == teams

    shelf.stock(services=13, teams=11)
    shelf.sail()
    assert shelf.entities("shelfService").keys() == {str(number) for number in range(13) if number != 9}
    assert shelf.entities("shelfTeam").keys() == {f"team-{number}" for number in range(11)}
