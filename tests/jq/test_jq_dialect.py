"""Single-quoted strings: catalog API 6.7 rule 6, framework 6.4 rule 2."""

from __future__ import annotations

import pytest

from fairway.jq.dialect import translate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'abc'", '"abc"'),
        (".a == 'b'", '.a == "b"'),
        (".properties.'my-prop'", '.properties."my-prop"'),
        (".properties.'my-prop'.x", '.properties."my-prop".x'),
        ("'a'+.b+'c'", '"a"+.b+"c"'),
        ("{'a':1,'b':['c','d']}", '{"a":1,"b":["c","d"]}'),
        ("'it's here'", '"it\'s here"'),
        ("''", '""'),
        ('"it\'s"', '"it\'s"'),
        ("\"say 'hi' now\"", "\"say 'hi' now\""),
        ('"a\\"\'b\'"', '"a\\"\'b\'"'),
        ("'say \"hi\"'", '"say \\"hi\\""'),
        ("\"\\(.a.'b')'\"", '"\\(.a."b")\'"'),
        ("'x\\(.a[\"b\"])y'", '"x\\(.a["b"])y"'),
        (".a # don't\n| 'b'", '.a # don\'t\n| "b"'),
        ("'a\\'b'", '"a\'b"'),
        ("'open", "'open"),
        (".a", ".a"),
    ],
)
def test_translates(text: str, expected: str) -> None:
    assert translate(text) == expected
