"""ONNX files of both of PyTorch's exporters beside the live modules: what differs in the figures.

    python tests/compare_exporters.py                          # the sixty, in half an hour
    python tests/compare_exporters.py timm:resnet18 -s FOLDER  # only these, with their pictures

A network is the same where its spec is, line by line, and each of its layers: kind, shape,
parameters and multiply-adds. What else may differ is the list ``REASONS``; each network prints
those that it needed. Everything else is shown.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import logging
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SHOWN = 40
"""Lines that differ, at most."""
LIMIT = 600
"""Seconds for a network."""
WAYS = {"new": True, "older": False}
"""The exporters, and what ``dynamo`` is for each."""


class Layer(NamedTuple):
    """A layer as the totals count it."""

    kind: str
    shape: tuple[int, ...]
    macs: int
    parameters: int


class Figure(NamedTuple):
    """What is compared of a figure."""

    lines: tuple[str, ...]
    modules: tuple[str, ...]
    layers: tuple[Layer, ...]
    totals: dict[str, int]
    report: str
    wired: Any
    """Its layers and what they take, without what may differ."""
    once: Any
    """The same, where what is computed twice is computed once."""


def figure_of(net: Any) -> Figure:
    """The spec of a figure without its title and its defaults, and its numbers."""
    import yaml

    from archviz.importers.unroll import unrolled

    spec = yaml.safe_load(net.imported.text)
    info = net.info()
    parts = {key: spec[key] for key in ("modules", "network") if key in spec}
    lines = yaml.safe_dump(parts, sort_keys=False, width=1000).splitlines()
    layers = tuple(
        Layer(one["kind"], tuple(one["output_shape"]), one["macs"], one["parameters"])
        for one in info["layers"]
    )
    modules, report = tuple(spec.get("modules", ())), net.imported.report
    wired = unrolled(net.network)
    bare, once = _bare(wired), _bare(_once(wired))
    return Figure(tuple(lines), modules, layers, info["totals"], report, bare, once)


def _once(wired: Any) -> Any:
    """Layers without those that do the same with the same values as an earlier one."""
    known: dict[Any, int] = {}
    place: dict[int, int] = {}
    nodes, inputs = [], []
    for number, (node, sources) in enumerate(zip(wired.nodes, wired.inputs, strict=True)):
        own = tuple(place[source] for source in sources)
        key = (node.kind, repr(sorted(node.options.items())), own)
        if node.parameters or node.kind == "input" or key not in known:
            known[key] = len(nodes)
            nodes.append(node)
            inputs.append(own)
        place[number] = known[key]
    return wired._replace(nodes=nodes, inputs=inputs, outputs=[place[n] for n in wired.outputs])


def _bare(wired: Any) -> Any:
    """Layers without their norms, biases and counts of weights, which are compared elsewhere."""
    loose = {"norm", "bias", "key_bias", "out_bias", "weights", "untrained", "own", "shared"}
    nodes = []
    for node in wired.nodes:
        options = {key: value for key, value in node.options.items() if key not in loose}
        nodes.append(node._replace(options=options, parameters=0, fixed=0))
    return wired._replace(nodes=nodes)


# ---- what may differ --------------------------------------------------------------------------

Pair = tuple[list[str], list[str]]


class Both(NamedTuple):
    """A live figure and that of a file, and by how much parameters of their layers differ."""

    live: Figure
    other: Figure
    more: frozenset[int] = frozenset()


class Reason(NamedTuple):
    """What may differ, and lines that no longer do."""

    word: str
    why: str
    alike: Callable[[Both, Pair], Pair]


_INPUT = re.compile(r"(?<=- )(input \S+) label=.*")
_PICK = re.compile(r"(?<= )(op .*) label=(?:Gather|pick)$")
_NUMBER = re.compile(r"(\d+)")
_NORMS = re.compile(r" (batch-norm|no-bias|no-norm|bias|(?:key|out)-bias=\w+)\b")


def _unnamed(both: Both, lines: Pair) -> Pair:
    live, other, _ = both
    if not live.modules or len(live.modules) != len(other.modules):
        return lines
    names = dict(zip(other.modules, live.modules, strict=True))
    word = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, names)) + r")(?![\w-])")
    return lines[0], [word.sub(lambda found: names[found[1]], line) for line in lines[1]]


def _unlabelled(_: Both, lines: Pair) -> Pair:
    one, two = [
        [
            _PICK.sub(r"\1", _INPUT.sub(r"\1", line))
            for line in some
            if not line.lstrip().startswith(("label:", "title:"))
        ]
        for some in lines
    ]
    return one, two


def _unfolded(_: Both, lines: Pair) -> Pair:
    one, two = [[_NORMS.sub("", line) for line in some] for some in lines]
    return one, two


def _uncomputed(both: Both, lines: Pair) -> Pair:
    found = []
    for one, two in zip(*lines, strict=False):
        words, others = _NUMBER.split(one), _NUMBER.split(two)
        if len(words) == len(others):
            pairs = zip(words, others, strict=True)
            others = [a if _is_more(a, b, both.more) else b for a, b in pairs]
        found.append("".join(others))
    return lines[0], [*found, *lines[1][len(found) :]]


def _unparted(both: Both, lines: Pair) -> Pair:
    from archviz.importers.prove import differences as wrong

    return lines if wrong(both.live.wired, both.other.wired) else ([], [])


def _unrepeated(both: Both, lines: Pair) -> Pair:
    return ([], []) if _same_once(both.live, both.other) else lines


def _same_once(live: Figure, other: Figure) -> bool:
    from archviz.importers.prove import differences as wrong

    return not wrong(live.once, other.once)


def _is_more(one: str, two: str, more: frozenset[int]) -> bool:
    return one.isdigit() and two.isdigit() and int(two) - int(one) in more


REASONS = (
    Reason("names", "modules are named after what is in them, or after other paths", _unnamed),
    Reason("labels", "a box or a module is called otherwise", _unlabelled),
    Reason("folded norms", "a batch norm is merged into its convolution's bias", _unfolded),
    Reason(
        "computed tables",
        "a file holds what its exporter has computed, or a buffer, which count as it has them",
        _uncomputed,
    ),
    Reason(
        "modules",
        "a file without classes has other modules, of the same layers and wiring",
        _unparted,
    ),
    Reason(
        "written once",
        "what a model computes twice, or a concat of concats, an exporter writes once",
        _unrepeated,
    ),
)
"""All that may differ between a live figure and that of an exported file."""


def reasons(both: Both) -> tuple[list[str], list[str]]:
    """The reasons that make two specs alike, as few as do; and the lines that differ even so."""
    needed = list(REASONS)
    rest = _differing(both, needed)
    for reason in reversed(REASONS):
        fewer = [one for one in needed if one is not reason]
        if len(_differing(both, fewer)) <= len(rest):
            needed = fewer
    return [reason.word for reason in needed], rest


def _differing(both: Both, reasons: Sequence[Reason]) -> list[str]:
    lines: Pair = list(both.live.lines), list(both.other.lines)
    for reason in reasons:
        lines = reason.alike(both, lines)
    changed = difflib.unified_diff(*lines, lineterm="", n=0)
    return [line for line in changed if not line.startswith(("---", "+++", "@@"))]


class Numbers(NamedTuple):
    """How the numbers of two figures differ."""

    reasons: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    """What differs without a reason."""
    more: frozenset[int] = frozenset()
    """By how much layers have more parameters in the file, or fewer."""


def numbers(live: Figure, other: Figure, tables: Tables) -> Numbers:
    """What differs in totals and in layers."""
    if live.totals == other.totals and live.layers == other.layers:
        return Numbers()
    one, two = Counter(live.layers), Counter(other.layers)
    left, right = list((one - two).elements()), list((two - one).elements())
    folded = _paired(left, right, lambda layer, away: away in _of_norms(layer))
    more = _paired(left, right, lambda layer, away: True)
    idle = [layer for layer in (*left, *right) if not layer.macs and not layer.parameters]
    repeated = bool(idle) and _same_once(live, other)
    if repeated:
        left, right = [[one for one in some if one not in idle] for some in (left, right)]
    wrong = [f"live layer {tuple(layer)}" for layer in left]
    wrong += [f"file layer {tuple(layer)}" for layer in right]
    away = live.totals["parameters"] - other.totals["parameters"]
    if away != sum(folded) + sum(more):
        wrong.append(f"{away:,} parameters fewer, {sum(folded) + sum(more):,} in layers")
    if more and not tables.explain(away):
        wrong.append(f"{away:,} parameters fewer, which no table of the file explains")
    if live.totals["macs"] != other.totals["macs"]:
        wrong.append(f"{live.totals['macs']:,} multiply-adds, {other.totals['macs']:,} in the file")
    words = ["folded norms"] * bool(folded) + ["computed tables"] * bool(more)
    words += ["written once"] * repeated
    return Numbers(tuple(words), tuple(wrong), frozenset(-one for one in more))


def _of_norms(layer: Layer) -> tuple[int, int]:
    """By how much a layer shrinks whose norm becomes its bias, or part of it."""
    channels = layer.shape[-1] if layer.shape else 0
    return 3 * channels, 4 * channels


def _paired(left: list[Layer], right: list[Layer], fits: Callable[[Layer, int], bool]) -> list[int]:
    """Take layers out that differ in parameters alone, and by what ``fits``; by how much."""
    found = []
    for layer in tuple(left):
        for twin in right:
            away = layer.parameters - twin.parameters
            if twin._replace(parameters=layer.parameters) == layer and fits(layer, away):
                left.remove(layer)
                right.remove(twin)
                found.append(away)
                break
    return found


class Tables(NamedTuple):
    """Sizes of a model's parameters that a file lacks, and of numbers that the model lacks."""

    lost: tuple[int, ...]
    made: tuple[int, ...]

    def explain(self, away: int) -> bool:
        """Whether a file has so many parameters fewer since it lacks some and has made others."""
        reached = {0}
        for size, count in Counter(self.made).items():
            reached = {total + times * size for total in reached for times in range(count + 1)}
        lost = {0}
        for size, count in Counter(self.lost).items():
            lost = {total + times * size for total in lost for times in range(count + 1)}
        return any(away + total in lost for total in reached)


