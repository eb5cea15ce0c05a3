"""Rules of all other Keras layers: on features, merges, wrappers, what prepares inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from archviz.importers.fold import (
    keras_rules_attention,
    keras_rules_operations,
    keras_rules_recurrent,
    keras_rules_windows,
)
from archviz.importers.fold.keras_rule import KerasRule, Shapes, kept, named, said, same
from archviz.importers.fold.keras_rules_operations import broadcast
from archviz.importers.fold.keras_values import Given, class_of, listed
from archviz.network.model import Shape

# ---- on features -------------------------------------------------------------------------------


def _dense_shape(given: Given) -> Shape:
    return (*given.shapes[0][:-1], int(given.config["units"]))


def _dense_weights(given: Given) -> tuple[int, int]:
    biased = given.config.get("use_bias") is not False
    return (given.shapes[0][-1] + biased) * int(given.config["units"]), 0


def _dense_macs(given: Given, shape: Shape) -> int:
    return prod(given.shapes[0]) * int(given.config["units"])


def _axes(given: Given) -> list[int]:
    """The axes of a normalisation, from 0, without the batch."""
    axis = listed(given.config.get("axis", -1))
    axes = axis if isinstance(axis, list) else [axis]
    rank = len(given.shapes[0]) + 1
    found = [int(one) % rank - 1 for one in axes if -rank <= int(one) < rank]
    if len(found) != len(axes) or min(found, default=0) < 0:
        raise ValueError("no such axis")
    return found


def _norm_sizes(given: Given) -> tuple[int, int]:
    """How large the vectors of a normalisation are, and how many it has."""
    size = prod(given.shapes[0][axis] for axis in _axes(given))
    config = given.config
    if given.kind == "RMSNormalization" or config.get("rms_scaling"):
        return size, 1
    return size, (config.get("scale") is not False) + (config.get("center") is not False)


def _norm_weights(given: Given) -> tuple[int, int]:
    size, vectors = _norm_sizes(given)
    moving = 0
    if given.kind == "BatchNormalization":
        moving = 5 if given.config.get("renorm") else 2
    return size * vectors, size * moving


def _norm_label(given: Given) -> str:
    words = said(given).replace("normalization", "norm")
    if given.kind == "LayerNormalization" and given.config.get("rms_scaling"):
        words = "rms norm"
    axes = _axes(given)
    last = axes == [len(given.shapes[0]) - 1]
    return words if last else f"{words} over {_axis_words(axes)}"


def _axis_words(axes: Sequence[int]) -> str:
    numbers = [str(axis + 1) for axis in axes]
    return f"axis {numbers[0]}" if len(numbers) == 1 else f"axes {', '.join(numbers)}"


def _prelu_weights(given: Given) -> tuple[int, int]:
    shared = listed(given.config.get("shared_axes")) or []
    sides = [1 if axis in shared else side for axis, side in enumerate(given.shapes[0], 1)]
    return prod(sides), 0


def _relu_label(given: Given) -> str:
    config = given.config
    words = "leaky ReLU" if config.get("negative_slope") else "ReLU"
    words += f" to {float(config['max_value']):g}" if config.get("max_value") is not None else ""
    return words + (f" from {float(config['threshold']):g}" if config.get("threshold") else "")


def _softmax_label(given: Given) -> str:
    axis = listed(given.config.get("axis", -1))
    rank = len(given.shapes[0]) + 1
    axes = [int(one) % rank for one in (axis if isinstance(axis, list) else [axis])]
    words = "masked softmax" if len(given.shapes) > 1 else "softmax"
    if axes == [rank - 1]:
        return words
    return f"{words} over {_axis_words([one - 1 for one in axes])}"


# ---- words -------------------------------------------------------------------------------------


def _word_shape(given: Given) -> Shape:
    width, words = int(given.config["output_dim"]), int(given.config["input_dim"])
    if _reversed(given):
        return (*given.shapes[0][:-1], words)
    return (*given.shapes[0], width)


def _reversed(given: Given) -> bool:
    return given.kind == "ReversibleEmbedding" and True in given.arguments


def _word_weights(given: Given) -> tuple[int, int]:
    size = int(given.config["output_dim"]) * int(given.config["input_dim"])
    tied = given.kind == "Embedding" or given.config.get("tie_weights", True)
    return size * (1 if tied else 2), 0


def _word_macs(given: Given, shape: Shape) -> int:
    return prod(given.shapes[0]) * shape[-1] if _reversed(given) else 0


# ---- tensor products ---------------------------------------------------------------------------


def _letters(given: Given) -> tuple[str, str, str, dict[str, int]]:
    """The indices of an ``EinsumDense`` without an ellipsis, and how large each is."""
    equation = str(given.config["equation"]).replace(" ", "")
    match = re.fullmatch(r"([.A-Za-z]+),([A-Za-z]+)->([.A-Za-z]+)", equation)
    if match is None:
        raise ValueError("an equation of another form")
    one, two, out = match.groups()
    more = len(given.shapes[0]) + 1 - len(one.replace("...", ""))
    free = [sign for sign in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if sign not in equation][:more]
    own = out.replace("...", "")
    own = own if one.startswith("...") else own[1:]
    one, out = one.replace("...", "".join(free)), out.replace("...", "".join(free))
    sizes = dict(zip(one[1:], given.shapes[0], strict=True))
    stated = listed(given.config["output_shape"])
    stated = stated if isinstance(stated, list) else [stated]
    for letter, size in zip(reversed(own), reversed(stated), strict=False):
        if size is not None:
            sizes.setdefault(letter, int(size))
    return one, two, out, sizes


def _einsum_shape(given: Given) -> Shape:
    _, _, out, sizes = _letters(given)
    return tuple([sizes[letter] for letter in out[1:]])


def _einsum_weights(given: Given) -> tuple[int, int]:
    _, two, _, sizes = _letters(given)
    biases = str(given.config.get("bias_axes") or "")
    size = prod(sizes[letter] for letter in biases) if biases else 0
    return prod(sizes[letter] for letter in two) + size, 0


def _einsum_macs(given: Given, shape: Shape) -> int:
    one, two, out, sizes = _letters(given)
    return prod(sizes[letter] for letter in {*one[1:], *two, *out[1:]})


def _einsum_label(given: Given) -> str:
    return f"dense {str(given.config['equation']).replace(' ', '').replace('->', '→')[:60]}"


# ---- merges ------------------------------------------------------------------------------------


def _joined_shape(given: Given) -> Shape:
    rank = len(given.shapes[0]) + 1
    axis = int(given.config.get("axis", -1)) % rank - 1
    shape = list(given.shapes[0])
    shape[axis] = sum(one[axis] for one in given.shapes)
    return tuple(shape)


def _joined_label(given: Given) -> str:
    rank = len(given.shapes[0]) + 1
    axis = int(given.config.get("axis", -1)) % rank
    return "concat" if axis == rank - 1 else f"concat over axis {axis}"


def _dot_sides(given: Given) -> tuple[Shape, int]:
    """What a ``Dot`` gives, and over how many values each of it is a sum."""
    one, two = given.shapes
    axes = listed(given.config.get("axes", -1))
    axes = axes if isinstance(axes, list) else [axes, axes]
    places = [int(axis) % (len(s) + 1) - 1 for axis, s in zip(axes, (one, two), strict=True)]
    left = [side for axis, side in enumerate(one) if axis != places[0]]
    right = [side for axis, side in enumerate(two) if axis != places[1]]
    shape = (*left, *right)
    return shape or (1,), one[places[0]]


def _merged(name: str) -> KerasRule:
    return KerasRule(broadcast, label=named(name))


# ---- wrappers and what has none ----------------------------------------------------------------


def _rule(given: Given) -> KerasRule:
    rule = RULES.get(given.kind)
    if rule is None:
        raise ValueError("nothing is known of the layer inside")
    return rule


def _inside(given: Given) -> Given:
    return given.inner(given.config["layer"])


def _wrapped_shape(given: Given) -> Shapes:
    return _rule(_inside(given)).shape(_inside(given))


def _spectral_weights(given: Given) -> tuple[int, int]:
    inner = _inside(given)
    trained, fixed = _rule(inner).weights(inner)
    if inner.config.get("trainable") is False:
        trained, fixed = 0, trained + fixed
    config, kind = inner.config, inner.kind
    if kind.startswith("Depthwise"):
        last = int(config.get("depth_multiplier") or 1)
    elif kind.endswith("Transpose"):
        last = keras_rules_windows.parted(inner, inner.shapes[0])[1]
    else:
        last = int(config.get("filters") or config.get("units") or config.get("output_dim") or 0)
    return trained, fixed + last


def _wrapped_macs(given: Given, shape: Shape) -> int:
    return _rule(_inside(given)).macs(_inside(given), shape)


def _spectral_label(given: Given) -> str:
    return f"{_rule(_inside(given)).label(_inside(given))}, spectral norm"


def _known_mean(given: Given) -> tuple[int, int]:
    """Means and variances that were adapted, and a count; none where they are stated."""
    if given.config.get("mean") is not None:
        return 0, 0
    return 0, 2 * prod(given.shapes[0][axis] for axis in _some_axes(given)) + 1


def _some_axes(given: Given) -> list[int]:
    if given.config.get("axis", -1) is None or listed(given.config.get("axis")) == []:
        return []
    return _axes(given)


def _coded_shape(given: Given) -> Shape:
    """Of words or bins as vectors."""
    config, shape = given.config, given.shapes[0]
    depth = config.get("num_tokens") or config.get("num_bins")
    if config.get("bin_boundaries") is not None:
        depth = len(listed(config["bin_boundaries"])) + 1
    mode = config.get("output_mode", "int" if given.kind != "CategoryEncoding" else "multi_hot")
    if mode == "int":
        return shape
    if not depth:
        raise ValueError("how many there are is in no file")
    if mode == "one_hot":
        return (*(shape[:-1] if shape[-1:] == (1,) else shape), int(depth))
    rest = shape[1:] if given.kind == "Discretization" else shape[:-1]
    return (*rest, int(depth))


def _words_shape(given: Given) -> Shape:
    """Of texts as numbers of words, where their length is fixed."""
    length = given.config.get("output_sequence_length")
    if given.config.get("output_mode", "int") != "int" or not length:
        raise ValueError("how many there are is in no file")
    return (int(length),)


def _waves_shape(given: Given) -> Shape:
    """Of spectrograms: frames as rows, and frequencies of all channels."""
    config, shape = given.config, given.shapes[0]
    length, channels = shape[::-1] if given.first else shape
    frame = int(config.get("frame_length", 256))
    step = int(config.get("frame_step") or frame // 2)
    frequencies = int(config.get("fft_length") or frame) // 2 + 1
    frequencies *= 2 if config.get("mode") == "stft" else 1
    rows = -(-length // step) if config.get("padding") == "same" else (length - frame) // step + 1
    if config.get("expand_dims"):
        return (channels, rows, frequencies) if given.first else (rows, frequencies, channels)
    width = frequencies * channels
    return (width, rows) if given.first else (rows, width)


def _spectrogram_shape(given: Given) -> Shape:
    config, shape = given.config, given.shapes[0]
    step = int(config.get("sequence_stride", 256))
    return int(config.get("num_mel_bins", 128)), (shape[0] + step + 1) // step


def _repeated(given: Given) -> Shape:
    return (int(given.config["n"]), *given.shapes[0])


def _permuted(given: Given) -> Shape:
    return tuple([given.shapes[0][int(axis) - 1] for axis in listed(given.config["dims"])])


def _reshaped(given: Given) -> Shape:
    size, target = prod(given.shapes[0]), [1, *listed(given.config.get("target_shape", [-1]))]
    if -1 in target:
        rest = -prod(target)
        target[target.index(-1)] = size // rest if rest else 0
    if prod(target) != size:
        raise ValueError("another number of values")
    return tuple([int(side) for side in target[1:]])


_NORM = KerasRule(same, _norm_weights, label=_norm_label)
_WORDS = KerasRule(_word_shape, _word_weights, _word_macs, role="embedding")
_SAME = (
    *("Identity", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    *("GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"),
    *("RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast", "RandomTranslation"),
    *("RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomErasing"),
    *("RandomElasticTransform", "RandomGaussianBlur", "RandomGrayscale", "RandomHue"),
    *("RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSaturation"),
    *("RandomSharpness", "RandomShear", "MixUp", "CutMix", "RandAugment", "AugMix"),
)
"""Layers that do nothing but in training."""
_KEPT = {
    "Masking": "masking", "Rescaling": "rescale", "UnitNormalization": "unit normalisation",
    "AutoContrast": "auto contrast", "Equalization": "equalisation", "Solarization": "solarise",
    "ContrastLimitedAdaptiveHistogramEqualization": "local equalisation",
    "ThresholdedReLU": "thresholded ReLU",
    "LeakyReLU": "leaky ReLU", "ELU": "ELU", "Activation": "activation", "Bias": "bias",
}  # fmt: skip


def _dot_shape(given: Given) -> Shape:
    return _dot_sides(given)[0]


def _dot_macs(given: Given, shape: Shape) -> int:
    return prod(shape) * _dot_sides(given)[1]


RULES: Mapping[str, KerasRule] = {
    **keras_rules_windows.RULES, **keras_rules_recurrent.RULES, **keras_rules_attention.RULES,
    **keras_rules_operations.RULES,
    "Bidirectional": keras_rules_recurrent.BOTH,
    "Dense": KerasRule(_dense_shape, _dense_weights, _dense_macs, role="dense"),
    "EinsumDense": KerasRule(_einsum_shape, _einsum_weights, _einsum_macs, _einsum_label,
                             role="dense"),
    **dict.fromkeys(("BatchNormalization", "LayerNormalization", "GroupNormalization",
                     "RMSNormalization"), _NORM),
    "PReLU": KerasRule(same, _prelu_weights, label=named("PReLU")),
    "ReLU": KerasRule(same, label=_relu_label), "Softmax": KerasRule(same, label=_softmax_label),
    "Embedding": _WORDS, "ReversibleEmbedding": _WORDS,
    "Concatenate": KerasRule(_joined_shape, label=_joined_label),
    "Dot": KerasRule(_dot_shape, macs=_dot_macs, label=named("dot product")),
    "Add": _merged("add"), "Subtract": _merged("subtract"), "Multiply": _merged("multiply"),
    "Average": _merged("mean"), "Maximum": _merged("maximum"), "Minimum": _merged("minimum"),
    "SpectralNormalization": KerasRule(
        _wrapped_shape, _spectral_weights, _wrapped_macs, _spectral_label),
    "Normalization": KerasRule(same, _known_mean, label=named("normalisation")),
    **dict.fromkeys(("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing",
                     "IntegerLookup", "StringLookup"), KerasRule(_coded_shape)),
    "TextVectorization": KerasRule(_words_shape),
    "MelSpectrogram": KerasRule(_spectrogram_shape), "STFTSpectrogram": KerasRule(_waves_shape),
    "RepeatVector": KerasRule(_repeated, label=lambda given: f"repeat {given.config['n']}×"),
    "Permute": KerasRule(_permuted, label=named("transpose")),
    **dict.fromkeys(("Flatten", "Reshape"), KerasRule(_reshaped)),
    **{name: kept(words) for name, words in _KEPT.items()}, **dict.fromkeys(_SAME, kept()),
}  # fmt: skip
"""What is known of the classes of Keras; operations of ``keras.ops`` have a prefix."""
PASSING = _SAME


def is_known(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether a class, and what it wraps, is known."""
    layer = config.get("layer")
    if kind == "SpectralNormalization" and isinstance(layer, Mapping):
        return class_of(layer) in RULES
    return kind in RULES
