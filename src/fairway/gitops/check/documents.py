"""Findings for programs: JSON of our own, and SARIF 2.1.0 (OASIS), which forges and editors show."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fairway import __version__
from fairway.gitops.check.checker import Checked
from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.spec.codes import CODES, Code

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}
_INDEX = {code.name: number for number, code in enumerate(CODES)}
_ROOT = "%SRCROOT%"


def json_document(checked: Checked) -> dict[str, Any]:
    """What was looked at and what was found; each finding as reports of a sync have it."""
    errors = checked.count(Severity.ERROR)
    return {
        "ok": errors == 0,
        "root": str(checked.root),
        "files": list(checked.paths),
        "entities": checked.entities,
        "errors": errors,
        "warnings": checked.count(Severity.WARNING),
        "diagnostics": [found.document() for found in checked.diagnostics],
    }


def sarif_document(checked: Checked) -> dict[str, Any]:
    """One run. Paths are relative to the repository, columns count code points."""
    driver = {"name": "fairway gitops check", "version": __version__, "rules": [_rule(code) for code in CODES]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"uri": f"{checked.root.as_uri().rstrip('/')}/"}},
                "results": [_result(found) for found in checked.diagnostics],
            }
        ],
    }


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.meaning},
        "help": {"text": code.fix},
        "defaultConfiguration": {"level": "warning" if code.is_warning else "error"},
    }


def _result(found: Diagnostic) -> dict[str, Any]:
    region = {"startLine": found.mark.line, "startColumn": found.mark.column}
    if found.end_line is not None and found.end_line > found.mark.line:
        region["endLine"] = found.end_line
    text = found.message if found.hint is None else f"{found.message}. {found.hint}"
    place = {"artifactLocation": {"uri": quote(found.path), "uriBaseId": _ROOT}, "region": region}
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": _INDEX[found.code],
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
    if found.entity is not None:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": str(found.entity), "kind": "member"}]
    return result
