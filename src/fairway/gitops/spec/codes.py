"""Every diagnostic code: what it means, and what to do. Section 2.9 of the contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A code as documentation and reports explain it."""

    name: str
    meaning: str
    fix: str

    @property
    def is_warning(self) -> bool:
        """Whether a definition is applied all the same."""
        return self.name.startswith("W_")


CODES = (
    Code("E_ENCODING", "The file is not UTF-8 text", "Save it as UTF-8; a byte order mark is fine"),
    Code("E_SIZE", "The file is larger than 1 MiB", "Split the entities over several spec files"),
    Code("E_YAML", "The file is not YAML", "Look at the line that the message names; tabs cannot indent"),
    Code("E_DUP_KEY", "A key stands twice in one mapping", "Keep one of the two lines"),
    Code("E_TAG", "A tag such as `!Ref` that is not one of YAML's own",
         "Remove the tag, or quote text that begins with `!`"),
    Code("E_ALIAS", "An alias inside its own anchor, or aliases that make the file too large (50 000 keys and values)",
         "Write the values out, or split the file"),
    Code("E_DEPTH", "Lists and mappings are nested deeper than 32 levels",
         "Put the value into a file of its own and refer to it with `file://`"),
    Code("E_TOO_MANY", "Over 5 000 entities in a file, or 20 000 in a repository", "Split the file or the repository"),
    Code("E_TOPLEVEL", "The file holds something else than entities",
         "Write one mapping, a list of mappings, or several documents of these"),
    Code("E_FIELD_MISSING", "An entity without `identifier` or `blueprint`", "Add the field"),
    Code("E_FIELD_TYPE", "A field has a value of the wrong kind", "Write what the message asks for"),
    Code("E_IDENTIFIER", "An identifier with characters that are not allowed, or too long",
         "Use letters, digits and `@ _ . + : \\ / = -`, at most 1000 characters"),
    Code("E_BLUEPRINT_NAME", "A blueprint name with characters that are not allowed, or too long",
         "Use letters, digits and `@ _ . + : \\ -`, at most 100 characters"),
    Code("E_BLUEPRINT_UNKNOWN", "There is no such blueprint", "Correct the name, or create the blueprint"),
    Code("E_PROPERTY_UNKNOWN", "The blueprint has no such property",
         "Correct the name, or add the property to the blueprint"),
    Code("E_PROPERTY_TYPE", "A value of another type than the property's", "Write a value of the type that is named"),
    Code("E_PROPERTY_ENUM", "A value that is not among those allowed", "Use one of the values that are listed"),
    Code("E_PROPERTY_FORMAT", "A value that does not have the property's format, pattern or bounds",
         "Write it as the message asks for"),
    Code("E_REQUIRED", "A new entity lacks a required property or relation, or one is null", "Add it"),
    Code("E_RELATION_UNKNOWN", "The blueprint has no such relation",
         "Correct the name, or add the relation to the blueprint"),
    Code("E_RELATION_ARITY", "Several entities for a relation that holds one", "Keep one of them"),
    Code("E_RELATION_TARGET", "The related entity has not appeared for 24 hours",
         "Correct the identifier, create the entity, or let missing entities be created"),
    Code("E_SEARCH_RULE", "A search that is not written as searches are",
         "`{combinator: and, rules: [{property: handle, operator: \"=\", value: kim}]}`, with `=`, `in` or `contains`"),
    Code("E_SEARCH_RESULT", "A search found none, or too many",
         "Narrow it: a single relation needs exactly one hit, others at most 100"),
    Code("E_FILE_REF_PATH", "A `file://` value that names no file inside the repository",
         "`file://docs/readme.md` from the root, `file://./readme.md` from beside the spec file"),
    Code("E_FILE_REF_MISSING", "There is no such file at this commit",
         "Correct the path; symbolic links and submodules are not followed"),
    Code("E_FILE_REF_SIZE", "The file is larger than 1 MiB, or all of them together than 16 MiB", "Link to it instead"),
    Code("E_FILE_REF_BINARY", "The file is not UTF-8 text", "Only text can be the value of a property"),
    Code("E_FILE_REF_JSON", "The file is not the JSON or YAML that the property needs",
         "Correct the file, or make the property a string, which takes any text"),
    Code("E_DUPLICATE_ENTITY", "The entity is defined twice in the file or in the repository",
         "Remove one; until then the first counts, in the order of paths and lines"),
    Code("E_CONFLICT", "Another repository defines the entity", "Remove one of the two; the message names the other"),
    Code("E_NOT_ALLOWED", "The source may not define entities of this blueprint, or with this identifier",
         "Define it elsewhere, or ask who runs the source"),
    Code("E_CATALOG", "The catalog refused the entity", "See the message, which is the catalog's"),
    Code("E_DEPENDENTS", "An entity that is defined no more is kept, because others relate to it",
         "Remove the relations first, or let the source delete dependents"),
    Code("W_UNKNOWN_FIELD", "A field that entities do not have; it is ignored",
         "Correct the name, or move it under `properties` or `relations`"),
    Code("W_TEMPLATE_LEFTOVER", "A text with `{{ … }}`", "Fill the template in; values are taken as they are written"),
    Code("W_SEARCH_SCHEME", "A value that begins with `search://` and is kept as text",
         "Use a search object under `relations`"),
    Code("W_BOTH_NAMES", "`port.yml` and `port.yaml` lie in one folder; both are read, in this order",
         "Move the entities into one of them"),
    Code("W_IGNORED_PATH", "A file whose name is nearly that of a spec file, such as `PORT.YML`", "Rename it"),
)  # fmt: skip
BY_NAME = {code.name: code for code in CODES}


def table() -> str:
    """The codes as a table in Markdown."""
    rows = [f"| `{code.name}` | {code.meaning} | {code.fix} |" for code in CODES]
    return "\n".join(["| Code | Means | What to do |\n|---|---|---|", *rows]) + "\n"
