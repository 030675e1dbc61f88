"""The part of a predicate that a value of a known type can satisfy."""

from __future__ import annotations

from fairway.portal.catalog.search.bind import Constant
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.nodes import FALSE, Along, Own, Stamp, Subject, Team
from fairway.portal.catalog.search.predicates import (
    Begins,
    Compare,
    Contains,
    Empty,
    Ends,
    Equals,
    OneOf,
    Predicate,
    Within,
    is_number,
)


def fit(subject: Subject, predicate: Predicate) -> Predicate | Constant | None:
    """The part of a predicate that a subject's type can satisfy; ``None`` when SQL cannot say it."""
    end = subject.end if isinstance(subject, Along) else subject
    if isinstance(subject, Along) and subject.many:
        return _fit_array(predicate)
    if isinstance(end, Own):
        return _FITS[end.kind](predicate)
    if isinstance(end, Team):
        return _fit_array(predicate)
    return _fit_stamp(predicate) if isinstance(end, Stamp) else _fit_string(predicate)


def _fit_string(predicate: Predicate) -> Predicate | Constant | None:
    match predicate:
        case Equals(values) | OneOf(values):
            return _or_false(Equals(tuple(value for value in values if isinstance(value, str))))
        case Contains(values):
            return _or_false(Contains(tuple(value for value in values if isinstance(value, str))))
        case Compare(_, value):
            return predicate if isinstance(value, str) else FALSE
        case _:
            return predicate


def _fit_number(predicate: Predicate) -> Predicate | Constant | None:
    match predicate:
        case Equals(values) | OneOf(values):
            numbers = tuple(float(value) for value in values if is_number(value) and not isinstance(value, tuple))
            return _or_false(Equals(numbers))
        case Compare(_, value):
            return predicate if is_number(value) else FALSE
        case Empty():
            return predicate
    return FALSE


def _fit_boolean(predicate: Predicate) -> Predicate | Constant | None:
    match predicate:
        case Equals(values) | OneOf(values):
            return _or_false(Equals(tuple(value for value in values if isinstance(value, bool))))
        case Empty():
            return predicate
    return FALSE


def _fit_array(predicate: Predicate) -> Predicate | Constant | None:
    match predicate:
        case Equals(values):
            return None if any(isinstance(value, tuple) for value in values) else FALSE
        case OneOf(values) | Contains(values):
            return OneOf(values)
        case Empty():
            return predicate
    return FALSE


def _fit_object(predicate: Predicate) -> Predicate | Constant | None:
    return predicate if isinstance(predicate, Empty) else FALSE


def _fit_stamp(predicate: Predicate) -> Predicate | Constant | None:
    match predicate:
        case Equals(values) | OneOf(values):
            texts = [value for value in values if isinstance(value, str)]
            return _or_false(Equals(tuple(value for value in texts if given_instant(value) is not None)))
        case Compare(_, value):
            if not isinstance(value, str):
                return FALSE
            return predicate if given_instant(value) is not None else None
        case Within():
            return predicate
        case Empty():
            return FALSE
        case Contains() | Begins() | Ends():
            return None


_FITS = {
    "string": _fit_string,
    "number": _fit_number,
    "boolean": _fit_boolean,
    "array": _fit_array,
    "object": _fit_object,
}


def _or_false(predicate: Equals | OneOf | Contains) -> Predicate | Constant:
    return predicate if predicate.values else FALSE
