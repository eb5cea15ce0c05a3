"""Random PyTorch networks, live and from each kind of file, against what PyTorch says of them.

    python tests/benchmark_torch_networks.py --count 200 --seed 1
    python tests/benchmark_torch_networks.py --seed 17 --count 1 --show wrong,said,refused
    python tests/benchmark_torch_networks.py --count 500 --ways live,pt2

Each seed is one network (see ``torch_networks.py``). Parameters are counted by the module itself,
shapes are those that came out of it and of each of its layers, multiply-adds those that PyTorch's
own ``FlopCounterMode`` counts. A wrong number that the report does not speak of is a fault, and
the status 1. What exporters fold or add on the way to ONNX stands apart: there the figure has what
the file has. ONNX files need ``onnx``, and ``onnxscript``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archviz.errors import ArchvizError
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import Imported, import_layers
from archviz.importers.read.torch import layers_of_torch
from archviz.importers.sources import read_model
from archviz.network.analysis import analyse

from compare_exporters import quiet  # isort: skip
from torch_networks import Made, network  # isort: skip

OUTCOMES = ("right", "remarked", "sides of 1", "as exported", "said", "refused", "wrong")
"""Right and nothing said; right with a remark; right but for sides of 1 too many; what the
exporter has made of it; other and said so; no figure; other, unsaid."""
EXPORTED = ("as exported: ",)
ONES = "sides of 1: "
MOVING = ("running_mean", "running_var")


class Truth(NamedTuple):
    """What PyTorch says of a network, of one example."""

    parameters: int
    trained: int
    macs: float
    ends: tuple[tuple[int, ...], ...]
    """Shapes of what goes out, each sorted, without the batch."""
    layers: Mapping[str, frozenset[tuple[int, ...]]]
    """Shapes that layers gave, by their paths."""
    paths: Mapping[str, str]
    """The first path of each layer, by all that it has."""
    folded: tuple[int, ...]
    """By how many parameters each batch norm goes into the convolution before it."""


class Verdict(NamedTuple):
    outcome: str
    why: str = ""


def truth_of(made: Made) -> Truth:
    """Everything that a figure is held against."""
    module, given = made.module.double(), tuple(_double(one) for one in made.given)
    batch = given[0].shape[0]
    shapes: dict[str, set[tuple[int, ...]]] = {}
    more: list[int] = []
    hooks = []
    for path, part in module.named_modules():
        if isinstance(part, torch.nn.Bilinear):
            hooks.append(part.register_forward_hook(_products_of(more)))
        if not any(True for _ in part.children()) and type(part).__module__.startswith("torch.nn"):
            hooks.append(part.register_forward_hook(_noting(shapes.setdefault(path, set()))))
    torch.backends.mha.set_fastpath_enabled(False)
    torch.set_default_dtype(torch.float64)
    with (
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        found = module(*given)
    torch.set_default_dtype(torch.float32)
    for hook in hooks:
        hook.remove()
    ends = found if isinstance(found, tuple) else (found,)
    module.float()
    moving = sum(one.numel() for name, one in module.named_buffers() if name.endswith(MOVING))
    own = [(one.numel(), one.requires_grad) for one in module.parameters()]
    first: dict[int, str] = {id(part): path for path, part in module.named_modules()}
    every = module.named_modules(remove_duplicate=False)
    norms = [p for p in module.modules() if isinstance(p, torch.nn.modules.batchnorm._BatchNorm)]
    return Truth(
        sum(size for size, _ in own) + moving,
        sum(size for size, trained in own if trained),
        (counter.get_total_flops() / 2 + sum(more)) / batch,
        tuple(sorted(_sorted(one) for one in ends)),
        {path: frozenset(some) for path, some in shapes.items()},
        {path: first[id(part)] for path, part in every},
        tuple(3 * norm.num_features for norm in norms),
    )


def _double(value: Any) -> Any:
    return value.double() if value.is_floating_point() else value


def _products_of(found: list[int]) -> Any:
    """PyTorch counts none for what is bilinear: it has one for each result and weight of it."""

    def note(part: Any, given: Any, out: Any) -> None:
        found.append(out.numel() * part.weight[0].numel())

    return note


def _noting(shapes: set[tuple[int, ...]]) -> Any:
    def note(part: Any, given: Any, found: Any) -> None:
        if isinstance(found, torch.Tensor):
            shapes.add(_sorted(found))

    return note


def _sorted(value: Any) -> tuple[int, ...]:
    """A shape without its batch, and without the order of its axes; figures have channels last."""
    return tuple(sorted(value.shape[1:]))


# ---- the ways -----------------------------------------------------------------------------------


def live(made: Made, folder: str) -> LayerGraph:
    return layers_of_torch(made.module, made.given)


def program(made: Made, folder: str) -> LayerGraph:
    path = os.path.join(folder, "net.pt2")
    torch.export.save(torch.export.export(made.module, made.given), path)
    return read_model(path)


def older(made: Made, folder: str) -> LayerGraph:
    return _onnx(made, folder, dynamo=False)


def newer(made: Made, folder: str) -> LayerGraph:
    return _onnx(made, folder, dynamo=True)


def _onnx(made: Made, folder: str, dynamo: bool) -> LayerGraph:
    path = os.path.join(folder, "net.onnx")
    with quiet():
        torch.onnx.export(made.module, made.given, path, dynamo=dynamo)
    return read_model(path)


WAYS: Mapping[str, Callable[[Made, str], LayerGraph]] = {
    "live": live,
    "pt2": program,
    "older": older,
    "newer": newer,
}


# ---- verdicts -----------------------------------------------------------------------------------


def problems_of(graph: LayerGraph, made: Imported, truth: Truth, onnx: bool) -> list[str]:
    """What a figure has otherwise than PyTorch says."""
    totals = analyse(made.network).totals
    found = totals.parameters
    unused = sum(size for _, size in made.unused)
    problems = []
    if found + unused != truth.parameters and not (
        onnx and _is_folded(truth.parameters - found, truth.folded)
    ):
        words = EXPORTED[0] if onnx else ""
        problems.append(f"{words}{found:,} parameters, truly {truth.parameters:,}")
    trained = found - totals.non_trainable
    if not onnx and trained + unused != truth.trained and not unused:
        problems.append(f"{trained:,} trained, truly {truth.trained:,}")
    if totals.macs != truth.macs:
        words = EXPORTED[0] if onnx and (totals.macs or 0) < truth.macs else ""
        problems.append(f"{words}{totals.macs:,} multiply-adds, truly {truth.macs:,}")
    shapes = {node.id: node.shape for node in graph.nodes}
    ends = [shapes[name] for name in graph.outputs]
    wrong = [one for one in truth.ends if not any(_alike(one, end) for end in ends)]
    wrong += [end for end in ends if not any(_alike(one, end) for one in truth.ends)]
    if wrong:
        ones = {_solid(one) for one in truth.ends} == {_solid(end) for end in ends}
        words = ONES if ones else ""
        problems.append(f"{words}ends {ends}, truly {sorted(truth.ends)}")
    given: dict[str, list[tuple[int, ...]]] = {}
    for node in graph.nodes:
        if node.kind in LAYERS:
            path = ".".join(node.scope)
            given.setdefault(truth.paths.get(path, path), []).append(node.shape)
    for path, some in truth.layers.items() if not onnx else ():
        found = given.get(path, [])
        missing = [one for one in some if not any(_alike(one, shape) for shape in found)]
        if len(found) >= len(some) and missing:  # of several calls, some can be other layers
            words = ONES if {*map(_solid, missing)} <= {*map(_solid, found)} else ""
            problems.append(f"{words}{path}: {found}, truly {missing}")
    return problems


LAYERS = ("conv", "conv-1d", "conv-3d", "conv-transpose", "conv-transpose-3d", "dense", "lstm",
          "gru", "rnn", "max-pool", "avg-pool", "max-pool-3d", "avg-pool-3d",
          "embedding")  # fmt: skip
"""Kinds that are one module of PyTorch, and give what it gives."""


def _alike(true: tuple[int, ...], shape: Any) -> bool:
    """Whether a shape is another one but for the order of its axes, and sides of 1.

    Rows may be a map of height 1, and a map of 1×1 is drawn as a vector.
    """
    return _solid(true) == _solid(shape) and len(shape) <= max(len(true), 1) + (len(true) == 2)


def _solid(shape: Any) -> tuple[int, ...]:
    return tuple(sorted(side for side in shape if side != 1))


def _is_folded(away: int, folded: tuple[int, ...]) -> bool:
    """Whether so many parameters are away because batch norms went into convolutions."""
    return any(
        sum(some) <= away <= sum(some) * 4 // 3
        for number in range(len(folded) + 1)
        for some in combinations(folded, number)
    )


def verdict(way: str, made: Made, truth: Truth) -> Verdict:
    """What becomes of a network, read in one way."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            graph = WAYS[way](made, folder)
            imported = import_layers(graph, "net", "net")
        except ArchvizError as error:
            return Verdict("refused", str(error).replace("\n", " ")[:300])
        except Exception as error:  # whatever an exporter raises
            return Verdict("not exported", f"{type(error).__name__}: {str(error)[:200]}")
    onnx = way in ("older", "newer")
    problems = problems_of(graph, imported, truth, onnx)
    if not problems:
        return Verdict("right" if imported.plain else "remarked", imported.report)
    return Verdict(_outcome(problems, imported, onnx), f"{'; '.join(problems)} | {imported.report}")


