"""The facts of a language model, block by block: what its file states, filled up by its family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archviz.errors import fail, one_line
from archviz.importers.families.sources import Configuration, Metadata, Source
from archviz.importers.families.table import Family, table

MAX_BLOCKS = 4096
MAX_LABELS = 10**6
ACTS: Mapping[str, str] = {
    "silu": "silu", "swish": "silu", "relu": "relu", "relu6": "relu6", "tanh": "tanh",
    "sigmoid": "sigmoid", "mish": "mish", "elu": "elu", "selu": "selu",
    "gelu": "gelu", "gelu_new": "gelu", "gelu_fast": "gelu", "gelu_python": "gelu",
    "gelu_pytorch_tanh": "gelu", "gelu_accurate": "gelu", "gelu_python_tanh": "gelu",
    "quick_gelu": "quick-gelu", "relu2": "relu square",
}  # fmt: skip
"""What configurations call activations; behind the name, what is done to what comes out of it."""


class Block(NamedTuple):
    """What a block has, as others may not."""

    heads: int
    keys: int
    """Heads of keys and values."""
    head_width: int
    window: int
    """How many words a word sees; 0: all."""
    inner: int
    experts: int
    """0: a plain feed-forward part."""
    rotary: bool


class Experts(NamedTuple):
    """What all mixtures of experts of a model have."""

    active: int
    inner: int
    shared: int
    """Features inside the expert that all words go through; 0: none."""
    gate: bool
    """Whether that one has a gate of its own."""


class Latent(NamedTuple):
    """What an attention has whose queries, keys and values are made from short codes."""

    queries: int
    """Numbers of the code for queries; 0: they have none."""
    keys: int
    """Numbers of the code for keys and values."""
    plain: int
    """Features of each head of queries and keys that no position turns."""
    turned: int
    value: int


class Facts(NamedTuple):
    """A language model in numbers."""

    family: Family
    wiring: str
    """Of a block, by its name in the table."""
    width: int
    vocab: int
    context: int
    """The longest text that it was made for."""
    rows: int
    """Of a table of learned positions; 0: none."""
    segments: int
    blocks: tuple[Block, ...]
    experts: Experts
    latent: Latent | None
    act: str
    qk_norm: str
    tied: bool
    biases: frozenset[str]
    """Of ``qkv-bias``, ``out-bias``, ``inner-bias`` and ``head-bias`` those that are there."""
    head: tuple[str, ...]
    """Parts behind the blocks."""
    labels: int
    """Classes that a classifier tells apart."""
    factors: Mapping[str, float]
    """Constants that values are multiplied by, or capped at."""
    remarks: tuple[str, ...]
    """What a reader has to know: the figure is not the whole model then."""

    @property
    def causal(self) -> bool:
        """Whether a word sees only those before it."""
        return not self.family.traits.get("encoder", False)


def facts_of(source: Source) -> Facts:
    """The facts of a model.

    Raises:
        ArchvizError: one is missing, or cannot be.
    """
    family, traits = source.family, source.family.traits
    _check_only(source)
    width, count = source.number("width"), source.number("layers")
    if count > MAX_BLOCKS:
        raise source.wrong("layers", count)
    context = source.number("context")
    shift = traits.get("positions")
    rows = 0
    if shift is not None:
        rows, context = _positions(source, context, shift)
    normed = bool(traits.get("qk-norm")) and (
        source.flag("qk-normed") if "qk-normed" in traits or isinstance(source, Metadata) else True
    )
    head, labels, remarks = _head(source)
    encoder = bool(traits.get("encoder"))
    return Facts(
        family=family,
        wiring=_wiring(source),
        width=width,
        vocab=source.number("vocab"),
        context=context,
        rows=rows,
        segments=source.number("segments", 0) if encoder and source.value("segments") else 0,
        blocks=tuple(_blocks(source, width, count)),
        experts=_experts(source),
        latent=_latent(source) if traits.get("latent") else None,
        act=_act(source),
        qk_norm=str(traits["qk-norm"]) if normed else "none",
        tied=source.tied,
        biases=frozenset(
            trait
            for trait in ("qkv-bias", "out-bias", "inner-bias", "head-bias")
            if source.flag(trait)
        ),
        head=head,
        labels=labels,
        factors=_factors(source, width),
        remarks=remarks,
    )


def _check_only(source: Source) -> None:
    """Refuse what the family's wiring in the table does not say."""
    if not isinstance(source, Configuration):
        return
    data = source.data
    for key, wanted in source.family.traits.get("only", {}).items():
        value = data.get(key)
        if value is not None and value != (data.get(wanted) if wanted in data else wanted):
            message = f"has {key} {one_line(str(value), 40)}, and that wiring is not known"
            raise fail(source.file, message, "export the model to ONNX, or use archviz.from_torch")


