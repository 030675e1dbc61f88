"""A run's link, log and state, after the pull request. Section 13 of the contract, last row of the table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from fairway.client.api import PortalClient
from fairway.gitops.scaffold.model import Outcome, ScaffoldResult
from fairway.kit.errors import FairwayError

_WORDS = {
    Outcome.UP_TO_DATE: "already up to date",
    Outcome.OPENED: "opened a pull request",
    Outcome.UPDATED: "updated the open pull request",
    Outcome.PUSHED: "pushed a branch",
}


async def finish_run(
    client: PortalClient, run_id: str, work: Callable[[], Awaitable[ScaffoldResult]]
) -> ScaffoldResult:
    """Does the work and tells the run what became of it. Success is what the forge's answers say.

    Raises:
        FairwayError: the work failed; the run is told, too.
    """
    path = f"/actions/runs/{quote(run_id, safe='')}"
    try:
        result = await work()
    except FairwayError as error:
        await client.post(f"{path}/logs", {"message": error.message})
        await client.patch(path, {"status": "FAILURE", "message": {"error": error.code, "message": error.message}})
        raise
    said = f"{result.path}: {_WORDS[result.outcome]}" + (f" ({result.branch})" if result.branch else "")
    await client.post(f"{path}/logs", {"message": "\n".join([said, *result.plan])})
    body: dict[str, object] = {"status": "SUCCESS", "message": said}
    if result.url is not None:
        body["link"] = [result.url]
    await client.patch(path, body)
    return result
