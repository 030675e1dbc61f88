"""Everything that is wrong with the values of a form, at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.forms.definition import SEALING
from fairway.portal.actions.forms.lookups import Lookups
from fairway.portal.actions.forms.model import InputError, Problem
from fairway.portal.actions.forms.resolution import ResolvedForm, ResolvedInput
from fairway.portal.actions.forms.values import value_errors

_TOLD = 10
"""Errors in the message; all are in its details."""
_MOST = 100
"""Errors in the details."""


async def find_errors(resolved: ResolvedForm, lookups: Lookups, sealed: Collection[str] = ()) -> list[InputError]:
    """What is wrong with the values; those in ``sealed`` are not looked at.

    A default that will not do is left out while its input is hidden: nobody could put it right.
    """
    errors = list(_unknown(resolved))
    filled = [each for each in resolved.inputs.values() if each.value is not None]
    for each in filled:
        if each.definition.identifier not in sealed:
            errors.extend(value_errors(each))
    errors.extend(await lookups.errors(resolved))
    hidden = {each.definition.identifier for each in filled if not each.visible and not each.given}
    left_out = {error.input for error in errors if error.input in hidden}
    for name in left_out:
        _leave_out(resolved.inputs[name], errors)
    return [error for error in errors if error.input not in left_out]


def missing(resolved: ResolvedForm) -> list[InputError]:
    """Inputs that have to be filled in and are not."""
    return [_missing(each) for each in resolved.inputs.values() if each.wanted and each.value is None]


def undecided(resolved: ResolvedForm) -> list[InputError]:
    """What of the form as a whole could not be worked out and has to be known before a run starts."""
    text = "Which inputs are required could not be worked out: {}"
    return [
        InputError("", "", text.format(problem.message), "an expression that gives an array of input identifiers")
        for problem in resolved.problems
        if problem.key == "required"
    ]


def misplaced_seals(resolved: ResolvedForm, sealed: Collection[str]) -> list[InputError]:
    """Sealed values for inputs that are not sealed (any more)."""
    wrong = [name for name in sealed if name in resolved.inputs and not _seals(resolved.inputs[name])]
    text = 'Input "{}" was encrypted in an earlier run and is not any more; its value has to be given anew'
    return [InputError(name, "", text.format(name), "the value itself") for name in sorted(wrong)]


def refusal_of(action: str, errors: Sequence[InputError]) -> InvalidRequest:
    """The answer to a form that will not do."""
    text = "; ".join(error.message for error in errors[:_TOLD])
    more = f"; and {len(errors) - _TOLD} more" if len(errors) > _TOLD else ""
    details = {"action": action, "errors": [error.document() for error in errors[:_MOST]]}
    return InvalidRequest(text + more, details=details)


def _unknown(resolved: ResolvedForm) -> Iterator[InputError]:
    known = ", ".join(f'"{name}"' for name in list(resolved.inputs)[:50]) or "none"
    for name in resolved.unknown:
        short = name[:100]
        yield InputError(
            short, "", f'"{short}" is not an input of this action; its inputs are {known}', f"one of {known}"
        )


def _leave_out(resolved: ResolvedInput, errors: Sequence[InputError]) -> None:
    name = resolved.definition.identifier
    reason = next(error.message for error in errors if error.input == name)
    resolved.problems.append(Problem("default", f"it is left out while the input is hidden: {reason}"))
    resolved.value = None


def _missing(resolved: ResolvedInput) -> InputError:
    name = resolved.definition.identifier
    failed = next((problem for problem in resolved.problems if problem.key == "default"), None)
    reason = "" if failed is None else f" (its default could not be worked out: {failed.message})"
    return InputError(name, "", f'Input "{name}" is required{reason}', "a value")


def _seals(resolved: ResolvedInput) -> bool:
    return resolved.definition.encryption == SEALING
