"""What identifiers and blueprint names may hold (catalog contract 1.6), and what may stand in a URL (section 14)."""

from __future__ import annotations

from fairway.gitops.model import Mark
from fairway.gitops.spec.limits import MAX_BLUEPRINT, MAX_IDENTIFIER
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.wording import characters, quoted

_BLUEPRINT = frozenset("0123456789@_.+:\\-")
"""Besides letters of any script. The catalog knows ``/``, too, which must not get near a URL."""
_IDENTIFIER = _BLUEPRINT | frozenset("/=")
_TEMPLATE = 'A placeholder "{{ … }}" was not filled in'


def identifier_problem(text: str, mark: Mark, what: str = "The identifier") -> Problem | None:
    """What is wrong with the identifier of an entity, if anything."""
    return _problem("E_IDENTIFIER", text, mark, what, _IDENTIFIER, MAX_IDENTIFIER, "@ _ . + : \\ / = -")


def blueprint_problem(text: str, mark: Mark) -> Problem | None:
    """What is wrong with the name of a blueprint, if anything."""
    return _problem("E_BLUEPRINT_NAME", text, mark, "The blueprint", _BLUEPRINT, MAX_BLUEPRINT, "@ _ . + : \\ -")


def _problem(
    code: str, text: str, mark: Mark, what: str, known: frozenset[str], longest: int, allowed: str
) -> Problem | None:
    if not text:
        return Problem(code, f"{what} is empty", mark, "Write a name, or remove the line")
    if len(text) > longest:
        return Problem(code, f"{what} {quoted(text)} has {len(text)} characters; at most {longest} are allowed", mark)
    if text in (".", ".."):
        return Problem(code, f"{what} may not be {quoted(text)}", mark)
    found = [char for char in text if char not in known and not char.isalpha()]
    if found:
        hint = _TEMPLATE if "{{" in text else f"Letters, digits and {allowed} are allowed"
        return Problem(code, f"{what} {quoted(text)} holds {characters(found)}", mark, hint)
    return None
