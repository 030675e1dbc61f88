"""What the YAML parser did not like, in plain words."""

from __future__ import annotations

import yaml

from fairway.gitops.model import Mark
from fairway.gitops.spec.limits import MAX_DEPTH
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.wording import quoted

_WORDS = {
    "mapping values are not allowed in this context": (
        'A ":" stands where no key can be',
        'Put text that has ": " between quotes, and give the keys of a mapping the same indentation',
    ),
    "did not find expected key": (
        "This line does not continue the mapping it stands in",
        "Give it the indentation of the other keys, or put the value before it between quotes",
    ),
    "did not find expected '-' indicator": (
        "This line does not continue the list it stands in",
        'Begin each item with "- ", all with the same indentation',
    ),
    "could not find expected ':'": (
        'This key has no ":" after it',
        'Write "key: value"; text over several lines goes between quotes or after "|"',
    ),
    "did not find expected ',' or ']'": (
        'A list that begins with "[" is not closed',
        'Add "]", or a "," between items',
    ),
    "did not find expected ',' or '}'": (
        'A mapping that begins with "{" is not closed',
        'Add "}", or a "," between keys',
    ),
    "did not find expected node content": (
        "A value is missing or incomplete here",
        "Close what was opened before, and remove a comma without a value",
    ),
    "found unexpected end of stream": ("A quotation mark is not closed before the file ends", "Add the closing quote"),
    "found unexpected document indicator": (
        'A quotation mark is not closed before the next document ("---")',
        "Add the closing quote",
    ),
    "found character that cannot start any token": (
        "The character {char} cannot begin a value",
        "Put the value between quotes",
    ),
    "block sequence entries are not allowed in this context": (
        'A "-" stands where no list can begin',
        'Put the first item on a line of its own, under its key: "key:", then "  - item"',
    ),
    "block mapping keys are not allowed in this context": (
        "A mapping cannot begin here",
        "Begin it on a line of its own",
    ),
    "did not find expected <document start>": (
        "There is something after the end of the document",
        'Separate documents by a line "---"',
    ),
    "found unknown escape character": (
        "There is no such escape in a text between double quotes",
        'Write "\\\\" for a backslash, or use single quotes',
    ),
    "found undefined tag handle": (
        "The prefix of this tag is not declared",
        'Remove the tag; put text that begins with "!" between quotes',
    ),
    "found incompatible YAML document": ("The file asks for another version of YAML", 'Remove the "%YAML" line'),
    "did not find expected alphabetic or numeric character": (
        "The name of an anchor or alias is missing",
        'Put text that begins with "*" or "&" between quotes',
    ),
}
_AT_CONTEXT = frozenset(("could not find expected ':'", "found unexpected end of stream"))
"""These are noticed long after the place to look at."""


def explain(error: yaml.YAMLError, text: str) -> Problem:
    """The problem behind a scanner's or parser's error."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem("E_YAML", f"The file is not YAML: {str(error)[:200]}", Mark(1, 1))
    problem = str(error.problem)
    place = error.problem_mark or error.context_mark
    if error.context_mark is not None and (problem in _AT_CONTEXT or "',' or" in problem):
        place = error.context_mark
    at = Mark(place.line + 1, place.column + 1) if place else Mark(1, 1)
    if problem == "exceeded maximum nesting depth":
        return Problem("E_DEPTH", f"Lists and mappings are nested deeper than {MAX_DEPTH} levels", at)
    lines = text.split("\n")
    tab = _tab(lines, at.line) if problem.startswith("found") or "expected" in problem else None
    if tab is not None:
        message = "The line is indented with a tab; YAML allows spaces only"
        return Problem("E_YAML", message, tab, "Replace the tab by spaces")
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    words, hint = _WORDS.get(problem, (f"The file is not YAML: {problem}", None))
    if "{{" in line:
        hint = 'A placeholder "{{ … }}" was not filled in; text that has one goes between quotes'
    return Problem("E_YAML", words.replace("{char}", quoted(line[at.column - 1 : at.column])), at, hint)


def _tab(lines: list[str], number: int) -> Mark | None:
    """The tab in the indentation of the line in question, or of the one before."""
    for candidate in (number, number - 1):
        if 0 < candidate <= len(lines):
            line = lines[candidate - 1]
            indentation = line[: len(line) - len(line.lstrip(" \t"))]
            if "\t" in indentation:
                return Mark(candidate, indentation.index("\t") + 1)
    return None