def _outcome(problems: list[str], made: Imported, onnx: bool) -> str:
    """How bad it is that numbers differ.

    An exporter folds norms, computes with zeros in advance, and writes ones for weights that a
    norm does not have: the figure has then what the file has, which ``faithful`` proves.
    """
    if all(one.startswith(ONES) for one in problems):
        return "sides of 1"
    if onnx and made.faithful and all(one.startswith(EXPORTED) for one in problems):
        return "as exported"
    return "wrong" if (made.plain if onnx else made.faithful) else "said"


def verdicts(made: Made, ways: list[str]) -> Iterator[tuple[str, Verdict]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = truth_of(made)
        for way in ways:
            yield way, verdict(way, made, truth)


def main() -> int:
    """Run all; the status is 1 where one is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=60, help="so many networks")
    parser.add_argument("--seed", type=int, default=1, help="of the first one")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--show", default="wrong", help="outcomes to list, with commas")
    given = parser.parse_args()
    torch.set_num_threads(1)
    counts: dict[str, Counter[str]] = {way: Counter() for way in given.ways.split(",")}
    start = time.process_time()
    for seed in range(given.seed, given.seed + given.count):
        with warnings.catch_warnings(), contextlib.suppress(KeyboardInterrupt):
            warnings.simplefilter("ignore")
            made = network(seed)
        for way, one in verdicts(made, list(counts)):
            counts[way][one.outcome] += 1
            if one.outcome in given.show.split(","):
                print(f"seed {seed} {way} {one.outcome}: {one.why[:500]}", flush=True)
    for way, some in counts.items():
        known = (*OUTCOMES, "not exported")
        print(f"{way:6s}", ", ".join(f"{some[one]} {one}" for one in known if some[one]))
    print(f"{given.count} networks from seed {given.seed}, {time.process_time() - start:.0f} s")
    return int(any(some["wrong"] for some in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