def tables_of(module: Any, path: Path) -> Tables:
    """What a file holds of a module's parameters and moving statistics, and what else, by sizes.

    Weights are drawn at random here: equal numbers are what an exporter has filled in.
    """
    import onnx

    floating = {onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE}
    graph = onnx.load(path).graph
    constants = [*graph.initializer]
    constants += [a.t for node in graph.node if node.op_type == "Constant" for a in node.attribute]
    values = [onnx.numpy_helper.to_array(one) for one in constants if one.data_type in floating]
    held = Counter(one.size for one in values if one.size == 1 or (one != one.flat[0]).any())
    buffers = [one for name, one in module.named_buffers() if "running_" in name]
    own = Counter(int(one.numel()) for one in (*module.parameters(), *buffers))
    del held[1], own[1]
    return Tables(tuple((own - held).elements()), tuple((held - own).elements()))


# ---- one network ------------------------------------------------------------------------------


class Found(NamedTuple):
    """What came of one file."""

    name: str
    way: str
    reasons: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    failed: str = ""
    """What the exporter said, where it wrote nothing."""
    seconds: float = 0
    megabytes: int = 0


def compared(name: str, pictures: Path | None) -> list[Found]:
    """A network by both exporters."""
    import exported_networks

    import archviz

    began = time.monotonic()
    module, example = exported_networks.built(name)
    net = archviz.from_torch(module, example)
    live = figure_of(net)
    drawn(net, name, "live", pictures)
    found = []
    for way, dynamo in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            kept = pictures / f"{name.replace(':', '-')}-{way}.onnx" if pictures else path
            failed = exported(module, example, kept, dynamo)
            if failed:
                one = Found(name, way, failed=failed)
            else:
                net = archviz.from_onnx(str(kept))
                drawn(net, name, way, pictures)
                one = differences(live, figure_of(net), tables_of(module, kept), name, way)
        now = time.monotonic()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found.append(one._replace(seconds=now - began, megabytes=used))
        began = now
    return found


