"""The one expression engine: compiled jq programs, templates and entity mappings."""

from __future__ import annotations

from fairway.jq.compiler import compile_program
from fairway.jq.engine import Engine
from fairway.jq.errors import JqLimitExceeded, JqSyntaxError, NotCompiledError
from fairway.jq.limits import Limits
from fairway.jq.mapping import EntityMapping, MappedEntity, MappingProblem
from fairway.jq.program import Program
from fairway.jq.result import Kind, Result
from fairway.jq.selection import Expanded, Selected, evaluate_selector, expand_items
from fairway.jq.templates import TemplateProblem, Templates

__all__ = [
    "Engine",
    "EntityMapping",
    "Expanded",
    "JqLimitExceeded",
    "JqSyntaxError",
    "Kind",
    "Limits",
    "MappedEntity",
    "MappingProblem",
    "NotCompiledError",
    "Program",
    "Result",
    "Selected",
    "TemplateProblem",
    "Templates",
    "compile_program",
    "evaluate_selector",
    "expand_items",
]
