"""Arithmetic on parameters: ``4*width``, ``(c+32)/2``; parsed by a small grammar, never run.

    sum     = product {("+" | "-") product}
    product = factor {("*" | "/") factor}
    factor  = "-" factor | number | parameter | "(" sum ")"

Values are exact: a number is a fraction (numerator, denominator), in lowest terms. A
parameter may also hold a word such as ``relu``; a word can be passed on, not computed with.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

Number: TypeAlias = tuple[int, int]
Value: TypeAlias = Number | str

MAX_LENGTH = 200
MAX_DEPTH = 32
MAX_DIGITS = 24

_LIMIT = 10**MAX_DIGITS
_OPERATORS = "+-*/"
_NEGATE = "neg"


class ExpressionError(Exception):
    """What is wrong with an expression; ``offset`` counts characters from its start."""

    def __init__(self, message: str, offset: int = 0, word: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.word = word
        """The parameter that is not known, if that is the trouble."""


class Expression(NamedTuple):
    """A parsed expression: numbers, names and operators in reverse Polish order."""

    text: str
    steps: tuple[Number | str, ...]
    names: tuple[str, ...] = ()
    constant: Value | None = None
    """The value, where no parameter is in it."""


def parse(text: str, known: Container[str], words: Container[str] = ()) -> Expression:
    """Parse ``text``, whose parameters must be ``known``; a lone one of ``words`` is itself."""
    if text.isdigit() and text.isascii() and len(text) <= MAX_DIGITS:
        number = (int(text), 1)
        return Expression(text, (number,), (), number)
    if text in words and text not in known:
        return Expression(text, (text,), (), text)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    parser = _Parser(text, known)
    parser.sum(0)
    if parser.at < len(text):
        raise ExpressionError(f"'{text[parser.at]}' is not expected here", parser.at)
    names = tuple(dict.fromkeys(parser.names))
    constant = None if names else _compute(tuple(parser.steps), {})
    return Expression(text, tuple(parser.steps), names, constant)


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Value:
    """The value of an expression for the given parameters."""
    if expression.constant is not None:
        return expression.constant
    if len(expression.steps) == 1:
        return values[expression.names[0]]
    return _compute(expression.steps, values)


def show(value: Value) -> str:
    """A value in words for a message: ``0.17``, ``64/3``, ``relu``."""
    if isinstance(value, str):
        return value
    numerator, denominator = value
    if denominator == 1:
        return str(numerator)
    finite = 10**MAX_DIGITS % denominator == 0
    return f"{numerator / denominator:.6g}" if finite else f"{numerator}/{denominator}"


def plain(value: Value) -> int | float | str:
    """A value as the tree shows it: an int, a float where it is not whole, a word."""
    if isinstance(value, str):
        return value
    return value[0] if value[1] == 1 else value[0] / value[1]


class _Parser:
    def __init__(self, text: str, known: Container[str]) -> None:
        self.text = text
        self.known = known
        self.at = 0
        self.steps: list[Number | str] = []
        self.names: list[str] = []

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def sum(self, depth: int) -> None:
        self.product(depth)
        while (sign := self.peek()) and sign in "+-":
            self.at += 1
            self.product(depth)
            self.steps.append(sign)

    def product(self, depth: int) -> None:
        self.factor(depth)
        while (sign := self.peek()) and sign in "*/":
            self.at += 1
            self.factor(depth)
            self.steps.append(sign)

    def factor(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"nested more than {MAX_DEPTH} deep", self.at)
        character = self.peek()
        if character == "-":
            self.at += 1
            self.factor(depth + 1)
            self.steps.append(_NEGATE)
        elif character == "(":
            self.at += 1
            self.sum(depth + 1)
            if self.peek() != ")":
                raise ExpressionError("a ')' is missing", self.at)
            self.at += 1
        elif character in "0123456789." and character:
            self.steps.append(self.number())
        elif is_letter(character):
            self.name()
        elif not character:
            raise ExpressionError("a number or a parameter is missing at the end", self.at)
        else:
            raise ExpressionError(f"'{character}' is not expected here", self.at)

    def number(self) -> Number:
        start = self.at
        while (character := self.peek()) and character in "0123456789.":
            self.at += 1
        text = self.text[start : self.at]
        whole, dot, decimals = text.partition(".")
        if "." in decimals or (dot and not decimals) or not whole:
            raise ExpressionError(f"'{text}' is not a number", start)
        if len(text) > MAX_DIGITS:
            raise ExpressionError("a number with too many digits", start)
        return _lowest(int(whole + decimals), 10 ** len(decimals))

    def name(self) -> None:
        start = self.at
        while (character := self.peek()) and (is_letter(character) or character in "0123456789_"):
            self.at += 1
        word = self.text[start : self.at]
        if word not in self.known:
            raise ExpressionError(f"'{word}' is not known here", start, word)
        self.steps.append(word)
        self.names.append(word)


def is_letter(character: str) -> bool:
    """Whether it is one of a-z, A-Z."""
    return "a" <= character <= "z" or "A" <= character <= "Z"


def is_name(text: str) -> bool:
    """Whether it can name a parameter: a letter, then letters, digits and underscores."""
    return text.isascii() and text.isidentifier() and text[0] != "_"


def _lowest(numerator: int, denominator: int) -> Number:
    divisor = gcd(numerator, denominator)
    if denominator < 0:
        divisor = -divisor
    result = (numerator // divisor, denominator // divisor)
    if abs(result[0]) > _LIMIT or result[1] > _LIMIT:
        raise ExpressionError("the result is too large a number")
    return result


def _compute(steps: tuple[Number | str, ...], values: Mapping[str, Value]) -> Value:
    stack: list[Number] = []
    for step in steps:
        if not isinstance(step, str):
            stack.append(step)
        elif step == _NEGATE:
            numerator, denominator = stack.pop()
            stack.append((-numerator, denominator))
        elif step in _OPERATORS:
            right = stack.pop()
            stack.append(_apply(step, stack.pop(), right))
        else:
            value = values[step]
            if isinstance(value, str):
                raise ExpressionError(f"'{step}' is the word '{value}' here, not a number")
            stack.append(value)
    return stack[0]


def _apply(operator: str, left: Number, right: Number) -> Number:
    (a, b), (c, d) = left, right
    if operator == "+":
        return _lowest(a * d + c * b, b * d)
    if operator == "-":
        return _lowest(a * d - c * b, b * d)
    if operator == "*":
        return _lowest(a * c, b * d)
    if not c:
        raise ExpressionError("a division by zero")
    return _lowest(a * d, b * c)
