"""Hypothesis strategies that write random, valid specs.

Run as a program, prints forty of them, a line of JSON each: those that have goldens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        "a",
        "Inception-ResNet-A",
        "squeeze and excite",
        "W" * 30,
        "iiii",
        "Übergröße",
        "module with a very long name that no box of two units can hold",
        "x-y",
        "漢字のブロック",
        "<b>&amp;\"'",
        "conv",
        "1×1",
    ]
)
ACTIVATION = st.sampled_from(
    ["", " relu", " batch-norm", " batch-norm relu", " tanh", " batch-norm gelu", " softmax"]
)


@st.composite
def layer(draw: st.DrawFn) -> Any:
    """A layer that keeps the shape of a map, and its channels (8) too."""
    kind = draw(
        st.sampled_from(
            [
                "conv 3x3 8 same",
                "conv 1x1 8",
                "conv 11x11 8 same",
                "sep-conv 3x3 8 same",
                "depthwise-conv 3x3 same",
                "max-pool 3x3 /1 same",
                "avg-pool 5x5 /1 same",
                "attention 2",
                "attention 8 kv-heads=2 causal window=5",
                "feed-forward 16 gated silu",
                "mixture-of-experts 4 active=2 inner=8",
                "relu",
                "batch-norm",
                "dropout 0.5",
                "lrn",
            ]
        )
    )
    if "conv" not in kind:
        return kind
    kind += draw(ACTIVATION)
    if draw(st.integers(0, 5)) == 0:
        name, _, rest = kind.partition(" ")
        return {name: rest, "label": draw(WORDS)}
    return kind


MERGE = st.sampled_from(
    ["add", "add relu", "add batch-norm relu", "multiply", "scaled-add 0.1 relu"]
)
CONCAT = st.sampled_from(["concat", "concat relu", "concat batch-norm relu"])
NARROW = "conv 1x1 8"


def series(depth: int, modules: Sequence[str], least: int = 1) -> st.SearchStrategy[list[Any]]:
    return _series(depth, tuple(modules), least)


@cache  # to make strategies anew takes as long as to draw from them
def _series(depth: int, modules: tuple[str, ...], least: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(_item(depth, modules), min_size=least, max_size=4)


@cache
def _item(depth: int, modules: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """An item of a series that maps H×W×8 to H×W×8."""
    leaves: list[st.SearchStrategy[Any]] = [layer(), layer()]
    if modules:
        leaves.append(st.sampled_from(modules))
    if depth <= 0:
        return st.one_of(leaves)
    inner = series(depth - 1, modules)
    return st.one_of(
        *leaves,
        st.fixed_dictionaries({"repeat": st.sampled_from([1, 2, 3, 12]), "of": inner}).filter(
            _small
        ),
        st.fixed_dictionaries(
            {
                "towers": st.lists(st.one_of(inner, st.just("identity")), min_size=2, max_size=4),
                "merge": MERGE,
            }
        ),
        st.fixed_dictionaries(
            {"towers": st.sampled_from([2, 3, 5, 32]), "of": inner, "merge": MERGE}
        ).filter(_small),
        st.fixed_dictionaries(
            {"residual": inner, "shortcut": st.one_of(st.just("identity"), inner), "merge": MERGE}
        ),
        forked(depth, modules),
        graph(depth, modules),
    )


def _small(node: dict[str, Any]) -> bool:
    """Not repeats in repeats in repeats, which only make a test slow."""
    text = str(node)
    return text.count("repeat") + text.count("'of'") <= 3


@st.composite
def forked(draw: st.DrawFn, depth: int, modules: Sequence[str]) -> Any:
    """Towers of which some end in a fork, narrowed to eight channels behind the concat."""
    towers: list[Any] = []
    for _ in range(draw(st.integers(2, 3))):
        tower = draw(series(depth - 1, modules))
        if draw(st.booleans()):
            ends = [draw(series(0, [])) for _ in range(draw(st.integers(2, 3)))]
            tower = [*tower, {"fork": ends}]
        towers.append(tower)
    block = {"towers": towers, "merge": draw(CONCAT)}
    return {"residual": [block, NARROW], "merge": "add"}


@st.composite
def graph(draw: st.DrawFn, depth: int, modules: Sequence[str], more: tuple[str, ...] = ()) -> Any:
    """A random acyclic graph in which every node is reached and reaches the output.

    ``more`` names what an edge may start from besides ``in``.
    """
    count = draw(st.integers(1, 6))
    names = [f"n{number}" for number in range(count)]
    edges: set[tuple[str, str]] = set()
    for number, name in enumerate(names):
        earlier = ["in", *names[:number], *(more if number else ())]
        for tail in draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=3, unique=True)):
            edges.add((tail, name))
    loose = [name for name in names if not any(tail == name for tail, _ in edges)]
    nodes: dict[str, Any] = {}
    for name in names:
        inner = draw(series(min(depth - 1, 0), modules))
        merges = sum(head == name for _, head in edges) > 1
        nodes[name] = ["add", *inner] if merges else inner
    nodes["last"] = ["add"] if len(loose) > 1 else ["conv 1x1 8"]
    edges |= {(name, "last") for name in loose}
    edges.add(("last", "out"))
    return {
        "graph": {"nodes": nodes, "edges": [f"{tail} -> {head}" for tail, head in sorted(edges)]}
    }


def unrolled(node: Any, modules: dict[str, Any]) -> int:
    """About how many layers a node stands for, repeats and modules written out."""
    if isinstance(node, str):
        return unrolled(modules[node].get("layers", []), modules) if node in modules else 1
    if isinstance(node, list):
        return sum(unrolled(entry, modules) for entry in node)
    times = node.get("repeat", node.get("towers", 1))
    total = sum(unrolled(v, modules) for v in node.values() if isinstance(v, list | dict))
    return 1 + total * (times if isinstance(times, int) else 1)


@st.composite
def beginning(draw: st.DrawFn) -> list[Any]:
    """One input, towers of several, or a graph of several."""
    form = draw(st.integers(0, 4))
    if form < 3:
        return ["input 32x32x8"]
    starts = [["input 32x32x8", *draw(series(0, []))] for _ in range(draw(st.integers(2, 3)))]
    if form == 3:
        return [{"towers": starts, "merge": draw(MERGE)}]
    nodes: dict[str, Any] = {f"i{number}": start for number, start in enumerate(starts)}
    nodes |= {"a": ["add", *draw(series(0, []))], "b": ["add"], "c": ["add"]}
    edges = [f"{name} -> {to}" for name in nodes if name[0] == "i" for to in "ab"]
    return [{"graph": {"nodes": nodes, "edges": [*edges, "a -> c", "b -> c -> out"]}}]


@st.composite
def specs(draw: st.DrawFn, with_graphs: bool = True) -> dict[str, Any]:
    """A whole spec: modules that call one another, heads, notes, long labels."""
    modules: dict[str, Any] = {}
    known: list[str] = []
    for number in range(draw(st.integers(0, 3))):
        name = f"m{number}"
        modules[name] = {
            "color": draw(st.sampled_from(["yellow", "green", "orange"])),
            "label": draw(WORDS),
            "title": draw(WORDS),
            "layers": draw(series(2, list(known))),
        }
        known.append(name)
        if with_graphs and draw(st.booleans()):
            del modules[name]["layers"]
            modules[name] |= draw(graph(1, known[:-1], ("previous",)))
    body: list[Any] = [*draw(beginning()), *draw(series(2, known, least=1)), *known]
    if draw(st.booleans()):
        side = ["input 32x32x8", *draw(series(1, []))]
        body.append({"towers": ["identity", side], "merge": draw(MERGE)})
    heads = draw(st.integers(0, 3))
    for _ in range(heads):
        head = ["global-avg-pool", "dense 1024 relu", "dense 1000 softmax"]
        if draw(st.booleans()):
            head = ["avg-pool 5x5 /3", "conv 1x1 8 relu", "flatten", *head[1:]]
        side = draw(st.sampled_from(["auto", "above", "below"]))
        entry: dict[str, Any] = {"auxiliary": head}
        if side != "auto":
            entry["side"] = side
        body.insert(draw(st.integers(2, len(body))), entry)
    body += draw(st.sampled_from([[], ["global-avg-pool", "dense 4096 relu", "dense 10 softmax"]]))
    spec: dict[str, Any] = {"title": draw(WORDS), "network": body}
    if modules:
        spec["modules"] = modules
    assume(unrolled(body, modules) < 20_000)
    if draw(st.booleans()):
        spec["figure"] = {"notes": [draw(WORDS) * draw(st.integers(1, 5))]}
    return spec


def forty() -> list[str]:
    """Forty specs of a fixed seed as JSON: neither tiny nor large, no two alike."""
    found: list[str] = []

    @seed(8)
    @settings(
        max_examples=2000,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(specs())
    def keep(spec: dict[str, Any]) -> None:
        text = json.dumps(spec, ensure_ascii=False)
        if 300 < len(text) < 900:
            found.append(text)

    keep()
    return found[:: len(found) // 40][:40]  # neighbours are often the same but for a word


if __name__ == "__main__":
    print("\n".join(forty()))
