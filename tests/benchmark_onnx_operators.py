"""The models of single operators that the package ``onnx`` brings, read and compared.

    python tests/benchmark_onnx_operators.py [--stated] [--show right,said,refused,wrong] [WORD...]

Each comes with inputs and true outputs. The shapes that the file states for its outputs are taken
out of it, so that what is compared is what archviz itself computes; ``--stated`` leaves them in.
Axes, sizes and the like come as inputs in these models, which no file of a network has them as:
they are made constants, and with ``--run-time`` left as they are.
A model is

- right: the shape of each output, in the file's order of axes, and the weights are exact;
- said: some shape is unknown, or the report says what differs;
- refused: there is a message instead of a figure;
- wrong: something differs without a word. There must be none.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnx.backend.test.case.node as node_cases

from archviz.errors import ArchvizError
from archviz.importers.fold.pipeline import fold_graph, folded
from archviz.importers.imported import import_layers
from archviz.importers.read.onnx import read_onnx_data

SMALL = 16
STEERED = ("Resize", "Upsample", "Range", "OneHot")
"""Operators that real numbers steer."""
OUTCOMES = ("right", "said", "refused", "wrong")


class Verdict(NamedTuple):
    """What became of a model, and why."""

    outcome: str
    why: str = ""


def cases(run_time: bool = False) -> Iterator[tuple[str, Any, list[Any]]]:
    """Name, model and true outputs of every case."""
    for case in node_cases.collect_testcases(None):
        if case.model is not None and case.data_sets:
            inputs, outputs = case.data_sets[0]
            model = case.model if run_time else with_constants(case.model, list(inputs))
            yield case.name, model, list(outputs)


def with_constants(model: Any, inputs: list[Any]) -> Any:
    """A model whose small inputs, but the first, are constants: axes, sizes, limits."""
    model = type(model).FromString(model.SerializeToString())
    infos = list(model.graph.input)
    for info, value in list(zip(infos, inputs, strict=False))[1:]:
        array = isinstance(value, np.ndarray | np.generic)
        small = array and value.ndim < 2 and value.size <= SMALL
        if small and (value.dtype.kind in "iub" or model.graph.node[0].op_type in STEERED):
            model.graph.input.remove(info)
            held = onnx.numpy_helper.from_array(np.asarray(value), info.name)
            model.graph.initializer.append(held)
    return model


def verdict(model: Any, outputs: list[Any], stated: bool = False) -> Verdict:
    """What an import makes of a model."""
    if not stated:
        model = type(model).FromString(model.SerializeToString())
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
    data = model.SerializeToString()
    try:
        graph = read_onnx_data(data, "test.onnx")
        fold = folded(graph, "test.onnx")
        layers = fold_graph(graph, "test.onnx")
        imported = import_layers(layers, "test", "test.onnx")
    except ArchvizError as error:
        return Verdict("refused", error.problems[0].message)
    worst = Verdict("right")
    for info, value in zip(model.graph.output, outputs, strict=True):
        true = value.dims if isinstance(value, onnx.TensorProto) else getattr(value, "shape", None)
        found = found_shape(fold, info.name)
        if true is None or found is None:
            worst = Verdict("said", f"{info.name}: {found}, truly {true}")
        elif alike(found, tuple(true), graph):
            continue
        elif "differs from" in imported.report:
            worst = Verdict("said", imported.report)
        else:
            return Verdict("wrong", f"{info.name}: {found}, truly {tuple(true)}")
    if worst.outcome == "right" and not imported.faithful:
        return Verdict("said", imported.report)
    return worst


def alike(found: tuple[int, ...], true: tuple[int, ...], graph: Any) -> bool:
    """Whether a shape is the true one; a batch that the file leaves open may be any."""
    first = graph.shapes.get(graph.inputs[0]) if graph.inputs else ()
    opened = bool(first) and first[0] is None
    return found == true or (opened and len(found) == len(true) and found[1:] == true[1:])


def found_shape(fold: Any, name: str) -> tuple[int, ...] | None:
    """The shape that a value of the file has come to; None where it is unknown."""
    if name in fold.constants:
        return tuple(fold.constants[name].shape)
    value = fold.values.get(name)
    if value is None or value.draft.guessed:
        return None
    return tuple(fold.dims(value))


def main() -> int:
    """Run all cases; the status is 1 where one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stated", action="store_true", help="leave the stated shapes in")
    parser.add_argument("--run-time", action="store_true", help="leave axes and sizes as inputs")
    parser.add_argument("--show", default="wrong", help="outcomes to list, with commas")
    parser.add_argument("words", nargs="*", help="only cases with one of these in their names")
    given = parser.parse_args()
    shown = given.show.split(",")
    counts: Counter[str] = Counter()
    listed = defaultdict(list)
    for name, model, outputs in cases(given.run_time):
        if given.words and not any(word in name for word in given.words):
            continue
        found = verdict(model, outputs, given.stated)
        counts[found.outcome] += 1
        if found.outcome in shown:
            listed[found.outcome].append(f"{name}: {found.why[:200]}")
    for outcome, lines in listed.items():
        print(f"---- {outcome}", *lines, sep="\n")
    print(*[f"{counts[outcome]} {outcome}" for outcome in OUTCOMES], sep=", ")
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
