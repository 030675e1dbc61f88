"""Which template expressions see secrets, and where none may."""

from __future__ import annotations

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.document import Definition

_KEY = "secrets"


def sees_secrets(engine: Engine, program: str) -> bool:
    """Whether secrets are given to an expression. One that may read the whole document gets them only when it names
    them: ``{{ . }}`` is the document without secrets."""
    try:
        reads = engine.compile(program).reads if program else frozenset()
    except JqSyntaxError:
        return False
    return _KEY in program if reads is None else _KEY in reads


def keep_secrets_out(engine: Engine, definition: Definition) -> None:
    """Entities are for everybody to read, so nothing that is written to one may see secrets.

    Raises:
        InvalidRequest: an expression of an UPSERT_ENTITY does.
    """
    if definition.document["invocationMethod"]["type"] != "UPSERT_ENTITY":
        return
    for each in definition.expressions:
        if each.where.startswith("invocationMethod") and sees_secrets(engine, each.text):
            raise InvalidRequest(
                f'{each.where}: "{each.text[:100]}" would write a secret of the organisation into the catalog, where '
                "it can be read; secrets can be used in what is sent to other systems"
            )
