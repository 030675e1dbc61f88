"""Start hooks: awaited before the first sync (contract 4.1 [X])."""

from __future__ import annotations

import asyncio

from fairway.integration.definition import Context
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)


async def start_hooks(context: Context, seconds: float) -> bool:
    """Whether all went well; they are awaited before the first sync."""
    try:
        async with asyncio.timeout(seconds):
            for hook in context.integration.start_hooks:
                await hook(context)
    except FairwayError as error:
        log.error("start_hook_failed", error=error.message)
        return False
    except Exception as error:  # the integration's code may raise anything
        log.exception("start_hook_failed", error=str(error) or type(error).__name__)
        return False
    return True
