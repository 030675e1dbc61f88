"""Conditions in workflows: bare jq, or the same inside ``{{ }}``."""

from __future__ import annotations

from fairway.jq.template_text import parse, whole


def program_text(text: str) -> str:
    """The jq program of a condition, however it is wrapped."""
    if "{{" not in text:
        return text
    only = whole(parse(text))
    return text if only is None else only.text