def _wiring(source: Source) -> str:
    """How a block is wired; of several names that whose switch is on, else the last."""
    block = source.family.traits["block"]
    if isinstance(block, str):
        return block
    return str(next(name for name, key in block.items() if key == "else" or source.switch(key)))


def _positions(source: Source, context: int, shift: int) -> tuple[int, int]:
    """Rows of the table of positions, and the words that it is for."""
    if isinstance(source, Metadata):
        shape = source.gguf.tensors.get("position_embd.weight", (0, context))
        rows = shape[1] if len(shape) == 2 else context
        return rows, min(rows, context)
    if shift < 0:
        if context <= -shift:
            raise source.wrong("context", context)
        return context, context + shift
    return context + shift, context


def _blocks(source: Source, width: int, count: int) -> list[Block]:
    heads = source.each("heads", count)
    keys = _keys(source, heads)
    latent = source.family.traits.get("latent")  # its heads are counted otherwise
    stated = 1 if latent else source.value("head-width")
    for number in set(heads):
        if stated is None and width % number:
            message = f"has a width of {width}, which is not divided by its {number} heads"
            raise fail(source.file, message)
    wide = [1 if latent else source.number("head-width", width // number) for number in heads]
    values = None if latent else source.value("value-width")
    if values is not None and any(values != one for one in wide):
        raise fail(source.file, "has values of another width than its keys: not known here")
    experts = [source.number("experts") if one else 0 for one in _sparse(source, count)]
    defaults = source.family.defaults
    known = any(defaults.get(key) for key in source.keys("inner"))
    default = None if known or isinstance(source, Metadata) else 4 * width
    if source.value("inner") is None and all(experts):
        default = source.number("expert-inner", default)
    inner = source.each("inner", count, default)
    inner = [0 if some else one for one, some in zip(inner, experts, strict=True)]
    turned = _turned(source, count)
    rows = zip(heads, keys, wide, _windows(source, count), inner, experts, turned, strict=True)
    return [Block(*row) for row in rows]


def _keys(source: Source, heads: list[int]) -> list[int]:
    """How many heads of keys and values each block has."""
    given, count = source.value("kv-heads"), len(heads)
    if isinstance(source, Metadata):
        return heads if given is None else source.each("kv-heads", count)
    many = "many-key-heads" in source.family.traits
    if source.flag("one-key-head") and not source.flag("many-key-heads"):
        return [1] * count
    if given is None or (many and not source.flag("many-key-heads")):
        return heads
    return source.each("kv-heads", count)


def _turned(source: Source, count: int) -> list[bool]:
    """In which blocks queries and keys are turned by their position."""
    traits = source.family.traits
    if traits.get("rotary") == "windows":
        return [window > 0 for window in _windows(source, count)]
    if not traits.get("rotary") or "rotary-list" not in traits:
        return [bool(traits.get("rotary"))] * count
    key, skips = traits["rotary-list"], traits["rotary-skips"]
    named = source.data.get(key) if isinstance(source, Configuration) else None
    if named is None:
        return [(index + 1) % skips > 0 for index in range(count)]
    if not isinstance(named, list) or len(named) != count:
        raise fail(source.file, f"has {count} blocks, and its {key} do not name as many")
    return [bool(one) for one in named]


def _windows(source: Source, count: int) -> list[int]:
    """How many words a word sees in each block; 0: all."""
    traits = source.family.traits
    off = isinstance(source, Configuration) and not source.flag("windows")
    if off or not traits.get("windows") or not source.value("window"):
        return [0] * count
    size = source.number("window")
    named = _kinds_of_layers(source) if isinstance(source, Configuration) else None
    if named is not None:
        return [size if one else 0 for one in _named_windows(source, named, count)]
    start = 0
    if "windows-from" in traits and isinstance(source, Configuration):
        start = source.whole("window", source.first([traits["windows-from"]]), 0)
    every = source.value("full-every") or traits.get("full-every", 0)
    if isinstance(every, list):  # which blocks have a window, one by one, and again
        local = [bool(every[index % len(every)]) for index in range(count)]
    else:
        every = source.whole("full-every", every, 0)
        local = [not every or (index + 1) % every > 0 for index in range(count)]
    return [size if one and index >= start else 0 for index, one in enumerate(local)]


_LOCAL = {"full_attention": False, "global": False, "sliding_attention": True, "local": True}
"""Types of layers by their names in configurations, and whether they have a window."""


def _kinds_of_layers(source: Configuration) -> Any:
    """The list of the types of layers, where the file has one; GPT-Neo writes it shorter."""
    named = source.data.get("layer_types", source.data.get("attention_layers"))
    types = source.first(["attention_types"])
    if named is not None or not isinstance(types, list):
        return named
    try:
        return [
            kind for kinds, times in types for _ in range(min(times, MAX_BLOCKS)) for kind in kinds
        ]
    except (TypeError, ValueError):
        return []


def _named_windows(source: Source, named: Any, count: int) -> list[bool]:
    if not isinstance(named, list) or len(named) != count:
        raise fail(source.file, f"has {count} blocks, and its layer_types do not name as many")
    strange = [one for one in named if not isinstance(one, str) or one not in _LOCAL]
    if strange:
        message = f"has blocks of the type '{one_line(str(strange[0]), 40)}', which is not known"
        raise fail(source.file, message, "known: full_attention, sliding_attention")
    return [_LOCAL[one] for one in named]


def _sparse(source: Source, count: int) -> list[bool]:
    """Which blocks have a mixture of experts."""
    if not source.value("experts"):
        return [False] * count
    if isinstance(source, Metadata) and source.gguf.tensors:
        return [source.has(f"blk.{index}.ffn_gate_inp.weight") for index in range(count)]
    first = source.whole("dense-first", source.value("dense-first") or 0, 0)
    if isinstance(source, Metadata):
        return [index >= first for index in range(count)]
    assert isinstance(source, Configuration)
    traits = source.family.traits
    every, dense = 1, None
    if "sparse-every" in traits:
        every = source.whole("experts", source.first([traits["sparse-every"]]))
        dense = source.first([traits["dense-layers"]])
    plain = set(dense) if isinstance(dense, list) and all(type(x) is int for x in dense) else set()
    plain |= set(range(min(first, count)))
    return [at not in plain and (at + 1) % every == 0 for at in range(count)]


def _experts(source: Source) -> Experts:
    if not source.value("experts") or not any(_sparse(source, source.number("layers"))):
        return Experts(0, 0, 0, False)
    one = "inner" if source.value("expert-inner") is None else "expert-inner"
    inner, count = source.number(one), source.value("shared-count")
    shared = source.number("shared-inner", 0)
    if count:
        shared = shared or inner * source.number("shared-count")
    return Experts(source.number("active"), inner, shared, source.flag("shared-gate"))


def _latent(source: Source) -> Latent:
    rank = source.number("query-rank") if source.value("query-rank") else 0
    names = ("key-rank", "latent-plain", "latent-turned", "latent-value")
    if isinstance(source, Metadata) and source.value("latent-plain") is None:
        names = ("key-rank", "head-width", "latent-turned", "value-width")  # as older files have it
    keys, plain, turned, value = map(source.number, names)
    if isinstance(source, Metadata):  # whose heads are both parts
        if plain <= turned:
            raise source.wrong(names[1], plain)
        plain -= turned
    return Latent(rank, keys, plain, turned, value)


def _act(source: Source) -> str:
    word = source.value("act")
    if not isinstance(word, str) or word not in ACTS:
        message = f"has the activation '{one_line(str(word), 40)}', which is not known"
        raise fail(source.file, message, f"known: {', '.join(ACTS)}")
    traits = source.family.traits
    if " " in ACTS[word] and (traits.get("gated") or traits.get("encoder")):
        raise fail(source.file, f"has the activation '{word}' where it is not known here")
    return ACTS[word]


def _factors(source: Source, width: int) -> dict[str, float]:
    """Constants by their names in the table; one that changes nothing is left out."""
    factors = {name: source.factor(name) for name in ("soft-cap", "score-cap")}
    scales = source.family.traits.get("scaled", ())
    factors |= {name: source.factor(name) for name in scales if source.factor(name) != 1}
    if source.family.traits.get("embedding-root"):
        factors["embedding-root"] = width
    return {name: value for name, value in factors.items() if value}


def _head(source: Source) -> tuple[tuple[str, ...], int, tuple[str, ...]]:
    """The parts behind the blocks, the labels of a classifier, and what is not drawn."""
    encoder = source.family.traits.get("encoder", False)
    if isinstance(source, Metadata):
        return () if encoder else ("final-norm", "logits"), 0, ()
    assert isinstance(source, Configuration)
    ends = table().heads
    name = source.head or ("Model" if encoder else "ForCausalLM")
    end = next((end for end in ends if name.endswith(end)), "")
    parts = ends.get(end, ("final-norm",))
    if not end or ("logits" in parts and encoder) or ("masked" in parts and not encoder):
        remark = f"the head of {one_line(name, 60)} is not known, and not drawn"
        return ("final-norm",), 0, (remark,)
    if "masked" in parts and not source.tied:  # as the classes of RoBERTa do
        return parts, 0, ("a head that is not tied may hold its biases twice",)
    return parts, _labels(source), ()


def _labels(source: Configuration) -> int:
    names, number = source.data.get("id2label"), source.data.get("num_labels")
    if isinstance(names, dict) and names:
        return min(len(names), MAX_LABELS)
    return number if type(number) is int and 0 < number <= MAX_LABELS else 2
