"""Modules as the model's own code has them: classes whose layers have one way in and one way out.

What the code calls a block is a block of the figure, whatever is in it. Containers and stages,
whose layers are other modules in a row, are not; nor is what is small enough to be seen in the
module around it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from archviz.importers.code_parts import CodePart
from archviz.importers.compact.module_drafts import LARGE, MOST_OF_IT
from archviz.importers.compact.tree import Call, Chain, Element, FreeGraph, Parallel, chains_of
from archviz.importers.graphs import LayerNode

CROWDED = 12
"""Drawn layers from which on a module has others in it."""
MANY = 3
"""Equal branching parts in a row that make it a stage."""
NEARLY_ALL = 0.75
"""What parts in a row are of a stage, at least."""
SHORTCUT_BOXES = 2
"""Drawn layers that a block has in its shortcut where others of its class have none."""
INNER = 3
"""Drawn layers of a module in a module."""
PAIR = 2
"""The same where a figure would be too large otherwise."""


class PartTree:
    """Parts in one another, and which of them are modules."""

    def __init__(self, parts: Sequence[CodePart], total: int, instances: Mapping[str, int]) -> None:
        self.parts = parts
        self.instances = instances
        """How many parts of each class there are, also with several ways in or out."""
        self.total = total
        self.outer: dict[int, int] = {}
        """The part that a part is in."""
        by_path = {part.path: number for number, part in enumerate(parts)}
        for number, part in enumerate(parts):
            for depth in range(len(part.path) - 1, 0, -1):
                around = by_path.get(part.path[:depth])
                if around is not None:
                    self.outer[number] = around
                    break

    def around(self, number: int) -> Iterator[int]:
        """The parts that a part is in, from inside."""
        while number in self.outer:
            number = self.outer[number]
            yield number

    def modules(
        self, bodies: Sequence[Chain], nodes: Sequence[LayerNode], inner: int = INNER
    ) -> set[int]:
        """The parts that are modules; in ``bodies`` calls stand for the parts in them.

        ``inner``: the drawn layers that a module in a module has at least.
        """
        by_class: dict[str, list[int]] = {}
        for number, part in enumerate(self.parts):
            by_class.setdefault(part.name, []).append(number)
        chosen: set[int] = set()
        for name, numbers in by_class.items():
            nested = any(
                self.parts[one].name == name for number in numbers for one in self.around(number)
            )
            rows = [self.in_a_row(number, bodies[number], nodes) for number in numbers]
            stages = sum(times > 1 for times in rows)
            round_all = any(_is_round_all(bodies[number]) for number in numbers)
            if nested or 2 * stages >= len(numbers) or (max(rows) >= MANY and not round_all):
                continue
            if 2 * len(numbers) < self.instances[name]:
                continue
            drawn = self.parts[numbers[0]].drawn
            large = LARGE <= drawn < MOST_OF_IT * self.total and not is_row(bodies[numbers[0]])
            if len(numbers) > 1 or large:
                chosen.update(numbers)
        return self.without_small(chosen, inner)

    def in_a_row(self, number: int, body: Chain, nodes: Sequence[LayerNode]) -> int:
        """How many parts of one class and about one size repeat in a row of parts, or equal ones
        in any row; 0 if none do."""
        inner = [self.parts[one.module] for one in body if isinstance(one, Call)]
        most = max((_alike(part, inner) for part in inner), default=0)
        drawn = sum(part.drawn for part in inner)
        if most > 1 and drawn >= NEARLY_ALL * self.parts[number].drawn:
            return most
        branching = [one for one in body if isinstance(one, Parallel)]
        if len(branching) < MANY:
            return 0
        often = max(Counter([_form(one, nodes) for one in branching]).values())
        return often if often >= MANY else 0

    def without_small(self, chosen: set[int], inner: int) -> set[int]:
        """Modules without those that only stand in others, unless these would be crowded.

        What some modules of a class have and others lack stays, too; and what is a module
        somewhere is one wherever its class is.
        """
        large = set()
        holders: dict[tuple[str, str], Counter[int]] = {}
        for number in chosen:
            around = next((one for one in self.around(number) if one in chosen), None)
            part = self.parts[number]
            if around is None:
                large.add(part.name)
            elif part.drawn >= inner:
                outer = self.parts[around]
                holders.setdefault((outer.name, part.name), Counter())[around] += 1
        outers = Counter(self.parts[number].name for number in chosen)
        for (outer_name, name), times in holders.items():
            crowded = any(self.parts[number].drawn > CROWDED for number in times)
            if crowded or len(times) < outers[outer_name] or max(times.values()) > 1:
                large.add(name)
        return {number for number in chosen if self.parts[number].name in large}


def _form(element: Element, nodes: Sequence[LayerNode]) -> tuple[object, ...]:
    """What an element looks like, of layers their kinds."""
    if isinstance(element, int):
        return (nodes[element].kind if element < len(nodes) else "",)
    inner = (tuple([_form(one, nodes) for one in chain]) for chain in chains_of(element))
    return (type(element).__name__, *inner)


def _alike(part: CodePart, others: Sequence[CodePart]) -> int:
    """How many of some parts are of a class with one, and hardly larger."""
    if part.drawn < INNER:
        return 0
    sizes = [one.drawn for one in others if one.name == part.name]
    return sum(part.drawn <= size <= part.drawn + SHORTCUT_BOXES for size in sizes)


def _is_round_all(body: Chain) -> bool:
    """Whether a shortcut leads round all of a part, as it does in blocks."""
    return len(body) == 1 and isinstance(body[0], Parallel)


def is_row(body: Chain) -> bool:
    """Whether nothing in a body goes two ways."""
    return not any(isinstance(one, Parallel | FreeGraph) for one in body)
