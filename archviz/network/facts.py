"""What the executions of one place of a spec have in common, and in what they differ."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from archviz.network.model import Layer, ModuleCall, Repeat, Shape, Towers

Varied: TypeAlias = Layer | ModuleCall | Repeat | Towers
"""What may differ between the calls of a module."""


class Variant(NamedTuple):
    """What stands at a place of a module in some calls of the module.

    ``runs``: the first and the last number of calls in a row that have it, from 1 on, in the
    order in which they run; none in the main row.
    """

    node: Varied
    runs: tuple[tuple[int, int], ...] = ()
    present: bool = True
    """False for those calls that leave it out."""


class Facts(NamedTuple):
    """What the executions of one place of the spec have: distinct values, first seen first.

    ``calls`` counts them. Of identical towers the numbers are those of one.
    """

    calls: int
    variants: tuple[Variant, ...] = ()
    """What stands there, left out or not."""
    depthwise: tuple[bool, ...] = ()
    """Of a convolution in groups: whether each channel that comes in is a group."""
    shapes: tuple[Shape, ...] = ()
    parameters: tuple[int, ...] = ()
    macs: tuple[int, ...] = ()
    changed: tuple[bool, ...] = ()
    """Whether what comes out has another shape than something that comes in."""
    times: tuple[int, ...] = ()
    """Of a repeat, or of identical towers: how many."""

    @property
    def present(self) -> list[Variant]:
        """The variants that are not left out."""
        return [one for one in self.variants if one.present]

    @property
    def layers(self) -> list[Layer]:
        """The layers that stand there."""
        return [one.node for one in self.present if isinstance(one.node, Layer)]

    @property
    def optional(self) -> bool:
        """Whether some calls leave out what others have."""
        return 0 < len(self.present) < len(self.variants)


class Tally:
    """Distinct values of one place, gathered while walking."""

    __slots__ = ("calls", "seen", "variants")

    def __init__(self) -> None:
        self.calls = 0
        self.seen: dict[str, dict[Any, None]] = {}
        self.variants: dict[tuple[int, bool], tuple[Varied, list[tuple[int, int]]]] = {}
        """By the id of a node, which its calls share as far as they are equal, and whether
        it is there."""

    def has(self, node: Varied, number: int, present: bool = True) -> None:
        """Note what stands there, or does not, in call ``number``, 0 for the main row."""
        key = id(node), present
        variant = self.variants.get(key)
        if variant is None:
            variant = self.variants[key] = node, []
        runs = variant[1]
        if not runs or runs[-1][1] < number - 1:
            if number:
                runs.append((number, number))
        elif runs[-1][1] < number:
            runs[-1] = runs[-1][0], number

    def add(self, **facts: Any) -> None:
        """Values by the names of the facts; None is none."""
        for name, value in facts.items():
            if value is not None:
                if name not in self.seen:
                    self.seen[name] = {}
                self.seen[name][value] = None

    def facts(self) -> Facts:
        """All that was noted."""
        variants = tuple(
            Variant(node, tuple(runs), present)
            for (_, present), (node, runs) in self.variants.items()
        )
        return Facts(self.calls, variants, **{name: tuple(s) for name, s in self.seen.items()})
