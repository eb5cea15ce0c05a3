"""What a PyTorch module is called with: what was given, or what its configuration states."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archviz.errors import fail
from archviz.importers.record.recording import Recording, refs_in, tensors_in

MAX_TRIED = 4
"""Up to so many inputs are tried with whole numbers and without."""
WORDS = 64
"""Words of a text whose length nobody states."""
WHOLE = ("ids", "mask")
"""Ends of the names of arguments that are whole numbers."""
IMAGE_AXES = {"Conv1d": 3, "Conv2d": 4, "Conv3d": 5}
"""Axes of what convolutions take, the batch among them."""


class Example(NamedTuple):
    """Arguments of a module."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    sized: bool = False
    """Whether only sizes were given, of which nobody says whether they have a batch."""


def examples_of(torch: Any, module: Any, given: Any, name: str) -> list[Example]:
    """What a module may be called with, the likeliest first.

    Raises:
        ArchvizError: what was given is no size, or nothing was and the module states none.
    """
    if given is None:
        return [_stated(torch, module, name)]
    if type(given).__module__ == "numpy" and hasattr(given, "__array__"):
        given = torch.as_tensor(given)
    if isinstance(given, torch.Tensor):
        return [Example((given,), {})]
    if isinstance(given, Mapping):
        return _by_name(torch, module, given, name)
    if isinstance(given, list | tuple) and next(tensors_in(torch, given), None) is not None:
        return [Example(tuple(given), {})]
    own = _sizes(given, name)
    ways = [own] if (batched := _batched(module, own)) == own else [own, batched]
    if all(len(size) < IMAGE_AXES["Conv2d"] for size in own):
        ways.append([(1, *size) for size in own])  # where it does not run without a batch
    return [
        Example(tuple(map(_zeros(torch), way, kinds)), {}, way is own)
        for way in ways
        for kinds in _kinds(torch, module, way)
    ]


def _by_name(torch: Any, module: Any, given: Mapping[str, Any], name: str) -> list[Example]:
    """Keyword arguments; of those that are sizes, zeros, whole ones where they are indices."""
    sizes = {key: size for key, size in given.items() if _is_size(size)}
    if not sizes or next(tensors_in(torch, given), None) is not None:
        return [Example((), given)]
    found = []
    for kinds in _kinds(torch, module, _sizes(list(sizes.values()), name)):
        filled = {
            key: _zeros(torch)(size, torch.int64 if key.endswith(WHOLE) else kind)
            for (key, size), kind in zip(sizes.items(), kinds, strict=True)
        }
        found.append(Example((), {**given, **filled}))
    return found


