"""Encrypted inputs: sealed once they have been checked, and never shown again (contract 6.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps_text
from fairway.portal.actions.forms.definition import SEALING
from fairway.portal.actions.forms.model import InputError
from fairway.portal.actions.forms.resolution import ResolvedForm, ResolvedInput
from fairway.wire.encryption import decrypt_input, encrypt_input


def to_seal(resolved: ResolvedForm) -> list[ResolvedInput]:
    """The inputs whose values have to be sealed, or are."""
    return [
        each for each in resolved.inputs.values() if each.definition.encryption == SEALING and each.value is not None
    ]


def seal(value: Any, secret: str) -> str:
    """The sealed text of a value; what is no string is sealed as its JSON."""
    return encrypt_input(value if isinstance(value, str) else dumps_text(value), secret)


def broken_seals(inputs: Iterable[ResolvedInput], secret: str) -> list[InputError]:
    """Values of an earlier run that cannot be opened any more."""
    found = []
    for each in inputs:
        name = each.definition.identifier
        try:
            decrypt_input(each.value if isinstance(each.value, str) else "", secret)
        except InvalidRequest as error:
            text = f'Input "{name}" holds a value of an earlier run that cannot be used again: {error.message}'
            found.append(InputError(name, "", text, "the value itself, given anew"))
    return found
