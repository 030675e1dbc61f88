"""Blueprint documents: what answers add, what PATCH replaces, and what a rename touches."""

from __future__ import annotations

import copy
import re
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.catalog.model import Blueprint

_MAPS = ("relations", "mirrorProperties", "calculationProperties", "aggregationProperties")
_STAMPS = ("createdAt", "createdBy", "updatedAt", "updatedBy", "id")


def strip_stamps(document: dict[str, Any]) -> dict[str, Any]:
    """A body without what answers add: clients send a document back as they read it."""
    return {key: value for key, value in document.items() if key not in _STAMPS}


def shown(blueprint: Blueprint) -> dict[str, Any]:
    """The blueprint as answers show it (contract 2.2): as written, every map present, relations complete."""
    document = dict(blueprint.document)
    schema = document.get("schema") or {}
    document["schema"] = {
        **schema,
        "properties": schema.get("properties") or {},
        "required": schema.get("required") or [],
    }
    for name in _MAPS:
        document[name] = document.get(name) or {}
    document["relations"] = {
        name: {**spec, "target": rel.target, "required": rel.required, "many": rel.many}
        for name, spec in document["relations"].items()
        for rel in [blueprint.relations[name]]
    }
    return {
        **document,
        "id": f"bp_{blueprint.id}",
        "createdAt": rfc3339(blueprint.created_at),
        "createdBy": blueprint.created_by,
        "updatedAt": rfc3339(blueprint.updated_at),
        "updatedBy": blueprint.updated_by,
    }


def patched(current: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A PATCH: shallow per top-level key, maps are replaced by the value sent; a property without ``type`` keeps its
    type (contract 2.7)."""
    document = {**current, **patch}
    schema = patch.get("schema")
    if isinstance(schema, dict):
        before = current.get("schema") or {}
        document["schema"] = {**before, **schema}
        types = before.get("properties") or {}
        properties = schema.get("properties")
        if isinstance(properties, dict):
            document["schema"]["properties"] = {
                name: {"type": types[name]["type"], **spec}
                if isinstance(spec, dict) and "type" not in spec and "type" in types.get(name, {})
                else spec
                for name, spec in properties.items()
            }
    return document


def with_target_renamed(document: dict[str, Any], old: str, new: str) -> dict[str, Any] | None:
    """Another blueprint's document after a blueprint changed its name, or none when it does not mention it."""
    changed = copy.deepcopy(document)
    for spec in (changed.get("relations") or {}).values():
        if spec.get("target") == old:
            spec["target"] = new
    for spec in (changed.get("aggregationProperties") or {}).values():
        if spec.get("target") == old:
            spec["target"] = new
        for item in spec.get("pathFilter") or []:
            if item.get("fromBlueprint") == old:
                item["fromBlueprint"] = new
        _rename_values(spec.get("query"), old, new)
    return None if changed == document else changed


def _rename_values(query: Any, old: str, new: str) -> None:
    if not isinstance(query, dict):
        return
    if query.get("property") == "$blueprint" and query.get("value") == old:
        query["value"] = new
    for rule in query.get("rules") or []:
        _rename_values(rule, old, new)


def with_key_renamed(document: dict[str, Any], section: str, old: str, new: str) -> dict[str, Any]:
    """The document with one property, relation or mirror renamed, keeping its place."""
    changed = copy.deepcopy(document)
    holder = changed["schema"] if section == "properties" else changed
    holder[section] = {(new if name == old else name): spec for name, spec in holder[section].items()}
    if section == "properties" and changed["schema"].get("required"):
        changed["schema"]["required"] = [new if name == old else name for name in changed["schema"]["required"]]
    return changed


def with_steps_renamed(
    document: dict[str, Any], renames: dict[tuple[str, str], str], start: str, targets: dict[tuple[str, str], str]
) -> dict[str, Any] | None:
    """A document whose paths walk over a renamed step, or none when none does.

    ``renames`` maps (blueprint, old step) to the new step; ``targets`` maps (blueprint, relation) to the blueprint it
    leads to, under old names; ``start`` is the blueprint of the document.
    """
    changed = copy.deepcopy(document)

    def walk(path: list[str], at: str | None) -> list[str]:
        steps = []
        for step in path:
            steps.append(renames.get((at, step), step) if at else step)
            at = targets.get((at, step)) if at else None
        return steps

    for spec in (changed.get("mirrorProperties") or {}).values():
        spec["path"] = ".".join(walk(str(spec["path"]).split("."), start))
    for spec in (changed.get("aggregationProperties") or {}).values():
        for item in spec.get("pathFilter") or []:
            if isinstance(item.get("path"), list):
                item["path"] = walk(item["path"], item.get("fromBlueprint") or start)
        calculation = spec.get("calculationSpec") or {}
        for key in ("property", "measureTimeBy"):
            renamed = renames.get((spec.get("target", ""), calculation.get(key, "")))
            if renamed:
                calculation[key] = renamed
    ownership = changed.get("ownership") or {}
    if ownership.get("path"):
        ownership["path"] = ".".join(walk(str(ownership["path"]).split("."), start))
    _rename_calculations(changed, renames, start)
    return None if changed == document else changed


def _rename_calculations(changed: dict[str, Any], renames: dict[tuple[str, str], str], start: str) -> None:
    """Literal ``.properties.x`` and ``.relations.x`` paths in calculations (contract 2.7: where literal)."""
    own = [(old, new) for (blueprint, old), new in renames.items() if blueprint == start]
    for spec in (changed.get("calculationProperties") or {}).values():
        for old, new in own:
            if isinstance(spec.get("calculation"), str):
                spec["calculation"] = _path_renamed(spec["calculation"], old, new)


def _path_renamed(program: str, old: str, new: str) -> str:
    name = re.escape(old)
    steps = rf'\.{name}(?![\w@=-])|\."{name}"|\["{name}"\]'
    step = f".{new}" if re.fullmatch(r"[A-Za-z_]\w*", new) else f'["{new}"]'
    return re.sub(rf"(\.(?:properties|relations))(?:{steps})", lambda match: match[1] + step, program)
