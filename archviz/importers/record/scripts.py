"""Parts of a module that ``torch.jit`` has compiled: nobody sees what they call.

A function is read as the Python that it was made of, where torch keeps that. All else is one call
by its name, with the weights of its module; what PyTorch itself calls on the way is none of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Notes(Protocol):
    """What is written down while a module runs."""

    silent: int

    def silence(self) -> contextlib.AbstractContextManager[None]:
        """Write nothing down while this lasts."""

    def opaque(self, name: str, given: Any, weights: Iterable[Any], result: Any) -> None:
        """Write down that values came out of what nobody has seen inside."""


@contextlib.contextmanager
def watched_scripts(torch: Any, module: Any, notes: Notes) -> Iterator[None]:
    """Let scripts be known as what they are, while this lasts."""
    kinds = torch.jit.ScriptFunction, torch._C.ScriptMethod
    plain = [kind.__call__ for kind in kinds]

    def function(script: Any, *args: Any, **kwargs: Any) -> Any:
        source = getattr(script, "_torchdynamo_inline", None)
        if callable(source) and not notes.silent:
            return source(*args, **kwargs)
        with notes.silence():
            result = plain[0](script, *args, **kwargs)
        notes.opaque(script.name or "script", (args, kwargs), (), result)
        return result

    def method(script: Any, *args: Any, **kwargs: Any) -> Any:
        with notes.silence():
            result = plain[1](script, *args, **kwargs)
        if script.name != "forward":  # else the module's own call is what is known
            parts = [part for part in module.modules() if is_script(torch, part)]
            own = [part for part in parts if hasattr(part, script.name)]
            weights = [one for part in own for one in part.parameters(recurse=True)]
            notes.opaque(script.name, (args, kwargs), weights, result)
        return result

    for kind, call in zip(kinds, (function, method), strict=True):
        kind.__call__ = call
    try:
        yield
    finally:
        for kind, call in zip(kinds, plain, strict=True):
            kind.__call__ = call


def is_script(torch: Any, part: Any) -> bool:
    """Whether a module is one that ``torch.jit`` has compiled."""
    return isinstance(part, torch.jit.ScriptModule)


def name_of_part(part: Any) -> str:
    """The class of a module, also where ``torch.jit`` has hidden it."""
    return str(getattr(part, "original_name", "") or type(part).__name__)
