"""PyTorch modules, by a recording of what they do; torch is imported when one is read."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from archviz.errors import fail
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.exported import is_program
from archviz.importers.read.recorded import Facts, counted_buffers, layers_of_recording
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
    if is_program(module):
        from archviz.importers.read.exported_live import layers_of_program

        return layers_of_program(torch, module, given, [*filter(None, [outside(torch)])])
    module = module_of(torch, module)
    name = type(module).__name__
    recording, reason = _recorded(
        torch, module, examples_of(torch, module, given, name), mode, name
    )
    return layers_of_recording(recording, _facts(torch, module, name, _notes(mode, reason)))


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


def _notes(mode: str, reason: str) -> tuple[str, ...]:
    """How the module was read."""
    said = [f"read in {'training' if mode == 'train' else 'evaluation'} mode"]
    if reason:
        said.append(f"ran on zeros with its weights, since without them: {reason[:100]}")
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


def _facts(torch: Any, module: Any, name: str, notes: tuple[str, ...]) -> Facts:
    """What a module has by its own count."""
    from archviz.importers.record.scripts import name_of_part

    first: dict[int, str] = {}
    others: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for key, one in module.named_parameters(remove_duplicate=False):
        if first.setdefault(id(one), key) != key:
            others[key] = first[id(one)]
        else:
            sizes[key] = 0 if torch.nn.parameter.is_lazy(one) else int(one.numel())
    frozen = [first[id(one)] for one in module.parameters() if not one.requires_grad]
    buffers = {key: int(one.numel()) for key, one in module.named_buffers()}
    return Facts(
        name,
        sizes,
        frozenset(frozen),
        others,
        counted_buffers(buffers),
        {path: name_of_part(part) for path, part in module.named_modules()},
        any(hasattr(part, "_packed_params") for part in module.modules()),
        notes,
        tuple(filter(None, [outside(torch)])),
    )
