"""How an endpoint is declared: in the setting ``endpoints`` by kind, and in selectors of the mapping."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

Value = str | int | float | bool
Shape = Literal["list", "object", "map", "values"]
PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PATH = re.compile(r"/[^?#\s]*")
_KEPT_HEADERS = frozenset({"authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"})
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class NoPages(_Part):
    """Everything in one answer."""

    type: Literal["none"]


class OffsetPages(_Part):
    """Items are counted; the page after the last is empty."""

    type: Literal["offset"]
    offset: str = Field("offset", description="Parameter of the first item's number.")
    limit: str = Field("limit", description="Parameter of the page's length.")
    size: int = Field(100, ge=1, le=10_000)
    start: int = Field(0, ge=0)


class NumberedPages(_Part):
    """Pages are counted; the one after the last is empty."""

    type: Literal["page"]
    page: str = Field("page", description="Parameter of the page's number.")
    limit: str | None = Field("per_page", description="Parameter of the page's length; null: it has none.")
    size: int = Field(100, ge=1, le=10_000)
    start: int = Field(1, ge=0)


class CursorPages(_Part):
    """Pages hold a mark that the next one is asked for with; the last holds none."""

    type: Literal["cursor"]
    path: str = Field(description="Where the mark is in the answer, such as `meta.next`.")
    parameter: str = Field("cursor", description="Parameter that takes it.")


class LinkedPages(_Part):
    """Pages hold the URL of the next one."""

    type: Literal["next_link"]
    path: str = Field("next", description="Where the URL is in the answer, such as `links.next`.")


class HeaderPages(_Part):
    """Pages name the next one in their `Link` header."""

    type: Literal["header_link"]


Pagination = Annotated[
    NoPages | OffsetPages | NumberedPages | CursorPages | LinkedPages | HeaderPages, Field(discriminator="type")
]


class PathParameter(_Part):
    """A part of the path that is a value of another kind's items."""

    kind: str = Field(description="A kind of `endpoints`; the endpoint is asked for once for each of its items.")
    value: str = Field("id", description="Where the value is in the item, such as `key` or `owner.id`.")


class Declaration(_Part):
    """An endpoint, or what a selector changes of one that is declared."""

    path: str | None = Field(None, description="Below the base URL; `{name}` is a parameter.")
    data_path: str | None = Field(None, min_length=1, description="Where the items are, such as `data.items`.")
    shape: Shape = Field(
        "list",
        description="What is there: a list of objects, one object, a map of objects (its keys become `__key`), or "
        "a list of plain values (they become `value`).",
    )
    query_params: dict[str, Value | list[Value]] = {}
    headers: dict[Annotated[str, Field(pattern=_HEADER)], Annotated[str, Field(pattern=r"^[^\r\n]*$")]] = {}
    pagination: Pagination = NoPages(type="none")
    max_pages: int = Field(10_000, ge=1, le=100_000, description="More are an error, and nothing is left out.")
    path_parameters: dict[str, PathParameter] = {}
    empty_on: frozenset[Literal[403, 404, 410]] = Field(
        frozenset(), description="Statuses that mean: there is nothing here."
    )

    @field_validator("path")
    @classmethod
    def _below(cls, value: str | None) -> str | None:
        if value is not None and _PATH.fullmatch(value) is None:
            raise ValueError("must begin with / and hold no ?, # or white space; parameters go to `queryParams`")
        return value

    @field_validator("headers")
    @classmethod
    def _own_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name.lower() in _KEPT_HEADERS:
                raise ValueError(f'the header "{name}" cannot be declared; credentials are settings')
        return value

    @model_validator(mode="after")
    def _one_parent(self) -> Declaration:
        if len({parameter.kind for parameter in self.path_parameters.values()}) > 1:
            raise ValueError(
                "all path parameters must be of one kind; items know those of their own path as `__params`, so `value` "
                "may be `__params.name`"
            )
        return self

    @property
    def parent(self) -> str | None:
        """The kind whose items the path parameters are of."""
        return next((parameter.kind for parameter in self.path_parameters.values()), None)

    @property
    def placeholders(self) -> frozenset[str]:
        """Names in the path."""
        return frozenset(PLACEHOLDER.findall(self.path or ""))
