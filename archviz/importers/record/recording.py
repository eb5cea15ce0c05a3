"""A PyTorch module as it runs: which functions are called, on what, by which of its modules.

The forward runs once under a ``TorchFunctionMode``, on a copy whose parameters and buffers are
on the meta device: they have shapes and no numbers, so that nothing is computed. A function is
seen at the level at which the model's own code calls it; shape arithmetic leaves no trace.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archviz.importers.record.scripts import name_of_part, watched_scripts
from archviz.network.model import NOTHING

MAX_NESTED = 32
"""Lists in lists that are looked through for tensors."""


SHAPE_ONLY = frozenset(
    {"zeros_like", "empty_like", "ones_like", "full_like", "new_zeros", "new_empty", "new_ones",
     "new_full"}
)  # fmt: skip
"""Functions that take no more of a value than its shape, and make another one up."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of a recording, where a call takes a tensor; no tuple, which arguments may be."""

    name: str


class Value(NamedTuple):
    """What is known of a tensor."""

    shape: tuple[int, ...]
    floating: bool
    origin: str = ""
    """What it is: ``parameter``, ``buffer``, ``input``, ``constant``, or ``""`` for a result."""
    numbers: tuple[float, ...] | None = None
    """Its numbers, where they are few and known."""
    mask: bool = False
    """Whether it says yes or no of each place."""
    uniform: bool = False
    """Whether it is a table of whole numbers that are all the same."""


class Scope(NamedTuple):
    """A module that was running: its path in the model, and the name of its class."""

    path: str
    kind: str
    again: bool = False
    """Whether it has run before."""


class Call(NamedTuple):
    """One call of a function of torch."""

    function: str
    """Its name without what says that it works in place, or stands at the right of a sign."""
    args: tuple[Any, ...]
    """What it was given; tensors as :class:`Ref`."""
    kwargs: Mapping[str, Any]
    outputs: tuple[str, ...]
    scopes: tuple[Scope, ...]
    """The modules that were running, outermost first."""
    hidden: bool = False
    """Whether nobody has seen what it does inside."""


class Recording(NamedTuple):
    """All that a module did with its inputs."""

    calls: tuple[Call, ...]
    values: Mapping[str, Value]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    called: Mapping[str, str] = NOTHING
    """The keys and fields under which the module gives its outputs, where they have any."""

    def needed(self) -> set[str]:
        """The values on the way to an output, weights among them."""
        found = set(self.outputs)
        for call in reversed(self.calls):
            if not found.isdisjoint(call.outputs):
                found.update(refs_in((call.args, call.kwargs)))
        return found


def refs_in(value: Any) -> list[str]:
    """The names of the values in arguments, in their order."""
    if isinstance(value, Ref):
        return [value.name]
    parts: Iterable[Any] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    elif isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
    return [name for part in parts for name in refs_in(part)]


def tensors_in(torch: Any, value: Any, depth: int = 0) -> Iterator[Any]:
    """The tensors in lists, tuples, dictionaries and data classes, in their order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif depth < MAX_NESTED:
        parts: Iterable[Any] = ()
        if isinstance(value, Mapping):
            parts = value.values()
        elif isinstance(value, list | tuple):
            parts = value
        elif hasattr(type(value), "__dataclass_fields__"):
            parts = vars(value).values()
        for part in parts:
            yield from tensors_in(torch, part, depth + 1)


def keyed_tensors(torch: Any, value: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The tensors of :func:`tensors_in`, each with its keys and the names of its fields."""
    if isinstance(value, torch.Tensor):
        yield " ".join(filter(None, words)), value
    elif len(words) < MAX_NESTED:
        for key, part in _keyed(value):
            yield from keyed_tensors(torch, part, (*words, key))


def _keyed(value: Any) -> Iterable[tuple[str, Any]]:
    """What is in a value, with keys and names of fields; a place in a list is no name."""
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return zip(value._fields, value, strict=False)
    if isinstance(value, list | tuple):
        return [("", part) for part in value]
    if hasattr(type(value), "__dataclass_fields__"):
        return list(vars(value).items())
    return ()


_RENAMED: Mapping[str, str] = {
    "__setitem__": "setitem",
    "__getitem__": "getitem",
    "__iadd__": "add",
    "__isub__": "sub",
    "__imul__": "mul",
    "__itruediv__": "div",
    "__rtruediv__": "rdiv",
    "__truediv__": "div",
    "__rpow__": "rpow",
    "__radd__": "add",
    "__rmul__": "mul",
    "__rsub__": "rsub",
    "__rmatmul__": "rmatmul",
    "__invert__": "logical_not",
}
_FEW = 64


