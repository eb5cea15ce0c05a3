"""Random layers that fit the shape at a place, and the values that they give and take by name."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

from hypothesis import strategies as st
from random_specs import WORDS as TEXTS

Shape = tuple[int, ...]
Made = tuple[list[Any], Shape]
"""Items, and the shape behind them."""
WORDS = tuple(TEXTS.elements)  # type: ignore[attr-defined]
SIDES = {1: ("features",), 2: ("length", "features"), 3: ("height", "width", "channels")}
"""Names of the sides of what comes in, by how many it has."""
NAMES = ("a", "memory", "conv", "mish", "from", "x", "channels", "skip_2", "a-long-name-of-a-value")
ACTS = ("relu", "gelu", "tanh", "leaky-relu", "prelu", "linear")
NORMS = ("batch-norm", "layer-norm", "rms-norm", "group-norm", "batch-norm-frozen", "no-norm")
TAKES = {
    "p_k": ("1", "3", "5"),
    "p_a": ACTS,
    "p_n": NORMS[:-1],
    "p_p": ("max-pool", "avg-pool"),
    "p_l": ("0", "1"),
    "p_r": ("1", "2", "3"),
    "p_w": ("8", "12"),
}
"""Parameters of modules and what they can be: none changes the shape of what goes out."""
DEFAULTS = {"p_k": "3", "p_a": "relu", "p_l": "1", "p_w": "channels", "p_n": "batch-norm"}
MERGES = ("add", "multiply", "mean", "minimum", "maximum")


class Scope:
    """What can be seen in the network, or in a module, into which ``base`` comes."""

    def __init__(self, base: Shape = ()) -> None:
        self.base = base
        self.free: dict[str, Shape] = {}
        self.many: set[str] = set()
        self.taken: set[str] = set()
        self.takes: dict[str, tuple[str, ...]] = {}
        self.closed = 0
        """Above 0, nothing can have a name: in one of many equal towers."""

    def stated(self, *shape: int) -> str:
        """A shape, or channels alone; in a module in words of what comes in, in marks."""
        if not self.base:
            return "x".join(map(str, shape))
        *names, last = SIDES[len(self.base)]
        if len(shape) < len(self.base):
            names = ["*".join(names)] * (len(shape) - 1)
        ratio = Fraction(shape[-1], self.base[-1])
        text = last if ratio.numerator == 1 else f"{ratio.numerator}*{last}"
        text = text if ratio.denominator == 1 else f"{text}/{ratio.denominator}"
        return f"«{'x'.join([*names, text])}»"

    def sides(self, shape: Shape) -> str:
        """What comes into a call, in marks."""
        return f"‹{self.stated(*shape).strip('«»').replace('x', '|')}›"


def _elsewhere(sides: Shape, last: int, wide: int, post: str) -> list[tuple[str, Shape]]:
    """Layers with numbers of their own that change a shape; only for the network itself."""
    if len(sides) in (2, 3) and min(sides) > 4:
        half, dim = tuple(-(-side // 2) for side in sides), "-3d" if len(sides) == 3 else ""
        kernel = "x".join(["3"] * len(sides))
        return [
            (f"max-pool{dim} {kernel} /2 same", (*half, last)),
            (f"conv{dim} {kernel} {wide} /2 half {post}", (*half, wide)),
            ("global-avg-pool keep", (*(1 for _ in sides), last)),
        ]
    if len(sides) == 2:
        twice = 2 * sides[0], 2 * sides[1]
        return [
            ("upsample 2", (*twice, last)),
            (f"conv-transpose 2x2 {wide} /2 {post}", (*twice, wide)),
            ("zero-pad 1", (sides[0] + 2, sides[1] + 2, last)),
            ("crop 1x1", (1, 1, last)),
            ("flatten", (prod(sides) * last,)),
            (f"reshape 1x{sides[0]}x{sides[1]}x{last}", (1, *sides, last)),
        ]
    if len(sides) == 1:
        more = [(f"reshape {sides[0]}x1x{last}", (sides[0], 1, last))]
        return [*more, ("class-token 1", (sides[0] + 1, last))]
    return [] if sides else [(f"reshape 1x{last}", (1, last)), ("embedding 16 words=9", (last, 16))]


class Layers:
    """Writes layers, and values that they take."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0
        """Of the values that have a name."""

    def pick(self, *those: Any) -> Any:
        return those[self.draw(st.integers(0, len(those) - 1))]

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    # ---- values ------------------------------------------------------------------------------

    def name(self, scope: Scope, shape: Shape) -> str:
        """A new name for a value."""
        self.count += 1
        name = str(self.pick(*NAMES))
        name = f"{name}{self.count}" if name in scope.free else name
        scope.free[name] = shape
        return name

    def take(self, scope: Scope, fits: Callable[[Shape], bool], several: bool = False) -> str:
        """A value that fits; empty where there is none."""
        many = () if several else scope.many
        known = [name for name, shape in scope.free.items() if fits(shape) and name not in many]
        name = str(self.pick(*known)) if known else ""
        scope.taken |= {name}
        return name

    def rest(self, scope: Scope, shape: Shape, keep: set[str]) -> list[Any]:
        """A merge of the values that nothing has taken."""
        left = [name for name in scope.free if name not in scope.taken | keep]
        scope.taken |= {*left}
        text = f"{' '.join(left)} shape={scope.stated(*shape)}"
        return [{"op-merge": text, "label": "all of it"}] if left else []

    # ---- layers ------------------------------------------------------------------------------

    def post(self, scope: Scope) -> str:
        """What follows a convolution or a dense layer."""
        norm, act = self.pick("", "", *NORMS), self.pick("", "", *ACTS)
        if "p_a" in scope.takes:
            act = self.pick(act, "act=p_a")
        if "p_n" in scope.takes:
            norm = self.pick(norm, "norm=p_n")
        more = self.pick(*[""] * 8, "frozen", "depth=0", "hidden", "color=orange", "caption=here")
        return f"{norm} {act} {more}"

    def kernel(self, scope: Scope, dims: int) -> str:
        side = "p_k" if "p_k" in scope.takes and self.chance(2) else self.pick("1", "3", "5")
        return "x".join([side] * dims)

    def keeping(self, scope: Scope, shape: Shape) -> str:
        """A layer that keeps the shape."""
        channels, half = scope.stated(shape[-1]), scope.stated(shape[-1] // 2)
        kernel, post = self.kernel(scope, len(shape) - 1), self.post(scope)
        dim, pad = ("", "-1d", "", "-3d")[len(shape) - 1], self.pick("same", "half")
        rows = [
            f"conv{dim} {kernel} {channels} {pad} {post}",
            f"conv{dim} {kernel} {channels} dilation=2 groups=2 {pad} {post}",
            f"sep-conv{dim} {kernel} {channels} {pad} {post}",
            f"depthwise-conv{dim} {kernel} {pad} {post}",
            f"conv-transpose{dim} {kernel} {channels} {pad} {post}",
            f"{self.pick('max-pool', 'avg-pool')}{dim} {kernel} /1 same",
            f"feed-forward {half} {self.pick('', 'gated', 'gelu', 'gated silu no-bias')}",
            f"mixture-of-experts 4 active=2 inner={half} {self.pick('', 'gated')}",
            f"attention 2 {self.pick('', 'kv-heads=1', 'head-width=4', 'causal', 'window=3')} "
            f"{self.pick('', 'rotary', 'no-bias', 'no-bias out-bias=yes', 'layer-norm')}",
            "position",
        ]
        kind, more = self.pick("lstm", "rnn", "gru"), self.pick("", "biases=2", "no-bias")
        special = {
            1: [f"dense {channels} {post}"],
            2: [
                f"conv-1d {kernel} {channels} causal {post}",
                f"{kind} {channels} {more}",
                f"{kind} {half} bidirectional {more}",
                f"gru {channels} reset-after",
                f"dense {channels} {post}",
                "sinusoidal-position",
            ],
            3: ["lrn", "channel-shuffle 2", f"conv {kernel} {channels} {pad} {post}"],
            4: [],
        }[len(shape)]
        if "p_p" in scope.takes and len(shape) == 3:
            special += [f"p_p {kernel} /1 same"] * 3
        if "p_w" in scope.takes and len(shape) > 1:
            special += ["feed-forward p_w gated", "attention 2 width=p_w"]
        plain = ["relu", "batch-norm", "rms-norm", "dropout 0.1", "scale", "mish", "leaky-relu"]
        even = shape[-1] % 2 == 0
        layer = self.pick(
            *plain, *(rows if len(shape) > 1 and even else []), *special[: 1 + 9 * even]
        )
        when = " when=p_l" if "p_l" in scope.takes and self.chance(3) else ""
        return " ".join(layer.split()) + when

    def changing(self, scope: Scope, shape: Shape) -> tuple[str, Shape]:
        """A layer that changes the shape, and what it makes of it."""
        *most, last = shape
        sides, dims = tuple(most), len(most)
        base = scope.base[-1] if scope.base else 16
        wide, post = self.pick(base // 2, base, 2 * base), self.post(scope)
        made = [self.fit(scope, shape, (*sides, wide), post)]
        if dims == 1:
            made += [f"{self.pick('lstm', 'gru')} {scope.stated(wide)} last", "select last"]
        ends = [(*sides, wide), (wide,), (last,)][: len(made)]
        if dims in (1, 2):
            made += [self.pick("global-avg-pool", "global-max-pool")]
            ends += [(last,)]
        if dims == 2:
            ends += [(prod(sides), last)]
            made += [f"reshape {scope.stated(*ends[-1])}"]
        if not scope.base:
            for text, end in _elsewhere(sides, last, wide, post):
                made, ends = [*made, text], [*ends, end]
        at = self.draw(st.integers(0, len(made) - 1))
        return " ".join(made[at].split()), ends[at]

    def fit(self, scope: Scope, shape: Shape, end: Shape, post: str = "") -> str:
        """A layer that makes one shape of another."""
        if shape[:-1] != end[:-1]:
            return f"op shape={scope.stated(*end)} label=fit"
        kind = ("dense", "conv-1d 1", "conv 1x1", "conv-3d 1x1x1")[len(shape) - 1]
        return f"{kind} {scope.stated(end[-1])} {post}".strip()

    def taking(self, scope: Scope, shape: Shape) -> Made:
        """A layer that takes a value."""
        name = self.take(scope, lambda other: True, several=True)
        other, one = scope.free[name], name not in scope.many
        made = [(f"op-merge {name} shape={scope.stated(*shape)}", shape)]
        if other == shape:
            made = [(f"{self.pick(*MERGES)} {name} {self.pick('', 'relu', 'layer-norm')}", shape)]
            if one and shape[-1] <= 32:
                made.append((f"concat {name}", (*shape[:-1], 2 * shape[-1])))
        if one and len(shape) > 1 and len(other) > 1:
            made.append((f"attention 1 from={name} width={scope.stated(shape[-1])}", shape))
        if one and len(shape) > 1 and other == shape[-1:]:
            made.append((f"{self.pick('multiply', 'add')} {name}", shape))
        if one and len(shape) == 2 and len(other) == 1:
            text = f"lstm {scope.stated(other[-1])} state={name}"
            made.append((text, (shape[0], other[-1])))
        if one and not scope.base and len(shape) == len(other) == 3:
            fits = [ours >= theirs for ours, theirs in zip(shape[:2], other[:2], strict=True)]
            made += [(f"crop to={name}", (*other[:2], shape[2]))] * all(fits)
            fits = [ours <= theirs for ours, theirs in zip(shape[:2], other[:2], strict=True)]
            made += [(f"zero-pad to={name}", (*other[:2], shape[2]))] * all(fits)
        if one and not scope.base and len(shape) == len(other) == 2 and other[1] == shape[0]:
            made.append((f"matmul from={name}", (other[0], shape[1])))
        text, end = self.pick(*made)
        return [text.strip()], end
