"""Problems with what a user gave us: where, what is wrong, and what to do.

Problems are collected, not raised one by one: every stage appends to one list, and
whoever asked (the command line, :func:`archviz.load`) raises them together.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

SPACES = "\u00a0\u2007\u2009\u202f\u3000"
"""Spaces that names of files have on some systems; they do no harm where they are printed."""

OUT_OF_MEMORY = "needs more memory than there is, or than may be used (see 'ulimit -v')"


class Mark(NamedTuple):
    """A place in a file; line and column count from 1, 0 means "the file as a whole"."""

    file: str
    line: int = 0
    column: int = 0


class Problem(NamedTuple):
    """One thing that is wrong, with its place and a hint at the remedy."""

    mark: Mark
    message: str
    hint: str = ""
    calls: tuple[tuple[str, Mark], ...] = ()
    """Of a place in a module: what led there and made it wrong, the innermost first."""
    warning: bool = False
    """Whether all works nevertheless, and it is only unlikely to be meant so."""

    def __str__(self) -> str:
        return f"{place(self.mark)}: " + "\n    ".join(self.lines())

    def lines(self) -> list[str]:
        """All but the place: what is wrong, the hint, what led there."""
        lines = [f"warning: {self.message}" if self.warning else self.message]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        if self.calls:
            calls = [f"{call} at {place(mark)}" for call, mark in self.calls]
            if len(calls) > 3:
                calls[2:-1] = ["..."]
            lines.append(f"in: {', in '.join(calls)}")
        return [printable(line) for line in lines]


def place(mark: Mark) -> str:
    """``file:line:column``, or the file alone."""
    file = printable(mark.file)
    return f"{file}:{mark.line}:{mark.column}" if mark.line else file


class ArchvizError(Exception):
    """All that is wrong with one input; ``problems`` is never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingCharacters(UserWarning):
    """A picture lacks characters, since no font of this machine has them."""


def fail(file: str, message: str, hint: str = "") -> ArchvizError:
    """An error with one problem that concerns ``file`` as a whole."""
    return ArchvizError([Problem(Mark(file), one_line(message), hint)])


def one_line(text: str, most: int = 0) -> str:
    """A text of unknown origin on one line, without control characters; at most so long."""
    if not text.isprintable():
        text = "".join(
            letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text
        )
    text = " ".join(text.split())
    return text[:most].rstrip() if most else text


def printable(text: str) -> str:
    """A text of unknown origin without what a terminal obeys: such characters as escapes."""
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable() or letter in SPACES
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def did_you_mean(word: str, known: Iterable[str], apart: Container[str] = ()) -> str:
    """A hint: ``did you mean 'relu'?``, or the empty string where nothing is near."""
    near = nearest(word, known, apart)
    return f"did you mean '{near}'?" if near else ""


def nearest(word: str, known: Iterable[str], apart: Container[str] = ()) -> str:
    """The known name that a word is likely to be, or the empty string.

    ``apart``: names of things that a letter makes another one, as ``elu``, ``selu`` and ``gelu``.
    Such a one is offered only to a word that is it but for one slip of the hand, and nothing
    else that is known.
    """
    import difflib

    word, names = word.lower()[:80], list(known)
    plain = _letters(word)
    near = [name for name in names if plain and _letters(name) == plain][:1]
    if not near and word not in apart:
        slips = [name for name in names if name in apart and _slipped(plain, _letters(name))]
        others = [name for name in names if name not in apart]
        near = slips or difflib.get_close_matches(word, others, n=1, cutoff=0.6)
    return near[0] if len(near) == 1 else ""


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word.lower()))


def _slipped(word: str, name: str) -> bool:
    """Whether two neighbours changed places, or in five letters one is more, less or another.

    Digits say what a thing is; nobody slips there.
    """
    if sorted(filter(str.isdigit, word)) != sorted(filter(str.isdigit, name)):
        return False
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    one, other = word[start:], name[start:]
    swapped = one[:2] == other[1::-1] and len(one) > 1 and one[2:] == other[2:]
    long = max(len(word), len(name)) > 4
    return swapped or (long and (one[1:] == other or one == other[1:] or one[1:] == other[1:]))