def name_of(function: Any) -> str:
    """How torch calls a function, without marks: ``add`` for ``Tensor.add_`` and ``__iadd__``."""
    name = str(getattr(function, "__name__", "")) or type(function).__name__
    if name == "__get__":
        return str(getattr(getattr(function, "__self__", None), "__name__", name))
    return _RENAMED.get(name) or (name.strip("_") or name)


class Notes:
    """What is written down while a module runs; tensors are kept, for their identities."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.calls: list[Call] = []
        self.values: dict[str, Value] = {}
        self.names: dict[int, str] = {}
        self.kept: list[Any] = []
        self.stack: list[Scope] = []
        self.silent = 0
        """Whether what is called is no call of the module's own."""

    def name(self, tensor: Any, origin: str = "constant", name: str = "", given: Any = None) -> str:
        """The name of a tensor; one that nobody has seen before is what ``origin`` says."""
        found = self.names.get(id(tensor))
        if found is not None:
            return found
        return self.give(tensor, origin, name, given)

    def give(self, tensor: Any, origin: str = "", name: str = "", given: Any = None) -> str:
        """A new name for a tensor, or for what it has become."""
        name = name or f"{origin or 'value'}:{len(self.values)}"
        self.names[id(tensor)] = name
        self.kept.append(tensor)
        source = tensor if given is None else given
        numbers = _few_numbers(source) if origin in ("constant", "buffer") else None
        shape = tuple(int(side) for side in tensor.shape)
        floating = bool(tensor.dtype.is_floating_point or tensor.dtype.is_complex)
        uniform = origin == "buffer" and not floating and _is_uniform(source)
        mask = tensor.dtype == self.torch.bool
        self.values[name] = Value(shape, floating, origin, numbers, mask, uniform)
        return name

    def refs(self, value: Any, depth: int = 0) -> Any:
        """Arguments with tensors as references."""
        if isinstance(value, self.torch.Tensor):
            return Ref(self.name(value))
        if depth < MAX_NESTED:
            if isinstance(value, tuple) and hasattr(value, "_fields"):
                return tuple(self.refs(part, depth + 1) for part in value)
            if isinstance(value, list | tuple):
                return type(value)(self.refs(part, depth + 1) for part in value)
            if isinstance(value, slice):
                ends = (value.start, value.stop, value.step)
                return slice(*[self.refs(end, depth + 1) for end in ends])
            if isinstance(value, dict):
                return {key: self.refs(part, depth + 1) for key, part in value.items()}
        return value

    def call(
        self, function: Any, args: Any, kwargs: Any, versions: Sequence[int], result: Any
    ) -> None:
        """Write down a call that has come back; ``versions`` were those of what it was given."""
        if self.silent:
            return
        given = list(tensors_in(self.torch, (args, kwargs)))
        pairs = zip(given, versions, strict=True)
        changed = {id(one): one for one, before in pairs if one._version != before}
        taken = {id(one) for one in given}
        made = [
            one
            for one in tensors_in(self.torch, result)
            if id(one) not in taken or id(one) in changed
        ]
        made += [one for key, one in changed.items() if all(id(own) != key for own in made)]
        if not made:
            return  # it gave back what it was given
        refs = self.refs(args), self.refs(kwargs)
        outputs = tuple([self.give(one) for one in made])
        scopes = tuple(self.stack)
        self.calls.append(Call(name_of(function), *refs, outputs, scopes))
        for one in changed.values():
            self.written_through(one, scopes)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Write nothing down while this lasts."""
        self.silent += 1
        try:
            yield
        finally:
            self.silent -= 1

    def opaque(self, name: str, given: Any, weights: Iterable[Any], result: Any) -> None:
        """Write down that values came out of what nobody has seen inside."""
        made = [one for one in tensors_in(self.torch, result) if id(one) not in self.names]
        if made and not self.silent:
            own = [Ref(self.name(tensor)) for tensor in weights]
            args = (*self.refs(given), *own)
            outputs = tuple([self.give(tensor) for tensor in made])
            self.calls.append(Call(name, args, {}, outputs, tuple(self.stack), True))

    def written_through(self, view: Any, scopes: tuple[Scope, ...]) -> None:
        """What a view was taken of has changed with it."""
        base = view._base
        if base is not None and id(base) in self.names:
            parts = Ref(self.names[id(base)]), Ref(self.names[id(view)])
            self.calls.append(Call("write_view", parts, {}, (self.give(base),), scopes))


def _is_uniform(tensor: Any) -> bool:
    if tensor.numel() < 2 or tensor.device.type == "meta":
        return False
    return bool((tensor == tensor.flatten()[0]).all())


def _few_numbers(tensor: Any) -> tuple[float, ...] | None:
    if tensor.numel() > _FEW or tensor.device.type == "meta" or tensor.dtype.is_complex:
        return None
    with contextlib.suppress(Exception):
        return tuple(tensor.detach().flatten().tolist())
    return None


def record(
    torch: Any,
    module: Any,
    originals: Mapping[str, Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Recording:
    """Run a module once and write down what it calls.

    ``originals`` gives the parameters and buffers by name whose numbers are known; those of the
    module may be on the meta device. Whatever the module raises passes through.
    """
    notes = Notes(torch)
    for origin, tensors in (
        ("parameter", module.named_parameters(remove_duplicate=True)),
        ("buffer", module.named_buffers(remove_duplicate=True)),
    ):
        for name, tensor in tensors:
            notes.name(tensor, origin, name, originals.get(name))
    inputs = []
    for name, tensor in _named_inputs(torch, module, args, kwargs):
        free = name not in notes.values
        inputs.append(notes.give(tensor, "input", name if free else f"input {name}"))
    with watched_scripts(torch, module, notes), _watched(torch, module, notes), _mode(torch, notes):
        result = module(*args, **kwargs)
    called: dict[str, str] = {}
    for words, tensor in keyed_tensors(torch, result):
        called.setdefault(notes.name(tensor), words)
    ends = tuple(called)
    return Recording(tuple(notes.calls), notes.values, tuple(dict.fromkeys(inputs)), ends, called)


def _named_inputs(
    torch: Any, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The tensors that go in, with the names of the arguments that they are in."""
    import inspect

    words: list[str] = []
    with contextlib.suppress(TypeError, ValueError):
        words = [one.name for one in inspect.signature(module.forward).parameters.values()]
    places = [*zip([*words, *[f"x{n}" for n in range(len(args))]], args, strict=False)]
    for word, value in (*places, *kwargs.items()):
        found = list(tensors_in(torch, value))
        for number, tensor in enumerate(found):
            yield word + (f".{number}" if len(found) > 1 else ""), tensor


