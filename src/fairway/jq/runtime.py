"""What compiled programs call: jq's operations on Python values.

Two exceptions leave here. :class:`JqError` is an error of the language. :class:`UncertainError` says that only libjq
can tell what happens (numbers beyond 2**53, exotic arguments, a spent budget); the caller then asks libjq.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from fairway.jq.program import Budget

EXACT = 2**53
_NAMES = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_RANKS: dict[type, int] = {str: 4, list: 5, dict: 6}
_SHOWN = 11


class JqError(Exception):
    """``value`` is what ``catch`` would see; ``exact`` tells whether libjq would word it the same."""

    def __init__(self, value: Any, *, exact: bool = False) -> None:
        super().__init__(value)
        self.value = value
        self.exact = exact


class UncertainError(Exception):
    """Only libjq can tell."""


def kind(value: Any) -> str:
    """jq's name of the type."""
    name = _NAMES.get(type(value))
    if name is None:
        raise UncertainError
    return name


def show(value: Any) -> str:
    """The value as error messages quote it, for instance ``string ("a")``."""
    name = kind(value)
    if name in {"array", "object"}:
        return name
    quoted = f'"{value}"' if name == "string" else {True: "true", False: "false", None: "null"}.get(value, str(value))
    return f"{name} ({quoted if len(quoted) <= _SHOWN + 16 else quoted[:_SHOWN] + '...'})"


def spend(budget: Budget, steps: int) -> None:
    """Takes ``steps`` from the budget."""
    budget[0] -= steps
    if budget[0] < 0:
        raise UncertainError


def field(value: Any, key: str) -> Any:
    """``.key`` on anything but an object, which the generated code handles itself."""
    if type(value) is dict:
        return value.get(key)
    if value is None:
        return None
    raise JqError(f'Cannot index {kind(value)} with string ("{key}")')


def index(key: Any, value: Any) -> Any:
    """``value[key]``"""
    if type(key) is str:
        return field(value, key)
    if type(key) is int:
        if type(value) is list:
            return value[key] if -len(value) <= key < len(value) else None
        if value is None:
            return None
        raise JqError(f"Cannot index {kind(value)} with number ({key})")
    if key is None or type(key) is bool:
        if value is None or (type(value) is dict and key is None):
            raise UncertainError
        raise JqError(f"Cannot index {kind(value)} with {show(key)}")
    raise UncertainError


def cut(value: Any, low: int | None, high: int | None, budget: Budget) -> Any:
    """``value[low:high]``"""
    if type(value) is list or type(value) is str:
        part = value[low:high]
        spend(budget, len(part) >> 4)
        return part
    if value is None:
        return None
    raise JqError(f"Cannot index {kind(value)} with object")


def items(value: Any, budget: Budget) -> Iterable[Any]:
    """The elements ``.[]`` visits."""
    if type(value) is list:
        spend(budget, len(value))
        return value
    if type(value) is dict:
        spend(budget, len(value))
        return value.values()
    raise JqError(f"Cannot iterate over {show(value)}")


def items_or_none(value: Any, budget: Budget) -> Iterable[Any]:
    """``.[]?``"""
    if type(value) is list or type(value) is dict:
        return items(value, budget)
    kind(value)
    return ()


def number(value: Any) -> Any:
    """The result of arithmetic as jq prints it: whole numbers without a point."""
    if type(value) is int:
        if -EXACT <= value <= EXACT:
            return value
        raise UncertainError
    if value.is_integer():
        if -EXACT <= value <= EXACT and (value or math.copysign(1, value) > 0):
            return int(value)
        raise UncertainError
    if not math.isfinite(value):
        raise UncertainError
    return value


def is_number(value: Any) -> bool:
    """Whether this is a number a double holds exactly; others are left to libjq."""
    if type(value) is int:
        if -EXACT <= value <= EXACT:
            return True
        raise UncertainError
    if type(value) is float:
        if math.isfinite(value):
            return True
        raise UncertainError
    return False


def rank(value: Any) -> int:
    """Position of the value's type in jq's order."""
    if value is None:
        return 0
    if type(value) is bool:
        return 2 if value else 1
    if is_number(value):
        return 3
    position = _RANKS.get(type(value))
    if position is None:
        raise UncertainError
    return position


def sort_key(value: Any, budget: Budget) -> tuple[Any, ...]:
    """A key whose order in Python is jq's order of values."""
    spend(budget, 2)
    position = rank(value)
    if position == 5:
        return (5, [sort_key(item, budget) for item in value])
    if position == 6:
        names = sorted(value)
        return (6, names, [sort_key(value[name], budget) for name in names])
    if position == 4:
        spend(budget, len(value) >> 4)
    return (position, value) if position in {3, 4} else (position,)


