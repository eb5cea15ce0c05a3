"""What is given for a PyTorch module: the module in what is wrapped round it, or what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from archviz.catalog import MODEL_SUFFIXES
from archviz.errors import ArchvizError, fail
from archviz.importers.read.weight_files import SUFFIXES, refusal

MAX_WRAPPED = 8


def module_of(torch: Any, given: Any) -> Any:
    """The module that was given, without what compiles it or runs it on several devices.

    Raises:
        ArchvizError: it is none; the words say what to give instead.
    """
    parallel = torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel
    for _ in range(MAX_WRAPPED):
        if hasattr(given, "_orig_mod"):  # of what torch.compile gives
            given = given._orig_mod
        elif isinstance(given, parallel):
            given = given.module
    if isinstance(given, torch.jit.ScriptModule):
        name = type(given).__name__
        raise fail(name, "is a script, which hides what it calls", "give the module it was made of")
    if not isinstance(given, torch.nn.Module):
        raise _not_one(torch, given)
    if type(given).forward is torch.nn.Module.forward and "forward" not in vars(given):
        name = type(given).__name__
        advice = "give the module that calls what is in it; nn.Sequential calls one after the other"
        raise fail(name, "has no forward: it holds modules, and does not say how they run", advice)
    return given


def _not_one(torch: Any, given: Any) -> ArchvizError:
    """What to say of what is no module."""
    name = type(given).__name__
    if isinstance(given, type) and issubclass(given, torch.nn.Module):
        return fail(given.__name__, "is a class", f"make a model of it: {given.__name__}(…)")
    if isinstance(given, str | os.PathLike):
        return _named(os.fspath(given))
    if isinstance(given, Mapping):
        return _held(torch, given)
    package = type(given).__module__.partition(".")[0]
    if package in ("keras", "tf_keras", "tensorflow"):
        return fail(name, "is no PyTorch module, but one of Keras", "use archviz.from_keras(model)")
    if package == "onnx":
        advice = "save it, and use archviz.from_onnx(path)"
        return fail(name, "is no PyTorch module, but one of ONNX", advice)
    if torch.is_tensor(given):
        return fail(name, "is no PyTorch module: a tensor", "give the module first, then this")
    if isinstance(given, list | tuple) and any(isinstance(one, torch.nn.Module) for one in given):
        advice = "give one; nn.Sequential makes one of several"
        return fail(name, "is no PyTorch module, but has some in it", advice)
    if callable(given) and not isinstance(given, type):
        advice = "give what it makes, or put it into the forward of a torch.nn.Module"
        return fail(getattr(given, "__name__", name), "is no PyTorch module: a function", advice)
    return fail(name, "is no PyTorch module", "give a torch.nn.Module")


def _held(torch: Any, given: Mapping[Any, Any]) -> ArchvizError:
    """What to say of a dictionary: weights, or a checkpoint with them or with a module in it."""
    values = [*given.values()]
    if any(map(torch.is_tensor, values)):
        return fail(
            "the model",
            "is a state dict: weights without their network",
            "make the module, and load them into it with load_state_dict",
        )
    for key, value in given.items():
        if isinstance(value, torch.nn.Module):
            return fail("the model", "is a checkpoint with a module in it", f"give its [{key!r}]")
    for key, value in given.items():
        if isinstance(value, Mapping) and any(map(torch.is_tensor, value.values())):
            message = f"is a checkpoint: its [{key!r}] are weights without their network"
            return fail("the model", message, "make the module, and give that")
    return fail(type(given).__name__, "is no PyTorch module", "give a torch.nn.Module")


def _named(word: str) -> ArchvizError:
    """What to say of a path or a name."""
    from archviz.importers.read.python_names import named

    if word.lower().endswith(SUFFIXES):
        return refusal(word)
    if word.lower().endswith(MODEL_SUFFIXES):
        return fail(word, "is a file, no PyTorch module", "use archviz.from_onnx(path)")
    try:
        known = named(word) is not None
    except ArchvizError:
        known = True
    if known:
        advice = f"make it and give the module; on the command line: archviz render {word}"
        return fail(word, "is the name of a module, not the module", advice)
    advice = "make the module and give that; archviz.load reads specs and bundled networks"
    return fail(word[:200], "is a text, no PyTorch module", advice)
