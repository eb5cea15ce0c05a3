"""What a call of a Keras layer is to the folding: its values in Keras' order, and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.importers.fold.state import BATCH, Axes, Fold, LayerDraft, TensorView
from archviz.importers.fold.views import arranged
from archviz.network.kinds import KINDS
from archviz.network.model import Layer, Shape

if TYPE_CHECKING:
    from archviz.importers.graphs import Op

CALL = "@call"
"""Where an operator's attributes, a layer's configuration, keep what is known of the call."""
END = "@end"
"""The operator before each thing that a model gives."""
CELLS_RUN = "RNN of cells"
"""What ``RNN`` is called, which is an operator of ONNX, too."""
_NOWHERE: Any = None


class Weights(NamedTuple):
    """How many weights a layer has."""

    trainable: int = 0
    fixed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.trainable + self.fixed


class Call(NamedTuple):
    """What is known of a call of a layer, beside its configuration."""

    roles: tuple[str, ...] = ()
    """What each input is: the number of an argument, or its name."""
    weights: Weights | None = None
    """What the source has for the layer; None where it does not say."""
    shared: bool = False
    """Whether an earlier call has had its weights."""
    steps: int = 0
    """How many axes of time a ``TimeDistributed`` has put before the layer's own."""
    arguments: tuple[Any, ...] = ()
    """Arguments that are no tensors, in place of these None."""
    changed: str = ""
    """What was done to its weights behind its back: ``int8``, ``LoRA``."""


def changes_of(config: Mapping[str, Any]) -> str:
    """How the weights of a layer differ from those that its configuration is for."""
    dtype = config.get("dtype")
    if isinstance(dtype, Mapping) and isinstance(dtype.get("config"), Mapping):
        mode = dtype["config"].get("mode") or dtype["config"].get("name")
        if "Quantized" in str(dtype.get("class_name")):
            return str(mode or "quantised")[:20]
    elif "_from_" in str(dtype):
        return str(dtype).partition("_from_")[0][:20]
    return "LoRA" if config.get("lora_rank") else ""


def call_of(op: Op) -> Call:
    """What is known of a call."""
    call = op.attributes.get(CALL)
    return call if isinstance(call, Call) else Call()


class Given(NamedTuple):
    """A layer as rules see it: shapes are without the batch and without further axes of time."""

    kind: str
    config: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    roles: tuple[str, ...] = ()
    arguments: tuple[Any, ...] = ()

    @property
    def rank(self) -> int:
        """The sides of space: 2 of ``Conv2D``."""
        return next(int(sign) for sign in reversed(self.kind) if sign in "123")

    @property
    def first(self) -> bool:
        """Whether the channels come before the places."""
        return self.config.get("data_format") == "channels_first"

    def shape(self, role: str, place: int) -> Shape | None:
        """The shape of an argument, by its name or its place."""
        for name, shape in zip(self.roles, self.shapes, strict=False):
            if name in (role, str(place)):
                return shape
        return None

    def inner(self, layer: Mapping[str, Any]) -> Given:
        """A layer in this one, on what this one gets."""
        kind, config = parts_of(layer)
        return self._replace(kind=kind, config=config)


_OTHER_NAMES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
}
"""Classes of Keras 2 that are the same as others."""


def class_of(layer: Mapping[str, Any]) -> str:
    """The class of a layer without the package that registers it."""
    if not isinstance(layer, Mapping):
        raise ValueError("a layer that is none")
    name = str(layer.get("class_name", "")).rpartition(">")[2]
    return _OTHER_NAMES.get(name, name)


def parts_of(layer: Any) -> tuple[str, Mapping[str, Any]]:
    """The class of a layer, and its configuration."""
    kind, config = class_of(layer), layer.get("config")
    if not isinstance(config, Mapping):
        raise ValueError("a layer without a configuration")
    return kind, config


def given_of(fold: Fold, op: Op) -> Given:
    """A call as rules see it."""
    call = call_of(op)
    shapes = [
        fold.dims(fold.values[name])[1 + call.steps :] for name in op.inputs if name in fold.values
    ]
    return Given(op.kind, op.attributes, tuple(shapes), call.roles, call.arguments)


def sides(value: Any, rank: int, default: int = 1) -> tuple[int, ...]:
    """An option with a side for each axis of space."""
    value = listed(value)
    if isinstance(value, list) and value:
        if len(value) == 1:
            value = value * rank
        if len(value) != rank:
            raise ValueError(f"{len(value)} sides for {rank} axes")
        return tuple([int(side) for side in value])
    return (default if value is None or isinstance(value, list) else int(value),) * rank


def listed(value: Any) -> Any:
    """A tuple as Keras writes it in some places, as the list that it is in others."""
    if isinstance(value, Mapping) and isinstance(value.get("items"), list):
        value = value["items"]
    return list(value) if isinstance(value, tuple) else value


# ---- values ------------------------------------------------------------------------------------


def natural(fold: Fold, op: Op, value: TensorView) -> LayerDraft:
    """The draft of a value with its axes in the order in which Keras has them."""
    dims = fold.dims(value)
    if value.axes == order_of(value.draft.shape):
        return value.draft
    if value.axes is None or value.axes[:1] != (BATCH,):
        raise ValueError("it has no batch")
    return arranged(fold, op, value, range(1, len(dims)), dims[1:] or (1,))


def order_of(shape: Shape) -> Axes:
    """The order of axes of a value that has them as its draft does."""
    return (BATCH, *range(len(shape)))


def axis_of(op: Op, axis: Any, rank: int) -> int:
    """An axis of a layer among those of the value that it gets, which has ``rank``."""
    number = int(axis)
    if number > 0:
        number += call_of(op).steps
    if not -rank <= number < rank:
        raise ValueError(f"no axis {number}")
    return number % rank


# ---- weights -----------------------------------------------------------------------------------


def weights_of(kind: str, options: Mapping[str, Any], *shapes: Shape) -> tuple[int, int]:
    """What a kind counts with such options on such inputs: trained, and not."""
    return KINDS[kind].weights(Layer(kind, "", _NOWHERE, **options), *shapes)


def counted(op: Op, trainable: int, fixed: int = 0) -> Weights | None:
    """What a layer counts that should have such weights; None where the source has others."""
    held = call_of(op).weights
    if call_of(op).changed:
        return None
    if held is None:
        frozen = op.attributes.get("trainable") is False
        return Weights(0, trainable + fixed) if frozen else Weights(trainable, fixed)
    if held == (trainable, fixed):
        return held
    alike = held.total == trainable + fixed and not held.trainable
    return held if alike else None


def weigh(op: Op, draft: LayerDraft, weights: Weights, fixed: int = 0) -> None:
    """Let a new draft have weights, of which its kind knows that ``fixed`` are not trained."""
    draft.parameters += weights.total
    draft.fixed += weights.fixed
    if weights.total and not weights.trainable and weights.fixed > fixed:
        draft.options["frozen"] = True
    if call_of(op).shared and weights.total:
        draft.options["shared"] = True
        draft.lent = draft.parameters
