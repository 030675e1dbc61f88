"""What an action document may hold, checked when it is saved (contract 6.2-6.6)."""

from fairway.portal.actions.definition.document import Definition, read_definition
from fairway.portal.actions.definition.expressions import compile_expressions
from fairway.portal.actions.definition.references import check_blueprints

__all__ = ["Definition", "check_blueprints", "compile_expressions", "read_definition"]
