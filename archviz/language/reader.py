"""What reading a spec collects and needs to know."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.errors import Mark, Problem, did_you_mean
from archviz.language.synonyms import elsewhere, ours
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.yamlnodes import ScalarNode, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from archviz.language.expression import Expression
    from archviz.language.options import Setting

MAX_PROBLEMS = 100
APART = frozenset({*KINDS, *ACTIVATIONS, *NORMS})
"""Names of functions, of which no like one is meant by another's name."""


class TooManyProblems(Exception):  # noqa: N818 (it stops, and is caught)
    """There is no point in reading on."""


class Value(NamedTuple):
    """A value with a name; ``many``: a repeat gives one in every iteration."""

    mark: Mark
    many: bool = False


class Values:
    """The named values that can be seen at a place of the network or of a module."""

    def __init__(self, known: dict[str, Value] | None = None) -> None:
        self.known = known or {}
        self.taken: set[str] = set()

    def many(self, since: int) -> None:
        """Note that all values but the first ``since`` come once an iteration."""
        for name in list(self.known)[since:]:
            self.known[name] = self.known[name]._replace(many=True)


class SpecReader:
    """What reading a spec collects and needs to know; lives for one spec."""

    def __init__(self, problems: list[Problem], allow_outside: bool = False) -> None:
        self.problems = problems
        self.warnings: list[Problem] = []
        self.allow_outside = allow_outside
        """Whether files that the spec names may be outside of its folder."""
        self.takes: dict[str, dict[str, Expression | None]] = {}
        """Of every module: its parameters in order, with their defaults."""
        self.defaults: dict[str, dict[str, Setting]] = {}
        self.constants: dict[tuple[str, str, int], Setting] = {}
        """Options without parameters that were read, by option, text and sides of a kernel."""
        self.layers: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Mapping[str, Any]] = {}
        """Fields of layers without parameters that were read: by kind, words and scope."""
        self.calls: dict[str, dict[str, Mark]] = {}
        """Who calls whom, and where first: module, or "" for the network, to modules."""
        self.inputs: dict[str, tuple[str, ...]] = {}
        """Of every module: the values that it takes by name."""
        self.gives: dict[str, tuple[str, ...]] = {}
        """Of every module: the values that it gives by name."""
        self.caller = ""
        self.open: Mapping[str, int] = {}
        """The names of sides that are open, which are parameters everywhere."""
        self.values = Values()
        """The values that have a name in what is being read."""

    def problem(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a problem and go on; :class:`TooManyProblems` where there are very many."""
        if len(self.problems) >= MAX_PROBLEMS:
            message = f"more than {MAX_PROBLEMS} problems; those behind here are not shown"
            self.problems.append(Problem(mark, message))
            raise TooManyProblems
        self.problems.append(Problem(mark, message, hint))

    def warn(self, mark: Mark, message: str, hint: str) -> None:
        """Note what works and is hardly meant so; of very many, only the first are kept."""
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(Problem(mark, message, hint, warning=True))

    def trial(self, named: int) -> SpecReader:
        """One that reads the like and tells nobody, with the first ``named`` values."""
        other = SpecReader([], self.allow_outside)
        other.takes, other.defaults, other.calls = self.takes, self.defaults, self.calls
        other.inputs, other.gives, other.caller = self.inputs, self.gives, self.caller
        other.open = self.open
        other.values = Values(dict(islice(self.values.known.items(), named)))
        return other

    def near(self, word: str, known: Collection[str]) -> str:
        """A hint at the known word that means the same, or else is nearest."""
        if len(self.problems) >= MAX_PROBLEMS:
            return ""
        name = ours(word, known)
        if name:
            return f"here it is called {name}"
        if elsewhere(word) and not APART.isdisjoint(known):
            return f"it has no name here; write an operator of its own: op label={shorten(word)}"
        return did_you_mean(word, known, APART)

    def unknown(self, mark: Mark, what: str, word: str, known: Collection[str]) -> None:
        """Note a word that is none of those known, with the nearest one."""
        hint = self.near(word, known)
        if not hint and known and len(known) <= 12:
            hint = "known are: " + ", ".join(sorted(set(known)))
        self.problem(mark, f"{what} '{shorten(word)}'", hint)


def tokens_of(scalar: ScalarNode) -> list[tuple[str, Mark]]:
    """The words of a text, each with its place."""
    result, at = [], 0
    for word in scalar.text.split():
        at = scalar.text.index(word, at)
        result.append((word, scalar.mark_at(at)))
        at += len(word)
    return result
