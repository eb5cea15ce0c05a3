"""Loops over the length of what goes in: a cell or a scan that is run step by step.

Equal steps in a row, of which each takes what the one before has left, and the next place of a
sequence, are one step of the recording, so that a figure does not depend on the length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

from archviz.importers.record.multiply_adds import LOOP, of_call
from archviz.importers.record.recording import Call, Recording, Ref, refs_in

FEWEST = 3
"""Steps that make a loop."""
MOST_TRIED = 8
"""Later calls like one that are tried as its next step."""
_COLLECTING = frozenset({"stack", "cat", "concat", "concatenate"})
_CELLS: Mapping[str, str] = {
    "lstm_cell": "LSTM cell at each step",
    "gru_cell": "GRU cell at each step",
    "rnn_tanh_cell": "RNN cell at each step",
    "rnn_relu_cell": "RNN cell at each step",
}
_FIRST: Mapping[str, tuple[tuple[Any, ...], ...]] = {
    "getitem": ((0,),),
    "select": ((0, 0),),
    "unbind": ((), (0,)),
}
"""What functions are called with that take a value apart along its first axis, or begin to."""
RECURRENT, SCAN = "recurrent steps", "scan"
"""What loops with weights and without are called."""


class _Loop(NamedTuple):
    """Where a loop begins, and how many steps of how many calls it has."""

    start: int
    period: int
    steps: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.steps


def rolled(recording: Recording) -> Recording:
    """The recording with each loop over a sequence as one call."""
    reader = _Reader(recording)
    found = {loop.start: whole for loop, whole in reader.loops()}
    if not found:
        return recording
    calls: list[Call] = []
    number = 0
    gone = {n for numbers, _ in found.values() for n in numbers}
    while number < len(recording.calls):
        if number in found:
            calls.append(found[number][1])
        if number not in gone:
            calls.append(recording.calls[number])
        number += 1
    return recording._replace(calls=tuple(calls))


class _Reader:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.calls = recording.calls
        self.refs = [refs_in((call.args, call.kwargs)) for call in self.calls]
        self.makers = {name: n for n, call in enumerate(self.calls) for name in call.outputs}
        self.users: dict[str, list[int]] = {}
        for number, names in enumerate(self.refs):
            for name in names:
                self.users.setdefault(name, []).append(number)
        self.forms = [self._form(number) for number in range(len(self.calls))]

    def _form(self, number: int) -> object:
        """What calls have in common that may be the same one of several steps."""
        call, values = self.calls[number], self.recording.values
        path = call.scopes[-1].path if call.scopes else ""
        held = tuple(name for name in self.refs[number] if values[name].origin == "parameter")
        shapes = tuple(values[name].shape for name in call.outputs)
        return call.function, path, held, shapes, len(self.refs[number])

    def loops(self) -> Iterator[tuple[_Loop, tuple[frozenset[int], Call]]]:
        """The loops, each with the calls in it and the one that stands for them."""
        places: dict[object, list[int]] = {}
        for number, form in enumerate(self.forms):
            places.setdefault(form, []).append(number)
        rank = {number: at for group in places.values() for at, number in enumerate(group)}
        number = 0
        while number < len(self.calls):
            group = places[self.forms[number]]
            at = rank[number] + 1
            for other in group[at : at + MOST_TRIED]:
                loop = self._repeated(number, other - number)
                whole = self._whole(loop) if loop is not None else None
                if loop is not None and whole is not None:
                    yield loop, whole
                    number = loop.stop - 1
                    break
            number += 1

    def _repeated(self, start: int, period: int) -> _Loop | None:
        """Equal stretches of calls in a row; None where there are few."""
        forms = self.forms
        stop = start
        while stop + period < len(forms) and forms[stop] == forms[stop + period]:
            stop += 1
        steps = (stop - start) // period + 1
        return _Loop(start, period, steps) if steps >= FEWEST else None

    def _whole(self, loop: _Loop) -> tuple[frozenset[int], Call] | None:
        """The call that stands for a loop; None where it is none over a sequence."""
        if not (self._goes_along(loop) and self._carries(loop)):
            return None
        inside = set(range(loop.start, loop.stop))
        made = {name for n in inside for name in self.calls[n].outputs}
        collected = {
            user
            for name in made
            for user in self.users.get(name, ())
            if user not in inside
            and self.calls[user].function in _COLLECTING
            and made.issuperset(self.refs[user])
        }
        inside |= collected
        inside |= {n for n in self._sources(loop) if self._is_inside(n, inside)}
        needed = self._left(inside)
        last = {*range(loop.stop - loop.period, loop.stop), *collected}
        if not needed or not all(self.makers[name] in last for name in needed):
            return None
        return frozenset(inside), self._call(loop, sorted(inside), needed)

    def _sources(self, loop: _Loop) -> set[int]:
        """The calls before a loop that its steps take something of."""
        numbers = range(loop.start, loop.stop)
        return {self.makers.get(name, loop.start) for n in numbers for name in self.refs[n]}

    def _is_inside(self, number: int, inside: set[int]) -> bool:
        """Whether a call only cuts a sequence in places, and the steps alone take them."""
        outputs = self.calls[number].outputs
        users = [self.users.get(name, ()) for name in outputs]
        return len(outputs) >= FEWEST and all(map(inside.issuperset, users))

    def _left(self, inside: set[int]) -> list[str]:
        """What is used elsewhere of what calls give."""
        outputs = set(self.recording.outputs)
        return [
            name
            for number in sorted(inside)
            for name in self.calls[number].outputs
            if name in outputs or not inside.issuperset(self.users.get(name, ()))
        ]

    def _carries(self, loop: _Loop) -> bool:
        """Whether each step takes something of the one before, and nothing of earlier ones."""
        for step in range(1, loop.steps):
            start = loop.start + step * loop.period
            made = {
                self.makers.get(name, -1)
                for number in range(start, start + loop.period)
                for name in self.refs[number]
            }
            if not any(start - loop.period <= one < start for one in made):
                return False
            if any(loop.start <= one < start - loop.period for one in made):
                return False
        return True

    def _goes_along(self, loop: _Loop) -> bool:
        """Whether a call of each step takes the next place of a sequence."""
        return any(
            self._takes_places(self.calls[loop.start + at : loop.stop : loop.period])
            for at in range(loop.period)
        )

    def _takes_places(self, calls: Sequence[Call]) -> bool:
        numbers = [list(_numbers_in((call.args, call.kwargs))) for call in calls]
        if len(set(map(len, numbers))) == 1:
            for row in zip(*numbers, strict=True):
                steps = {after - before for before, after in pairwise(row)}
                if len(steps) == 1 and 0 not in steps:
                    return True
        for row in zip(*[refs_in((call.args, call.kwargs)) for call in calls], strict=False):
            sources = {self.makers.get(name) for name in row}
            if len(set(row)) == len(row) and len(sources) == 1 and None not in sources:
                return True
        return False

    def _goes_first(self, loop: _Loop, numbers: Sequence[int]) -> bool:
        """Whether the steps are the first axis of what goes into the model."""
        own = [self.calls[n] for n in numbers if n < loop.start + loop.period]
        inputs = [Ref(name) for name in self.recording.inputs]
        return any(
            call.args[1:] in _FIRST.get(call.function, ())
            for call in own
            if call.args and call.args[0] in inputs
        )

    def _call(self, loop: _Loop, numbers: Sequence[int], outputs: Sequence[str]) -> Call:
        inside = set(numbers)
        names = dict.fromkeys(chain.from_iterable(self.refs[n] for n in numbers))
        given = [Ref(name) for name in names if self.makers.get(name, -1) not in inside]
        macs = [of_call(self.recording, self.calls[n]) for n in numbers]
        known = None if None in macs else sum(one or 0 for one in macs)
        functions = [self.calls[n].function for n in range(loop.start, loop.start + loop.period)]
        label = next((_CELLS[one] for one in functions if one in _CELLS), "")
        if not label:
            held = (self.recording.values[one.name].origin == "parameter" for one in given)
            label = RECURRENT if any(held) else SCAN
        scopes = self.calls[numbers[0]].scopes
        shared = [one.scopes for one in (self.calls[n] for n in numbers)]
        depth = 0
        for row in zip(*shared, strict=False):
            depth += len({scope.path for scope in row}) == 1
        more = {"macs": known, "label": label, "first": self._goes_first(loop, numbers)}
        return Call(LOOP, tuple(given), more, tuple(outputs), scopes[:depth])


def _numbers_in(value: Any) -> Iterator[int]:
    """The whole numbers in arguments."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _numbers_in(part)
    elif isinstance(value, slice):
        yield from _numbers_in((value.start, value.stop))
