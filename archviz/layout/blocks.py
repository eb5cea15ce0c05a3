"""Blocks without parts: a layer's box or bar, an activation's circle, dots.

Blocks know along and across the flow, not the page's x and y: for a drawing to the right
these are the same, and what is called left, right, up and down here is meant so.

Every block answers the same questions. Measured once, when it is built: ``width``, and
``up`` and ``down``, how far it reaches above and below the line on which it is entered.
Then ``place`` draws it, with the lines that enter it, and returns the ports it leaves by.
``left_gap`` and ``right_gap`` are the distances it wants to its neighbours; ``overhang``
is how far it reaches to the left of the column in which its first box should stand, and
``badges`` how far badges stand out at its left and at its right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from archviz.layout.canvas import Canvas, Pin, Port, over_line, port_shape, rounded_box
from archviz.layout.details import measured
from archviz.layout.fitting import caption_lines, fit_label
from archviz.layout.flow import text_extent
from archviz.layout.glyphs import (
    badge_reach,
    badge_shape,
    badge_width,
    box_shape,
    is_long,
    parted,
)
from archviz.layout.style import Style
from archviz.looks import MODULE_COLORS
from archviz.scene.scene import Group, Item, Shape, Text, total
from archviz.scene.text import ASCENT, text_width


class Block:
    """What the layout knows of any part of a row."""

    width: float = 0.0
    up: float = 0.0
    down: float = 0.0
    left_gap: float = 0.0
    right_gap: float = 0.0
    overhang: float = 0.0
    badges: tuple[float, float] = (0.0, 0.0)
    begins: bool = False
    """Whether it begins with an input or a named value: no line enters it."""
    named: bool = False
    """Whether it is a named value that begins a series."""
    wired: bool = False
    """Whether a wire brings it there."""
    behind: bool = False
    """Whether it belongs to the block before it: the name of its value."""
    clear: float = 0.0
    """What it keeps free behind badges of the block before it, where a name stands at its left."""
    told: float = 0.0
    """How far behind it the shape reaches that stands at the line that leaves it."""
    back: float = 0.0
    """Of a named value that begins a series: how much further left its wire arrives."""
    end: float = 0.0
    """How far below its line it ends: in the last one, if it has several."""

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """Draw the block, its left edge at ``x`` and its line at ``y``; the ports it ends in."""
        raise NotImplementedError


def ends_below(blocks: Sequence[Block]) -> float:
    """How far below its line a series ends: a name at the end of it stands where it has ended."""
    return next((block.end for block in reversed(blocks) if not block.behind), 0.0)


class Sign(NamedTuple):
    """A badge: its letters, several of them as ``R/hS``, and the theme's role.

    ``dashed``: some of the calls that the box stands for have none.
    """

    text: str
    role: str
    dashed: bool = False
    others: tuple[str, ...] = ()
    """Roles of those that it is in other calls."""


class Face(NamedTuple):
    """All that a layer's glyph shows and tells, computed before anything is placed."""

    name: str
    detail: str
    key: str
    label: str
    role: str
    glyph: str = "box"
    badges: tuple[Sign, ...] = ()
    captions: tuple[str, ...] = ()
    color: str = ""
    """A theme's role or ``#rrggbb``, where it is not the role's own."""
    gives: tuple[str, ...] = ()
    """Named values that it gives besides what goes out; they leave at its top."""
    takes: tuple[str, ...] = ()
    """Named values that it takes besides what comes in; they enter at its top."""
    leaves: frozenset[str] = frozenset()
    """Those that it gives which go out of the drawing."""
    dashed: bool = False
    """Whether some of the calls that it stands for leave it out."""
    others: tuple[str, ...] = ()
    """Roles of what it is in other calls."""
    more: str = ""
    """What stands in the box behind its label: filters, strides."""
    wire: tuple[str, ...] = ()
    """The shape of what goes out, at the line that leaves it."""

    def told_below(self) -> Face:
        """The face where no line leaves the box at which the shape could stand."""
        return self._replace(captions=(*self.captions, *self.wire), wire=())


