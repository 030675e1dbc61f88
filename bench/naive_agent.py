"""The peer: an agent as the contract describes today's (execution agent, sections 4, 6 and 11). One run at a time, each
acknowledged by itself and logged line by line, a new token and a new connection for every call.

Started by ``bench.agent`` with the variables of the contract.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

_PORTAL = os.environ["PORT_API_BASE_URL"]
_SECRET = os.environ["PORT_CLIENT_SECRET"]
_LIMIT = 100


def call(method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    """One request on a connection of its own."""
    there = urlsplit(url)
    connection = http.client.HTTPConnection(there.netloc, timeout=30)
    try:
        connection.request(method, there.path, json.dumps(body), {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


def portal(method: str, path: str, body: Any) -> Any:
    """A call of the portal, after one for a token."""
    login = {"clientId": os.environ["PORT_CLIENT_ID"], "clientSecret": _SECRET}
    _, token = call("POST", f"{_PORTAL}/v1/auth/access_token", login, {})
    headers = {"Authorization": f"Bearer {token['accessToken']}", "x-port-reserved-usage": "true"}
    status, answer = call(method, f"{_PORTAL}/v1{path}", body, headers)
    if status >= 400:
        raise RuntimeError(f"{method} {path} answered {status}")
    return answer


def log(run_id: str, message: str) -> None:
    """A line of a run's log."""
    portal("POST", f"/actions/runs/{run_id}/logs", {"message": message})


def invoke(run: dict[str, Any]) -> None:
    """One run, as far as an asynchronous one goes."""
    run_id, method = run["id"], run["payload"]
    log(run_id, "An action message has been received")
    log(run_id, "Preparing the payload for the request")
    stamp = str(int(time.time()))
    body = method["body"]
    text = f"{stamp}.{json.dumps(body, separators=(',', ':'))}".encode()
    digest = base64.b64encode(hmac.new(_SECRET.encode(), text, hashlib.sha256).digest()).decode()
    log(run_id, "Sending the request")
    status, _ = call(
        method["method"], method["url"], body, {"X-Port-Timestamp": stamp, "X-Port-Signature": f"v1,{digest}"}
    )
    log(run_id, f"Port agent finished with status code: {status}")
    log(run_id, "Port agent finished processing the action run")


def main() -> None:
    """Polls until it is killed."""
    print("polling", flush=True)
    interval = float(os.environ["POLLING_INTERVAL_SECONDS"])
    while True:
        claim = {"installationId": "_PORT_EXEC_AGENT", "limit": _LIMIT, "invocationMethod": "WEBHOOK"}
        runs = portal("POST", "/actions/runs/claim-pending", claim)["runs"]
        taken = [run for run in runs if portal("PATCH", "/actions/runs/ack", {"runIds": [run["id"]]})["ackedCount"]]
        for run in taken:
            invoke(run)
        portal("POST", "/workflows/runs/claim-pending", {"installationId": "_PORT_EXEC_AGENT", "limit": _LIMIT})
        if len(runs) < _LIMIT:
            time.sleep(interval)


if __name__ == "__main__":
    main()
