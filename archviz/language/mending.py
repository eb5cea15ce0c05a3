"""An item that is wrong, told in one problem with the line as it should read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from archviz.language.options import COMMON, OPTIONS
from archviz.language.reader import MAX_PROBLEMS, SpecReader
from archviz.language.rewrite import Line, rewritten
from archviz.language.shorthand import example
from archviz.network.kinds import KINDS
from archviz.yamlnodes import ScalarNode, YamlNode, shorten

if TYPE_CHECKING:
    from archviz.errors import Mark, Problem
    from archviz.language.syntax import ItemSpec

Words: TypeAlias = list[tuple[str, "Mark"]]
Extra: TypeAlias = Sequence[tuple[ScalarNode, YamlNode]]
Read: TypeAlias = Callable[[SpecReader, Words, Extra], tuple["ItemSpec", ...]]
MOST_LETTERS = 300


def mended(
    reader: SpecReader, since: int, named: int, words: Words, extra: Extra, read: Read
) -> tuple[ItemSpec, ...] | None:
    """The item that was meant, where its words can be put right; the problems then are one.

    ``since``: how many problems there were before the item; ``named``: how many values.
    None where nothing better is known than the problems say.
    """
    if since >= MAX_PROBLEMS or sum(len(word) for word, _ in words) > MOST_LETTERS:
        return None
    words, extra = _as_words(words, extra)
    line = rewritten([word for word, _ in words], reader.takes)
    if [word for word, _ in words] == [*line.words] and not line.texts:
        return None
    place = words[0][1]
    trial = reader.trial(named)
    texts = [
        (ScalarNode(key, True, place), ScalarNode(text, False, place)) for key, text in line.texts
    ]
    items = read(trial, [(word, place) for word in line.words], (*extra, *texts))
    if trial.problems:
        _unfinished(reader, since, words[0], line)
        return None
    reader.values.known = trial.values.known
    reader.values.taken |= trial.values.taken
    found = reader.problems[since:]
    del reader.problems[since:]
    others = [(key.text, value.text) for key, value in extra if isinstance(value, ScalarNode)]
    whole = Line(line.words, (*others, *line.texts))
    reader.problem(*_told(words, line, whole, found))
    return items


def _as_words(words: Words, extra: Extra) -> tuple[Words, Extra]:
    """The options of a long form that are none here, among the words."""
    left, more = [], list(words)
    known = KINDS[words[0][0]].options if words[0][0] in KINDS else ()
    for key, value in extra:
        plain = isinstance(value, ScalarNode) and value.text and not value.text.count(" ")
        if plain and isinstance(value, ScalarNode) and key.text not in (*known, *COMMON):
            more.append((f"{key.text}={value.text}", key.mark))
        else:
            left.append((key, value))
    return more, left


def _told(words: Words, line: Line, whole: Line, found: Sequence[Problem]) -> tuple[Mark, str, str]:
    """Place, message and hint: where the first word differs, and how the line should read."""
    old, new = [word for word, _ in words], [*line.words]
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    mark = words[min(start, len(words) - 1)][1]
    first = next((problem for problem in found if problem.mark == mark), None)
    write = f"write: {whole}"
    if line.texts:
        text = f"a {line.texts[0][0]} with blanks or brackets needs the long form"
        return mark, text, write
    if len(before) == len(after) == 1 and first:
        known = after[0].partition("=")[0] in first.hint
        key, equals, _ = before[0].partition("=")
        if known and (not equals or (key in OPTIONS and "=" not in after[0])):
            return mark, first.message, first.hint
    if len(before) == len(old):
        return mark, f"'{shorten(' '.join(old))}' is not how a layer is written here", write
    if not after:
        return mark, f"'{shorten(' '.join(before))}' is left out here", write
    return mark, f"'{shorten(' '.join(before))}' is written '{' '.join(after)}' here", write


def _unfinished(reader: SpecReader, since: int, first: tuple[str, Mark], line: Line) -> None:
    """Of the call of a class that says too little: how its layer is written."""
    name, mark = first
    if "(" in name and line.words[0] in KINDS:
        del reader.problems[since:]
        written = example(line.words[0])
        reader.problem(
            mark,
            f"'{shorten(name.partition('(')[0])}(...)' is not how a layer is written here",
            f"it is called {line.words[0]} here; write such as: {written}",
        )
