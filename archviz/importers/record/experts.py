"""Mixtures of experts in a recording: a router, the largest of what it says, and products by it.

Found by what depends on what, whatever sorts, gathers or loops lie between: from the product of
the router up to the first value after which nothing else of it is used. It has to take one value
and to give one of the same size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from archviz.importers.record.multiply_adds import is_product, of_call
from archviz.importers.record.proof import SAID
from archviz.importers.record.recording import SHAPED, Call, Recording, Ref, refs_in
from archviz.network.kinds import ACTIVATIONS

CHOICES = ("topk", "argmax", "max")
"""Functions that choose experts."""
_VIEWS = frozenset({"view", "reshape", "flatten", "unflatten", "contiguous", "squeeze", "unsqueeze",
                    "to", "float", "type", "type_as", "bfloat16", "half"})  # fmt: skip
_MOVES = _VIEWS | SHAPED | {
    "chunk", "split", "getitem", "select", "transpose", "mT", "T", "t", "permute", "index_select",
    "index_add", "setitem", "where", "nonzero", "unbind", "sum", "arange", "gather", "scatter",
    "one_hot", "dropout", "write_view", "expand", "mul", "eq", "any", "zeros",
}  # fmt: skip
"""What experts do besides their products and their activation, where they are plain ones."""
MAX_STEPS = 64
MAX_CALLS = 20_000


class Mixture(NamedTuple):
    """A mixture of experts: the calls that are in it, by their numbers, and what it comes to."""

    members: frozenset[int]
    last: int
    source: str
    """The value that goes in."""
    result: str
    weights: tuple[str, ...]
    macs: int
    experts: int
    active: int
    inner: int
    """Features between the products of an expert."""
    activation: str
    """That of plain experts; empty where they are others."""


def mixtures(recording: Recording) -> tuple[Mixture, ...]:
    """The mixtures of experts of a recording, in their order."""
    if not any(call.function in CHOICES for call in recording.calls):
        return ()
    reader = _Reader(recording)
    found: dict[int, Mixture] = {}
    for number, call in enumerate(recording.calls):
        if call.function in CHOICES:
            router = reader.router(call)
            if router is not None and not any(router in one.members for one in found.values()):
                mixture = reader.mixture(router)
                if mixture is not None and number in mixture.members:
                    found[router] = mixture
    return tuple(found.values())


class _Reader:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.calls = recording.calls
        self.makers = {name: n for n, call in enumerate(self.calls) for name in call.outputs}
        needed = recording.needed()
        self.used = [not needed.isdisjoint(call.outputs) for call in self.calls]
        self.last_use = dict.fromkeys(recording.outputs, len(self.calls))
        moving = set(recording.inputs)
        for number, call in enumerate(self.calls):
            names = _refs(call)
            if not moving.isdisjoint(names):
                moving.update(call.outputs)
            for name in names if self.used[number] else ():
                self.last_use[name] = max(number, self.last_use.get(name, 0))
        self.moving = moving

    def router(self, choice: Call) -> int | None:
        """The product that what is chosen from comes from."""
        todo, seen = _refs(choice)[:1], set[str]()
        while todo and len(seen) < MAX_STEPS:
            number = self.makers.get(todo.pop())
            if number is None:
                continue
            if is_product(self.calls[number]):
                return number
            new = [name for name in _refs(self.calls[number]) if name not in seen]
            seen.update(new)
            todo += new
        return None

    def mixture(self, router: int) -> Mixture | None:
        """All behind a router up to where it has come to one value."""
        inside = set(self.calls[router].outputs)
        members, products = [router], list[int]()
        live, tries = set(inside), 0
        for number in range(router + 1, min(len(self.calls), router + MAX_CALLS)):
            call = self.calls[number]
            if not self.used[number] or inside.isdisjoint(_refs(call)):
                continue
            members.append(number)
            inside.update(call.outputs)
            live.update(call.outputs)
            live = {name for name in live if self.last_use.get(name, -1) > number}
            if is_product(call):
                products.append(number)
            if products and number != products[-1] and len(live) == 1:
                found = self._closed(members, products, inside, next(iter(live)))
                tries += 1
                if found is not None or tries > MAX_STEPS:
                    return found
        return None

    def _closed(
        self, members: Sequence[int], products: Sequence[int], inside: set[str], result: str
    ) -> Mixture | None:
        names = dict.fromkeys(name for n in members for name in _refs(self.calls[n]))
        outer = [name for name in names if name not in inside]
        sources = {self._source(name) for name in outer if name in self.moving} - {""}
        if len(sources) != 1:
            return None
        (source,) = sources
        shapes = {name: self.recording.values[name].shape for name in (source, result)}
        same = (
            prod(shapes[source]) == prod(shapes[result])
            and shapes[source][-1:] == (shapes[result][-1:])
        )
        macs = [of_call(self.recording, self.calls[n]) for n in (members[0], *products)]
        weights = self._weights([name for name in outer if name not in self.moving])
        if not same or None in macs or len(weights) < 2:
            return None
        experts = self.recording.values[self.calls[members[0]].outputs[0]].shape[-1]
        last = self.calls[products[-1]]
        return Mixture(
            frozenset(members),
            members[-1],
            source,
            result,
            self._all_experts(weights, experts),
            sum(one for one in macs if one is not None),
            experts,
            self._active(members, experts),
            self.recording.values[_refs(last)[0]].shape[-1],
            self._activation([n for n in members if products[0] < n < products[-1]]),
        )

    def _source(self, name: str) -> str:
        """What a value is a view of; nothing where only the shape of that matters."""
        while name in self.makers:
            call = self.calls[self.makers[name]]
            if call.function in SHAPED:
                return ""
            if call.function not in _VIEWS:
                break
            name = _refs(call)[0]
        return name

    def _weights(self, names: Sequence[str]) -> list[str]:
        """The parameters that constants are made of."""
        found: dict[str, None] = {}
        todo, seen = list(reversed(names)), set[str]()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.makers:
                todo += reversed(_refs(self.calls[self.makers[name]]))
            elif self.recording.values[name].origin == "parameter":
                found[name] = None
        return list(found)

    def _all_experts(self, weights: Sequence[str], experts: int) -> tuple[str, ...]:
        """With the weights of experts that no row went through, where each has its own."""
        values = self.recording.values
        kin: dict[tuple[object, ...], list[str]] = {}
        for name, value in values.items():
            if value.origin == "parameter":
                for place in _numbers(name):
                    kin.setdefault((*place, value.shape), []).append(name)
        found = dict.fromkeys(weights)
        for name in weights:
            for place in reversed(_numbers(name)):
                group = kin[(*place, values[name].shape)]
                if len(group) == experts:
                    found.update(dict.fromkeys(group))
                    break
        return tuple(found)

    def _active(self, members: Sequence[int], experts: int) -> int:
        """How many experts a row goes through."""
        found = 1
        for call in (self.calls[number] for number in members):
            if call.function == "topk":
                shape = self.recording.values[_refs(call)[0]].shape
                if shape[-1] == experts:
                    found = self.recording.values[call.outputs[0]].shape[-1]
        return found

    def _activation(self, numbers: Sequence[int]) -> str:
        """The one activation of plain experts."""
        calls = [self.calls[number] for number in numbers if not is_product(self.calls[number])]
        found = {SAID.get(call.function, "") for call in calls} & ACTIVATIONS.keys()
        rest = [call for call in calls if SAID.get(call.function) not in found]
        plain = all(call.function in _MOVES and not _by_a_number(call) for call in rest)
        return found.pop() if plain and len(found) == 1 else ""


def _by_a_number(call: Call) -> bool:
    return call.function == "mul" and not all(isinstance(one, Ref) for one in call.args)


def _refs(call: Call) -> list[str]:
    return refs_in((call.args, call.kwargs))


def _numbers(name: str) -> list[tuple[str, str]]:
    """The places of a path that have a number, each as what is before and behind it."""
    return [(name[: one.start()], name[one.end() :]) for one in re.finditer(r"\d+(?=\.)", name)]


def by_calls(found: Sequence[Mixture]) -> Mapping[int, Mixture]:
    """Mixtures by the numbers of the calls that are in them."""
    return {number: one for one in found for number in one.members}