PIN_PITCH = 0.55
"""Units between two wires at one box."""
STUB = 0.62
"""Units that the line of a named value stands out of a box."""
NEAR_BADGE = 0.06
"""Units between the letters of a label and a badge."""
NEAREST = 0.45
"""Units, where gaps are as usual, between what stands first in a tower and the trunk."""
BESIDE = 0.25
"""Units between a box and captions that stand at its side."""


class BoxBlock(Block):
    """A layer or a module: a rectangle with its label, badges and captions; or a dense bar.

    ``captions_above`` keeps the underside free for a line that enters from there.
    """

    aside: float = 0.0
    nearer: float = 0.0
    """How far its badges stand right of its corners, and from them towards its middle."""

    def __init__(
        self,
        face: Face,
        style: Style,
        captions_above: bool = False,
        stubs: frozenset[str] = frozenset(),
    ) -> None:
        self.face = face
        self.style = style
        self.captions_above = captions_above
        self.bar = face.glyph == "bar"
        self.lines: tuple[str, ...] = ()
        self.label_size = style.metric("label")
        self.stubs = stubs.intersection(face.gives + face.takes)
        self.slots = self._slots()
        self.box_width, self.height = self.glyph()
        self.caption_size = style.metric("detail" if style.detail else "caption")
        self.captions = caption_lines(face.captions, style, self.caption_size)
        widths = [text_width(text, self.caption_size) for text in self.captions]
        along, across = style.flow.lies(*text_extent(widths, self.caption_size))
        # captions may stand out into the gaps a little, but never meet the next box's
        beside = style.flow.lies(2 * self.aside, 0.0)[0]
        self.width = max(self.box_width + beside, self.slots[-1], along - style.px(0.3))
        self.overhang = (self.width - self.box_width) / 2
        self.left_gap = self.right_gap = style.gap(0.45 if self.bar else 0.5)
        wide = max((badge_width(style, badge.text) for badge in face.badges), default=0.0)
        self.badges = badge_reach(style, len(face.badges), wide)
        self.right_gap += max(0.0, wide - style.metric("badge")) / 2
        self.on_wire = measured(face.wire, self.caption_size, self.badges[1], style)
        if style.flow.vertical:  # badges of boxes above one another keep apart
            self.left_gap, self.right_gap = (
                max(gap, out + style.px(NEAR_BADGE))
                for gap, out in zip((self.left_gap, self.right_gap), self.badges, strict=True)
            )
        self._reach(across, wide)
        if along > self.box_width and not style.flow.vertical:
            # captions stand as high as badges of the box before, or as low
            self.clear = max(0.0, along - self.width) / 2 + style.px(NEAR_BADGE)
        if face.wire:
            self.right_gap = max(self.right_gap, self.on_wire.gap(style))
            self.badges = self.badges[0], max(self.badges[1], self.on_wire.end)
            self.told = self.on_wire.end
            if style.flow.vertical and not captions_above:
                self.down = max(self.down, self.on_wire.across)
            else:
                self.up = max(self.up, self.on_wire.across)

    def _reach(self, captions: float, wide: float) -> None:
        """How far the box reaches across, with badges, captions and stubs of names."""
        style, half, radius = self.style, self.height / 2, self.style.metric("badge") / 2
        above = radius if self.face.badges else 0.0
        below = radius if len(self.face.badges) > 1 else 0.0
        if style.flow.mirrored:
            above, below = below, above
        px, room, under = style.px, style.room, above if self.captions_above else below
        self.caption_start = max(px(room.under_box), under + px(room.under_badge) + self.aside)
        if style.flow.vertical:  # badges stand at the right corners
            above, below = 0.0, wide / 2 + self.aside
            self.caption_start = max(px(BESIDE), 0.0 if self.captions_above else below + px(0.12))
        captions = self.caption_start + captions if self.captions else 0.0
        self.up = half + (max(above, captions) if self.captions_above else above)
        self.down = half + (below if self.captions_above else max(below, captions))
        if self.stubs:
            size = style.metric("caption")
            along = max(text_width(name, size) for name in self.stubs)
            stub = px(STUB) + over_line(style) + style.flow.lies(along, size)[1]
            self.up = max(self.up, half + stub + (captions if self.captions_above else 0.0))
            self.caption_start += stub if self.captions_above else 0.0

    def glyph(self) -> tuple[float, float]:
        """Set the label; how far it reaches along and across."""
        style, along, across = self.style, self.style.px(0.62), self.style.px(3)
        if not self.bar:
            self.lines, self.label_size, width = fit_label(self.face.label, style, self.face.more)
            beside = self._beside_badges(style)
            if (lacks := beside - width) > style.px(0.3):  # else a wider box
                spare = 1 - lacks / max(text_width(line, self.label_size) for line in self.lines)
                self.label_size *= spare if spare >= style.theme.metric("shrink") else 1.0
                beside = self._beside_badges(style)
            width = max(width, beside)
            along, across = style.flow.lies(width, style.px(1))
        return max(along, self.slots[-1]), across

    def inset(self, across: float) -> float:
        """How far right of where it begins its outline is, ``across`` its line."""
        return (self.width - self.box_width) / 2

    def _slots(self) -> list[float]:
        """Where named values leave and enter, from the box's middle; and the room they take."""
        size, pitch = self.style.metric("caption"), self.style.px(PIN_PITCH)
        names = self.face.gives + self.face.takes
        lies = self.style.flow.lies
        widths = [
            max(pitch, lies(text_width(name, size), size)[0] + self.style.px(0.25))
            if name in self.stubs
            else pitch
            for name in names
        ]
        whole = total(widths)
        ends = accumulate(widths)
        slots = [end - width / 2 - whole / 2 for end, width in zip(ends, widths, strict=True)]
        if names and names[-1] in self.stubs and self.face.badges and not self.style.flow.vertical:
            whole += max(0.0, self.style.metric("badge") + self.style.px(0.5) - widths[-1])
        return [*slots, whole]

    def _beside_badges(self, style: Style) -> float:
        """Width at which the outer lines of a label keep clear of badges that reach as far."""
        room = 0.0
        ends = self.lines[:1] + self.lines[-1:]
        for badge, line in zip(self.face.badges, ends, strict=False):
            beside = badge_width(style, badge.text) * 0.97 + style.px(0.12)
            beside += style.px(0.06) if is_long(style, badge.text) else 0.0
            if not is_long(style, badge.text) and len(self.lines) == 1:
                beside = self._under_badge(style)
            room = max(room, text_width(line, self.label_size) + beside)
        return room

    def _under_badge(self, style: Style) -> float:
        """What the only line of a label leaves free at both ends, to keep clear of round badges."""
        radius = style.metric("badge") / 2
        clear = style.px(0.5 - NEAR_BADGE) - ASCENT * self.label_size / 2
        return 2 * math.sqrt(max(0.0, radius**2 - clear**2))

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        left = x + (self.width - self.box_width) / 2
        shape = self.shape(canvas, left, y)
        if sources:
            dashed = self.face.dashed and self.face.role != "merge"
            canvas.arrow_into(sources, self.style, left, y, shape.id, dashed)
        for name, slot in zip(self.face.gives + self.face.takes, self.slots, strict=False):
            self._pin(canvas, shape, name, left + self.box_width / 2 + slot, y)
        return [Port(((left + self.box_width, y),), source=shape.id)]

    def _pin(self, canvas: Canvas, shape: Shape, name: str, x: float, y: float) -> None:
        """Where a named value leaves or enters at ``x``; its stub, where no wire leads there."""
        style, face, top = self.style, self.face, y - self.height / 2
        gives = name in face.gives
        if name not in self.stubs:
            port = Port(((x, top),), source=shape.id) if gives else None
            below = y + self.height / 2
            captions = self.down - self.height / 2 if self.captions else 0.0
            pin = Pin(name, x, top, below, port, "" if gives else shape.id, key=face.key)
            canvas.pins.append(pin._replace(captions=0.0 if self.captions_above else captions))
            return
        out = top - style.px(STUB)
        end = port_shape(canvas, x, out)
        canvas.name(x, out, name, style)
        if gives:
            port = Port(((x, top),), source=shape.id)
            head = name in face.leaves
            canvas.connect(port, style, (x, out), target=end.id, head=head, role="wire")
        else:
            port = Port(((x, out),), source=end.id)
            canvas.connect(port, style, (x, top), target=shape.id, role="wire")

    def shape(self, canvas: Canvas, left: float, y: float) -> Shape:
        """Draw the glyph with its badges and captions; its rectangle."""
        style, face = self.style, self.face
        shape = self.outline(canvas, left, y)
        items: list[Item] = [*parted(canvas, style, shape, face.others)]
        corners = (shape.y + self.nearer, shape.y + shape.height - self.nearer)
        for badge, corner in zip(face.badges, corners, strict=False):
            at = shape.x + shape.width + self.aside, corner
            sign = badge_shape(canvas, style, *at, badge.text, badge.role, badge.dashed)
            items += parted(canvas, style, sign, badge.others)
        items += self._caption_texts(canvas, left + self.box_width / 2, y)
        end, above = left + self.box_width, self.captions_above
        items += self.on_wire.texts(canvas, end, y, style, above)
        canvas.group(
            Group(
                f"{shape.id}-g",
                "layer" if face.role not in MODULE_ROLES else "module",
                face.name,
                face.detail,
                face.key,
                tuple(items),
            )
        )
        return shape

    def outline(self, canvas: Canvas, left: float, y: float) -> Shape:
        """Its rectangle with its label."""
        face, size = self.face, (self.box_width, self.height)
        return box_shape(
            canvas,
            self.style,
            left,
            y - self.height / 2,
            *size,
            face.role,
            self.lines,
            self.label_size,
            color=face.color,
            dashed=face.dashed,
        )

    def _caption_texts(self, canvas: Canvas, middle: float, y: float) -> list[Text]:
        """The captions, beside the box on one of the sides where no line goes on."""
        start = self.height / 2 + self.caption_start
        return canvas.labels(
            middle,
            y - start if self.captions_above else y + start,
            self.captions,
            self.caption_size,
            self.style.theme.color("caption"),
            across="before" if self.captions_above else "after",
        )


