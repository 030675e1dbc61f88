"""The command as people and scripts run it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.live import LivePortal

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def fairway(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in an empty folder, with nothing of the surrounding settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAIRWAY_")}
    return subprocess.run(
        [sys.executable, "-m", "fairway", *arguments],
        cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def records(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Standard output is one JSON object a line, because it is no terminal."""
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_help_is_quick(database_url: str, tmp_path: Path) -> None:
    fairway("--help", cwd=tmp_path)
    fastest = 10.0
    for _ in range(5):
        started = time.perf_counter()
        run = fairway("--help", cwd=tmp_path)
        fastest = min(fastest, time.perf_counter() - started)
    assert {"serve", "worker", "apply", "export", "admin"} <= set(run.stdout.split())
    assert fastest < 0.6, "0.3 s on an idle machine"


def test_version(database_url: str, tmp_path: Path) -> None:
    assert records(fairway("version", cwd=tmp_path)) == [{"version": "0.1.0"}]


@pytest.mark.slow
def test_model_files_make_a_round_trip(live_portal: LivePortal, tmp_path: Path) -> None:
    secret = live_portal.settings.client_secret
    assert secret is not None
    login = {
        "FAIRWAY_BASE_URL": live_portal.url,
        "FAIRWAY_CLIENT_ID": live_portal.settings.client_id,
        "FAIRWAY_CLIENT_SECRET": secret.get_secret_value(),
    }
    model = tmp_path / "model.yaml"
    model.write_text("blueprints:\n- {identifier: team_x, title: X, schema: {properties: {}}}\n")
    planned = records(fairway("apply", "-f", str(model), "--plan", cwd=tmp_path, **login))
    assert planned == [{"plan": {"change": "create", "kind": "blueprints", "key": "team_x", "fields": []}}]
    assert records(fairway("apply", "-f", str(model), cwd=tmp_path, **login))[-1] == {"done": 1}
    assert records(fairway("apply", "-f", str(model), cwd=tmp_path, **login)) == [{"done": 0}]
    exported = fairway("export", cwd=tmp_path, **login)
    assert "identifier: team_x" in exported.stdout
    refused = fairway("apply", "-f", str(model), cwd=tmp_path, **{**login, "FAIRWAY_CLIENT_SECRET": "x" * 64})
    assert refused.returncode == 1
    assert json.loads(refused.stderr)["error"] == "invalid_credentials"


@pytest.mark.slow
def test_a_client_without_credentials_is_told_so_and_makes_none(database_url: str, tmp_path: Path) -> None:
    run = fairway("export", cwd=tmp_path)
    assert run.returncode == 1
    assert "No credentials" in json.loads(run.stderr)["message"]
    assert list(tmp_path.glob("fairway-data")) == []


@pytest.mark.slow
def test_backup_restore_and_doctor(live_portal: LivePortal, tmp_path: Path) -> None:
    assert live_portal.settings.secret_key is not None
    key = {"FAIRWAY_SECRET_KEY": live_portal.settings.secret_key.get_secret_value()}
    source = ["--database-url", live_portal.settings.database_url, "--data-dir", str(live_portal.settings.data_dir)]
    run = fairway("admin", "backup", "b.db", *source, cwd=tmp_path, **key)
    assert run.returncode == 0, run.stderr
    written = records(run)
    assert written[0]["bytes"] > 10_000
    assert fairway("admin", "backup", "b.db", *source, cwd=tmp_path, **key).returncode == 1
    assert fairway("admin", "export", "e.zip", *source, cwd=tmp_path, **key).returncode == 0
    for name, folder in (("restore", "first"), ("import", "second")):
        file = "b.db" if name == "restore" else "e.zip"
        run = fairway("admin", name, file, "--data-dir", folder, cwd=tmp_path, **key)
        assert run.returncode == 0, run.stderr
        checked = fairway("admin", "doctor", "--data-dir", folder, cwd=tmp_path, **key)
        assert checked.returncode == 0, checked.stdout
        assert [record for record in records(checked) if record["verdict"] != "ok"] == []


@pytest.mark.slow
def test_emergency_access(live_portal: LivePortal, tmp_path: Path) -> None:
    assert live_portal.settings.secret_key is not None
    key = {"FAIRWAY_SECRET_KEY": live_portal.settings.secret_key.get_secret_value()}
    where = ["--database-url", live_portal.settings.database_url, "--data-dir", str(live_portal.settings.data_dir)]
    password = "a long enough password"
    made = fairway(
        "admin", "create-user", "eve@example.com", "--role", "Admin", *where,
        cwd=tmp_path, FAIRWAY_NEW_PASSWORD=password, **key,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    body = {"email": "eve@example.com", "password": password}
    assert httpx.post(f"{live_portal.url}/v1/fairway/auth/login", json=body).status_code == 200
    issued = records(fairway("admin", "rotate-credentials", "eve@example.com", *where, cwd=tmp_path, **key))[0]
    token = httpx.post(f"{live_portal.url}/v1/auth/access_token", json=issued)
    assert token.status_code == 200


@pytest.mark.slow
def test_wrong_settings_are_explained(database_url: str, tmp_path: Path) -> None:
    run = fairway("serve", "--port", "99999", cwd=tmp_path)
    assert run.returncode == 1
    assert "port" in json.loads(run.stderr)["message"]
    run = fairway("serve", "--database-url", "mysql://x", cwd=tmp_path)
    assert run.returncode == 1
    assert "mysql://x" in json.loads(run.stderr.splitlines()[-1])["message"]


@pytest.mark.slow
def test_a_taken_port_is_explained(live_portal: LivePortal, tmp_path: Path) -> None:
    run = fairway("serve", "--port", live_portal.url.rpartition(":")[2], cwd=tmp_path)
    assert run.returncode == 1
    assert "Address already in use" in run.stderr


@pytest.mark.slow
def test_a_first_start_prints_its_login_once(database_url: str, tmp_path: Path) -> None:
    outputs = []
    for _ in range(2):
        command = [sys.executable, "-m", "fairway", "serve", "--port", "0", "--demo"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "demo organisation" in line:
                break
        process.terminate()
        process.wait(30)
        outputs.append("".join(lines))
    assert "client secret" in outputs[0]
    assert "password" in outputs[0]
    assert "is ready" in outputs[0]
    assert "secret" not in outputs[1]
    assert "already" in outputs[1]
    identity = tmp_path / "fairway-data" / "identity.json"
    assert identity.stat().st_mode & 0o777 == 0o600
