"""A schema fuzzer over our own description: whatever it sends, the answer is the contract's and never a 5xx.

``FAIRWAY_FUZZ_SECONDS`` sets the length; the default is short, 600 is what a release is held to.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.live import LivePortal

SECONDS = int(os.environ.get("FAIRWAY_FUZZ_SECONDS", "20"))
EXCLUDED = "^/(v1/(fairway/(events|auth)|apps|rotate-credentials|agent|ai|llm-providers|memory|quota)|metrics)"
"""Streams that never end, routes that would take away the fuzzer's own access, and operations that answer 501."""
_STARTER = {
    "identifier": "service",
    "title": "Service",
    "schema": {"properties": {"tier": {"type": "string"}, "score": {"type": "number"}}},
    "relations": {"next": {"target": "service", "many": True}},
}


@pytest.mark.fuzz
@pytest.mark.timeout(SECONDS * 2 + 120)
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_no_answer_is_a_5xx(live_portal: LivePortal, tmp_path: Path) -> None:
    with live_portal.login() as client:
        client.post("/v1/blueprints", json=_STARTER).raise_for_status()
        client.post("/v1/blueprints/service/entities", json={"identifier": "a"}).raise_for_status()
        authorization = client.headers["authorization"]
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{live_portal.url}/openapi.json",
        "--header", f"Authorization: {authorization}", "--checks", "not_a_server_error",
        "--phases", "examples,fuzzing", "--max-examples", "1000000", "--max-time", str(SECONDS),
        "--seed", os.environ.get("FAIRWAY_FUZZ_SEED", "1"), "--exclude-path-regex", EXCLUDED,
        "--request-timeout", "20", "--suppress-health-check", "all", "--no-color", "--warnings", "off",
    ]  # fmt: skip
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr
