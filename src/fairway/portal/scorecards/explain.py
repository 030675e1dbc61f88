"""Why a rule passes or not, condition by condition, and what would make it pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.jsonio import dumps_text
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.bind import Context, RelationSubject, bind, value_of
from fairway.portal.catalog.search.evaluate import satisfies
from fairway.portal.catalog.search.rules import NEGATIONS, parse_rule
from fairway.portal.scorecards.evaluation import BoundScorecard, Document, status_of
from fairway.portal.scorecards.model import Scorecard

_WANTED = {
    "=": "must be",
    "!=": "must not be",
    ">": "must be greater than",
    ">=": "must be at least",
    "<": "must be less than",
    "<=": "must be at most",
    "isEmpty": "must be empty",
    "isNotEmpty": "must be set",
    "isExpired": "must be in the past",
    "isNotExpired": "must not be in the past",
    "between": "must lie within",
    "notBetween": "must not lie within",
    "contains": "must contain",
    "doesNotContains": "must not contain",
    "containsAny": "must contain one of",
    "beginsWith": "must begin with",
    "doesNotBeginsWith": "must not begin with",
    "endsWith": "must end with",
    "doesNotEndsWith": "must not end with",
    "in": "must be one of",
    "notIn": "must not be one of",
}
_OPPOSITE = {**NEGATIONS, **{positive: negative for negative, positive in NEGATIONS.items()}}
_LONGEST_VALUE = 200


class Explainer:
    """Explains one scorecard about one entity at one instant."""

    def __init__(self, blueprint: Blueprint, document: Document, context: Context) -> None:
        self._blueprint = blueprint
        self._document = document
        self._context = context

    def scorecard(self, scorecard: Scorecard) -> dict[str, Any]:
        """The result with every rule's conditions; level and rules are absent when the filter leaves the entity out."""
        shown: dict[str, Any] = {"identifier": scorecard.identifier, "title": scorecard.title}
        if scorecard.filter is not None:
            shown["filter"] = self._node(scorecard.document["filter"])
        result = BoundScorecard(scorecard, self._context).result(self._blueprint, self._document)
        if result is None:
            return {**shown, "applies": False, "level": None, "levels": scorecard.levels, "rules": []}
        rules = [
            self._rule(source, passed)
            for source, (_, passed) in zip(scorecard.document["rules"], result.passed, strict=True)
        ]
        return {**shown, "applies": True, "level": result.level, "levels": scorecard.levels, "rules": rules}

    def _rule(self, source: Mapping[str, Any], passed: bool) -> dict[str, Any]:
        query = self._node(source["query"])
        return {
            "identifier": source["identifier"],
            "title": source["title"],
            "description": source.get("description"),
            "level": source["level"],
            "status": status_of(passed),
            "query": query,
            "toPass": None if passed else query["toPass"],
        }

    def _node(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """A condition or group with what it says about the entity."""
        passed = satisfies(bind(parse_rule(source), self._context), self._document, blueprint=self._blueprint)
        if "combinator" in source:
            return self._group(source, passed)
        return {"condition": source, "passed": passed, **self._leaf(source, passed)}

    def _group(self, source: Mapping[str, Any], passed: bool) -> dict[str, Any]:
        inner = [self._node(each) for each in source.get("rules", source.get("conditions", ()))]
        hint = None
        if not passed and source.get("not"):
            hint = f"not all that holds now may hold: {dumps_text(source)[:_LONGEST_VALUE]}"
        elif not passed:
            failing = [each for each in inner if each["toPass"]]
            joint = " and " if source["combinator"] == "and" else " or "
            hint = joint.join(_in_brackets(each) if len(failing) > 1 else str(each["toPass"]) for each in failing)
        return {"combinator": source["combinator"], "passed": passed, "conditions": inner, "toPass": hint}

    def _leaf(self, source: Mapping[str, Any], passed: bool) -> dict[str, Any]:
        if isinstance(source.get("relation"), str):
            subject: str | RelationSubject = RelationSubject(
                source["relation"], "$title" if source.get("targetProperty") == "$title" else "$identifier"
            )
            name = f'relation "{source["relation"]}"'
        elif isinstance(source.get("property"), str):
            subject, name = source["property"], f'"{source["property"]}"'
        else:
            return {"actual": None, "toPass": None if passed else f"must hold: {dumps_text(source)[:_LONGEST_VALUE]}"}
        actual = value_of(subject, self._document)
        return {"actual": actual, "toPass": None if passed else f"{name} {_wanted(source)}, {_is_now(actual)}"}


def _wanted(source: Mapping[str, Any]) -> str:
    operator = str(source["operator"])
    if source.get("not"):
        operator = _OPPOSITE.get(operator, operator)
        if operator == source["operator"]:
            return f'must not satisfy "{operator}" {_value(source.get("value"))}'
    phrase = _WANTED.get(operator, f'must satisfy "{operator}"')
    return f"{phrase} {_value(source['value'])}" if "value" in source and not operator.startswith("is") else phrase


def _is_now(actual: Any) -> str:
    return "but is not set" if actual in (None, "", []) else f"but is {_value(actual)}"


def _value(value: Any) -> str:
    text = dumps_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _in_brackets(node: Mapping[str, Any]) -> str:
    return f"({node['toPass']})" if "combinator" in node and len(node["conditions"]) > 1 else str(node["toPass"])
