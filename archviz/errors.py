"""Problems with what a user gave us: where, what is wrong, and what to do.

Problems are collected, not raised one by one: every stage appends to one list, and
whoever asked (the command line, :func:`archviz.load`) raises them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

    def __str__(self) -> str:
        place = printable(self.mark.file)
        if self.mark.line:
            place += f":{self.mark.line}:{self.mark.column}"
        text = f"{place}: {printable(self.message)}"
        return f"{text}\n    hint: {printable(self.hint)}" if self.hint else text


class ArchvizError(Exception):
    """All that is wrong with one input; ``problems`` is never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: ``did you mean 'relu'?``, or the empty string where nothing is near."""
    import difflib

    near = difflib.get_close_matches(word.lower()[:80], list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
