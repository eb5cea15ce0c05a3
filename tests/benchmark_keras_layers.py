"""All layers of Keras with options drawn for each: read live, from JSON and from ``.keras`` files.

    python tests/benchmark_keras_layers.py [--rounds 3] [--seed 1] [--show wrong,said] [CLASS...]
    python tests/benchmark_keras_layers.py --networks 3000 --seed 1    # of many layers each

Needs Keras, with any backend. What is compared is what the model itself says: its parameters,
those that are trained, and the shape that each call of a layer gives, which are taken out of the
file first, so that the rules for shapes are tried and not what the file states. A model is

- right: all numbers and shapes are exact;
- said: something differs or is not known, and the report says so;
- refused: there is a message instead of a figure;
- wrong: something differs without a word. There must be none.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras

from archviz.errors import ArchvizError
from archviz.importers.fold.keras_table import HANDLERS
from archviz.importers.fold.pipeline import fold_graph, folded
from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import import_layers
from archviz.importers.read.keras import read_keras, read_keras_text
from archviz.importers.read.keras_graph import KerasReader
from archviz.importers.read.keras_hdf5 import read_keras_hdf5
from archviz.importers.read.keras_live import layers_of_keras
from archviz.importers.read.order import sorted_ops

from keras_cases import CASES, models  # isort: skip
from keras_networks import network  # isort: skip

OUTCOMES = ("right", "said", "refused", "wrong")


class Verdict(NamedTuple):
    """What became of a model, and why."""

    outcome: str
    why: str = ""


def weights_of(model: Any) -> tuple[int, int]:
    """Parameters, and how many of them are trained, of a live model."""
    trained = sum(prod(one.shape) for one in model.trainable_weights)
    return int(model.count_params()), int(trained)


def products_of(model: Any) -> int | None:
    """The multiply-adds of one example as PyTorch counts them, where Keras runs on it."""
    if keras.backend.backend() != "torch":
        return None
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    given = [torch.zeros((1, *one.shape[1:])) for one in model.inputs]
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(given if len(given) > 1 else given[0])
    return int(counter.get_total_flops()) // 2


def verdict(graph: LayerGraph, model: Any, products: int | None = None) -> Verdict:
    """What an import makes of a model, as its totals and its outputs say."""
    imported = import_layers(graph, "test", "test")
    from archviz.network.analysis import analyse

    totals = analyse(imported.network).totals
    found = totals.parameters, totals.parameters - totals.non_trainable
    wanted = weights_of(model)
    problems = [] if found == wanted else [f"weights {found}, truly {wanted}"]
    if products is not None and totals.macs != products:
        problems.append(f"{totals.macs} multiply-adds, truly {products}")
    shapes = {node.id: node.shape for node in graph.nodes}
    ends = sorted(shapes[name] for name in graph.outputs)
    true = sorted({tuple(one.shape[1:]) or (1,) for one in model.outputs})
    if not all(any(alike(one, two) for two in ends) for one in true):
        problems.append(f"outputs {ends}, truly {true}")
    if not problems and imported.faithful:
        return Verdict("right")
    why = f"{'; '.join(problems)} | {imported.report}"
    return Verdict("wrong" if imported.plain else "said", why)


def alike(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    """Whether shapes are equal where both are known."""
    return len(one) == len(two) and all(
        None in (a, b) or a == b for a, b in zip(one, two, strict=True)
    )


def by_rules(text: str, model: Any) -> Verdict:
    """The shape of every call, by rules alone: what the file states of them is left out."""
    graph = sorted_ops(KerasReader("test").model(json.loads(text)), "test")
    stated = {name: graph.shapes[name] for name in graph.inputs}
    fold = folded(graph._replace(shapes=stated), "test", HANDLERS)
    for layer in model.layers:
        for number, node in enumerate(getattr(layer, "_inbound_nodes", ())):
            for index, tensor in enumerate(node.output_tensors):
                value = fold.values.get(f"{layer.name}:{number}:{index}")
                if value is None or value.draft.guessed:
                    continue
                shape = tuple(fold.dims(value))[1:]
                if not alike(shape, tuple(tensor.shape[1:])):
                    return Verdict("wrong", f"{layer.name}: {shape}, truly {tensor.shape[1:]}")
    if fold.guesses:
        return Verdict("said", "a shape is not known")
    fold_graph(graph, "test", HANDLERS)
    return Verdict("right")


def verdicts(model: Any, counted: bool = False) -> Iterator[tuple[str, Verdict]]:
    """What becomes of a model, in every way in which it can be read.

    ``counted``: its multiply-adds are compared, too.
    """
    text, products = model.to_json(), products_of(model) if counted else None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        model.save(path)
        ways = {
            "live": lambda: verdict(layers_of_keras(model), model, products),
            "json": lambda: verdict(read_keras_text(text, "model.json"), model, products),
            "file": lambda: verdict(read_keras(path), model, products),
        }
        if counted:
            older = os.path.join(folder, "model.h5")
            model.save(older)
            ways["h5"] = lambda: verdict(read_keras_hdf5(older), model, products)
        if isinstance(model, keras.Model) and not isinstance(model, keras.Sequential):
            ways["rules"] = lambda: by_rules(text, model)
        for way, run in ways.items():
            try:
                yield way, run()
            except ArchvizError as error:
                yield way, Verdict("refused", str(error).replace("\n", " ")[:300])


def built_by(name: str, rng: random.Random, number: int) -> list[Any]:
    """The models of a class, or one random network."""
    if name == "network":
        keras.utils.clear_session()
        return [network(rng)]
    return list(models(name, rng, longer=number % 2 == 1))


def main() -> int:
    """Run all cases; the status is 1 where one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="models of each class")
    parser.add_argument("--networks", type=int, default=0, help="so many random networks instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="wrong", help="outcomes to list, with commas")
    parser.add_argument("names", nargs="*", help="only these classes")
    given = parser.parse_args()
    shown = given.show.split(",")
    counts: Counter[str] = Counter()
    listed = defaultdict(list)
    built = 0
    names = ["network"] if given.networks else given.names or CASES
    for name in names:
        for number in range(given.networks or given.rounds):
            rng = random.Random(zlib.crc32(f"{name}{number}{given.seed}".encode()))
            try:
                found = built_by(name, rng, number)
            except (ImportError, NotImplementedError, ValueError, TypeError, RuntimeError) as error:
                counts["not built"] += 1
                if "built" in shown:
                    listed["built"].append(f"{name} {number}: {str(error)[:200]}")
                continue
            for model in found:
                built += 1
                for way, one in verdicts(model, given.networks > 0):
                    counts[one.outcome] += 1
                    if one.outcome in shown:
                        listed[one.outcome].append(f"{name} {number} {way}: {one.why[:400]}")
    for outcome, lines in listed.items():
        print(f"---- {outcome}", *lines, sep="\n")
    print(f"{built} models,", *[f"{counts[one]} {one}," for one in (*OUTCOMES, "not built")])
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
