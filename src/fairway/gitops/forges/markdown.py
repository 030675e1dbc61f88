"""Comments of pull requests. Sections 10.1 and 14 of the contract.

Names and messages come from files that anyone may have written: they are shown as code, so that they neither mention
people, nor run commands, nor hide as markup.
"""

from __future__ import annotations

import re

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.base import StatusReport

CONTEXT = "portal/gitops"
MARKER = f"<!-- {CONTEXT} -->"
"""How the comment of before is found again; the author is checked, too."""
_LONGEST = 300
_ROWS = 50
_SUMMARY = 20_000
_SIGNS = {"success": "✅", "pending": "⏳"}


def code(text: str, longest: int = _LONGEST) -> str:
    """Text as a code span, on one line."""
    flat = " ".join(text.split())
    if len(flat) > longest:
        flat = flat[: longest - 1] + "…"
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    padding = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{fence}{padding}{flat}{padding}{fence}"


def block(text: str, longest: int = _SUMMARY) -> str:
    """Text as a code block."""
    cut = text if len(text) <= longest else text[:longest] + "\n…"
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", cut)), default=0) + 1)
    return f"{fence}text\n{cut}\n{fence}"


def comment(report: StatusReport) -> str:
    """The whole comment about a pull request."""
    parts = [MARKER, f"{_SIGNS.get(report.state, '❌')} **GitOps:** {code(report.title)}"]
    if report.summary:
        parts.append(block(report.summary))
    if report.diagnostics:
        parts.append("\n".join(_row(each) for each in report.diagnostics[:_ROWS]))
    if len(report.diagnostics) > _ROWS:
        parts.append(f"… and {len(report.diagnostics) - _ROWS} more.")
    if report.link:
        parts.append(f"Details: <{report.link}>")
    return "\n\n".join(parts)


def _row(found: Diagnostic) -> str:
    place = code(f"{found.path}:{found.mark.line}:{found.mark.column}")
    hint = f" — {code(found.hint)}" if found.hint else ""
    return f"- {place} **{found.code}** ({found.severity.value}): {code(found.message)}{hint}"
