"""People who log in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

Login = Callable[..., Awaitable[httpx.AsyncClient]]
"""A fixture: ``await login(email, *roles)`` gives that person's client."""
