"""Every operation of the reference: is it there? The answer is written to ``docs/compatibility.md``."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from fairway.portal.unoffered import AI_OPERATIONS
from support.http import REFERENCE
from support.reference import CHECKOUT, Operation
from support.shapes import CONTRACT_SHAPES

PAGE = CHECKOUT / "docs" / "compatibility.md"

_HEAD = """<!-- Written by tests/contract/test_compatibility.py; edit the code instead. -->
# Compatibility

Clients written for Port talk to Fairway's `/v1` API without a change. This page lists the operations of Port's
published description, {count} of them, and what stands behind each here.

- **works**: the operation is there. Whenever a test of the suite gets a successful answer from it, that answer is held
  against the schema named in the last column; refusals are always held against the error envelope.

| Operation | State | Successful answers are checked against |
|---|---|---|
"""
_TAIL = """
Operations of AI agents are not offered. They answer `501` with `"error": "not_implemented"`:
"""


def _served(app: FastAPI) -> set[tuple[str, str]]:
    paths = app.openapi()["paths"]
    return {(method.upper(), _shape(path)) for path, methods in paths.items() for method in methods}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _state(operation: Operation, served: set[tuple[str, str]]) -> str:
    return "works" if (operation.method, _shape(operation.path)) in served else "MISSING"


def _checked_by(operation: Operation) -> str:
    if (operation.method, operation.path) in CONTRACT_SHAPES:
        return "the contract's shape"
    return "the published schema" if operation.success is not None else "the envelope"


def _rows(operations: list[Operation], served: set[tuple[str, str]]) -> Iterator[str]:
    for operation in sorted(operations, key=lambda each: (each.path, each.method)):
        state = _state(operation, served)
        checked = _checked_by(operation) if state == "works" else ""
        yield f"| {operation.method} `{operation.path}` | {state} | {checked} |"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_reference_operation_has_a_state(app: FastAPI) -> None:
    if REFERENCE is None:
        warnings.warn("the reference description is not on this machine: NOTHING WAS COMPARED", stacklevel=1)
        return
    served = _served(app)
    rows = list(_rows(REFERENCE.operations, served))
    unoffered = [f"- {method} `/v1{path}`" for method, path in AI_OPERATIONS]
    text = _HEAD.format(count=len(rows)) + "\n".join(rows) + "\n" + _TAIL + "\n" + "\n".join(unoffered) + "\n"
    current = PAGE.read_text() if PAGE.exists() else ""
    if text != current and "CI" not in os.environ:
        PAGE.write_text(text)
    assert [row for row in rows if "MISSING" in row] == []
    assert text == current, "docs/compatibility.md was not current; it has been written anew, commit it"


async def test_ai_operations_say_that_they_are_not_offered(client: httpx.AsyncClient) -> None:
    for method, path in AI_OPERATIONS:
        answer = await client.request(
            method, "/v1" + path.format(agent_id="a", invocation_id="i"), json={"prompt": "?"}
        )
        assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
