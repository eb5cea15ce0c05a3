"""What a layer's glyph says: label, badges, captions and tooltip.

A box of a panel stands for its layer in every call of the module. Where the calls agree
it says the value; where they differ it says what the spec wrote (``k×k``), or the range.
"""

from __future__ import annotations

from collections.abc import Sequence

from archviz.layout.blocks import MODULE_ROLES, Face
from archviz.network.analysis import Facts
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS, Badge
from archviz.network.labels import layer_label, shape_text, without_braces
from archviz.network.model import Layer, Module, ModuleCall


def span(values: Sequence[int]) -> str:
    """Distinct values in short: ``64``, ``64, 128`` or ``64–512``."""
    if len(values) > 2:
        ordered = list(values) == sorted(values) or list(values) == sorted(values, reverse=True)
        return f"{values[0]}{'–' if ordered else ' … '}{values[-1]}"
    return ", ".join(str(value) for value in values)


def layer_badges(layer: Layer, hidden: frozenset[str]) -> tuple[Badge, ...]:
    """Its normalisation's badge and its activation's, in this order."""
    if layer.kind in hidden:
        return ()
    badges = []
    if layer.norm != "none":
        badges.append(NORMS[layer.norm])
    if layer.activation != "none" and not KINDS[layer.kind].inside:
        badges.append(ACTIVATIONS[layer.activation])
    return tuple(badges)


def layer_face(layer: Layer, facts: Facts, hidden: frozenset[str], full: bool) -> Face:
    """The face of a layer."""
    kind = KINDS[layer.kind]
    label = layer_label(layer, facts.kernels, facts.words)
    role, glyph = kind.role, kind.glyph
    if glyph == "circle":
        badge = ACTIVATIONS.get(layer.kind) or NORMS[layer.kind]
        detail = _tooltip(badge.title, layer, facts)
        return Face(badge.title, detail, layer.where, badge.text, badge.role, "circle")
    captions: tuple[str, ...] = ()
    if glyph == "bar":
        captions = (layer.label or _filters(layer, facts),)
        label = f"dense {captions[0]}"
    elif layer.kind == "input":
        captions = (shape_text(layer.shape),)
    else:
        captions = (*_said(facts), *(_numbers(layer, facts) if full else ()))
    return Face(
        label,
        _tooltip(label, layer, facts),
        layer.where,
        label,
        role,
        glyph,
        layer_badges(layer, hidden),
        (*captions, *_remarks(layer.caption, layer.shared)),
        layer.color,
        gives=layer.gives,
        takes=layer.takes,
    )


def module_face(call: ModuleCall, module: Module, facts: Facts, full: bool) -> Face:
    """The face of a module's box."""
    captions = (shape_text(facts.shapes[0]),) if full and len(facts.shapes) == 1 else ()
    parts = [module.title, _shapes(facts), *_counts(facts)]
    detail = "\n".join(part for part in parts if part)
    label = facts.labels[0] if len(facts.labels) == 1 else without_braces(module.label)
    role, color = module.color, call.look.color
    if role not in MODULE_ROLES:
        role, color = "module", color or role
    return Face(
        module.title,
        detail,
        call.where,
        label,
        role,
        captions=(*captions, *_remarks(call.look.caption, call.shared)),
        color=color,
        gives=tuple(name for _, name in call.gives),
        takes=tuple(value for _, value in call.inputs),
    )


def _remarks(caption: str, shared: bool) -> tuple[str, ...]:
    """What a spec says under a box, and that its weights are those of another."""
    return (*([caption] if caption else []), *(["shared"] if shared else []))


LINE = 22
"""Letters of a caption before it goes on below."""


def _said(facts: Facts) -> tuple[str, ...]:
    """What a kind says under its box, as far as all calls say the same."""
    said = [text.split(", ") for _, text in facts.words]
    lines: list[str] = []
    for part in said[0] if said else ():
        if any(part not in other for other in said):
            continue
        if lines and len(lines[-1]) + len(part) < LINE:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return tuple(lines)


def _filters(layer: Layer, facts: Facts) -> str:
    if len(facts.filters) > 2:
        return layer.written.get("filters", span(facts.filters))
    return span(facts.filters)


def _stride(layer: Layer, facts: Facts) -> str:
    if len(facts.strides) > 1:
        return "/" + layer.written.get("stride", "s")
    sides = set(layer.stride)
    if sides == {1}:
        return ""
    return f"/{sides.pop()}" if len(sides) == 1 else f"/{shape_text(layer.stride)}"


def _numbers(layer: Layer, facts: Facts) -> tuple[str, ...]:
    """Captions of the full detail: filters and stride, then the output shape."""
    parts = []
    options = KINDS[layer.kind].options
    if "filters" in options and facts.filters and facts.filters != (0,):
        filters = _filters(layer, facts)
        parts.append(filters if any(c.isalpha() for c in filters) else f"{filters} filters")
    if "stride" in options and _stride(layer, facts):
        parts.append(_stride(layer, facts))
    lines = [", ".join(parts)] if parts else []
    if len(facts.shapes) == 1:
        lines.append(shape_text(facts.shapes[0]))
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


def _tooltip(label: str, layer: Layer, facts: Facts) -> str:
    """Name, output shape, whether it shares weights, parameters, multiply-adds: one a line."""
    name = f"{layer.name}: {label}" if layer.name else label
    behind = layer.activation != "none" and not KINDS[layer.kind].inside
    extras = [ACTIVATIONS[layer.activation].title] if behind else []
    if layer.norm != "none":
        extras.insert(0, NORMS[layer.norm].title)
    extras = [*_said(facts), *extras]
    if extras:
        name += ", " + ", ".join(extras)
    shared = "shared weights" if layer.shared else ""
    parts = [name, _shapes(facts), shared, *_counts(facts)]
    return "\n".join(part for part in parts if part)
