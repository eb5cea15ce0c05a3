"""What a layer's glyph says: label, badges, captions and tooltip.

A box of a panel stands for its layer in every call of the module. Where the calls agree
it says the value; where they differ it says all values (``3×3 or 5×5``), or their range.
What some calls leave out is dashed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archviz.layout.blocks import MODULE_ROLES, Face, Sign
from archviz.network.facts import Facts
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS, Badge
from archviz.network.labels import alternatives, box_label, either, shape_text, without_braces
from archviz.network.model import Layer, Module, ModuleCall


def span(values: Sequence[int]) -> str:
    """Distinct values in short: ``64``, ``64 or 128``, or ``64–512`` from least to largest."""
    if len(values) > 2:
        return f"{min(values)}–{max(values)}"
    return " or ".join(str(value) for value in sorted(values))


def layer_signs(layers: Sequence[Layer], hidden: frozenset[str]) -> tuple[Sign, ...]:
    """The badge of their normalisations and that of their activations, in this order."""
    shown = [layer for layer in layers if layer.kind not in hidden]
    signs = (
        _sign([NORMS.get(layer.norm) for layer in shown]),
        _sign([ACTIVATIONS.get(_behind(layer)) for layer in shown]),
    )
    return tuple(sign for sign in signs if sign.text)


def _behind(layer: Layer) -> str:
    """The activation behind a layer, that is not inside it."""
    return "none" if KINDS[layer.kind].inside else layer.activation


def _sign(badges: Sequence[Badge | None]) -> Sign:
    """One badge for all that there are, dashed where some have none."""
    found = [badge for badge in badges if badge]
    text = "/".join(dict.fromkeys(badge.text for badge in found))
    return Sign(text, found[0].role if found else "", len(found) < len(badges))


def layer_face(
    layer: Layer, facts: Facts, hidden: frozenset[str], full: bool, bars: bool = True
) -> Face:
    """The face of a layer; without ``bars``, what would be a bar is a box with its label."""
    drawn = [one for one in facts.layers if one.drawn]
    layers, dashed = drawn or [layer], 0 < len(drawn) < len(facts.variants)
    layer = layers[0]
    kind = KINDS[layer.kind]
    role, glyph = kind.role, kind.glyph
    label = alternatives(
        _distinct(layers, lambda one: box_label(one, all(facts.depthwise or (False,))))
    )
    if glyph == "circle":
        badges = [ACTIVATIONS.get(one.kind) or NORMS.get(one.kind) for one in layers]
        sign = _sign([badge for badge in badges if badge])
        name = alternatives([badge.title for badge in badges if badge])
        detail = _tooltip(name, layers, facts)
        return Face(name, detail, layer.where, sign.text, sign.role, "circle", dashed=dashed)
    captions: tuple[str, ...] = ()
    if glyph == "bar":
        captions = (layer.label or span(_filters(layers)),)
        label, glyph = ("dense", "box") if not bars else (f"dense {captions[0]}", glyph)
    elif layer.kind == "input":
        captions = (shape_text(layer.shape),)
    else:
        captions = _said(layers, facts)
    if full and glyph == "box" and layer.kind != "input":
        captions += tuple(text for text in _numbers(layers, facts) if text not in captions)
    return Face(
        label,
        _tooltip(label, layers, facts),
        layer.where,
        label,
        role,
        glyph,
        layer_signs(layers, hidden),
        (*captions, *_remarks(layer.caption, layer.shared)),
        layer.color,
        gives=layer.gives,
        takes=layer.takes,
        dashed=dashed,
    )


def _distinct(layers: Sequence[Layer], said: Callable[[Layer], str]) -> list[str]:
    """What is said of layers, each text once."""
    return list(dict.fromkeys(map(said, layers)))


def call_label(module: Module, facts: Facts) -> str:
    """What the box of a module's calls at one place says."""
    calls = [one.node for one in facts.present if isinstance(one.node, ModuleCall)]
    labels = list(dict.fromkeys(call.look.label or module.label for call in calls))
    label = alternatives(labels)
    return without_braces(module.label) or label if len(labels) > 3 and " / " in label else label


def module_face(call: ModuleCall, module: Module, facts: Facts, full: bool) -> Face:
    """The face of a module's box."""
    captions = (shape_text(facts.shapes[0]),) if full and len(facts.shapes) == 1 else ()
    title = call.look.title or module.title
    parts = [title, _shapes(facts), *_counts(facts)]
    detail = "\n".join(part for part in parts if part)
    role, color = module.color, call.look.color
    if role not in MODULE_ROLES:
        role, color = "module", color or role
    return Face(
        title,
        detail,
        call.where,
        call_label(module, facts),
        role,
        captions=(*captions, *_remarks(call.look.caption, call.shared)),
        color=color,
        gives=tuple(name for _, name in call.gives),
        takes=tuple(value for _, value in call.inputs),
        dashed=facts.optional,
    )


