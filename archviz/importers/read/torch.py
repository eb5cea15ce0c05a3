"""PyTorch modules, by their export to ONNX; torch is imported when one is read."""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from archviz.errors import fail
from archviz.importers.graphs import Held, LayerGraph

MOVING = ("running_mean", "running_var")
"""Buffers that are counted as parameters which are not trained."""
MAX_TRIED = 4
"""Up to so many inputs are tried with whole numbers and without."""


def layers_of_torch(module: Any, input_size: Sequence[int] | Sequence[Sequence[int]]) -> LayerGraph:
    """The layers of a PyTorch module; ``input_size`` with the batch, as torch wants it.

    Batch norms are kept as the module has them; nothing is trained and nothing written. The
    weights pass through memory once.

    Raises:
        ArchvizError: torch is missing, or cannot export the module.
    """
    name = type(module).__name__
    try:
        import torch
    except ImportError:
        raise fail(name, "needs PyTorch", "install torch, or import an ONNX file") from None
    if not isinstance(module, torch.nn.Module):
        raise fail(name, "is no PyTorch module", "give a torch.nn.Module")
    sizes = _sizes(input_size, name)
    training = module.training
    try:
        module.eval()
        buffer = _tried(torch, module, _examples(torch, module, sizes))
    except Exception as error:  # whatever the module's own code raises
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise fail(
            name, f"cannot be exported: {reason}", f"check that it runs on an input of {sizes[0]}"
        ) from error
    finally:
        module.train(training)
    from archviz.importers.fold.pipeline import fold_graph
    from archviz.importers.read.onnx import read_onnx_data

    data = buffer.getvalue()
    del buffer
    graph = fold_graph(read_onnx_data(data, name), name)
    return graph._replace(name=name, held=_held(torch, module, graph))


def _held(torch: Any, module: Any, graph: LayerGraph) -> Held:
    """What a module has by its own count: parameters, each once, and moving statistics."""
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
    moving = {
        name: int(buffer.numel())
        for name, buffer in module.named_buffers()
        if name.rpartition(".")[2] in MOVING
    }
    known = moving.keys() | {name for own in names.values() for name in own}
    return Held(
        "model",
        sum(sizes.values()) + sum(moving.values()),
        fixed=sum(moving.values()),
        untaken={own[0]: sizes[own[0]] for own in names.values() if not found.taken.keys() & own},
        extra={name: size for name, size in found.taken.items() if name not in known},
        computed={name: sizes[name] for name in found.computed if name in sizes},
        shapes=found.shapes,
    )


def _sizes(input_size: Any, name: str) -> list[tuple[int, ...]]:
    try:
        nested = input_size if input_size and not isinstance(input_size[0], int) else [input_size]
        sizes = [tuple(int(side) for side in size) for size in nested]
    except (TypeError, ValueError, LookupError):
        sizes = []
    if not sizes or any(not size or min(size) < 1 for size in sizes):
        raise fail(
            name,
            f"cannot be run on an input of {input_size}",
            "give the size with its batch, such as (1, 3, 224, 224)",
        )
    return sizes


def _examples(torch: Any, module: Any, sizes: Sequence[tuple[int, ...]]) -> tuple[Any, ...]:
    """Zeros of the given sizes: whole numbers where the module looks them up in a table."""
    parameter = next(iter(module.parameters()), None)
    where = parameter.device if parameter is not None else "cpu"
    tables = (torch.nn.Embedding, torch.nn.EmbeddingBag)
    kinds: list[tuple[Any, ...]] = [(torch.float32,) * len(sizes)]
    if any(isinstance(part, tables) for part in module.modules()) and len(sizes) <= MAX_TRIED:
        kinds = list(itertools.product((torch.float32, torch.int64), repeat=len(sizes)))
    for choice in kinds[:-1]:
        examples = _zeros(torch, sizes, choice, where)
        with _quiet(torch), contextlib.suppress(Exception):
            module(*examples)
            return examples
    return _zeros(torch, sizes, kinds[-1], where)


def _zeros(
    torch: Any, sizes: Sequence[tuple[int, ...]], kinds: Sequence[Any], where: Any
) -> tuple[Any, ...]:
    return tuple(
        torch.zeros(*size, dtype=kind, device=where)
        for size, kind in zip(sizes, kinds, strict=True)
    )


def _tried(torch: Any, module: Any, examples: tuple[Any, ...]) -> io.BytesIO:
    """The module as ONNX, by the first of three ways that works; the first error where none does.

    The older exporter needs no further package and keeps the batch norms. It takes arguments with
    a default for inputs, which some modules cannot bear. The newer one folds batch norms where it
    can, and needs onnxscript.
    """
    buffer = io.BytesIO()
    with _quiet(torch):
        try:
            _export(torch, module, examples, buffer)
            return buffer
        except Exception:
            for attempt in (_export_bare, _export_new):
                buffer = io.BytesIO()
                try:
                    attempt(torch, module, examples, buffer)
                except Exception:  # the first error says more
                    continue
                return buffer
            raise


@contextlib.contextmanager
def _quiet(torch: Any) -> Iterator[None]:
    """Nothing of what the exporters write on the way reaches the terminal."""
    mha = getattr(torch.backends, "mha", None)
    fast = mha.get_fastpath_enabled() if mha else False
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "torch")]
    levels = [logger.level for logger in loggers]
    dump = getattr(torch._C, "_jit_onnx_log", None)  # writes whole graphs past sys.stdout
    outputs = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with warnings.catch_warnings(), torch.no_grad(), outputs[0], outputs[1]:
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        if dump is not None:
            torch._C._jit_onnx_log = lambda *words: None
        if mha:
            mha.set_fastpath_enabled(False)  # one fused operator, which ONNX does not know
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            if dump is not None:
                torch._C._jit_onnx_log = dump
            if mha:
                mha.set_fastpath_enabled(fast)


def _export(torch: Any, module: Any, examples: tuple[Any, ...], buffer: io.BytesIO) -> None:
    preserve = torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(
        module,
        examples,
        buffer,
        dynamo=False,
        opset_version=17,
        training=preserve,
        do_constant_folding=False,
    )


def _export_bare(torch: Any, module: Any, examples: tuple[Any, ...], buffer: io.BytesIO) -> None:
    """Export a module whose ``forward`` seems to have no arguments but its inputs."""
    kind = type(module)

    def forward(self: Any, *inputs: Any) -> Any:
        return kind.forward(self, *inputs)

    bare = copy.copy(module)  # shares all parameters and parts
    bare.__class__ = type(kind.__name__, (kind,), {"forward": forward})
    _export(torch, bare, examples, buffer)


def _export_new(torch: Any, module: Any, examples: tuple[Any, ...], buffer: io.BytesIO) -> None:
    torch.onnx.export(module, examples, dynamo=True, verbose=False).save(buffer)