MODULE_ROLES = (*MODULE_COLORS, "module")
"""Roles of modules' boxes: those that a theme has for them, and one for any other colour."""


class CircleBlock(Block):
    """An activation or a normalisation in the row, before the layer that it acts on."""

    def __init__(self, face: Face, style: Style) -> None:
        self.face = face
        self.style = style
        self.width, across = style.flow.lies(badge_width(style, face.label), style.metric("badge"))
        self.up = self.down = across / 2
        self.left_gap = self.right_gap = style.gap(0.32)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`."""
        face = self.face
        middle = canvas.flow.point(x + self.width / 2, y)
        shape = badge_shape(canvas, self.style, *middle, face.label, face.role, face.dashed)
        parts = parted(canvas, self.style, shape, face.others)
        canvas.group(Group(f"{shape.id}-g", "layer", face.name, face.detail, face.key, parts))
        if sources:
            canvas.arrow_into(sources, self.style, x, y, shape.id, face.dashed)
        return [Port(((x + self.width, y),), source=shape.id)]


class DotsBlock(Block):
    """The towers that are not drawn: three dots and how many there are in all."""

    def __init__(self, text: str, style: Style) -> None:
        self.text = text
        self.style = style
        self.size = style.metric("caption")
        along, across = style.flow.lies(text_width(text, self.size), self.size)
        self.width = style.px(0.5) + along
        self.up = self.down = max(style.px(0.42), across / 2 if style.flow.vertical else 0.0)

    def place(self, canvas: Canvas, x: float, y: float, sources: Sequence[Port]) -> list[Port]:
        """See :meth:`Block.place`; nothing enters and nothing leaves."""
        px, fill = self.style.px, self.style.theme.color("caption")
        diameter = px(0.12)
        for step in (-1, 0, 1):
            box = canvas.flow.box(x, y + step * px(0.26) - diameter / 2, diameter, diameter)
            dot = Shape(canvas.new_id(), "ellipse", *rounded_box(box), self.style.line)
            canvas.front.append(dot._replace(role="ellipsis"))
        canvas.label(x + px(0.42), y, self.text, self.size, fill, along="after")
        return []
