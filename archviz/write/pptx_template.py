"""What a template offers: its layouts with their places for titles, dates and numbers, and the
room that they leave; its colours and typefaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archviz.errors import fail
from archviz.scene.slide_form import SlideForm
from archviz.scene.theme import contrast
from archviz.write.pptx_colors import READABLE, A, Colours, P, colours_of, ground_at
from archviz.write.pptx_package import TEMPLATE_HINT, UNREADABLE, open_template, remove_slides
from archviz.write.pptx_parts import EMU

if TYPE_CHECKING:
    from pptx.package import Package

    from archviz.write.pptx_parts import EmuBox

QUIET = {"dt": "date", "ftr": "footer", "sldNum": "number"}
ROLES = {"title": "title", "ctrTitle": "title", "subTitle": "subtitle", **QUIET}
USUAL_SIZE = {"title": 4400, "subtitle": 3200, "date": 1200, "footer": 1200, "number": 1200}
"""Hundredths of a point, where nothing states a size."""
WIDE_GAP = 0.02
"""Of a slide's height, between a title and a room that would lie under it."""


class Holder(NamedTuple):
    """A placeholder of a layout: its element's type and index, its place in EMU.

    ``moved``: the slide has to say where it stands. ``size``: of its letters, in hundredths of a
    point. ``ink``: the scheme's colour for its texts, where what it inherits cannot be read.
    """

    kind: str
    idx: str
    box: EmuBox
    moved: bool
    size: int
    ink: str = ""


class Layout(NamedTuple):
    """A layout of a template with the placeholders that slides fill, by their roles."""

    layout: Any
    holders: Mapping[str, Holder]


class Template(NamedTuple):
    """A template without its slides."""

    package: Package
    titled: Layout | None
    """For slides with a title and nothing else of the template's."""
    blank: Layout
    cover: Layout | None
    form: SlideForm
    colours: Colours
    ground: str
    """What figures stand on."""
    ink: str
    """The name of the scheme's colour for lines and texts on it."""


def read_template(path: str) -> Template:
    """What a template offers.

    Raises:
        ArchvizError: it cannot be read as a presentation.
    """
    package = open_template(path)
    try:
        return _read(package)
    except Exception as error:  # a package can be broken in any place
        raise fail(path, UNREADABLE, TEMPLATE_HINT) from error


def _read(package: Package) -> Template:
    part = package.main_document_part
    deck = part.presentation
    size = (int(deck.slide_width), int(deck.slide_height))
    cover = _cover(deck, size)
    remove_slides(part)
    layouts = [layout for master in deck.slide_masters for layout in master.slide_layouts]
    titled = [one for layout in layouts for one in _titled(layout, size)]
    best = max(titled, key=lambda one: one[0]) if titled else None
    chosen, room = (best[1], best[2]) if best else (None, (0, 0, *size))
    blank = Layout(min(layouts, key=_content), {})
    base = chosen or blank
    colours = colours_of(base.layout.slide_master)
    ground = ground_at(base.layout, room, colours)
    title = chosen.holders["title"].box if chosen else (0, 0, 0, 0)
    form = SlideForm(
        size[0] / EMU, size[1] / EMU, _pixels(room), _pixels(title), placed=chosen is not None
    )
    return Template(package, chosen, blank, cover, form, colours, ground, colours.best_ink(ground))


def _pixels(box: EmuBox) -> tuple[float, float, float, float]:
    """A place in pixels, as (x, y, width, height)."""
    left, top, right, bottom = box
    return (left / EMU, top / EMU, (right - left) / EMU, (bottom - top) / EMU)


def _content(layout: Any) -> int:
    """How many places for content a layout has, the least for those that say they have none."""
    kinds = [_place(shape)[0] for shape in layout.placeholders]
    named = 100 * (layout.element.get("type") in ("titleOnly", "blank"))
    return sum(kind not in QUIET for kind in kinds) - named


def _place(shape: Any) -> tuple[str, str]:
    """The type and the index of a placeholder."""
    ph = shape._element.find(f".//{P}nvPr/{P}ph")
    return ph.get("type", "obj"), ph.get("idx", "0")


def _box(shape: Any) -> EmuBox | None:
    if shape.left is None or shape.width is None:
        return None
    left, top = int(shape.left), int(shape.top)
    return (left, top, left + int(shape.width), top + int(shape.height))


