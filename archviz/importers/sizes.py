"""The sides of inputs that a model's file leaves open, as a user gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from archviz.errors import ArchvizError, did_you_mean, fail

if TYPE_CHECKING:
    from archviz.importers.graphs import Op, OpGraph

Dims: TypeAlias = tuple[int | None, ...]
Sizes: TypeAlias = Mapping[str, tuple[int, ...]] | Sequence[tuple[int, ...]]
"""Sizes by the names of inputs, or in their order."""

MAX_SIDE = 10**9
RECURRENT = ("LSTM", "GRU", "RNN")
_WANTED = "a tuple of whole numbers, several of them, or a dictionary of them by names of inputs"
_USUAL = {3: (1, 3, 256), 4: (1, 3, 224, 224), 5: (1, 3, 16, 112, 112)}
"""What an example has at open sides, by the rank."""


class OpenSizesError(ArchvizError):
    """A source leaves sides of its inputs open, and nobody has said how large they are."""

    def __init__(
        self,
        said: ArchvizError,
        graph: OpGraph,
        users: Mapping[str, Op],
        batches: Mapping[str, int],
    ) -> None:
        super().__init__(said.problems)
        self.graph = graph
        self.users = users
        """The first operator that takes each input."""
        self.batches = batches
        """Which axis of each input is the batch."""


def batch_axes(graph: OpGraph, users: Mapping[str, Op]) -> dict[str, int]:
    """Which axis of each input is its batch: the first, or one that is called as those are.

    Recurrent layers of ONNX want (steps, batch, features), and states of several layers.
    """
    found = {name: int(_by_steps(graph.shapes.get(name), users.get(name))) for name in graph.inputs}
    words = {name: graph.sides.get(name, ()) for name in graph.inputs}
    batches = {words[name][axis] for name, axis in found.items() if axis < len(words[name])} - {""}
    for name, own in words.items():
        places = [axis for axis, word in enumerate(own) if word in batches]
        if len(places) == 1:
            found[name] = places[0]
    return found


def _by_steps(stated: Dims | None, user: Op | None) -> bool:
    """Whether an input is (steps, batch, features), as recurrent layers of ONNX want it."""
    if user is not None and stated is not None and user.attributes.get("along") == 0:
        return len(stated) == 3  # a loop that goes along the first axis
    if user is None or user.kind not in RECURRENT or stated is None:
        return False
    of_keras = "units" in user.attributes
    return not of_keras and not user.attributes.get("layout") and len(stated) == 3


def sizes_of(given: Any) -> Sizes:
    """What ``input_size`` is, where it is a size, several, or sizes by name.

    Raises:
        TypeError: it is something else.
    """
    if given is None or (isinstance(given, Sequence) and not given):
        return ()
    if isinstance(given, Mapping):
        return {str(name): _size(size) for name, size in given.items()}
    if isinstance(given, Sequence) and not isinstance(given, str):
        if given and not isinstance(given[0], int):
            return tuple([_size(size) for size in given])
        return (_size(given),)
    raise TypeError(f"input_size is {_WANTED}, not {type(given).__name__}")


def _size(given: Any) -> tuple[int, ...]:
    if isinstance(given, int):
        given = (given,)
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TypeError(f"input_size is {_WANTED}")
    if not all(type(side) is int and 0 < side < MAX_SIDE for side in given):
        raise TypeError(f"input_size is {_WANTED}; a side is 1 or more")
    return tuple(given)


def with_sizes(graph: OpGraph, sizes: Sizes, path: str) -> OpGraph:
    """The graph with open sides of its inputs filled; sides of one name are alike.

    Raises:
        ArchvizError: a size does not fit what the file says, or no input is called so.
    """
    if not sizes:
        return graph
    names = graph.sides
    stated = {name: graph.shapes.get(name) for name in graph.inputs}
    chosen = sizes if isinstance(sizes, Mapping) else _placed(stated, names, sizes, path)
    short = {name.partition(":")[0]: name for name in stated}  # as Keras calls them
    chosen = {one if one in stated else short.get(one, one): chosen[one] for one in chosen}
    for name, size in chosen.items():
        if name not in stated:
            words = ", ".join([shown_input(one, stated[one], names) for one in list(stated)[:8]])
            advice = did_you_mean(name, list(stated)) or f"its inputs: {words}"
            raise fail(path, f"has no input '{name[:80]}'", advice)
        if not _fits(stated[name], size):
            raise _misfit(path, name, stated[name], names, size)
    by_name = _by_names(chosen, names, path)
    filled: dict[str, Dims] = {}
    for name, dims in stated.items():
        if name in chosen:
            filled[name] = chosen[name]
        elif dims is not None and None in dims:
            called = names.get(name, ("",) * len(dims))
            pairs = zip(dims, called, strict=True)
            filled[name] = tuple([side or by_name.get(word) for side, word in pairs])
    return graph._replace(shapes={**graph.shapes, **filled})


def _by_names(
    chosen: Mapping[str, tuple[int, ...]], names: Mapping[str, tuple[str, ...]], path: str
) -> dict[str, int]:
    """The sizes of sides that have names; one name has one size."""
    by_name: dict[str, int] = {}
    for name, size in chosen.items():
        for word, side in zip(names.get(name, ()), size, strict=False):
            if word and by_name.setdefault(word, side) != side:
                message = f"gives '{word[:80]}' two sizes, {by_name[word]} and {side}"
                raise fail(path, message, "the file says that they are one")
    return by_name


def _placed(
    stated: Mapping[str, Dims | None],
    names: Mapping[str, tuple[str, ...]],
    sizes: Sequence[tuple[int, ...]],
    path: str,
) -> dict[str, tuple[int, ...]]:
    """Sizes without names, one for each input, or for each that is open."""
    waiting = [name for name, dims in stated.items() if dims is None or None in dims]
    if len(sizes) == len(stated):
        waiting = list(stated)
    if len(sizes) == 1 and len(waiting) > 1:
        fitting = [name for name in waiting if _fits(stated[name], sizes[0])]
        waiting = fitting if len(fitting) == 1 else waiting
    if not waiting and len(sizes) == 1:
        waiting = [name for name in stated if _fits(stated[name], sizes[0])][:1]
        waiting = waiting or list(stated)[:1]
    if len(waiting) != len(sizes):
        raise fail(
            path,
            f"has {len(stated)} inputs, and {len(sizes)} sizes without names are given",
            f"give each by its name: {option(stated, stated)}",
        )
    return dict(zip(waiting, sizes, strict=True))


def _fits(dims: Dims | None, size: tuple[int, ...]) -> bool:
    if dims is None:
        return True
    return len(dims) == len(size) and all(
        side in (None, own) for side, own in zip(dims, size, strict=True)
    )


def _misfit(
    path: str,
    name: str,
    dims: Dims | None,
    names: Mapping[str, tuple[str, ...]],
    size: tuple[int, ...],
) -> ArchvizError:
    """What to say of a size that does not fit, with the nearest one that does."""
    dims = dims or ()
    rest = list(size)
    for side in dims:
        if side in rest:
            rest.remove(side)
    if len(size) == len(dims) - 1 and size[0] > 1:
        rest.insert(0, 1)  # the batch was left out
    count = dims.count(None)
    spare = iter(rest if len(rest) == count else _example(dims, range(len(dims))))
    right = [next(spare) if side is None else side for side in dims]
    shown = "×".join(map(str, size))
    message = f"the input {shown_input(name, dims, names)} cannot be {shown}"
    if None not in dims:
        return fail(path, message, "the file fixes all of its sides")
    return fail(path, message, f"in the order of the file: --input {'x'.join(map(str, right))}")


def _example(dims: Dims, axes: Sequence[int]) -> list[int]:
    usual = _USUAL.get(len(dims), (1, 128))
    return [usual[axis] for axis in axes if dims[axis] is None and axis < len(usual)]


def shown_input(name: str, dims: Dims | None, names: Mapping[str, tuple[str, ...]]) -> str:
    """An input with its sides, as the file names them."""
    if dims is None:
        return f"'{name[:80]}' of unknown shape"
    words = names.get(name, ())
    if len(words) != len(dims):  # in a damaged file
        words = ("",) * len(dims)
    sides = [str(side or word[:20] or "?") for side, word in zip(dims, words, strict=True)]
    return f"'{name[:80]}' ({'×'.join(sides) or 'a number'})"


def option(wanted: Sequence[str] | Mapping[str, Any], stated: Mapping[str, Dims | None]) -> str:
    """The option of the command line that gives inputs a size, with examples for open sides."""
    words = []
    for name in list(wanted)[:8]:
        dims = stated.get(name)
        dims = (None,) * 4 if dims is None else dims
        usual = _USUAL.get(len(dims), (1, *[128] * len(dims)))
        size = "x".join([str(side or usual[axis]) for axis, side in enumerate(dims)])
        words.append(f"--input {size if len(stated) == 1 else f'{name[:80]}={size}'}")
    return " ".join(words)
