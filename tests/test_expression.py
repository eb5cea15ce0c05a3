"""Arithmetic on parameters: exact, bounded, and never run as code."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archviz.language.expression import (
    ExpressionError,
    Value,
    evaluate,
    is_name,
    parse,
    show,
)


def value_of(text: str, **values: Value) -> Value:
    return evaluate(parse(text, values, {"relu"}), values)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("7", (7, 1)),
        ("007", (7, 1)),
        ("0.17", (17, 100)),
        ("1.0", (1, 1)),
        ("-3", (-3, 1)),
        ("--3", (3, 1)),
        ("1+2*3", (7, 1)),
        ("(1+2)*3", (9, 1)),
        ("8-3-2", (3, 1)),
        ("64/4/2", (8, 1)),
        ("2*-3", (-6, 1)),
        ("1/3", (1, 3)),
        ("1/-3", (-1, 3)),
        ("1/3*3", (1, 1)),
        ("0.1+0.2", (3, 10)),
        ("0/5", (0, 1)),
        ("w", (64, 1)),
        ("4*w", (256, 1)),
        ("w/3", (64, 3)),
        ("(w+c)/2", (48, 1)),
        ("relu", "relu"),
        ("a", "tanh"),
    ],
)
def test_values(text: str, result: Value) -> None:
    assert value_of(text, w=(64, 1), c=(32, 1), a="tanh") == result


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "a number or a parameter is missing at the end"),
        ("1+", 2, "a number or a parameter is missing at the end"),
        ("(1", 2, "a ')' is missing"),
        ("1)", 1, "')' is not expected here"),
        ("1 + 2", 1, "' ' is not expected here"),
        ("2**3", 2, "'*' is not expected here"),
        ("2w", 1, "'w' is not expected here"),
        ("1.2.3", 0, "'1.2.3' is not a number"),
        ("1.", 0, "'1.' is not a number"),
        (".5", 0, "'.5' is not a number"),
        ("1:30", 1, "':' is not expected here"),
        ("0x1f", 1, "'x' is not expected here"),
        ("1e9", 1, "'e' is not expected here"),
        ("3*v", 2, "'v' is not known here"),
        ("__import__", 0, "'_' is not expected here"),
        ("w.real", 1, "'.' is not expected here"),
        ("w()", 1, "'(' is not expected here"),
        ("²", 0, "'²' is not expected here"),
        ("٣", 0, "'٣' is not expected here"),
        ("1/0", 0, "a division by zero"),
        ("1/(2-2)", 0, "a division by zero"),
        ("9" * 25, 0, "a number with too many digits"),
        ("9" * 201, 0, "longer than 200 characters"),
        ("999999999999*999999999999*9999", 0, "the result is too large a number"),
        ("0.000000000001*0.0000000000001", 0, "the result is too large a number"),
        ("(" * 40 + "1" + ")" * 40, 33, "nested more than 32 deep"),
        ("-" * 40 + "1", 33, "nested more than 32 deep"),
    ],
)
def test_errors(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, {"w"}, {"relu"})
    assert (caught.value.offset, caught.value.message) == (offset, message)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("2*wdith", {"width"})
    assert caught.value.word == "wdith"


def test_a_word_cannot_be_computed_with() -> None:
    expression = parse("2*a", {"a"})
    with pytest.raises(ExpressionError, match="'a' is the word 'relu' here, not a number"):
        evaluate(expression, {"a": "relu"})


def test_a_parameter_hides_a_word() -> None:
    assert evaluate(parse("relu", {"relu"}, {"relu"}), {"relu": (3, 1)}) == (3, 1)


@pytest.mark.timeout(60)
def test_hostile_texts_end_quickly() -> None:
    for text in ("9*" * 99 + "9", "w*" * 99 + "w", "(" * 200, "1/3+" * 49 + "1"):
        try:
            evaluate(parse(text, {"w"}), {"w": (10**9, 1)})
        except ExpressionError:
            continue


@given(
    st.recursive(
        st.integers(0, 999).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda parts: f"({''.join(parts)})"
        ),
        max_leaves=8,
    )
)
def test_agrees_with_exact_fractions(text: str) -> None:
    try:
        expected: Fraction | None = eval(
            re.sub(r"(\d+)", r"Fraction(\1)", text), {"Fraction": Fraction}
        )
    except ZeroDivisionError:
        expected = None
    try:
        value = evaluate(parse(text, ()), {})
    except ExpressionError as error:
        assert expected is None or "too large" in error.message or "deep" in error.message
        return
    assert expected is not None
    assert value == (expected.numerator, expected.denominator)


@pytest.mark.parametrize(
    ("value", "text"),
    [((3, 1), "3"), ((17, 100), "0.17"), ((64, 3), "64/3"), ("relu", "relu"), ((-1, 2), "-0.5")],
)
def test_show(value: Value, text: str) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("width", True),
        ("five_in", True),
        ("c3", True),
        ("3c", False),
        ("a-b", False),
        ("_a", False),
        ("é", False),
        ("", False),
    ],
)
def test_names(text: str, result: bool) -> None:
    assert bool(text and is_name(text)) is result
