"""What may not change from one version of a blueprint to the next (contract 2.3)."""

from __future__ import annotations

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.shape import Object


def check_type_changes(old: Object, new: Object) -> None:
    """Refuses another type for a property that stays.

    Raises:
        InvalidRequest: naming the property and both types.
    """
    before, after = _types(old), _types(new)
    for name, kind in before.items():
        if name in after and after[name] != kind:
            raise InvalidRequest(
                f'schema.properties.{name}.type: property "{name}" is of type "{kind}" and cannot become '
                f'"{after[name]}"; remove it in one update and add it anew in the next'
            )


def _types(document: Object) -> dict[str, str]:
    properties = (document.get("schema") or {}).get("properties") or {}
    return {name: spec.get("type") for name, spec in properties.items()}