def equal(right: Any, left: Any, budget: Budget) -> bool:
    """``left == right``; the right side comes first, because jq evaluates it first."""
    if type(left) is str or type(right) is str:
        if type(left) is type(right):
            budget[0] -= len(left) >> 6
            if budget[0] < 0:
                raise UncertainError
        return bool(left == right)
    if left is None or right is None:
        kind(left), kind(right)
        return left is right
    if type(left) is bool or type(right) is bool:
        kind(left), kind(right)
        return left is right
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        kind(left), kind(right)
        return False
    return _same(right, left, budget)


def _same(right: Any, left: Any, budget: Budget) -> bool:
    spend(budget, 1)
    if len(left) != len(right):
        return False
    if type(left) is list:
        return all(equal(other, one, budget) for one, other in zip(left, right, strict=True))
    return all(key in right and equal(right[key], one, budget) for key, one in left.items())


def not_equal(right: Any, left: Any, budget: Budget) -> bool:
    """``left != right``"""
    return not equal(right, left, budget)


def less(right: Any, left: Any, budget: Budget) -> bool:
    """``left < right``"""
    if type(left) is type(right) is str:
        spend(budget, len(left) >> 6)
        return bool(left < right)
    return sort_key(left, budget) < sort_key(right, budget)


def less_equal(right: Any, left: Any, budget: Budget) -> bool:
    """``left <= right``"""
    return not less(left, right, budget)


def greater(right: Any, left: Any, budget: Budget) -> bool:
    """``left > right``"""
    return less(left, right, budget)


def greater_equal(right: Any, left: Any, budget: Budget) -> bool:
    """``left >= right``"""
    return not less(right, left, budget)


def add(right: Any, left: Any, budget: Budget) -> Any:
    """``left + right``"""
    if type(left) is type(right) is str:
        spend(budget, (len(left) + len(right)) >> 4)
        return left + right
    if left is None:
        kind(right)
        return right
    if right is None:
        kind(left)
        return left
    if is_number(left) and is_number(right):
        return number(left + right)
    if type(left) is type(right) is list:
        spend(budget, len(left) + len(right))
        return left + right
    if type(left) is type(right) is dict:
        spend(budget, len(left) + len(right))
        return {**left, **right}
    raise _operands(left, right, "added")


def subtract(right: Any, left: Any, budget: Budget) -> Any:
    """``left - right``"""
    if is_number(left) and is_number(right):
        return number(left - right)
    if type(left) is type(right) is list:
        gone = [sort_key(item, budget) for item in right]
        spend(budget, len(left) * len(right))
        return [item for item in left if sort_key(item, budget) not in gone]
    raise _operands(left, right, "subtracted")


def multiply(right: Any, left: Any, budget: Budget) -> Any:
    """``left * right``"""
    if is_number(left) and is_number(right):
        return number(left * right)
    names = {kind(left), kind(right)}
    if names in ({"string", "number"}, {"object"}):
        raise UncertainError
    raise _operands(left, right, "multiplied")


def divide(right: Any, left: Any, budget: Budget) -> Any:
    """``left / right``"""
    if is_number(left) and is_number(right):
        if not right:
            raise _operands(left, right, "divided because the divisor is zero")
        return number(left / right)
    if type(left) is type(right) is str:
        raise UncertainError
    raise _operands(left, right, "divided")


def modulo(right: Any, left: Any, budget: Budget) -> Any:
    """``left % right``"""
    if is_number(left) and is_number(right):
        if type(left) is float or type(right) is float:
            raise UncertainError
        if not right:
            raise _operands(left, right, "divided (remainder) because the divisor is zero")
        rest = abs(left) % abs(right)
        if left < 0 and not rest:
            raise UncertainError
        return -rest if left < 0 else rest
    raise _operands(left, right, "divided")


def _operands(left: Any, right: Any, what: str) -> JqError:
    return JqError(f"{show(left)} and {show(right)} cannot be {what}")


def key_of(value: Any) -> str:
    """An object key; jq takes strings only."""
    if type(value) is str:
        return value
    raise JqError(f"Cannot use {show(value)} as object key")


def measure(root: Any, budget: Budget, characters: int) -> None:
    """Makes sure that a constructed value is no larger than ``characters`` when written, sharing expanded."""
    stack = [root]
    while stack:
        value = stack.pop()
        budget[0] -= 1
        characters -= 8 + (len(value) if type(value) is str else 0)
        if characters < 0 or budget[0] < 0:
            raise UncertainError
        if type(value) is dict:
            stack.extend(value.values())
        elif type(value) is list:
            stack.extend(value)
