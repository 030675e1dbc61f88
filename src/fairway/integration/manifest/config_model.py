"""The typed model of an integration's settings, made of the specification's ``configurations`` (contract 2.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    Secret,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from fairway.integration.manifest.spec import Configuration, Dependency
from fairway.integration.settings.names import snake
from fairway.integration.settings.values import json_text, url

_LONG = 8
"""Characters of a part of a secret object that is masked by itself; shorter ones would mask half of every line."""
_TYPES: Mapping[str, Any] = {
    "string": str,
    "url": Annotated[str, BeforeValidator(url)],
    "integer": int,
    "boolean": bool,
    "object": Annotated[dict[str, Any], BeforeValidator(json_text)],
    "array": Annotated[list[Any], BeforeValidator(json_text)],
}


class ConfigModel(BaseModel):
    """Base of the models made here. Sensitive settings are secrets; :meth:`plain` shows them."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    configurations: ClassVar[Mapping[str, Configuration]] = {}
    """By field name."""

    def plain(self) -> dict[str, Any]:
        """The settings as a dictionary, secrets in the clear."""
        return {name: _revealed(getattr(self, name)) for name in type(self).model_fields}

    def secrets(self) -> tuple[str, ...]:
        """Sensitive values as they might appear in a log."""
        found = [getattr(self, name) for name in type(self).model_fields]
        revealed = [_revealed(value) for value in found if isinstance(value, Secret | SecretStr)]
        return tuple(text for value in revealed if value for text in _texts(value))

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Missing settings and those of ``dependencies`` are told together with wrong ones."""
        given = _given(cls.configurations, values)
        errors = _missing(cls.configurations, given)
        try:
            instance = handler(given)
        except ValidationError as error:
            errors += [_detail(tuple(found["loc"]), found["type"], found["msg"]) for found in error.errors()]
        if errors:
            raise ValidationError.from_exception_data("configuration", errors, hide_input=True)
        return instance


def _texts(value: Any) -> Iterator[str]:
    """A secret as it might appear: a whole text, or the longer values of an object such as headers."""
    if isinstance(value, str):
        yield value
        return
    yield json.dumps(value)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for part in parts:
        yield from (text for text in _texts(part) if len(text) >= _LONG)


def config_model(items: Sequence[Configuration]) -> type[ConfigModel]:
    """A model with one snake-case field per setting."""
    by_name = {snake(item.name): item for item in items}

    class Base(ConfigModel):
        configurations: ClassVar[Mapping[str, Configuration]] = by_name

    fields: dict[str, Any] = {name: _field(item) for name, item in by_name.items()}
    return create_model("Config", __base__=Base, **fields)


def _field(item: Configuration) -> tuple[Any, Any]:
    kind = _TYPES[item.type]
    if item.enum is not None:
        kind = Annotated[kind, AfterValidator(_one_of(item.enum))]
    if item.sensitive:
        kind = Annotated[SecretStr, BeforeValidator(url)] if item.type == "url" else _secret(item, kind)
    # What is required is told together with what depends on other settings.
    return (kind | None, Field(default=item.default, validate_default=item.default is not None))


def _secret(item: Configuration, kind: Any) -> Any:
    return SecretStr if item.type == "string" and item.enum is None else Secret[kind]


def _one_of(allowed: Sequence[Any]) -> Any:
    def check(value: Any) -> Any:
        if value not in allowed:
            raise ValueError("must be one of " + ", ".join(json.dumps(choice) for choice in allowed))
        return value

    return check


def _given(by_name: Mapping[str, Configuration], values: Any) -> dict[str, Any]:
    """The values that are there. Empty text is a value of optional texts only, and never a secret: it would sign
    whatever anybody sends."""
    found: dict[str, Any] = {}
    for key, value in values.items() if isinstance(values, Mapping) else ():
        name = snake(str(key))
        item = by_name.get(name)
        needed = item is not None and (item.required or item.sensitive or item.type != "string")
        empty = value is None or (value == "" and needed)
        if not empty:
            found[name] = value
    return found


def _missing(by_name: Mapping[str, Configuration], given: Mapping[str, Any]) -> list[InitErrorDetails]:
    def current(name: str) -> Any:
        item = by_name.get(name)
        return given.get(name, None if item is None else item.default)

    errors: list[InitErrorDetails] = []
    for name, item in by_name.items():
        met = [rule for rule in item.dependencies if _holds(rule, current(snake(rule.on)))]
        required = met[-1].then.required if met else item.required
        if not required or current(name) not in (None, ""):
            continue
        if met:
            on = snake(met[-1].on)
            errors.append(_detail((name,), "dependency", f"is required, because `{on}` is {json.dumps(current(on))}"))
        else:
            errors.append(_detail((name,), "missing", ""))
    return errors


def _holds(rule: Dependency, value: Any) -> bool:
    choices = rule.when.one_of if rule.when.one_of is not None else [rule.when.equals]
    return any(_spelled(value) == _spelled(choice) for choice in choices)


def _spelled(value: Any) -> str:
    """Variables are text, so ``"true"`` and ``true`` are the same."""
    return value.lower() if isinstance(value, str) else json.dumps(value)


def _detail(place: tuple[str | int, ...], kind: str, message: str) -> InitErrorDetails:
    if kind == "missing":
        return InitErrorDetails(type="missing", loc=place, input=None)
    escaped = message.replace("{", "{{").replace("}", "}}")
    return InitErrorDetails(type=PydanticCustomError("configuration", escaped), loc=place, input=None)


def _revealed(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, Secret | SecretStr) else value
