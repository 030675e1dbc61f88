"""A target that answers after so many seconds, and says when each run came: ``python -m bench.slow_target 0.1``."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import orjson
import uvloop
from aiohttp import web


async def main(seconds: float) -> None:
    """Prints its port, and serves until SIGTERM."""
    arrivals: dict[str, float] = {}

    async def hook(request: web.Request) -> web.Response:
        run_id = orjson.loads(await request.read())["run"]
        arrivals.setdefault(run_id, time.time())
        await asyncio.sleep(seconds)
        return web.Response(body=b"{}", content_type="application/json")

    async def taken(request: web.Request) -> web.Response:
        found = dict(arrivals)
        arrivals.clear()
        return web.Response(body=orjson.dumps(found), content_type="application/json")

    async def count(request: web.Request) -> web.Response:
        return web.Response(text=str(len(arrivals)))

    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_get("/arrivals", taken)
    app.router.add_get("/count", count)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
