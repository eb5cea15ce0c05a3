"""Picks from a table that has one number everywhere, which are that number wherever they are.

Models keep such tables for texts in one piece: which part a word is in, for every place.
"""

from __future__ import annotations

from archviz.importers.record.recording import Call, Recording, Ref

_PICKS = frozenset({"gather", "take_along_dim", "index_select", "getitem", "take"})
_VIEWS = frozenset(
    {"view", "reshape", "expand", "unsqueeze", "squeeze", "getitem", "repeat", "to", "contiguous"}
)


def without_picks(recording: Recording) -> Recording:
    """The recording with such picks as constants."""
    same = {name for name, value in recording.values.items() if value.uniform}
    if not same:
        return recording
    calls: list[Call] = []
    values = dict(recording.values)
    for call in recording.calls:
        first = call.args[0] if call.args else None
        of_same = isinstance(first, Ref) and first.name in same
        if of_same and call.function in _PICKS | _VIEWS:
            same.update(call.outputs)
            for name in call.outputs:
                values[name] = values[name]._replace(origin="constant", uniform=True)
        else:
            calls.append(call)
    return recording._replace(calls=tuple(calls), values=values)
