"""Hypothesis strategies for specs with named values, strands, stages and outputs.

Every value is a map of 32×32×8, so that whatever takes one fits.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from random_specs import WORDS, layer, series

KEEPS = "conv 3x3 8 same"
NAME = ["a", "memory", "time-embedding", "p3", "a-very-long-name-for-a-value"]


class Writer:
    """Writes items that give and take values; ``free`` are those that can be seen."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.free: list[str] = []
        self.taken: set[str] = set()
        self.many: set[str] = set()
        self.count = 0

    def new_name(self) -> str:
        self.count += 1
        return f"{self.draw(st.sampled_from(NAME))}{self.count}"

    def take(self, several: bool = False) -> str:
        known = [name for name in self.free if several or name not in self.many]
        name = str(self.draw(st.sampled_from(known)))
        self.taken.add(name)
        return name

    def can_take(self) -> bool:
        return any(name not in self.many for name in self.free)

    def taker(self) -> str:
        names = {self.take() for _ in range(self.draw(st.integers(1, 3)))}
        return f"add {' '.join(sorted(names))}{self.draw(st.sampled_from(['', ' relu']))}"

    def item(self, depth: int, named: bool = True) -> list[Any]:
        """One or two items; ``named``: one of them may get a name."""
        draw = self.draw
        form = draw(st.integers(0, 7 if depth else 3))
        if form == 0 and self.can_take():
            made: Any = self.taker()
        elif form == 1 and self.can_take():
            made = f"block memory={self.take()}"
        elif form < 4:
            made = draw(layer())
        elif form == 4:
            made = {"repeat": draw(st.sampled_from([2, 6])), "of": self.inside(depth)}
        elif form == 5:
            towers = [self.tower(depth, bool(number)) for number in range(draw(st.integers(2, 3)))]
            made = {"towers": towers, "merge": "add"}
        else:
            made = {
                "residual": self.inside(depth),
                "merge": draw(st.sampled_from(["add", "add relu"])),
            }
        if named and draw(st.integers(0, 2)) == 0:
            name = self.new_name()
            made = f"{made} as={name}" if isinstance(made, str) else {**made, "as": name}
            self.free.append(name)
        return [made]

    def inside(self, depth: int) -> list[Any]:
        """Items whose own values are not seen outside."""
        outside = list(self.free)
        items: list[Any] = []
        for _ in range(self.draw(st.integers(1, 3))):
            items += self.item(depth - 1)
        items += self.rest(outside)
        self.free = outside
        return items

    def rest(self, outside: list[str]) -> list[Any]:
        """Takers of what was given and not yet taken."""
        left = [name for name in self.free if name not in outside and name not in self.taken]
        self.taken |= {*left}
        return [f"add {name}" for name in left]

    def tower(self, depth: int, anew: bool) -> list[Any]:
        """``anew``: it may begin with a value; of all towers one has what comes before."""
        start: list[Any] = []
        if anew and self.can_take() and self.draw(st.booleans()):
            start = [f"from {self.take()}"]
        return [*start, *self.inside(depth - 1)]


@st.composite
def value_specs(draw: st.DrawFn) -> dict[str, Any]:
    """A spec of one or two strands with values between and in them."""
    writer = Writer(draw)
    body: list[Any] = []
    for number in range(draw(st.integers(1, 3))):
        if number and writer.can_take() and draw(st.booleans()):
            strand: list[Any] = [f"from {writer.take()}"]
        else:
            strand = ["input 32x32x8"]
        for _ in range(draw(st.integers(1, 6))):
            strand += writer.item(2)
        name = writer.new_name()
        strand.append(f"{KEEPS} as={name}")
        writer.free.append(name)
        if draw(st.booleans()):
            look = draw(st.sampled_from([{}, {"color": "green"}, {"color": "#3355aa"}]))
            body.append({"stage": draw(WORDS), "of": strand, **look})
        else:
            body += strand
    body += [KEEPS]
    if draw(st.booleans()):
        branches: dict[str, Any] = {"last": [KEEPS]}
        for number in range(draw(st.integers(1, 3))):
            start = [f"from {writer.take()}"] if draw(st.booleans()) else []
            branches[f"out{number}"] = [*start, *draw(series(0, []))]
        body += writer.rest([])
        body.append({"outputs": branches})
    else:
        body += writer.rest([])
    block = {
        "color": draw(st.sampled_from(["yellow", "green"])),
        "inputs": ["memory"],
        "layers": [*draw(series(1, [])), "add memory", *draw(series(0, []))],
    }
    if draw(st.booleans()):
        block["layers"] = [{"residual": block["layers"], "merge": "add"}]
    spec: dict[str, Any] = {"title": "Values", "network": body}
    if "block" in str(body):
        spec["modules"] = {"block": block}
    return spec