def _is_size(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(type(n) is int for n in value)


def _zeros(torch: Any) -> Any:
    return lambda size, kind: torch.zeros(size, dtype=kind, device="meta")


def _sizes(given: Any, name: str) -> list[tuple[int, ...]]:
    try:
        nested = given if given and not isinstance(given[0], int) else [given]
        sizes = [tuple(int(side) for side in size) for size in nested]
    except (TypeError, ValueError, LookupError):
        sizes = []
    if not sizes or any(not size or min(size) < 1 for size in sizes):
        raise fail(
            name,
            f"cannot be run on an input of {str(given)[:80]}",
            "give the size with its batch, such as (1, 3, 224, 224), or an example tensor",
        )
    return sizes


def _batched(module: Any, sizes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """One size without a batch gets one, where the first convolution wants an axis more."""
    kinds = [type(part).__name__ for part in module.modules()]
    known = (kind for kind in kinds if kind in IMAGE_AXES or kind == "Embedding")
    axes = IMAGE_AXES.get(next(known, ""), 0)  # what comes before it is no image
    if len(sizes) == 1 and len(sizes[0]) == axes - 1:
        return [(1, *sizes[0])]
    return sizes


RECURRENT = ("LSTM", "GRU", "RNN")


ATTENTION = "multi_head_attention_forward"


def lacks_batch(recording: Recording, module: Any) -> int | None:
    """Where the batch goes that a convolution, an attention or a recurrent layer lacks.

    None where none does.
    """
    for call in recording.calls:
        axes = IMAGE_AXES.get(call.function.capitalize())
        data = next(iter(refs_in(call.args) or refs_in(call.kwargs)), None)
        if axes and data and len(recording.values[data].shape) < axes:
            return 0
        if call.function == ATTENTION and data and len(recording.values[data].shape) == 2:
            part = module.get_submodule(call.scopes[-1].path) if call.scopes else None
            return 0 if getattr(part, "batch_first", False) else 1
        kind = call.scopes[-1].kind if call.scopes else ""
        own = kind in RECURRENT and call.function == "unsqueeze" and (data,) == recording.inputs
        if own and isinstance(call.args[-1], int):
            return call.args[-1]  # it adds one itself
    return None


def drops_batch(recording: Recording) -> bool:
    """Whether of what is as large as an image the first side is in no result: it is no batch."""
    shapes = [recording.values[name].shape for name in recording.inputs]
    ends = [recording.values[name].shape[:1] for name in recording.outputs]
    first = shapes[0][:1] if len(shapes) == 1 and len(shapes[0]) == IMAGE_AXES["Conv2d"] - 1 else ()
    return bool(first) and first != (1,) and first not in ends


def with_batch(torch: Any, example: Example, axis: int = 0) -> Example:
    """The same arguments, all tensors with a batch of one."""

    def batched(value: Any) -> Any:
        return value.unsqueeze(axis) if isinstance(value, torch.Tensor) else value

    kwargs = {key: batched(value) for key, value in example.kwargs.items()}
    return Example(tuple(map(batched, example.args)), kwargs)


def _kinds(torch: Any, module: Any, sizes: Sequence[tuple[int, ...]]) -> list[tuple[Any, ...]]:
    """Types of numbers: the module's own, and whole ones where it looks them up in a table."""
    plain = _number(torch, module)
    tables = (torch.nn.Embedding, torch.nn.EmbeddingBag)
    if not any(isinstance(part, tables) for part in module.modules()) or len(sizes) > MAX_TRIED:
        return [(plain,) * len(sizes)]
    words = [torch.int64 if len(size) < 3 else plain for size in sizes]
    kinds = itertools.product((torch.int64, plain), repeat=len(sizes))
    return list(dict.fromkeys([tuple(words), *kinds]))


def _number(torch: Any, module: Any) -> Any:
    own = (one.dtype for one in module.parameters() if one.dtype.is_floating_point)
    return next(own, torch.float32)


# ---- sizes that a module states --------------------------------------------------------------


def _stated(torch: Any, module: Any, name: str) -> Example:
    zeros, number = _zeros(torch), _number(torch, module)
    for attribute in ("default_cfg", "pretrained_cfg"):
        facts = getattr(module, attribute, None)
        size = facts.get("input_size") if isinstance(facts, Mapping) else None
        if size:
            return Example((zeros((1, *size), number),), {})
    config = getattr(module, "config", None)
    main = getattr(module, "main_input_name", "")
    if config is not None and hasattr(config, "model_type") and isinstance(main, str):
        found = _of_config(config, main)
        if found:
            kwargs = {
                key: zeros(size, torch.int64 if key.endswith("ids") else number)
                for key, size in found.items()
            }
            return Example((), kwargs)
    advice = (
        "give it, such as archviz.from_torch(module, (1, 3, 224, 224)), or example tensors; "
        "on the command line --input 1x3x224x224"
    )
    raise fail(name, "does not say which size its input has", advice)


def _of_config(config: Any, main: str) -> dict[str, tuple[int, ...]]:
    """Arguments of a model of transformers, by its configuration; none where that is silent."""
    text = getattr(config, "text_config", config)
    vision = getattr(config, "vision_config", config)
    length = min(WORDS, getattr(text, "max_position_embeddings", None) or WORDS)
    found: dict[str, tuple[int, ...]] = {}
    if main == "input_ids":
        found["input_ids"] = (1, length)
    elif main == "input_features" and hasattr(config, "num_mel_bins"):
        places = 2 * getattr(config, "max_source_positions", 1500)
        found["input_features"] = (1, config.num_mel_bins, places)
    if main == "pixel_values" or vision is not config:
        side = getattr(vision, "image_size", 0) or 0
        sides = tuple(side) if isinstance(side, list | tuple) else (side, side)
        if all(sides):
            found["pixel_values"] = (1, getattr(vision, "num_channels", 3), *sides)
    if found and getattr(config, "is_encoder_decoder", False):
        found["decoder_input_ids"] = (1, length // 2)
    return found
