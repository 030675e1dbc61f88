"""YAML for people: values through a writer, never by putting texts together."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from fairway.gitops.scaffold.model import EntityChange, Value

_WIDE = 1_000_000
"""Lines are never folded: a diff shows what changed."""
_OLD_WORDS = re.compile(r"(?i:y|n|yes|no|on|off)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|<<|=")
"""Strings that YAML 1.1 takes for something else; other tools still read that."""
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]*")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\u2028\u2029]")


class _Representer(RoundTripRepresenter):
    """Writes nulls as a word: an empty value looks like a mistake."""

    def represent_none(self, data: None) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_none)


def writer(indent: int = 2, dash: int = 2) -> YAML:
    """A writer that keeps comments, order and quotes."""
    found = YAML(typ="rt")
    found.Representer = _Representer
    found.preserve_quotes = True
    found.width = _WIDE
    found.indent(mapping=indent, sequence=dash + 2, offset=dash)
    return found


def key(name: str) -> str:
    """A key as the writer takes it: quoted unless it is plain whatever the style and version."""
    return name if _PLAIN_KEY.fullmatch(name) and not _OLD_WORDS.fullmatch(name) else DoubleQuotedScalarString(name)


def prepared(value: Value) -> object:
    """A value as the writer takes it."""
    if isinstance(value, str):
        risky = _OLD_WORDS.fullmatch(value) or _CONTROL.search(value) or "\n" in value
        return DoubleQuotedScalarString(value) if risky else value
    if isinstance(value, Mapping):
        found = CommentedMap()
        for name, each in value.items():
            found[key(str(name))] = prepared(each)
        return found
    if isinstance(value, Sequence):
        return CommentedSeq([prepared(each) for each in value])
    return value


def rendered(change: EntityChange, indent: int = 2, dash: int = 2) -> str:
    """A new definition as a mapping."""
    document = CommentedMap()
    document["identifier"] = prepared(change.key.identifier)
    document["blueprint"] = prepared(change.key.blueprint)
    for name in ("title", "icon", "team"):
        if name in change.fields:
            document[name] = prepared(change.fields[name])
    for name, values in (("properties", change.properties), ("relations", change.relations)):
        if values:
            document[name] = prepared(values)
    return dump(writer(indent, dash), [document])


def scalar(value: Value) -> str:
    """A single value on one line, right in lists and mappings of either style."""
    found = CommentedSeq([prepared(value)])
    found.fa.set_flow_style()
    text = dump(writer(), [found]).rstrip("\n")
    return text[1:-1]


def dump(yaml: YAML, documents: Sequence[object]) -> str:
    """The text of documents."""
    out = io.StringIO()
    yaml.dump_all(documents, out)
    return out.getvalue()