def differences(live: Figure, other: Figure, tables: Tables, name: str, way: str) -> Found:
    told = numbers(live, other, tables)
    words, lines = reasons(Both(live, other, told.more))
    wrong = list(told.wrong)
    if "faithful:" not in other.report:
        wrong.append(other.report)
    wrong += [f"  {line[:140]}" for line in lines[:SHOWN]]
    return Found(name, way, tuple(dict.fromkeys([*words, *told.reasons])), tuple(wrong))


def drawn(net: Any, name: str, way: str, pictures: Path | None) -> None:
    if pictures is not None:
        stem = pictures / f"{name.replace(':', '-')}-{way}"
        stem.with_suffix(".yaml").write_text(net.imported.text, encoding="utf-8")
        net.save(stem.with_suffix(".svg"))


def exported(module: Any, example: Any, path: Path, dynamo: bool) -> str:
    """Write the ONNX file of one of the exporters; what it says where it cannot."""
    import torch

    try:
        with quiet(), torch.no_grad():
            torch.onnx.export(module, tuple(example), str(path), dynamo=dynamo)
    except Exception as error:  # whatever an exporter may raise
        return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    return ""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing of what exporters say reaches the terminal, be it said by Python or below it."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            yield
    finally:
        sys.stdout.flush()
        for end, old in zip((1, 2), kept, strict=True):
            os.dup2(old, end)
            os.close(old)
        os.close(nowhere)
        logging.disable(logging.NOTSET)


