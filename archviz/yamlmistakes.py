"""What a YAML parser stumbles over, in words for who wrote the file, and the text without it."""

from __future__ import annotations

import re

import yaml

from archviz.errors import Mark, Problem

SAME_COLUMN = "items of one list or mapping must start in the same column"
_HINTS = (
    ("cannot start any token", "quote a text that begins with this character"),
    ("item: mapping values", "an option is key=value, or all in braces: {conv: 3x3 8, act: relu}"),
    ("mapping values are not allowed", "quote a text with ': ' in it; check the indentation"),
    ("expected ',' or '", "a bracket is not closed, or a comma is missing"),
    ("while scanning a quoted scalar", "a quote is not closed"),
    ("expected ':'", "a key needs a colon and a blank after it"),
    ("expected '-' indicator", SAME_COLUMN),
    ("block end", SAME_COLUMN),
    ("expected <document start>", SAME_COLUMN),
    ("undefined alias", "an alias *name needs an anchor &name before it"),
)


def yaml_mistake(error: yaml.YAMLError, text: str, file: str) -> tuple[Problem, str]:
    """The problem that stops a parser, and the text without it, or "" where nobody can go on.

    In that text all other words keep their places.
    """
    place = getattr(error, "problem_mark", None)
    start = getattr(error, "context_mark", None)
    message = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    context = str(getattr(error, "context", None) or "") + " "
    if place is None or place.index > len(text):
        place = start
    if place is None:
        return Problem(Mark(file), f"not valid YAML: {message.splitlines()[0][:200]}"), ""
    index = text.rfind("\n", 0, place.index) + 1
    row = text[index:].partition("\n")[0]
    indent = row[: len(row) - len(row.lstrip())]
    if "\t" in indent or text[place.index : place.index + 1] == "\t":
        return _tab(text, file, place, indent)
    mark = Mark(file, place.line + 1, place.column + 1)
    if "cannot start any token" in message:
        return _odd_start(text, place.index, mark)
    wrong = _indented(text, index, indent, mark, message, start)
    if wrong:
        return wrong, ""
    unclosed = "quoted scalar" in context or "expected ',' or '" in message
    if unclosed and start is not None and start.line != place.line:
        mark = Mark(file, start.line + 1, start.column + 1)
        hint = "close it" if "quoted" in context else "close it, or see where a comma is missing"
        return Problem(mark, f"this {text[start.index]} is never closed", hint), ""
    context = "item: " if row.lstrip().startswith("- ") else context
    hint = _hint(context, message)
    return Problem(mark, f"not valid YAML: {message.splitlines()[0][:200]}", hint), ""


def _hint(context: str, message: str) -> str:
    return next((hint for part, hint in _HINTS if part in f"{context}{message}"), "")


def _tab(text: str, file: str, place: yaml.Mark, indent: str) -> tuple[Problem, str]:
    """A tab in front of a line, or behind its '-'; blanks, where all lines have tabs."""
    column = indent.index("\t") if "\t" in indent else place.column
    mark = Mark(file, place.line + 1, column + 1)
    lines = re.findall(r"(?m)^ *\t", text)
    hint = "indent with blanks"
    if len(lines) > 1:
        hint += f"; {len(lines)} lines begin with tabs"
    without = re.sub(r"(?m)^\t+|-\t+", lambda found: found[0].replace("\t", " "), text)
    try:
        for _ in yaml.parse(without, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass
    except yaml.YAMLError:
        without = ""  # how many blanks a tab stands for cannot be told
    return Problem(mark, "a tab stands where YAML wants blanks", hint), without


def _odd_start(text: str, index: int, mark: Mark) -> tuple[Problem, str]:
    """A text that begins with ` or @ or %; the text goes on without."""
    sign = text[index]
    line = text[index + 1 :].partition("\n")[0]
    end = index + 1 + line.rfind(sign)
    message = f"in YAML no text can begin with '{sign}'"
    mended = text[:index] + " " + text[index + 1 :]
    if end > index and not line[line.rfind(sign) + 1 :].strip(" ,]}"):
        mended = mended[:end] + " " + mended[end + 1 :]
    return Problem(mark, message, f"leave the {sign} out, or quote the text"), mended


def _indented(
    text: str, index: int, indent: str, mark: Mark, message: str, start: yaml.Mark | None
) -> Problem | None:
    """The problem of a line that begins in a column where nothing can begin."""
    if "mapping values are not allowed" in message:
        before = text[:index].rstrip()
        last = before.rpartition("\n")[2]
        depth = len(last) - len(last.lstrip())
        glued = re.match(r"[ -]*[\w-]+:(?=[^\s:])", last)
        above = Mark(mark.file, before.count("\n") + 1)
        if before and glued and len(indent) <= depth:
            place = above._replace(column=glued.end())
            return Problem(place, "this ':' has no blank behind it", "write key: value")
        if before and len(indent) > depth and not last.endswith((":", "|", ">")):
            hint = "give both lines the same column, or end the line before with ':'"
            place = mark._replace(column=len(indent) + 1)
            return Problem(place, "this line is indented under one that is whole already", hint)
    if "could not find expected ':'" in message and start is not None:
        place = Mark(mark.file, start.line + 1, start.column + 1)
        word = text[start.index :].split()[0]
        if re.match(r"-[^\s-]", word):
            return Problem(place, "this '-' has no blank behind it", f"write: - {word[1:]}")
        hint = "a key needs a colon and a blank behind it, an item of a list a '-' before it"
        return Problem(place, f"'{word[:60]}' is no key and no item", hint)
    wrong_column = "'-' indicator" in message or "expected key" in message or "block end" in message
    if wrong_column and mark.column == len(indent) + 1:
        where = f"this line begins in column {mark.column}, and those of its list or mapping do not"
        return Problem(mark, where, SAME_COLUMN)
    return None
