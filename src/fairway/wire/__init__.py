"""Shapes of the ``/v1`` contract that the server and its clients share."""

from fairway.wire.entities import BulkAnswer, BulkProblem, BulkResult, Entity, EntityWrite
from fairway.wire.rules import Query, Rule, every, prop

__all__ = ["BulkAnswer", "BulkProblem", "BulkResult", "Entity", "EntityWrite", "Query", "Rule", "every", "prop"]
