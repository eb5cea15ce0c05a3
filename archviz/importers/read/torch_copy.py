"""A copy of a PyTorch module that may run and be changed, with other tensors or none."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Any

MAX_DEPTH = 4
"""Lists in the attributes of a module that are looked through for tensors."""
_PLAIN = (type(None), bool, int, float, str, bytes, type)


def twins(torch: Any, module: Any, light: bool) -> dict[int, Any]:
    """For every tensor of a module by its identity: what stands for it in the copy.

    Parameters are the same ones where they are needed, since a forward does not write to them.
    """
    found: dict[int, Any] = {}
    for part in module.modules():
        for tensor in _own_tensors(torch, vars(part)):
            if id(tensor) in found:
                continue
            if light:
                found[id(tensor)] = _meta(torch, tensor)
            elif isinstance(tensor, torch.nn.Parameter):
                found[id(tensor)] = tensor
            else:
                found[id(tensor)] = tensor.detach().clone()
    return found


def _own_tensors(torch: Any, value: Any, depth: int = 0) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif depth < MAX_DEPTH and isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _own_tensors(torch, part, depth + 1)


def _meta(torch: Any, tensor: Any) -> Any:
    empty = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty


def copied(module: Any, instead: Mapping[int, Any]) -> Any:
    """A copy with other tensors; what cannot be copied (locks, generators) is shared with it."""
    with contextlib.suppress(Exception):
        return copy.deepcopy(module, dict(instead))
    return _Copy(instead).of(module)


class _Copy:
    """Copies of modules and of all that can be copied in them, each once."""

    def __init__(self, instead: Mapping[int, Any]) -> None:
        self.made = dict(instead)
        self.kept: list[Any] = []

    def of(self, value: Any) -> Any:
        """What stands for a value in the copy."""
        if isinstance(value, _PLAIN):
            return value
        if id(value) not in self.made:
            self.kept.append(value)  # lest another one takes its identity
            self._make(value)
        return self.made[id(value)]

    def _make(self, value: Any) -> None:
        kind: Any = type(value)
        if "_modules" in getattr(value, "__dict__", ()):
            made = self.made[id(value)] = kind.__new__(kind)
            made.__dict__.update({key: self.of(one) for key, one in vars(value).items()})
        elif isinstance(value, dict):
            made = self.made[id(value)] = copy.copy(value)
            made.update({key: self.of(one) for key, one in value.items()})
        elif kind is list:
            made = self.made[id(value)] = []
            made.extend(map(self.of, value))
        elif kind is tuple:
            self.made[id(value)] = tuple(map(self.of, value))
        else:
            self.made[id(value)] = self._whole(value)

    def _whole(self, value: Any) -> Any:
        known = dict(self.made)
        try:
            made = copy.deepcopy(value, known)
        except Exception:  # whatever its own code raises
            return value
        self.kept.append(known.pop(id(known), None))  # what it keeps alive
        self.made.update(known)
        return made