def _titled(
    layout: Any, size: tuple[int, int]
) -> Iterator[tuple[tuple[bool, int, int], Layout, EmuBox]]:
    """A layout with a title as one for figures: what it is worth, and the room that it leaves."""
    master = layout.slide_master
    holders = _holders(layout)
    if "title" not in holders or holders["title"].kind == "ctrTitle" or "subtitle" in holders:
        return
    body = next((_box(one) for one in master.placeholders if _place(one)[0] == "body"), None)
    own = next((_box(one) for one in master.placeholders if _place(one)[0] == "title"), None)
    title = holders["title"].box
    if body and own and _overlap(title, body) and not _overlap(own, body):
        title = own
        holders["title"] = holders["title"]._replace(box=own, moved=True)
    room = body or (size[0] // 24, title[3], size[0] - size[0] // 24, size[1] - size[1] // 20)
    left, top, right, bottom = room
    if _overlap(title, room):
        top = title[3] + round(WIDE_GAP * size[1])
    quiet = [holders[name].box for name in QUIET.values() if name in holders]
    for box in quiet:
        if box[1] > (top + bottom) / 2 and _overlap(box, (left, top, right, bottom)):
            bottom = box[1]
    room = (max(0, left), max(0, top), min(size[0], right), min(size[1], bottom))
    if room[2] <= room[0] or room[3] <= room[1]:
        return
    only = layout.element.get("type") == "titleOnly"
    area = (room[2] - room[0]) // EMU * ((room[3] - room[1]) // EMU)
    yield (only, area, -_content(layout)), _inked(Layout(layout, holders)), room


def _overlap(one: EmuBox, other: EmuBox) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _holders(layout: Any) -> dict[str, Holder]:
    """The placeholders of a layout that slides fill, the first of each role."""
    found: dict[str, Holder] = {}
    for shape in layout.placeholders:
        kind, index = _place(shape)
        box = _box(shape)
        if kind in ROLES and box and ROLES[kind] not in found:
            size = _inherited(layout, kind, index, "sz")
            role = ROLES[kind]
            found[role] = Holder(kind, index, box, False, int(size or USUAL_SIZE[role]))
    return found


def _styles(layout: Any, kind: str, index: str) -> Iterator[Any]:
    """The styles of a placeholder's first level, the nearest first."""
    master = layout.slide_master
    alike = {"ctrTitle": "title", "subTitle": "body"}.get(kind, kind)
    for shape in layout.placeholders:
        if _place(shape) == (kind, index):
            yield from shape._element.iterfind(f".//{A}lvl1pPr/{A}defRPr")
    for shape in master.placeholders:
        if _place(shape)[0] == alike:
            yield from shape._element.iterfind(f".//{A}lvl1pPr/{A}defRPr")
    style = {"title": "titleStyle", "body": "bodyStyle"}.get(alike, "otherStyle")
    yield from master.element.iterfind(f"{P}txStyles/{P}{style}/{A}lvl1pPr/{A}defRPr")


def _inherited(layout: Any, kind: str, index: str, name: str) -> str:
    """An attribute of a placeholder's letters; empty where none is stated."""
    found = (node.get(name) for node in _styles(layout, kind, index))
    return next(filter(None, found), "")


def _inked(made: Layout) -> Layout:
    """A layout with a colour for those of its texts that could not be read where they stand."""
    colours = colours_of(made.layout.slide_master)
    holders: dict[str, Holder] = {}
    for role, holder in made.holders.items():
        fills = (
            node.find(f"{A}solidFill") for node in _styles(made.layout, holder.kind, holder.idx)
        )
        fill = next((one for one in fills if one is not None), None)
        color = (colours.of(fill) if fill is not None else "") or colours.scheme.get("tx1", "")
        ground = ground_at(made.layout, holder.box, colours)
        readable = bool(color) and contrast(color, ground) >= READABLE
        ink = "" if readable else colours.best_ink(ground)
        holders[role] = holder._replace(ink=ink)
    return made._replace(holders=holders)


def _cover(deck: Any, size: tuple[int, int]) -> Layout | None:
    """The layout of a cover, filled as the template's own first slide is, if that has a title."""
    for slide in [*deck.slides][:1]:
        places = {ROLES.get(_place(shape)[0]): _box(shape) for shape in slide.placeholders}
        holders = _holders(slide.slide_layout)
        if places.get("title") and "subtitle" in places and {"title", "subtitle"} <= {*holders}:
            for role in ("title", "subtitle"):
                box = places[role]
                if box:
                    holders[role] = holders[role]._replace(box=box, moved=True)
            return _inked(Layout(slide.slide_layout, holders))
    layouts = [layout for master in deck.slide_masters for layout in master.slide_layouts]
    for layout in layouts:
        holders = _holders(layout)
        whole = "title" in holders and "subtitle" in holders
        if whole and (layout.element.get("type") == "title" or holders["title"].kind == "ctrTitle"):
            return _inked(Layout(layout, _inside(holders, size)))
    return None


def _inside(holders: Mapping[str, Holder], size: tuple[int, int]) -> dict[str, Holder]:
    """Placeholders of a cover that are made for slides of another width, in the middle of these."""
    boxes = [holders[role].box for role in ("title", "subtitle")]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    skew = (size[0] - right) - left
    if abs(skew) <= 0.1 * size[0] or left > skew:
        return dict(holders)
    return {
        role: holder._replace(
            box=(holder.box[0], holder.box[1], size[0] - holder.box[0], holder.box[3]), moved=True
        )
        if role in ("title", "subtitle")
        else holder
        for role, holder in holders.items()
    }


def scale_to_fit(holder: Holder, lines: Sequence[str], bold: bool = True) -> int:
    """The size of letters with which lines fit into a placeholder, in hundredths of a point."""
    from archviz.scene.text import LINE_HEIGHT, paragraph

    width, height = (
        (holder.box[2] - holder.box[0]) / EMU - 20,
        (holder.box[3] - holder.box[1]) / EMU,
    )
    for size in (holder.size, *(s for s in range(4400, 1199, -100) if s < holder.size)):
        pixels = size / 75
        rows = sum(len(paragraph(line, width, pixels, bold)) for line in lines)
        if rows * LINE_HEIGHT * pixels <= height - 8 or size <= 1200:
            return size
    return holder.size
