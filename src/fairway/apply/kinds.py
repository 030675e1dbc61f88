"""What files can describe, and how each kind is listed, compared and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairway.client.api import segment
from fairway.kit.errors import InvalidRequest

_STAMPS = frozenset({"id", "createdAt", "createdBy", "updatedAt", "updatedBy"})
_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)
_LEVELS = [
    {"title": "Basic", "color": "paleBlue"},
    {"title": "Bronze", "color": "bronze"},
    {"title": "Silver", "color": "silver"},
    {"title": "Gold", "color": "gold"},
]
"""What a scorecard without levels has (contract 5.2)."""


@dataclass(frozen=True)
class Kind:
    """One kind of document."""

    name: str
    """Its key in files."""
    title: str
    keys: tuple[str, ...]
    """The fields that name a document."""
    collection: str
    """Where documents are created; ``{field}`` stands for a field of the document."""
    member: str
    """Where one is replaced."""
    update: str = "PUT"
    hidden: frozenset[str] = _STAMPS
    """Fields of answers that the portal makes and files leave out."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the portal answers for a field that was not sent."""
    completed: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """How a map looks in answers, whatever was sent."""
    partial: bool = False
    """Writes leave alone what they do not name."""
    named_by_identifier: bool = False
    """Without a title it has its identifier as title."""
    implicit: bool = False
    """It comes to be with the document that its key names, and is only ever changed."""
    addressed: tuple[str, ...] = ()
    """Fields that paths hold and bodies do not."""

    def key(self, document: Mapping[str, Any], where: Path | None = None) -> str:
        """The document's name.

        Raises:
            InvalidRequest: a part of it is missing.
        """
        parts = [document.get(key) for key in self.keys]
        if not all(isinstance(part, str) and part for part in parts):
            place = f"{where}: " if where else ""
            raise InvalidRequest(f"{place}{self.title} without {' and '.join(self.keys)}: {str(dict(document))[:200]}")
        return "/".join(str(part) for part in parts)

    def path(self, template: str, document: Mapping[str, Any]) -> str:
        """A path template with the document's fields."""
        return template.format_map({key: segment(str(document[key])) for key in self.keys})

    def clean(self, answered: Mapping[str, Any]) -> dict[str, Any]:
        """An answered document as a file would describe it."""
        defaults = {**self.defaults, "title": answered["identifier"]} if self.named_by_identifier else self.defaults
        return {
            name: value
            for name, value in answered.items()
            if name not in self.hidden
            and (value not in _EMPTY or (value is False and name in defaults))
            and (name not in defaults or value != defaults[name])
        }

    def ordered(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document with the fields that name it first, the rest sorted; inside them order may carry meaning."""
        first = {name: document[name] for name in (*self.keys, "title") if name in document}
        return first | {name: document[name] for name in sorted(document) if name not in first}

    def differences(self, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
        """The fields in which a document differs from what the portal holds."""
        left, right = (
            {name: self._complete(name, value) for name, value in self.clean(document).items()}
            for document in (wanted, found)
        )
        if self.partial:
            return sorted(name for name in left if not _within(left[name], right.get(name)))
        return sorted(name for name in {*left, *right} if left.get(name) != right.get(name))

    def _complete(self, name: str, value: Any) -> Any:
        """With what the portal adds to every answer, without what it treats as absent."""
        fill = self.completed.get(name)
        return fill(value) if fill is not None and isinstance(value, dict) else value


def _within(wanted: Any, found: Any) -> bool:
    """Maps are merged by the portal: what a file does not name stays as it is."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_within(value, found.get(name)) for name, value in wanted.items())
    return bool(wanted == found)


def _with_required(schema: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {}, "required": [], **schema}


def _with_flags(relations: dict[str, Any]) -> dict[str, Any]:
    """Contract 2.2: answers carry both flags of a relation."""
    return {name: {"required": False, "many": False, **relation} for name, relation in relations.items()}


def _with_inputs(trigger: dict[str, Any]) -> dict[str, Any]:
    """Contract 6.2: the inputs of self-service actions are there, and a condition only when there is one."""
    present = {name: value for name, value in trigger.items() if value is not None}
    if trigger.get("type") != "self-service":
        return present
    return {**present, "userInputs": {"properties": {}, **(trigger.get("userInputs") or {})}}


def _without_nulls(block: dict[str, Any]) -> dict[str, Any]:
    """Contract 6.8: null lists are empty, and a null flag is not set."""
    empty: dict[str, Any] = {"users": [], "roles": [], "teams": [], "ownedByTeam": False}
    return {name: empty.get(name) if value is None else value for name, value in block.items()}


def said(values: dict[str, Any]) -> dict[str, Any]:
    """Values without those that say nothing."""
    return {name: value for name, value in values.items() if value is not None and value != []}


_ALL = (
    Kind("blueprints", "Blueprint", ("identifier",), "/blueprints", "/blueprints/{identifier}",
         hidden=_STAMPS | {"system"}, completed={"schema": _with_required, "relations": _with_flags}),
    Kind("permissions", "Permissions", ("blueprint",), "/blueprints/{blueprint}/permissions",
         "/blueprints/{blueprint}/permissions", update="PATCH", partial=True, implicit=True, addressed=("blueprint",)),
    Kind("scorecards", "Scorecard", ("blueprint", "identifier"), "/blueprints/{blueprint}/scorecards",
         "/blueprints/{blueprint}/scorecards/{identifier}", defaults={"levels": _LEVELS}, addressed=("blueprint",)),
    Kind("entities", "Entity", ("blueprint", "identifier"), "/blueprints/{blueprint}/entities",
         "/blueprints/{blueprint}/entities/{identifier}", hidden=_STAMPS | {"scorecards"},
         completed={"properties": said, "relations": said}, named_by_identifier=True),
    Kind("actions", "Action", ("identifier",), "/actions", "/actions/{identifier}", defaults={"publish": True},
         completed={"trigger": _with_inputs}),
    Kind("actionPermissions", "Action permissions", ("action",), "/actions/{action}/permissions",
         "/actions/{action}/permissions", update="PATCH", partial=True, implicit=True, addressed=("action",),
         completed={"execute": _without_nulls, "approve": _without_nulls}),
    Kind("workflows", "Workflow", ("identifier",), "/workflows", "/workflows/{identifier}"),
    Kind("folders", "Folder", ("identifier",), "/sidebars/catalog/folders", "/sidebars/catalog/folders/{identifier}",
         update="PATCH", hidden=_STAMPS | {"sidebar", "sidebarType", "after"}),
    Kind("pages", "Page", ("identifier",), "/pages", "/pages/{identifier}",
         hidden=_STAMPS | {"protected", "after", "sidebar"}, defaults={"showInSidebar": True}),
    Kind("webhooks", "Webhook", ("identifier",), "/webhooks", "/webhooks/{identifier}",
         hidden=_STAMPS | {"webhookKey", "url", "integrationType"}, defaults={"enabled": True}),
    Kind("integrations", "Integration", ("installationId",), "/integration", "/integration/{installationId}",
         update="PATCH"),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
"""In the order in which they are written: what others refer to comes first."""

INTEGRATION_FIELDS = ("installationId", "installationAppType", "title", "config")
"""What a file says of an integration; the rest it reports itself."""
