"""Mapping files ("control the payload"): which requests messages become, and what is reported."""

from fairway.agent.mapping.environment import expression_environment
from fairway.agent.mapping.mappings import Mappings, load_mappings
from fairway.agent.mapping.problems import MappingInvalid, MappingUndecided
from fairway.agent.mapping.reader import MappingFile, parse_mappings

__all__ = [
    "MappingFile",
    "MappingInvalid",
    "MappingUndecided",
    "Mappings",
    "expression_environment",
    "load_mappings",
    "parse_mappings",
]
