"""How much a spec file may hold. Sections 2.1, 2.4, 2.6 and 2.7 of the contract; the others are ours."""

from __future__ import annotations

MAX_BYTES = 1_048_576
"""Bytes of a spec file, and of a file that one refers to."""
MAX_DEPTH = 32
"""Lists and mappings inside one another, with aliases expanded."""
MAX_NODES = 50_000
"""Keys, values, lists and mappings of a file, with aliases expanded."""
MAX_TEXT = 2 * MAX_BYTES
"""Characters of a file with aliases expanded; without aliases no file has that many."""
MAX_DEFINITIONS = 5_000
MAX_REPOSITORY_DEFINITIONS = 20_000
MAX_DIAGNOSTICS = 1_000
"""Findings told of one file; the last of them says how many there are."""
MAX_TAG_DIRECTIVES = 64
"""``%TAG`` lines: the parser compares each with all before it."""
MAX_REFERENCED_DEPTH = 100
"""Nesting of a structured file that a property refers to: below what request bodies may have."""
MAX_REFERENCED_TEXT = 16 * MAX_BYTES
"""Characters that the references of one spec file may bring in together."""
MAX_REFERENCE_PATH = 4096
"""Characters of the path of a ``file://`` value: what file systems allow."""
MAX_SEARCH_TARGETS = 100
MAX_SEARCH_DEPTH = 2
"""Groups inside the group that a search relation is."""
MAX_IDENTIFIER = 1000
MAX_BLUEPRINT = 100