@contextlib.contextmanager
def _watched(torch: Any, module: Any, notes: Notes) -> Iterator[None]:
    """Know which module is running."""
    paths = {id(part): path for path, part in module.named_modules()}
    ran: set[str] = set()

    def enter(part: Any, args: Any) -> None:
        path = paths.get(id(part), "?")
        notes.stack.append(Scope(path, name_of_part(part), path in ran))
        ran.add(path)

    def leave(part: Any, args: Any, result: Any) -> None:
        notes.opaque(name_of_part(part), args, (*part.parameters(), *part.buffers()), result)
        notes.stack.pop()

    hooks = torch.nn.modules.module
    handles = (
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _normalised(torch: Any, function: Any, args: Sequence[Any], kwargs: Any) -> Any:
    """What a norm that goes by no statistics of a batch gives on a meta tensor: one like its input.

    PyTorch finds that out in a hundred steps of Python, which take longer than all the rest of a
    network. None for what has to be run.
    """
    if kwargs or not args or not torch.is_tensor(args[0]) or not args[0].is_meta:
        return None
    given, *others = args
    if function is torch.nn.functional.batch_norm and len(args) > 5 and not args[5]:
        wanted, weights = tuple(given.shape[1:2]), others[:4]
    elif function is torch.nn.functional.layer_norm and len(args) > 3:
        wanted, weights = tuple(given.shape[given.dim() - len(args[1]) :]), others[1:3]
        if wanted != tuple(args[1]):
            return None
    else:
        return None
    fits = all(one is None or tuple(one.shape) == wanted for one in weights)
    return torch.empty_like(given) if wanted and fits else None


def _mode(torch: Any, notes: Notes) -> Any:
    from torch.overrides import TorchFunctionMode

    class Mode(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            versions = [one._version for one in tensors_in(torch, (args, kwargs))]
            result = _normalised(torch, function, args, kwargs)
            result = function(*args, **kwargs) if result is None else result
            notes.call(function, args, kwargs, versions, result)
            return result

    return Mode()
