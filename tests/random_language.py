"""A writer of random, valid specs that use the whole language.

It knows the shape at each place, so that what it writes fits. Numbers in modules stand in marks,
``«channels/2»``, and so does what comes into each call, ``‹16|16|64›``; see ``spec_rewrites``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from random_layers import DEFAULTS, MERGES, TAKES, WORDS, Layers, Made, Scope, Shape
from spec_rewrites import natural


class Module(NamedTuple):
    """What a call has to know; the shapes are those that it was written for."""

    name: str
    shape: Shape
    end: Shape
    takes: dict[str, tuple[str, ...]]
    inputs: tuple[str, ...]
    """Each of the shape that comes in."""
    gives: dict[str, Shape]

    def carried(self, shape: Shape, into: Shape) -> Shape:
        """What a shape in it is where another comes in."""
        sides = (into[:-1], (prod(into[:-1]),))[len(shape) < len(into)][: len(shape) - 1]
        return (*sides, shape[-1] * into[-1] // self.shape[-1])


class Writer(Layers):
    """Writes items; with ``previous``, modules take what went into the item before."""

    def __init__(self, draw: st.DrawFn, previous: bool) -> None:
        super().__init__(draw)
        self.previous = previous
        self.modules: dict[str, Any] = {}
        self.known: list[Module] = []
        self.called: set[str] = set()
        """Calls in the network, which later ones can share the weights of."""

    # ---- items -------------------------------------------------------------------------------

    def series(self, scope: Scope, shape: Shape, depth: int, most: int = 3) -> Made:
        """A few items."""
        items: list[Any] = []
        for _ in range(self.draw(st.integers(1, most))):
            made, shape = self.item(scope, shape, depth)
            items += made
        return items, shape

    def body(self, scope: Scope, shape: Shape, depth: int, end: Shape) -> list[Any]:
        """A few items that come to a shape."""
        items, made = self.series(scope, shape, depth)
        return items if made == end else [*items, self.fit(scope, made, end)]

    def item(self, scope: Scope, shape: Shape, depth: int) -> Made:
        """One item, which may have a name; sometimes with one in front that it needs."""
        forms: list[Callable[[Scope, Shape, int], Made]] = [self.layer, self.layer]
        if scope.free:
            forms += [lambda *at: self.taking(*at[:2])] * 2
        if (
            len(shape) < 4
            and shape[-1] % 8 == 0
            and (not scope.base or shape[-1] >= scope.base[-1])
        ):
            forms += [self.call] * 2
        if depth:
            forms += [self.repeat, self.towers, self.copies, self.residual, self.graph]
        if not scope.closed:
            forms += [self.split] * (shape[-1] % 2 == 0 and shape[-1] >= (scope.base or (16,))[-1])
            forms += [self.state] * (len(shape) == 2)
        items, end = self.pick(*forms)(scope, shape, depth)
        if not scope.closed and self.chance(4) and "when=" not in str(items[-1]):
            last, name = items[-1], self.name(scope, end)
            items[-1] = f"{last} as={name}" if isinstance(last, str) else {**last, "as": name}
        return items, end

    def layer(self, scope: Scope, shape: Shape, depth: int) -> Made:
        if self.previous and scope.base and self.chance(6):
            text = f"previous shape={scope.stated(*shape)}"
            return [{"op-merge": text, "label": "with the one before"}], shape
        text, end = self.changing(scope, shape) if self.chance(4) else ("", shape)
        text = text or self.keeping(scope, shape)
        kind, _, words = text.partition(" ")
        if self.chance(5) and kind != "p_p":
            text = " ".join(word for word in words.split() if word != "caption=here")
            return [{kind: text, "label": self.pick(*WORDS), "caption": self.pick(*WORDS)}], end
        return [text], end

    def split(self, scope: Scope, shape: Shape, depth: int) -> Made:
        end = (*shape[:-1], shape[-1] // 2)
        return [f"split {self.name(scope, end)} {self.name(scope, end)}"], end

    def state(self, scope: Scope, shape: Shape, depth: int) -> Made:
        kind, units = self.pick("lstm", "gru"), scope.stated(shape[-1])
        return [f"{kind} {units} last-state={self.name(scope, shape[-1:])}"], shape

    def look(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item with how it looks."""
        for key in ("name", "label", "title", "color", "caption", "hidden"):
            if self.chance(12):
                others = {"name": "n.1", "color": self.pick("green", "#88aacc"), "hidden": "yes"}
                item[key] = others.get(key) or self.pick(*WORDS)
        return item

    def repeat(self, scope: Scope, shape: Shape, depth: int) -> Made:
        before = set(scope.free)
        body = self.body(scope, shape, depth - 1, shape)
        inside = scope.free.keys() - before
        scope.many |= inside
        times = self.pick(
            "2", "3", "4" if inside else "1", *["p_r"] * ("p_r" in scope.takes and not inside)
        )
        item: dict[str, Any] = {"repeat": times, "of": body}
        if self.chance(3) and times != "p_r":
            varied = (
                ["feed-forward v"] if len(shape) > 1 else ["dense v", self.fit(scope, (1,), shape)]
            )
            item["of"] = [*varied, *body]
            item["each"] = {"v": [self.pick("8", "12") for _ in range(int(times))]}
        elif self.chance(4):
            item["shared"] = "yes"
        return [self.look(item)], shape

    def towers(self, scope: Scope, shape: Shape, depth: int) -> Made:
        towers: list[Any] = []
        for number in range(self.pick(2, 2, 3)):
            if number and self.chance(4):
                towers.append("identity")
                continue
            start, at = self.start(scope, shape) if number else ([], shape)
            towers.append([*start, *self.body(scope, at, depth - 1, shape)])
        merge, end = self.pick(*MERGES, "add relu", "scaled-add 0.2"), shape
        if shape[-1] <= 16 or scope.base == shape:
            merge, end = self.pick((merge, end), ("concat", (*shape[:-1], len(towers) * shape[-1])))
        return [self.look({"towers": towers, "merge": merge})], end

    def start(self, scope: Scope, shape: Shape) -> Made:
        """What a tower or an output may begin with."""
        name = self.take(scope, lambda other: True) if self.chance(3) else ""
        if name:
            return [f"from {name}"], scope.free[name]
        if self.chance(8):
            return [f"{self.pick('learned', 'constant')} {scope.stated(*shape)}"], shape
        return [], shape

    def copies(self, scope: Scope, shape: Shape, depth: int) -> Made:
        scope.closed += 1
        body = self.body(scope, shape, depth - 1, shape)
        scope.closed -= 1
        times = self.pick("2", "5")
        item: dict[str, Any] = {"towers": times, "of": body, "merge": self.pick(*MERGES)}
        if self.chance(3):
            item["shared"] = "yes"
        return [self.look(item)], shape

    def residual(self, scope: Scope, shape: Shape, depth: int) -> Made:
        main, end = self.series(scope, shape, depth - 1)
        item: dict[str, Any] = {"residual": main}
        if end != shape or self.chance(3):
            item["shortcut"] = self.body(scope, shape, 0, end)
        if self.chance(2):
            item["merge"] = self.pick("add relu", "add layer-norm", "multiply", "mean")
        return [self.look(item)], end

    def graph(self, scope: Scope, shape: Shape, depth: int) -> Made:
        outside = [name for name, other in scope.free.items() if other == shape]
        outside = [name for name in outside if name not in scope.many]
        nodes: dict[str, Any] = {}
        edges: list[str] = []
        loose: dict[str, None] = {}
        for number in range(self.pick(1, 2, 3)):
            tails = self.draw(
                st.lists(
                    st.sampled_from(["in", *nodes, *outside]), min_size=1, max_size=3, unique=True
                )
            )
            if not number:
                tails = ["in", *(tail for tail in tails if tail != "in")]
            scope.taken |= {tail for tail in tails if tail in outside}
            loose = {name: None for name in loose if name not in tails} | {f"n{number}": None}
            nodes[f"n{number}"] = ["add"] * (len(tails) > 1) + self.body(scope, shape, 0, shape)
            edges += [f"{tail} -> n{number}" for tail in tails]
        nodes["last"] = ["add"] if len(loose) > 1 else ["relu"]
        edges += [f"{name} -> last" for name in loose] + ["last -> out"]
        return [self.look({"graph": {"nodes": nodes, "edges": edges}})], shape

    # ---- modules -----------------------------------------------------------------------------

    def call(self, scope: Scope, shape: Shape, depth: int) -> Made:
        """A call of a module that fits, or of a new one."""
        fit = [one for one in self.known if self.fits(one, scope, shape)]
        module = self.pick(*fit, *fit, None)
        if (module is None and len(self.known) > 3) or (module is None and not depth):
            return self.layer(scope, shape, 0)
        module = module or self.module(scope, shape)
        words, named = [module.name, scope.sides(shape)], False
        for parameter, those in module.takes.items():
            text = self.pick(*those, *[parameter] * (parameter in scope.takes))
            named = named or self.chance(3)
            if parameter in DEFAULTS and self.chance(3):
                named = True  # those behind it cannot come in order any more
            else:
                words.append(f"{parameter}={text}" if named else text)
        said = " ".join(words)
        for name in module.inputs:
            taken = self.take(scope, lambda other: other == shape)
            words.append(f"{name}={taken}")
        for name, inside in module.gives.items():
            words.append(f"{name}={self.name(scope, module.carried(inside, shape))}")
        if not scope.base and depth:
            if said in self.called and self.chance(2):
                words.append("shared")
            self.called.add(said)
        same = module.end == module.shape and not module.gives
        if "p_l" in scope.takes and same and self.chance(3):
            words.append("when=p_l")
        return [" ".join(words)], module.carried(module.end, shape)

    def fits(self, module: Module, scope: Scope, shape: Shape) -> bool:
        if module.gives and scope.closed:
            return False
        single = [s for name, s in scope.free.items() if name not in scope.many]
        return len(module.shape) == len(shape) and (not module.inputs or shape in single)

    def module(self, outside: Scope, shape: Shape) -> Module:
        """A new module."""
        name, scope = f"m{len(self.modules)}", Scope(shape)
        self.modules[name] = {}  # takes its place
        asked = self.draw(st.lists(st.sampled_from([*TAKES]), max_size=4, unique=True))
        asked.sort(key=lambda one: one in DEFAULTS)
        scope.takes = {one: TAKES[one] for one in asked}
        if outside.free and not outside.closed and self.chance(2):
            like = [key for key, other in outside.free.items() if other == shape]
            if any(key not in outside.many for key in like):
                scope.free = {"memory": shape}
        inputs = tuple(scope.free)
        items, end = self.series(scope, shape, 1)
        gives: dict[str, Shape] = {}
        if not outside.closed and self.chance(2):
            left = [key for key in scope.free if key not in {*scope.many, *inputs}]
            gives = {key: scope.free[key] for key in left[:1]}
        items += self.rest(scope, end, {*gives})
        takes = [f"{one}={DEFAULTS[one]}" if one in DEFAULTS else one for one in asked]
        form = items[0] if len(items) == 1 and isinstance(items[0], dict) else {}
        whole = not {"residual", "towers", "graph"}.isdisjoint(form) and form.keys() <= {
            "residual", "towers", "graph", "of", "merge", "shortcut"
        }  # fmt: skip
        spec = {"takes": takes, "inputs": [*inputs], "gives": [*gives]}
        spec = {key: value for key, value in spec.items() if value}
        self.modules[name] = {**spec, **(form if whole else {"layers": items})}
        for key in ("label", "title"):
            if self.chance(3):
                self.modules[name][key] = self.pick(*WORDS)
        if "p_k" in asked and self.chance(2):
            self.modules[name]["label"] = "block of {p_k}×{p_k}"
        if self.chance(2):
            self.modules[name]["color"] = self.pick("yellow", "orange", "#88aacc", "dense")
        made = Module(name, shape, end, scope.takes, inputs, gives)
        self.known.append(made)
        return made

    # ---- the network -------------------------------------------------------------------------

    def network(self) -> dict[str, Any]:
        scope = Scope()
        shape: Shape = self.pick((16, 16, 16), (8, 8, 32), (12, 16), (16,), (4, 8, 8, 8))
        items: list[Any] = [f"input {scope.stated(*shape)}"]
        for number in range(self.draw(st.integers(1, 3))):
            if number:
                start, shape = self.strand(scope, shape)
                items += start
            strand, shape = self.series(scope, shape, 2, 4)
            if self.chance(3):
                title = {"stage": self.pick(*WORDS), "of": strand}
                strand = [self.look(title)]
            items += strand
            if self.chance(6):
                items.append({"auxiliary": self.aside(scope, shape)})
        if self.chance(3):
            items += self.rest(scope, shape, set())
            items.append({"outputs": self.outputs(scope, shape)})
        items += self.rest(scope, shape, set())
        spec: dict[str, Any] = {"title": self.pick(*WORDS), "network": items}
        if self.modules:
            spec["modules"] = self.modules
        if self.chance(3):
            spec["figure"] = self.figure()
        return spec

    def strand(self, scope: Scope, shape: Shape) -> Made:
        """A name for what came before, and another start."""
        named: list[Any] = [f"relu as={self.name(scope, shape)}"]
        if self.chance(3):
            shape = self.pick((16, 16, 16), (12, 16), (16,))
            return [*named, f"{self.pick('input', 'learned')} {scope.stated(*shape)}"], shape
        several = self.chance(3)
        name = self.take(scope, lambda other: True, several=several)
        shape = scope.free[name]
        if name in scope.many:
            return [*named, f"from {name}", self.pick("add", "maximum")], shape
        other = self.take(scope, lambda other: other == shape) if several else ""
        if other and other != name:
            return [*named, f"from {name} {other}", "mean"], shape
        return [*named, f"from {name}"], shape

    def aside(self, scope: Scope, shape: Shape) -> list[Any]:
        outside, taken = dict(scope.free), set(scope.taken)
        items, end = self.series(scope, shape, 0)
        items += self.rest(scope, end, {*outside})
        scope.taken = taken | (scope.taken & outside.keys())
        scope.free = outside
        return items

    def outputs(self, scope: Scope, shape: Shape) -> dict[str, Any]:
        scope.closed += 1
        branches: dict[str, Any] = {}
        for name in ("boxes", "classes, 8×8", "third")[: self.pick(2, 3)]:
            start, at = self.start(scope, shape) if branches else ([], shape)
            branches[name] = [*start, *self.series(scope, at, 1)[0]]
        scope.closed -= 1
        return branches

    def figure(self) -> dict[str, Any]:
        return {
            "notes": [self.pick(*WORDS)],
            "detail": self.pick("compact", "full", "filters", ["shapes", "macs"]),
            "title": self.pick("yes", "no"),
            "legend": self.pick("yes", "no"),
            "open": self.pick("none", "modules", ["modules", "attention"], [*self.modules]),
            "panels": [*self.modules][::-1],
        }


@st.composite
def raw_specs(draw: st.DrawFn, previous: bool = False) -> dict[str, Any]:
    """Whole specs in which numbers of modules are in marks."""
    return Writer(draw, previous).network()


def specs(previous: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Whole specs."""
    return raw_specs(previous).map(natural)


def several(count: int, number: int = 1) -> list[str]:
    """So many specs as JSON, equal ones for equal seeds."""
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(specs(previous=True))
    def keep(spec: dict[str, Any]) -> None:
        found.append(json.dumps(spec, ensure_ascii=False))

    keep()
    return found
