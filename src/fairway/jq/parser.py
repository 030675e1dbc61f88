"""Recursive descent over the covered subset, with jq's precedences."""

from __future__ import annotations

from fairway.jq.lexer import Lexer, Token
from fairway.jq.patterns import PatternParser
from fairway.jq.sugar import call
from fairway.jq.syntax import (
    Alternative,
    Array,
    Binary,
    Bind,
    Call,
    Comma,
    Identity,
    If,
    Index,
    Iterate,
    Literal,
    Logic,
    Node,
    Object,
    Pipe,
    Reduce,
    Slice,
    Text,
    Try,
    UnsupportedError,
    Variable,
)
from fairway.jq.tokens import KEYWORDS, TokenStream

_DEEPEST = 80
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
)
_COMPARISON = 2


def parse(text: str) -> Node:
    """The tree of ``text``.

    Raises:
        UnsupportedError: outside the covered subset.
    """
    return _parse(Lexer(text).tokens(), 0)


def _parse(tokens: list[Token], depth: int) -> Node:
    parser = Parser(tokens, depth)
    node = parser.pipe()
    parser.stream.expect_end()
    return node


class Parser:
    """One run over a list of tokens."""

    def __init__(self, tokens: list[Token], depth: int) -> None:
        self.stream = TokenStream(tokens)
        self._depth = depth

    def pipe(self) -> Node:
        """Anything: the lowest precedence."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnsupportedError("nested too deep")
        left = self._comma()
        if self.stream.take("|"):
            left = Pipe(left, self.pipe())
        self._depth -= 1
        return left

    def _comma(self) -> Node:
        left = self._bound()
        while self.stream.take(","):
            left = Comma(left, self._bound())
        return left

    def _alternative(self) -> Node:
        left = self._binary(0)
        if self.stream.take("//"):
            return Alternative(left, self._alternative())
        return left

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.postfix()
        left = self._binary(level + 1)
        while operator := self.stream.take(*_LEVELS[level]):
            right = self._binary(level + 1)
            left = Logic(operator, left, right) if level < _COMPARISON else Binary(operator, left, right)
            if level == _COMPARISON and self.stream.peek(*_LEVELS[level]):
                raise UnsupportedError("comparisons do not chain")
        return left

    def _bound(self) -> Node:
        """An operand of a comma, possibly the head of ``source as $x | body``, whose body takes all that follows."""
        source = self._alternative()
        if not self.stream.take("as"):
            return source
        pattern = PatternParser(self.stream).pattern()
        self.stream.expect("|")
        return Bind(source, pattern, self.pipe())

    def postfix(self) -> Node:
        """A term with its accesses and question marks."""
        node = self._term()
        while True:
            token = self.stream.current
            if token.kind == "field":
                self.stream.advance()
                node = Index(node, Literal(token.text[1:]), self._optional())
            elif self.stream.peek("."):
                node = self._dotted(node)
            elif self.stream.peek("["):
                node = self._bracket(node)
            elif self.stream.take("?"):
                node = Try(node, None)
            else:
                return node

    def _optional(self) -> bool:
        return self.stream.take("?") is not None

    def _dotted(self, term: Node) -> Node:
        self.stream.expect(".")
        if self.stream.current.kind == "string":
            key = self._text(self.stream.advance())
            return Index(term, key, self._optional())
        if self.stream.peek("["):
            node = self._bracket(term)
            if isinstance(node, Slice):
                raise UnsupportedError("slice after a dot")
            return node
        raise UnsupportedError("nothing after the dot")

    def _bracket(self, term: Node) -> Node:
        self.stream.expect("[")
        if self.stream.take("]"):
            return Iterate(term, self._optional())
        if self.stream.take(":"):
            node = Slice(term, None, self._bound_number())
        else:
            key = self.pipe()
            if not self.stream.take(":"):
                self.stream.expect("]")
                return Index(term, key, self._optional())
            node = Slice(term, _whole(key), None if self.stream.peek("]") else self._bound_number())
        self.stream.expect("]")
        return Slice(term, node.low, node.high, self._optional())

    def _bound_number(self) -> int:
        return _whole(self.pipe())

    def _term(self) -> Node:
        token = self.stream.advance()
        match token.kind:
            case "field":
                return Index(Identity(), Literal(token.text[1:]), self._optional())
            case "variable":
                return Variable(token.text[1:])
            case "number":
                return Literal(_number(token.text))
            case "string":
                return self._text(token)
            case "word" | "format":
                return self._word(token.text)
        return self._operator(token)

    def _operator(self, token: Token) -> Node:
        match token.text:
            case ".":
                return self._dot(token)
            case "(":
                inner = self.pipe()
                self.stream.expect(")")
                return inner
            case "[":
                return self._array()
            case "{":
                return self._object()
            case "-" if self.stream.current.kind == "number":
                return self._negative()
        raise UnsupportedError(f"operator {token.text}")

    def _array(self) -> Node:
        if self.stream.take("]"):
            return Array(None)
        inner = self.pipe()
        self.stream.expect("]")
        return Array(inner)

    def _dot(self, dot: Token) -> Node:
        following = self.stream.current
        if following.kind == "string" and following.start == dot.end:
            key = self._text(self.stream.advance())
            return Index(Identity(), key, self._optional())
        if following.kind in {"field", "string", "number", "word", "format"}:
            raise UnsupportedError("something odd after the dot")
        return Identity()

    def _negative(self) -> Node:
        value = _number(self.stream.advance().text)
        if not value or self.stream.current.kind == "field" or self.stream.peek("as", "[", "?", "."):
            raise UnsupportedError("negation")
        return Literal(-value)

    def _word(self, word: str) -> Node:
        special = {"if": self._if, "try": self._try, "reduce": self._reduce}.get(word)
        if special:
            return special()
        if word in KEYWORDS or (word[0] == "@" and self.stream.current.kind == "string"):
            raise UnsupportedError(f"keyword {word}")
        arguments: list[Node] = []
        if word[0] != "@" and self.stream.take("("):
            arguments.append(self.pipe())
            while self.stream.take(";"):
                arguments.append(self.pipe())
            self.stream.expect(")")
        return call(word, arguments)

    def _if(self) -> Node:
        condition = self.pipe()
        self.stream.expect("then")
        then = self.pipe()
        if self.stream.take("elif"):
            return If(condition, then, self._if())
        otherwise = self.pipe() if self.stream.take("else") else Identity()
        self.stream.expect("end")
        return If(condition, then, otherwise)

    def _try(self) -> Node:
        body = self.postfix()
        handler = self.postfix() if self.stream.take("catch") else None
        return Try(body, handler)

    def _reduce(self) -> Node:
        source = self.postfix()
        self.stream.expect("as")
        pattern = PatternParser(self.stream).pattern()
        self.stream.expect("(")
        start = self.pipe()
        self.stream.expect(";")
        update = self.pipe()
        self.stream.expect(")")
        return Reduce(source, pattern, start, update)

    def _object(self) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not self.stream.take("}"):
            if pairs:
                self.stream.expect(",")
            pairs.append(self._pair())
        return Object(tuple(pairs))

    def _pair(self) -> tuple[Node, Node]:
        token = self.stream.advance()
        if token.kind == "variable":
            return Literal(token.text[1:]), Variable(token.text[1:])
        if token.kind == "word":
            key: Node = Literal(token.text)
        elif token.kind == "string":
            key = self._text(token)
        elif token.kind == "operator" and token.text == "(":
            return self._computed_key(), self._pair_value()
        else:
            raise UnsupportedError("key expected")
        if token.text in KEYWORDS:
            raise UnsupportedError("keyword as key")
        if self.stream.take(":"):
            return key, self._pair_value()
        if not isinstance(key, Literal):
            raise UnsupportedError("computed key without a value")
        return key, Index(Identity(), key)

    def _computed_key(self) -> Node:
        """An expression in parentheses. libjq refuses constants of other types while compiling, so none get through."""
        key = self.pipe()
        if not isinstance(key, Text | Index | Pipe | Variable | Call):
            raise UnsupportedError("unusual key")
        self.stream.expect(")")
        self.stream.expect(":")
        return key

    def _pair_value(self) -> Node:
        """What may follow a key: terms and operators, but neither a comma nor a binding."""
        left = self._alternative()
        if self.stream.take("|"):
            left = Pipe(left, self._pair_value())
        return left

    def _text(self, token: Token) -> Node:
        parts: list[Node] = []
        for part in token.parts:
            if isinstance(part, list):
                parts.append(_parse(part, self._depth))
            elif part:
                parts.append(Literal(part))
        if len(token.parts) == 1:
            return Literal(token.parts[0])
        return Text(tuple(parts))


def _number(text: str) -> int | float:
    if "." not in text:
        value = int(text)
        if value > 2**53:
            raise UnsupportedError("large number")
        return value
    decimal = float(text)
    if repr(decimal) != text:
        raise UnsupportedError("number in an unusual spelling")
    return decimal


def _whole(node: Node) -> int:
    if isinstance(node, Literal) and type(node.value) is int:
        return node.value
    raise UnsupportedError("bounds that are not constant")
