"""Forms as suites use them: actions made of inputs, a small catalog to choose from, and people to choose as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.forms.model import CheckedInputs
from fairway.portal.actions.forms.service import FormService
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller
from fairway.portal.services import Portal

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "schema": {"properties": {"tier": {"type": "string"}, "tags": {"type": "array"}}},
    "relations": {"domain": {"target": "domain", "many": False, "required": False}},
}
DOMAIN: dict[str, Any] = {
    "identifier": "domain",
    "title": "Domain",
    "schema": {"properties": {"region": {"type": "string"}}},
}
ENTITIES = (
    ("domain", {"identifier": "payments", "title": "Payments", "properties": {"region": "eu"}}),
    ("domain", {"identifier": "search", "title": "Search", "properties": {"region": "us"}}),
    ("service", {"identifier": "svc-a", "title": "Service A", "team": "core",
                 "properties": {"tier": "gold", "tags": ["x", "y"]}, "relations": {"domain": "payments"}}),
    ("service", {"identifier": "svc-b", "title": "Service B", "properties": {"tier": "bronze"},
                 "relations": {"domain": "search"}}),
)  # fmt: skip


def action(inputs: Mapping[str, Any], *, operation: str = "CREATE", **user_inputs: Any) -> Action:
    """An action with these inputs; what is no key of ``userInputs`` goes beside it."""
    beside = {key: user_inputs.pop(key) for key in ("condition", "blueprintIdentifier") if key in user_inputs}
    trigger = {"type": "self-service", "operation": operation, **beside}
    document = {
        "identifier": "do",
        "title": "Do it",
        "trigger": {**trigger, "userInputs": {"properties": dict(inputs), **user_inputs}},
        "invocationMethod": {"type": "KAFKA", "payload": {}},
    }
    return Action("a_1", "do", document, {}, 0, "u", 0, "u")


def jq(text: str) -> dict[str, str]:
    """An expression."""
    return {"jqQuery": text}


@dataclass
class Desk:
    """Forms as one caller uses them."""

    forms: FormService
    portal: Portal
    caller: Caller

    def of(self, caller: Caller) -> Desk:
        """The same for somebody else."""
        return replace(self, caller=caller)

    def member(self, **fields: Any) -> Desk:
        """The same for a Member, who need not be known to the portal."""
        known: dict[str, Any] = {"email": "max@example.com", "roles": frozenset({"Member"}), **fields}
        return self.of(Caller("user_max", "user", self.portal.org.id, **known))

    async def resolve(self, of: Action, entity: Mapping[str, Any] | None = None, /, **form: Any) -> dict[str, Any]:
        """The resolved form."""
        return await self.forms.resolve(self.caller, of, form, entity)

    async def check(self, of: Action, entity: Mapping[str, Any] | None = None, /, **form: Any) -> CheckedInputs:
        """The checked inputs."""
        return await self.forms.check(self.caller, of, form, entity)

    async def refused(
        self, of: Action, entity: Mapping[str, Any] | None = None, /, **form: Any
    ) -> list[dict[str, Any]]:
        """What is said about inputs that are not taken."""
        with pytest.raises(InvalidRequest) as refused:
            await self.check(of, entity, **form)
        error = refused.value
        assert error.details is not None
        assert all(told["message"] in error.message for told in error.details["errors"][:10])
        return list(error.details["errors"])

    async def entity(self, identifier: str) -> Mapping[str, Any]:
        """A service, whole."""
        return await self.forms.entity(self.caller, action({}, blueprintIdentifier="service"), identifier)
