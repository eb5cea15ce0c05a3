"""What the numbers decide: calls whose results have a shape that only the values in them give.

Detectors choose boxes so: what passes a threshold, what is left of overlapping ones. Where no
weights follow, that is no part of the network: it ends with what goes into such calls. Where
weights follow, the calls of a module are one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain
from typing import NamedTuple

from archviz.importers.record.experts import mixtures
from archviz.importers.record.recording import SHAPE_ONLY, Call, Recording, Ref, Value, refs_in

DECIDED = frozenset(
    {"nonzero", "argwhere", "masked_select", "unique", "unique_consecutive", "nms", "batched_nms"}
)
"""Functions that give as many values as the numbers say."""
STEPS: Mapping[str, str] = {
    "roi_align": "RoI align",
    "roi_pool": "RoI pooling",
    "ps_roi_align": "RoI align",
    "ps_roi_pool": "RoI pooling",
    "nms": "non-maximum suppression",
    "batched_nms": "non-maximum suppression",
}
"""What a step is called that has such a function in it."""
OTHER = "selection"
_END = -1


class Settled(NamedTuple):
    """A recording in which each value has a shape of its own."""

    recording: Recording
    left_out: tuple[str, ...] = ()
    """The functions behind the last weights that numbers decide on."""


def settled(recording: Recording) -> Settled:
    """A recording with a step for what numbers decide on its way, and without what ends so."""
    if not any(_may_decide(call) for call in recording.calls):
        return Settled(recording)
    reader = _Reader(recording)
    return reader.settled() if reader.decided else Settled(recording)


def _may_decide(call: Call) -> bool:
    return call.function in DECIDED or call.function in ("where", "getitem")


def _decides(call: Call, values: Mapping[str, Value]) -> bool:
    """Whether numbers decide on the shape of what a call gives."""
    if call.function == "where":
        return len(call.args) + len(call.kwargs) == 1
    if call.function == "getitem":
        return any(values[name].mask for name in refs_in(call.args[1:]))
    return call.function in DECIDED


class _Reader:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.calls = recording.calls
        self.refs = [
            [] if call.function in SHAPE_ONLY else refs_in((call.args, call.kwargs))
            for call in self.calls
        ]
        self.makers = {name: n for n, call in enumerate(self.calls) for name in call.outputs}
        self.users: dict[str, list[int]] = {name: [_END] for name in recording.outputs}
        needed = recording.needed()
        self.used = [n for n, call in enumerate(self.calls) if not needed.isdisjoint(call.outputs)]
        for number in self.used:
            for name in self.refs[number]:
                self.users.setdefault(name, []).append(number)
        self.held = {
            name
            for name, value in recording.values.items()
            if value.origin in ("parameter", "buffer")
        }
        self.moving = self._made_of(recording.inputs)
        self.weighted = self._weighted()
        self.decided = {
            n for n in self.used
            if n not in self.weighted and _decides(self.calls[n], recording.values)
            and not self.moving.isdisjoint(self.refs[n])
        }  # fmt: skip
        self.places = {_path(self.calls[n]) for n in self.decided}
        """The modules in which numbers decide."""

    def _made_of(self, names: Iterable[str]) -> set[str]:
        found = set(names)
        for number in self.used:
            if not found.isdisjoint(self.refs[number]):
                found.update(self.calls[number].outputs)
        return found

    def _weighted(self) -> set[int]:
        """The calls that take a weight or what is made of weights alone, and all of mixtures."""
        parameters = {n for n, one in self.recording.values.items() if one.origin == "parameter"}
        for number in self.used:
            refs = self.refs[number]
            if refs and self.moving.isdisjoint(refs) and not parameters.isdisjoint(refs):
                parameters.update(self.calls[number].outputs)
        found = {n for n in self.used if not parameters.isdisjoint(self.refs[n])}
        return found.union(*[one.members for one in mixtures(self.recording)])

    def _is_bare(self, path: str) -> bool:
        """Whether a module has no weights and no buffers, nor has a module in it."""
        inside = f"{path}." if path else ""
        return not any(name.startswith(inside) for name in self.held)

    def settled(self) -> Settled:
        """The recording with steps, up to the last of its weights."""
        steps = self._steps(self._chosen())
        leading = self._leading()
        last = [step for step in steps if leading.isdisjoint(step)]
        inside = {n: step for step in steps if step not in last for n in step}
        dropped = self._behind(set(chain.from_iterable(last)), inside.keys(), leading)
        said = dict.fromkeys(_said(self.calls[n]) for n in sorted(dropped & self.decided))
        left_out = tuple(said) or (OTHER,) if dropped else ()
        outputs = self._outputs(dropped, inside.keys())
        if not outputs:
            return Settled(self.recording)
        calls: list[Call] = []
        for number, call in enumerate(self.calls):
            step = inside.get(number)
            if step is None and number not in dropped:
                calls.append(call)
            elif step is not None and number == step[-1]:
                calls.append(self._step(step))
        values = {name: _sized(value) for name, value in self.recording.values.items()}
        recording = self.recording._replace(calls=tuple(calls), values=values, outputs=outputs)
        return Settled(recording, left_out)

    def _behind(self, last: Set[int], inside: Set[int], leading: Set[int]) -> set[int]:
        """The last steps with all that only comes of steps and leads to no weight."""
        dropped = set(last)
        for number in self.used if last else ():
            made_of = {self.makers.get(name) for name in self.refs[number]}
            comes = not made_of.isdisjoint(dropped) or not made_of.isdisjoint(inside)
            if comes and number not in leading and number not in self.weighted | inside:
                dropped.add(number)
        return dropped

    def _chosen(self) -> set[int]:
        """The calls that belong to steps: what numbers decide, and what is only made for that."""
        found: set[int] = set()
        open_values: set[str] = set()
        for number in self.used:
            path = _path(self.calls[number])
            follows = number in self.decided or not open_values.isdisjoint(self.refs[number])
            if (
                follows
                and number not in self.weighted
                and (path in self.places or self._is_bare(path))
            ):
                found.add(number)
                open_values.update(self.calls[number].outputs)
        for number in reversed(self.used):
            call = self.calls[number]
            moves = not self.moving.isdisjoint(self.refs[number])
            inside = moves and _path(call) in self.places and number not in self.weighted
            users = [self.users.get(name, ()) for name in call.outputs]
            if inside and all(map(found.issuperset, users)):
                found.add(number)
        return found

    def _steps(self, chosen: set[int]) -> list[list[int]]:
        """The calls of each step, which ends where something else takes what it gives."""
        opened: dict[str, list[int]] = {}
        steps: list[list[int]] = []
        step_of: dict[int, str] = {}
        for number in self.used:
            key = self._key(self.calls[number]) if number in chosen else None
            for name in self.refs[number]:
                other = step_of.get(self.makers.get(name, _END))
                if other is not None and other != key:
                    opened.pop(other, None)
            if key is not None:
                if key not in opened:
                    opened[key] = []
                    steps.append(opened[key])
                opened[key].append(number)
                step_of[number] = key
        return steps

    def _key(self, call: Call) -> str:
        """The module whose step a call is in."""
        for scope in reversed(call.scopes):
            if scope.path in self.places:
                return scope.path
            if not self._is_bare(scope.path):
                break
        return _path(call)

    def _leading(self) -> set[int]:
        """The calls that a weight comes after."""
        found: set[int] = set()
        for number in reversed(self.used):
            users = {one for name in self.calls[number].outputs for one in self.users.get(name, ())}
            if not users.isdisjoint(found) or not users.isdisjoint(self.weighted):
                found.add(number)
        return found

    def _outputs(self, dropped: Set[int], inside: Set[int]) -> tuple[str, ...]:
        """What the network gives: its outputs, and what goes into calls that are left out.

        What a step on the way has chosen, such as the places of boxes, is none.
        """
        kept = [name for name in self.recording.outputs if self.makers.get(name) not in dropped]
        passed = dropped | inside
        for number in sorted(dropped):
            names = [name for name in self.refs[number] if name in self.moving & self.makers.keys()]
            kept += [name for name in names if self.makers[name] not in passed]
        return tuple(dict.fromkeys(kept))

    def _step(self, numbers: Sequence[int]) -> Call:
        """One call for several."""
        inside = set(numbers)
        refs = dict.fromkeys(name for n in numbers for name in self.refs[n])
        given = [
            Ref(name)
            for name in refs
            if name in self.moving and self.makers.get(name) not in inside
        ]
        outputs = tuple(
            name
            for n in numbers
            for name in self.calls[n].outputs
            if not inside.issuperset(self.users.get(name, ()))
        )
        label = next((word for key, word in STEPS.items() if self._has(numbers, key)), OTHER)
        return Call(label, tuple(given), {}, outputs, self.calls[numbers[-1]].scopes)

    def _has(self, numbers: Sequence[int], function: str) -> bool:
        return any(self.calls[n].function == function for n in numbers)


def _path(call: Call) -> str:
    return call.scopes[-1].path if call.scopes else ""


def _said(call: Call) -> str:
    """What a function is called in a sentence."""
    if call.function in ("getitem", "where", "argwhere", "nonzero"):
        return "choosing by a mask"
    return STEPS.get(call.function, call.function.replace("_", " "))


def _sized(value: Value) -> Value:
    """A value with room for one where a run on zeros has chosen none."""
    return value._replace(shape=tuple(side or 1 for side in value.shape))
