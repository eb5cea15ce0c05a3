"""What a layer's glyph says: label, badges, captions and tooltip.

A box of a panel stands for its layer in every call of the module. Where the calls agree
it says the value; where they differ it says all values (``3×3 or 5×5``), or their range.
What some calls leave out is dashed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archviz.layout.blocks import MODULE_ROLES, Face, Sign
from archviz.layout.details import filters_of, in_box, numbers_of, on_wire, span, words_of
from archviz.network.facts import Facts
from archviz.network.kind import Trait
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS, Badge
from archviz.network.labels import (
    alternatives,
    box_label,
    several,
    shape_text,
    traits,
    without_braces,
)
from archviz.network.model import Layer, Module, ModuleCall


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


def said_behind(layer: Layer) -> list[str]:
    """The titles of the normalisation and of the activation behind a layer."""
    norm, act = NORMS.get(layer.norm), ACTIVATIONS.get(_behind(layer))
    return [badge.title for badge in (norm, act) if badge]


def _sign(badges: Sequence[Badge | None]) -> Sign:
    """One badge for all that there are, dashed where some have none."""
    found = [badge for badge in badges if badge]
    text = "/".join(dict.fromkeys(badge.text for badge in found))
    role, *others = dict.fromkeys(badge.role for badge in found) or ("",)
    return Sign(text, role, len(found) < len(badges), tuple(others))


def layer_face(
    layer: Layer,
    facts: Facts,
    hidden: frozenset[str],
    detail: Sequence[str] = (),
    bars: bool = True,
) -> Face:
    """The face of a layer; without ``bars``, what would be a bar is a box with its label.

    It gives and takes what ``layer`` does, and is else what any of the calls has.
    """
    drawn = [one for one in facts.layers if one.drawn]
    layers, dashed = drawn or [layer], 0 < len(drawn) < len(facts.variants)
    layer, node = layers[0], layer
    role, *others = dict.fromkeys(KINDS[one.kind].role for one in layers)
    glyph, *more = dict.fromkeys(KINDS[one.kind].glyph for one in layers)
    glyph = "box" if more else glyph
    label = alternatives(
        _distinct(layers, lambda one: box_label(one, all(facts.depthwise or (False,))))
    )
    if glyph == "circle":
        badges = [ACTIVATIONS.get(one.kind) or NORMS.get(one.kind) for one in layers]
        sign = _sign([badge for badge in badges if badge])
        name = alternatives([badge.title for badge in badges if badge])
        about = _tooltip(name, layers, facts, _said(layers, facts))
        face = Face(name, about, layer.where, sign.text, sign.role, "circle", dashed=dashed)
        return face._replace(others=sign.others)
    captions, said = tuple[str, ...](), _said(layers, facts)
    if glyph == "bar":
        captions = (layer.label or span(filters_of(layers)),)
        label, glyph = ("dense", "box") if not bars else (f"dense {captions[0]}", glyph)
    elif layer.kind == "input":
        captions = (shape_text(layer.shape),)
    else:
        captions = _lines([*said, *words_of(layers, detail)])
    shapes = on_wire(facts, detail)
    return Face(
        label,
        _tooltip(label, layers, facts, said),
        layer.where,
        label,
        role,
        glyph,
        layer_signs(layers, hidden),
        (*captions, *numbers_of(facts, detail), *_remarks(layer.caption, layer.shared)),
        layer.color,
        more=in_box(label, layers, detail) if glyph == "box" else "",
        wire=() if captions[:1] == shapes else shapes,
        gives=node.gives,
        takes=node.takes,
        dashed=dashed,
        others=() if layer.color else tuple(others),
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


def module_face(call: ModuleCall, module: Module, facts: Facts, detail: Sequence[str] = ()) -> Face:
    """The face of a module's box."""
    title = call.look.title or module.title
    parts = [title, _shapes(facts), *_counts(facts)]
    about = "\n".join(part for part in parts if part)
    role, color = module.color, call.look.color
    if role not in MODULE_ROLES:
        role, color = "module", color or role
    return Face(
        title,
        about,
        call.where,
        call_label(module, facts),
        role,
        captions=(*numbers_of(facts, detail), *_remarks(call.look.caption, call.shared)),
        wire=on_wire(facts, detail),
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


def _said(layers: Sequence[Layer], facts: Facts) -> list[str]:
    """What stands under a box, whatever the detail: what sets it apart from others of its label."""
    found: dict[str, list[Trait]] = {}
    for layer in layers:
        for trait in traits(layer, all(facts.depthwise or [False])):
            found.setdefault(trait.about, []).append(trait)
    told = [own for own in found.values() if not all(trait.plain for trait in own)]
    return [several([trait.text for trait in own]) for own in told]


def _lines(parts: Sequence[str]) -> tuple[str, ...]:
    """Parts of a caption in lines of about :data:`LINE` letters."""
    lines: list[str] = []
    for part in parts:
        glue = ", "
        for piece in part.split(" / ") if len(part) > LINE else (part,):
            if lines and len(lines[-1]) + len(piece) < LINE:
                lines[-1] += glue + piece
            else:
                if glue == " / ":
                    lines[-1] += " /"
                lines.append(piece)
            glue = " / "
    return tuple(lines)


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


def _tooltip(label: str, layers: Sequence[Layer], facts: Facts, said: Sequence[str]) -> str:
    """Name, output shape, whether it shares weights, parameters, multiply-adds: one a line."""
    layer = layers[0]
    name = f"{layer.name}: {label}" if layer.name else label
    titles = [
        {layer.norm: NORMS[layer.norm].title for layer in layers if layer.norm in NORMS},
        {one: ACTIVATIONS[one].title for one in map(_behind, layers) if one in ACTIVATIONS},
    ]
    extras = [*said, *(" or ".join(found.values()) for found in titles if found)]
    if extras:
        name += ", " + ", ".join(extras)
    shared = "shared weights" if layer.shared else ""
    parts = [name, _shapes(facts), shared, *_counts(facts)]
    return "\n".join(part for part in parts if part)