def _remarks(caption: str, shared: bool) -> tuple[str, ...]:
    """What a spec says under a box, and that its weights are those of another."""
    return (*([caption] if caption else []), *(["shared"] if shared else []))


LINE = 22
"""Letters of a caption before it goes on below."""


def _said(layers: Sequence[Layer], facts: Facts) -> tuple[str, ...]:
    """What stands under a box, whatever the detail: what sets it apart from others of its label."""
    kind = KINDS[layers[0].kind]
    words = [kind.words(layer)[1].split(", ") for layer in layers] if kind.words else []
    said = [alternatives(own) for own in zip(*words, strict=False)]
    if len({len(own) for own in words}) > 1:
        said = list(dict.fromkeys(part for own in words for part in own))
    if kind.name == "scaled-add":
        said.append(f"×{either(_distinct(layers, lambda layer: f'{layer.value:g}'))}")
    groups = _distinct(layers, lambda layer: f"{layer.groups}")
    if groups != ["1"] and not all(facts.depthwise or [False]):
        said.append(f"{either(groups)} groups")
    rates = _distinct(layers, _rate)
    if rates != ["1"]:
        said.append(f"rate {either(rates)}")
    return _lines(said)


def _lines(parts: Sequence[str]) -> tuple[str, ...]:
    """Parts of a caption in lines of about :data:`LINE` letters."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) < LINE:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return tuple(lines)


def _rate(layer: Layer) -> str:
    """``4``; the sides of a dilation where they differ."""
    sides = set(layer.dilation)
    return f"{sides.pop()}" if len(sides) == 1 else shape_text(layer.dilation)


def _filters(layers: Sequence[Layer]) -> list[int]:
    return list(dict.fromkeys(layer.filters for layer in layers if layer.filters))


def _stride(layer: Layer) -> str:
    """``/2``; of a transposed convolution, which enlarges, ``×2``; nothing for 1."""
    sides = set(layer.stride)
    sign = "×" if layer.kind.startswith("conv-transpose") else "/"
    return sign + (f"{sides.pop()}" if len(sides) == 1 else shape_text(layer.stride))


def _numbers(layers: Sequence[Layer], facts: Facts) -> tuple[str, ...]:
    """Captions of the full detail: filters and stride, then the output shape."""
    parts = []
    options, filters = KINDS[layers[0].kind].options, _filters(layers)
    if "filters" in options and filters:
        parts.append("1 filter" if filters == [1] else f"{span(filters)} filters")
    strides = _distinct(layers, _stride)
    if "stride" in options and strides not in (["/1"], ["×1"]):
        parts.append(alternatives(strides))
    shapes = [shape_text(shape) for shape in facts.shapes]
    return (*_lines(parts), *(shapes if len(shapes) == 1 else ()))


def _shapes(facts: Facts) -> str:
    if not facts.shapes:
        return ""
    shown = [shape_text(shape) for shape in facts.shapes[:4]]
    if len(facts.shapes) > 4:
        shown[3:] = ["…", shape_text(facts.shapes[-1])]
    return "output " + ", ".join(shown)


def _counts(facts: Facts) -> tuple[str, ...]:
    """Parameters and multiply-adds, each a line; what is 0 everywhere is left out."""
    named = ((facts.parameters, "parameter"), (facts.macs, "multiply-add"))
    return tuple(_count(values, noun) for values, noun in named if any(values))


def _count(values: Sequence[int], noun: str) -> str:
    shown = ", ".join(f"{number:,}" for number in values[:4])
    if len(values) > 4:
        shown = f"{min(values):,} to {max(values):,}"
    return f"{shown} {noun}" if tuple(values) == (1,) else f"{shown} {noun}s"


def _tooltip(label: str, layers: Sequence[Layer], facts: Facts) -> str:
    """Name, output shape, whether it shares weights, parameters, multiply-adds: one a line."""
    layer = layers[0]
    name = f"{layer.name}: {label}" if layer.name else label
    titles = [
        {layer.norm: NORMS[layer.norm].title for layer in layers if layer.norm in NORMS},
        {one: ACTIVATIONS[one].title for one in map(_behind, layers) if one in ACTIVATIONS},
    ]
    extras = [*_said(layers, facts), *(" or ".join(found.values()) for found in titles if found)]
    if extras:
        name += ", " + ", ".join(extras)
    shared = "shared weights" if layer.shared else ""
    parts = [name, _shapes(facts), shared, *_counts(facts)]
    return "\n".join(part for part in parts if part)
