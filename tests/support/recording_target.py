"""A target in a process of its own: writes down the run, the key and the moment of each request, then answers.

python -m support.recording_target FILE [SECONDS]    prints its port
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path

from aiohttp import web


async def main(path: str, seconds: float) -> None:
    """Serves until it is killed."""
    with Path(path).open("a", buffering=1) as file:  # noqa: ASYNC230 a line is written at once

        async def handle(request: web.Request) -> web.Response:
            body = await request.json()
            key = request.headers.get("Idempotency-Key")
            file.write(json.dumps({"run": body.get("run"), "key": key, "at": time.time()}) + "\n")
            if seconds:
                await asyncio.sleep(random.uniform(0, 2 * seconds))
            return web.json_response({"ok": True})

        app = web.Application()
        app.router.add_post("/", handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        print(runner.addresses[0][1], flush=True)  # noqa: T201 for whoever started it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
