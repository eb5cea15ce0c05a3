"""Files and YAML: bounds, places, and scalars that stay what is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from archviz.errors import ArchvizError
from archviz.yamlnodes import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_MENDED,
    MappingNode,
    ScalarNode,
    SequenceNode,
    boolean,
    parse_yaml,
    read_spec_text,
)


def problem_of(text: str) -> tuple[int, int, str, str]:
    """Line, column, message and hint of the only problem."""
    _, problems = parse_yaml(text, "f.yaml")
    assert len(problems) == 1, problems
    problem = problems[0]
    assert problem.mark.file == "f.yaml"
    return problem.mark.line, problem.mark.column, problem.message, problem.hint


def tree_of(text: str) -> object:
    node, problems = parse_yaml(text, "f.yaml")
    assert problems == []
    return plain(node)


def plain(node: object) -> object:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    assert isinstance(node, MappingNode)
    return {key.text: plain(value) for key, value in node.pairs}


@pytest.fixture(params=["C", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both loaders of PyYAML, of which one is there only where its wheel has it."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this PyYAML has no C loader")
    return str(request.param)


def test_scalars_stay_text() -> None:
    text = "a: yes\nb: 010\nc: 1:30\nd: ~\ne: 0x1F\nf: on\n'1': 2001-01-01\n<<: x\n"
    assert tree_of(text) == {
        "a": "yes",
        "b": "010",
        "c": "1:30",
        "d": "",  # nothing, as to every reader of YAML
        "e": "0x1F",
        "f": "on",
        "1": "2001-01-01",
        "<<": "x",
    }


def test_nodes_know_their_place() -> None:
    node, _ = parse_yaml("a: [b, {c: d}]\n", "f.yaml")
    assert isinstance(node, MappingNode)
    key, items = node.pairs[0]
    assert (key.mark.line, key.mark.column) == (1, 1)
    assert isinstance(items, SequenceNode)
    assert (items.mark.line, items.mark.column) == (1, 4)
    inner = items.items[1]
    assert isinstance(inner, MappingNode)
    assert inner.pairs[0][1].mark.column == 12


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("- conv 3x3 64", 8),
        ("- 'conv 3x3 64'", 9),
        ('- "conv 3x3 64"', 9),
        ('- "conv\\t3x3 64"', 3),  # an escape hides where characters are
        ("- conv\n  3x3 64", 3),  # so do two lines
        ("- >\n  conv 3x3 64", 3),
    ],
)
def test_places_inside_a_scalar(text: str, column: int) -> None:
    node, problems = parse_yaml(text, "f.yaml")
    assert problems == []
    assert isinstance(node, SequenceNode)
    scalar = node.items[0]
    assert isinstance(scalar, ScalarNode)
    assert scalar.mark_at(5).column == column


def test_places_in_a_text_on_several_lines(loader: str) -> None:
    node, problems = parse_yaml("a: [one two\n   three,\n b\n\n    c]\n", "f")
    assert isinstance(node, MappingNode) and not problems
    words = node.pairs[0][1]
    assert isinstance(words, SequenceNode)
    first, second = words.items
    assert isinstance(first, ScalarNode) and isinstance(second, ScalarNode)
    places = [first.mark_at(index)[1:] for index in (0, 4, 8, 10)]
    assert (first.text, places) == ("one two three", [(1, 5), (1, 9), (2, 4), (2, 6)])
    assert (second.text, second.mark_at(2)[1:]) == ("b\nc", (5, 5))


def test_many_mistakes_are_told_at_once(loader: str) -> None:
    node, problems = parse_yaml("a: @x\nb: `y z`\nc: [%d, &e f, `g`]\n", "f")
    assert [(p.mark.line, p.mark.column) for p in problems] == [(1, 4), (2, 4), (3, 5), (3, 15)]
    assert plain(node) == {"a": "x", "b": "y z", "c": ["d", "f", "g"]}
    found = parse_yaml("- @\n" * 1000, "f")[1]
    assert len(found) == MAX_MENDED + 1


def test_anchors_and_aliases() -> None:
    assert tree_of("a: &x [1, 2]\nb: *x\n") == {"a": ["1", "2"], "b": ["1", "2"]}


@pytest.mark.parametrize("tag", ["!!str", "!!int", "!", "!!float", "!!bool"])
def test_core_tags_change_nothing(tag: str) -> None:
    assert tree_of(f"a: {tag} 12\n") == {"a": "12"}


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("", 0, 0, "the file is empty", ""),
        ("# nothing\n", 0, 0, "the file is empty", ""),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is given twice", "the first is at line 1, column 1"),
        ("x: {a: 1, 'a': 3}\n", 1, 11, "'a' is given twice", "the first is at line 1, column 5"),
        ("? [a]\n: b\n", 1, 3, "a key must be a single word", ""),
        ("a: 1\n---\nb: 2\n", 2, 1, "a spec is one document", "remove the '---'"),
        ("a: !foo 1\n", 1, 4, "the tag '!foo' means nothing here", "remove it"),
        ("a: !!python/object:os.system 1\n", 1, 4,
         "the tag 'tag:yaml.org,2002:python/object:os.system' means nothing here", "remove it"),
        ("a: &x [1, *x]\n", 1, 11, "the alias '*x' contains itself", ""),
        ("a: &x {b: [*x]}\n", 1, 12, "the alias '*x' contains itself", ""),
        ("a: *x\n", 1, 4, "nothing is named '&x'", "an alias needs an anchor before it"),
        ("a: 1\n\tb: 2\n", 2, 1, "a tab stands where YAML wants blanks", "indent with blanks"),
        ("a: b: c\n", 1, 5, "not valid YAML: mapping values are not allowed in this context",
         "quote a text with ': ' in it; check the indentation"),
        ("a: [1, 2\n", 1, 4, "this [ is never closed",
         "close it, or see where a comma is missing"),
        ("a: b\nc: {d: [1, 2\ne: 3\n", 2, 8, "this [ is never closed",
         "close it, or see where a comma is missing"),
        ("a: 'x\n", 1, 4, "this ' is never closed", "close it"),
        ("a: [1 2: 3: 4]\n", 1, 11, "not valid YAML: did not find expected ',' or ']'",
         "a bracket is not closed, or a comma is missing"),
        ("- a\nb: 1\n", 2, 1,
         "this line begins in column 1, and those of its list or mapping do not",
         "items of one list or mapping must start in the same column"),
        ("- a: b\n  - c\n", 2, 3,
         "this line begins in column 3, and those of its list or mapping do not",
         "items of one list or mapping must start in the same column"),
        ("a: b\n c: d\n", 2, 2, "this line is indented under one that is whole already",
         "give both lines the same column, or end the line before with ':'"),
        ("a:b\nc: d\n", 1, 2, "this ':' has no blank behind it", "write key: value"),
        ("- a\n-\tb: 1\n", 2, 2, "a tab stands where YAML wants blanks", "indent with blanks"),
        ("a:\n\t- b\n\t- c\n", 2, 1, "a tab stands where YAML wants blanks",
         "indent with blanks; 2 lines begin with tabs"),
        ("a: @x\n", 1, 4, "in YAML no text can begin with '@'",
         "leave the @ out, or quote the text"),
        ("a: 1\nb: x\x07y\n", 2, 5, "character U+0007 is not allowed in a spec", ""),
        ("a: \x85\n", 1, 4, "character U+0085 is not allowed in a spec", ""),
        ("a: \ud800\n", 1, 4, "character U+D800 is not allowed in a spec", ""),
        ("a: \uffff\n", 1, 4, "character U+FFFF is not allowed in a spec", ""),
        ('a: 1\nb: "\\x00"\n', 2, 4, "character U+0000 is not allowed in a text", ""),
        ('b: ["\\e[31m"]\n', 1, 5, "character U+001B is not allowed in a text", ""),
        ('b: "\\uD800"\n', 1, 4, None, None),
        ('b: "\\uFFFE"\n', 1, 4, "character U+FFFE is not allowed in a text", ""),
    ],
)  # fmt: skip
def test_problems(text: str, line: int, column: int, message: str | None, hint: str | None) -> None:
    found = problem_of(text)
    if message is None:  # worded by the YAML library, which has more than one version
        assert found[0] == line
        return
    assert found == (line, column, message, hint)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.parametrize("before", ["", "é: &x ok\r\nb:\n  "])
def test_deep_nesting_stops_at_once(before: str, opening: str, loader: str) -> None:
    depth = MAX_DEPTH - bool(before)
    line, column, message, _ = problem_of(before + opening * 100_000)
    assert (line, message) == (1 + before.count("\n"), f"nested more than {MAX_DEPTH} deep")
    assert column == (2 if before else 0) + depth * len(opening) + 1


@pytest.mark.timeout(60)
def test_deep_indentation_stops_at_once(loader: str) -> None:
    lines = [" " * depth + "a:\n" for depth in range(1_500)]
    line, column, message, _ = problem_of("".join(lines))
    assert (line, column) == (MAX_DEPTH + 1, MAX_DEPTH + 1)
    assert message == f"nested more than {MAX_DEPTH} deep"


def test_nesting_up_to_the_bound_is_read() -> None:
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f.yaml")[1] == []


@pytest.mark.timeout(60)
def test_an_alias_bomb_stops_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 12):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    line, _, message, hint = problem_of("\n".join(lines))
    assert line == 6
    assert message == "more than 200,000 values, counted with aliases filled in"
    assert hint == "a spec needs a few hundred"


def test_aliases_cannot_nest_deeper_than_brackets() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, 600)]
    line, _, message, _ = problem_of("\n".join(lines))
    assert line == MAX_DEPTH
    assert message == f"nested more than {MAX_DEPTH} deep, with aliases filled in"


@pytest.mark.long
def test_many_values_stop() -> None:
    assert problem_of("[" + "x," * 250_000 + "]")[2].startswith("more than 200,000 values")


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("Yes", True),
        ("ON", True),
        ("false", False),
        ("no", False),
        ("off", False),
        ("1", None),
        ("", None),
        ("y", None),
    ],
)
def test_booleans(word: str, value: bool | None) -> None:
    assert boolean(word) is value


# ---- files ------------------------------------------------------------------------------------


def file_problem(path: Path) -> tuple[int, int, str, str]:
    with pytest.raises(ArchvizError) as caught:
        read_spec_text(str(path))
    (problem,) = caught.value.problems
    assert problem.mark.file == str(path)
    return problem.mark.line, problem.mark.column, problem.message, problem.hint


def test_a_byte_order_mark_and_any_line_end_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    node, problems = parse_yaml(read_spec_text(str(path)), "a.yaml")
    assert problems == []
    assert plain(node) == {"a": "1", "b": "2"}
    assert isinstance(node, MappingNode)
    assert node.pairs[0][0].mark.column == 1


def test_a_missing_file(tmp_path: Path) -> None:
    assert file_problem(tmp_path / "none.yaml") == (0, 0, "there is no such file", "")


def test_a_folder(tmp_path: Path) -> None:
    assert file_problem(tmp_path) == (
        0,
        0,
        "this is a folder, not a spec file",
        "name a .yaml file in it",
    )


def test_a_name_that_cannot_be_one() -> None:
    with pytest.raises(ArchvizError, match="cannot be read"):
        read_spec_text("a\0b.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    assert file_problem(path)[2] == "cannot be read: permission denied"


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\nb: \xc3\xa9\xe9 x\n")
    assert file_problem(path) == (
        2,
        5,
        "byte 0xe9 is not UTF-8",
        "save the file as UTF-8",
    )


def test_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert file_problem(path)[2] == "larger than 2,000,000 bytes"


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device here")
def test_an_endless_file() -> None:
    assert file_problem(Path("/dev/zero"))[2] == "larger than 2,000,000 bytes"
