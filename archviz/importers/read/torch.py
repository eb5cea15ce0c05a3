"""PyTorch modules, by a recording of what they do; torch is imported when one is read."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import random
import sys
import warnings
from collections.abc import Iterator, Sequence, Set
from typing import Any

from archviz.errors import fail
from archviz.importers.graphs import EXPERTS, Held, LayerGraph, OpGraph
from archviz.importers.read.torch_copy import copied, twins
from archviz.importers.read.torch_examples import (
    Example,
    drops_batch,
    examples_of,
    lacks_batch,
    with_batch,
)
from archviz.importers.read.torch_given import module_of
from archviz.importers.read.torch_version import INSTALL, NEEDED, RANGE, outside, version_of
from archviz.importers.record.recording import Recording, record, tensors_in

MOVING = ("running_mean", "running_var")
"""Buffers that are counted as parameters which are not trained."""


def layers_of_torch(module: Any, given: Any = None, mode: str = "eval") -> LayerGraph:
    """The layers of a PyTorch module, by what it does when it is called.

    ``given`` is a shape with its batch, several of them, or what the module is called with: a
    tensor, a tuple of arguments or a dictionary of keyword arguments; None where the module
    states its own size. The module is not changed: a copy without weights runs, in evaluation
    mode or as ``mode`` says.

    Raises:
        ArchvizError: torch is missing, or the module cannot run.
    """
    name = type(module).__name__
    try:
        import torch
    except ImportError:
        advice = f"{INSTALL}, or import an ONNX file"
        raise fail(name, "needs PyTorch", advice) from None
    if () < version_of(torch) < NEEDED:
        message = f"needs PyTorch {RANGE}; this is {torch.__version__}"
        raise fail(name, message, f"{INSTALL}, or import an ONNX file")
    module = module_of(torch, module)
    name = type(module).__name__
    recording, reason = _recorded(
        torch, module, examples_of(torch, module, given, name), mode, name
    )
    from archviz.importers.fold.frozen import with_frozen
    from archviz.importers.fold.pipeline import fold_graph
    from archviz.importers.record.attention_parts import with_attention
    from archviz.importers.record.functions import lowered
    from archviz.importers.record.multiply_adds import counted, idle_products, miscounted
    from archviz.importers.record.proof import gaps
    from archviz.importers.record.scripts import name_of_part

    buffers = counted_buffers(module)
    learned = frozenset([key for key, _ in module.named_parameters()] + [*buffers])
    operators = lowered(recording, name, learned)._replace(
        frozen=frozenset(key for key, one in module.named_parameters() if not one.requires_grad),
        buffers=frozenset(buffers),
        moving=frozenset(key for key in buffers if key.rpartition(".")[2] in MOVING),
    )
    graph = fold_graph(operators, name)
    again = {scope.path for call in recording.calls for scope in call.scopes if scope.again}
    classes = {
        path: name_of_part(part)
        for path, part in module.named_modules()
        if path and path not in again  # layers of several runs are no one part
    }
    graph = with_frozen(with_attention(graph._replace(classes=classes)), operators)
    held = _held(torch, module, graph, recording.needed().union(*_idle_experts(operators)))
    calls = gaps(recording, graph.nodes, graph.owners)
    products = counted(recording)
    held = held._replace(
        calls=calls,
        counts=miscounted(products, sum([node.macs for node in graph.nodes]), graph.batch),
        uncounted=products.unknown,
        notes=(*_notes(module, mode, reason), *idle_products(products)),
        warnings=tuple(filter(None, [outside(torch)])),
    )
    return graph._replace(name=name, held=held)


def _idle_experts(operators: OpGraph) -> Iterator[Sequence[str]]:
    """Weights of experts, which are used though no row may have gone through them."""
    return (op.inputs for op in operators.ops if op.kind == EXPERTS)


# ---- running it -------------------------------------------------------------------------------


def _recorded(
    torch: Any, module: Any, examples: Sequence[Example], mode: str, name: str
) -> tuple[Recording, str]:
    """What a copy of the module does: one without weights, or where that cannot be, with them.

    The words say why they were needed.
    """
    first: Exception | None = None
    for light in (True, False):
        for example in examples:
            try:
                recording = _run(torch, module, example, mode == "train", light)
                axis = lacks_batch(recording, module)
                if axis is not None:
                    batched = with_batch(torch, example, axis)
                    recording = _run(torch, module, batched, mode == "train", light)
                    if lacks_batch(recording, module) is not None:
                        raise ValueError("a convolution gets an input without a batch")
                elif example.sized and drops_batch(recording):
                    with contextlib.suppress(Exception):  # then it takes none
                        batched = with_batch(torch, example)
                        recording = _run(torch, module, batched, mode == "train", light)
                return recording, "" if light else _said(first)
            except Exception as error:  # whatever the module's own code raises
                first = error if first is None or not light else first
    assert first is not None
    reason = _said(first)
    shapes = [tuple(tensor.shape) for tensor in tensors_in(torch, examples[0])]
    shown = shapes[0] if len(shapes) == 1 else shapes
    advice = f"check that it runs on an input of {shown}"
    if any(torch.nn.parameter.is_lazy(one) for one in module.parameters()):
        advice = "it has lazy parameters; call it once yourself, which gives them a shape"
    elif outside(torch):
        advice = outside(torch)
    raise fail(name, f"cannot run: {reason}", advice) from first


def _said(error: Exception | None) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _notes(module: Any, mode: str, reason: str) -> tuple[str, ...]:
    """How the module was read, and what a figure does not show."""
    said = [f"read in {'training' if mode == 'train' else 'evaluation'} mode"]
    if reason:
        said.append(f"ran on zeros with its weights, since without them: {reason[:100]}")
    frozen = sum([int(one.numel()) for one in module.parameters() if not one.requires_grad])
    if frozen:
        said.append(f"frozen, and counted as not trained: {frozen:,} parameters")
    buffers = counted_buffers(module)
    more = sum(size for name, size in buffers.items() if name.rpartition(".")[2] not in MOVING)
    if more:
        said.append(f"scales and shifts of frozen norms are buffers, counted: {more:,} numbers")
    return tuple(said)


def _run(torch: Any, module: Any, example: Example, training: bool, light: bool) -> Recording:
    with _quiet(torch), _same_numbers(torch):
        twin = copied(module, twins(torch, module, light))
        twin.train(training)
        where = "meta" if light else _device(module)
        args, kwargs = _moved(torch, (example.args, dict(example.kwargs)), where)
        originals = dict(itertools.chain(module.named_parameters(), module.named_buffers()))
        with torch.device(where):
            return record(torch, twin, originals, args, kwargs)


def _device(module: Any) -> Any:
    parameter = next(itertools.chain(module.parameters(), module.buffers()), None)
    return parameter.device if parameter is not None else "cpu"


@contextlib.contextmanager
def _same_numbers(torch: Any) -> Iterator[None]:
    """Random numbers go on afterwards as if nobody had drawn any."""
    state = random.getstate()
    numpy = sys.modules.get("numpy")
    other = numpy.random.get_state() if numpy else None
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(state)
        if numpy:
            numpy.random.set_state(other)


def _moved(torch: Any, value: Any, where: Any) -> Any:
    """Arguments with zeros for their tensors on a device; numbers of real ones are kept."""
    if isinstance(value, torch.Tensor):
        empty = value.is_meta and str(where) != "meta"
        return torch.zeros_like(value, device=where) if empty else value.to(where)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_moved(torch, part, where) for part in value])
    if isinstance(value, list | tuple):
        return type(value)(_moved(torch, part, where) for part in value)
    if isinstance(value, dict):
        return {key: _moved(torch, part, where) for key, part in value.items()}
    return value


@contextlib.contextmanager
def _quiet(torch: Any) -> Iterator[None]:
    """Nothing of what a module says on the way reaches the terminal."""
    mha = getattr(torch.backends, "mha", None)
    fast = mha.get_fastpath_enabled() if mha else False
    disabled = logging.root.manager.disable
    outputs = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with warnings.catch_warnings(), torch.no_grad(), outputs[0], outputs[1]:
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        if mha:
            mha.set_fastpath_enabled(False)  # one fused operator, which hides its layers
        try:
            yield
        finally:
            logging.disable(disabled)
            if mha:
                mha.set_fastpath_enabled(fast)


# ---- what it holds ----------------------------------------------------------------------------


def counted_buffers(module: Any) -> dict[str, int]:
    """Sizes of the buffers that count as parameters which are not trained.

    Those are moving statistics, and the scale and shift that a frozen norm keeps beside them.
    """
    found: dict[str, int] = {}
    for path, part in module.named_modules():
        own = {name: one for name, one in part.named_buffers(recurse=False) if one is not None}
        moving = [own[name] for name in MOVING if name in own]
        for name, one in own.items():
            alike = one.is_floating_point() and len(moving) == 2 and one.shape == moving[0].shape
            if name in MOVING or alike:
                found[f"{path}.{name}" if path else name] = int(one.numel())
    return found


def _held(torch: Any, module: Any, graph: LayerGraph, needed: Set[str]) -> Held:
    """What a module has by its own count: parameters, each once, and moving statistics.

    ``needed`` are the values that were used; other weights stand apart.
    """
    found = graph.held
    if any(hasattr(part, "_packed_params") for part in module.modules()):
        # quantised: its weights are no parameters
        return Held("model", boxes=graph.unknown, shapes=found.shapes)
    names: dict[int, list[str]] = {}
    sizes: dict[str, int] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        own = names.setdefault(id(parameter), [])
        own.append(name)
        lazy = torch.nn.parameter.is_lazy(parameter)
        sizes[own[0]] = 0 if lazy else int(parameter.numel())
    moving = counted_buffers(module)
    unused = {name: size for name, size in (sizes | moving).items() if size and name not in needed}
    for name in unused:
        sizes.pop(name, None)
        moving.pop(name, None)
    names = {key: own for key, own in names.items() if own[0] in sizes}
    frozen = [one for one in module.parameters() if not one.requires_grad and id(one) in names]
    fixed = sum(moving.values()) + sum([sizes[names[id(one)][0]] for one in frozen])
    known = moving.keys() | {name for own in names.values() for name in own}
    return Held(
        "model",
        sum(sizes.values()) + sum(moving.values()),
        fixed=fixed,
        untaken={own[0]: sizes[own[0]] for own in names.values() if not found.taken.keys() & own},
        extra={name: size for name, size in found.taken.items() if name not in known},
        computed={name: sizes[name] for name in found.computed if name in sizes},
        unused=tuple(unused.items()),
        shapes=found.shapes,
    )
