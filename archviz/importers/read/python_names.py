"""Live modules by their names on a command line: ``package.module:name``, ``model.py:Net``.

Unlike all else that is read, these run code: that of the file or package that was named.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from archviz.errors import ArchvizError, did_you_mean, fail
from archviz.importers.read.exported import is_program
from archviz.importers.read.torch_libraries import LIBRARIES, Made, library_model, offline
from archviz.importers.read.torch_version import INSTALL

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_DOTTED = re.compile(_NAME)


class Named(NamedTuple):
    """What a name on a command line stands for."""

    source: str
    """As it was written."""
    place: str
    """A file, a package, or a library with models of its own."""
    name: str

    @property
    def file(self) -> str:
        """The file whose code runs, where one was named."""
        return self.place if self.place.lower().endswith(".py") else ""


def named(source: str) -> Named | None:
    """What a word names, if that is a live module; nothing is looked for.

    Raises:
        ArchvizError: it names Python code, and nothing in it.
    """
    place, colon, name = source.rpartition(":")
    if not colon:
        if source.lower().endswith(".py"):
            raise fail(source, "is Python code", f"say what is in it, such as {source}:Net")
        return None
    if place in LIBRARIES or place.partition(":")[0] in LIBRARIES:
        return Named(source, *source.split(":", 1))
    known = place.lower().endswith(".py") or _DOTTED.fullmatch(place)
    return Named(source, place, name) if known and _DOTTED.fullmatch(name) else None


@contextlib.contextmanager
def opened(what: Named) -> Iterator[Callable[[bool], Made]]:
    """A function that makes the module, without numbers in its parameters or with them.

    Its code may be imported while this lasts, and nothing else from the current folder.

    Raises:
        ArchvizError: there is no such thing, it is no module, or its code raises.
    """
    with offline(), _searched(what.file), contextlib.redirect_stdout(sys.stderr):
        if what.place in LIBRARIES:
            yield lambda light: _run(what, "made", light, lambda: library_model(*what))
            return
        found = _found(what)
        yield lambda light: Made(_module(what, found, light))


@contextlib.contextmanager
def _searched(file: str) -> Iterator[None]:
    """Where modules are searched: never in the current folder, and last beside a named file."""
    kept = sys.path
    here = os.getcwd()
    first = bool(kept) and not sys.flags.safe_path and os.path.abspath(kept[0]) == here
    sys.path = [path for path in kept[first:] if path not in ("", ".")]
    if file:
        sys.path.append(os.path.dirname(os.path.abspath(file)))
    try:
        yield
    finally:
        sys.path = kept


def _found(what: Named) -> Any:
    code = _run(what, "imported", False, lambda: _from_file(what) if what.file else _import(what))
    for word in what.name.split("."):
        try:
            code = getattr(code, word)
        except AttributeError:
            known = [name for name in dir(code) if not name.startswith("_")]
            hint = did_you_mean(word, known) or _modules_in(code)
            raise fail(what.source, f"has no '{word}'", hint) from None
    return code


def _modules_in(code: Any) -> str:
    """A hint at the classes and instances of a file that are modules."""
    torch = _torch("")
    own = getattr(code, "__name__", "")
    found = [
        name
        for name, value in vars(code).items()
        if isinstance(value, torch.nn.Module)
        or (inspect.isclass(value) and issubclass(value, torch.nn.Module))
        if getattr(value, "__module__", own) == own or not inspect.isclass(value)
    ]
    return f"it has {', '.join(found[:5])}" if found else ""


def _torch(source: str) -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise fail(source, "needs PyTorch", INSTALL) from None


def _from_file(what: Named) -> Any:
    if not os.path.isfile(what.file):
        raise fail(what.file, "there is no such file")
    stem = os.path.splitext(os.path.basename(what.file))[0]
    spec = importlib.util.spec_from_file_location(f"archviz_read_{stem}", what.file)
    assert spec is not None and spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = code  # as dataclasses and pickles want it
    spec.loader.exec_module(code)
    return code


def _import(what: Named) -> Any:
    try:
        return importlib.import_module(what.place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{what.place}.".startswith(f"{error.name}."):
            raise
        path = what.place.replace(".", os.sep) + ".py"
        hint = "it must be installed; a file is named with its ending: model.py:Net"
        if os.path.isfile(path):
            hint = f"there is the file {path}: write {path}:{what.name}, and its code runs"
        raise fail(what.source, f"there is no module '{error.name}'", hint) from None


def _module(what: Named, found: Any, light: bool) -> Any:
    torch = _torch(what.source)
    if isinstance(found, torch.nn.Module | Mapping) or is_program(found):
        return found
    if not callable(found) or (inspect.isclass(found) and not issubclass(found, torch.nn.Module)):
        kind = found.__name__ if inspect.isclass(found) else type(found).__name__
        advice = "name a torch.nn.Module, its class, or a function that gives one"
        raise fail(what.source, f"is no PyTorch module ({kind})", advice)
    _check_free(what, found)
    made = _run(what, "made", light, found)
    if not isinstance(made, torch.nn.Module | Mapping) and not is_program(made):
        raise fail(what.source, f"gives {type(made).__name__}, no PyTorch module")
    return made  # of a dictionary it is said what it is


def _check_free(what: Named, maker: Any) -> None:
    """Say which arguments are missing, where some are."""
    with contextlib.suppress(ValueError):  # nobody knows what it takes
        needed = [
            one.name
            for one in inspect.signature(maker).parameters.values()
            if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        ]
        if needed:
            advice = "write a function without arguments that makes it, and name that"
            raise fail(what.source, f"needs arguments: {', '.join(needed)}", advice)


def _run(what: Named, verb: str, light: bool, action: Callable[[], Any]) -> Any:
    """What foreign code gives; whatever it raises is one message."""
    try:
        with _without_numbers(_torch(what.source)) if light else contextlib.nullcontext():
            return action()
    except ArchvizError:
        raise
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        hint = ""
        if "relative import" in said:
            hint = "it is part of a package; name it as package.module:name"
        raise fail(what.source, f"cannot be {verb}: {said}", hint) from error


@contextlib.contextmanager
def _without_numbers(torch: Any) -> Iterator[None]:
    """Parameters are on the meta device as soon as a module has them; buffers have numbers."""
    plain = torch.nn.Module.register_parameter

    def register(module: Any, name: str, param: Any) -> None:
        plain(module, name, param)
        if param is not None and type(param) is torch.nn.Parameter and not param.is_meta:
            empty = torch.empty_like(param, device="meta")
            own = module._parameters
            own[name] = torch.nn.Parameter(empty, requires_grad=param.requires_grad)

    torch.nn.Module.register_parameter = register
    try:
        yield
    finally:
        torch.nn.Module.register_parameter = plain
