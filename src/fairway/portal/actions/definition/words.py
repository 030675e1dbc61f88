"""The words and bounds of contract 6.2-6.6."""

from __future__ import annotations

import re

STAMPS = ("id", "createdAt", "createdBy", "updatedAt", "updatedBy")
"""What answers add; a document that was read may be sent back with them."""
KEYS = (
    "identifier", "title", "icon", "description", "trigger", "invocationMethod", "requiredApproval",
    "approvalNotification", "publish", "allowAnyoneToViewRuns",
)  # fmt: skip
RESERVED = "runs"
"""``/v1/actions/runs`` is a route of its own."""

OPERATIONS = ("CREATE", "DAY-2", "DELETE")
ENTITY_EVENTS = ("ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE")
TIMER_EVENT = "TIMER_PROPERTY_EXPIRED"
RUN_EVENTS = ("RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE")
EVENTS = (*ENTITY_EVENTS, TIMER_EVENT, *RUN_EVENTS)

STRING_FORMATS = (
    "date-time", "url", "email", "ipv4", "ipv6", "yaml", "entity", "user", "team", "proto", "markdown", "multi-line",
)  # fmt: skip
FORMATS = {"string": STRING_FORMATS, "object": ("labeled-url",)}
"""By the type of the input; other types have none."""

METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")

_LETTER = r"[^\W\d_]"
IDENTIFIER = re.compile(rf"(?!\.{{1,2}}\Z)(?:{_LETTER}|[0-9@_.+:=-])+\Z")
INPUT = re.compile(r"[A-Za-z0-9@_=\\-]+\Z")

MAX_IDENTIFIER = 250
MAX_INPUT_NAME = 100
MAX_INPUTS = 250
MAX_STEPS = 50
MAX_STEP_TITLE = 25
MAX_BUTTON = 15
MAX_EXPRESSIONS = 1000
"""Different JQ expressions in one action."""
MAX_BYTES = 524_288
"""Size of an action as JSON."""
MAX_DEPTH = 64
"""Nesting of objects and arrays in it."""
MAX_EXPIRY_SECONDS = 31_536_000
"""A year."""
EXECUTOR = r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$"
"""Names of what an integration executes."""