# ---- all of them ------------------------------------------------------------------------------


def _in_its_own(name: str, pictures: Path | None, end: Any) -> None:
    try:
        end.send(compared(name, pictures))
    except Exception as error:
        end.send([Found(name, "live", wrong=(f"{type(error).__name__}: {error}"[:600],))])


def apart(name: str, pictures: Path | None) -> list[Found]:
    """A network in a process of its own, whose memory goes with it."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_in_its_own, args=(name, pictures, there))
    process.start()
    there.close()
    try:
        found = here.recv() if here.poll(LIMIT) else []
    except EOFError:
        found = []
    if not found:
        process.kill()
    process.join()
    return found or [Found(name, "live", wrong=(f"ended, or took more than {LIMIT} s",))]


def printed(found: Found) -> str:
    said = ", ".join(found.reasons) or "nothing"
    if found.failed:
        said = f"cannot be exported: {found.failed}"
    elif found.wrong:
        said = f"DIFFERS (and {said})" if found.reasons else "DIFFERS"
    else:
        said = f"the same but for {said}" if found.reasons else "the same"
    head = f"{found.name}, {found.way}: {said}  ({found.seconds:.1f} s, {found.megabytes} MB)"
    return "\n".join([head, *(f"    {line}" for line in found.wrong)])


def main() -> int:
    import exported_networks
    import timm  # noqa: F401
    import torch
    import torchvision  # noqa: F401
    import transformers  # noqa: F401

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:  # what it imports, for all processes
        exported(torch.nn.ReLU(), (torch.rand(1),), Path(folder) / "model.onnx", True)
    asked = argparse.ArgumentParser()
    asked.add_argument("names", nargs="*", help="beginnings of names")
    asked.add_argument("-s", "--save", type=Path, help="folder for figures, specs and files")
    asked.add_argument("--exactly", action="store_true", help="names as they are, of any network")
    options = asked.parse_args()
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    names = options.names
    if not options.exactly:
        every = exported_networks.NETWORKS
        names = [one for one in every if not names or one.startswith(tuple(names))]
    results = []
    for name in names:
        for found in apart(name, options.save):
            results.append(found)
            print(printed(found), flush=True)
    print(f"{len(names)} networks, {len(results)} files")
    print(f"  the same            {sum(not (f.reasons or f.wrong or f.failed) for f in results)}")
    print(f"  but for what may be {sum(bool(f.reasons) and not f.wrong for f in results)}")
    print(f"  not exported        {sum(bool(f.failed) for f in results)}")
    print(f"  DIFFERS             {sum(bool(f.wrong) for f in results)}")
    return int(any(found.wrong for found in results))


if __name__ == "__main__":
    sys.exit(main())
