"""Several networks on one page, at one scale, each under its line of figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from archviz.layout.canvas import Canvas, rounded
from archviz.layout.flow import FLOWS, RIGHT, Flow
from archviz.layout.left_out import left_out
from archviz.layout.legend import used_by_all, used_in
from archviz.layout.page import NATURAL_ASPECT, Options, draw_network, frame, heading_text
from archviz.layout.sheet import Sheet, moved
from archviz.layout.slicing import Size, Sliced, sliced
from archviz.layout.style import Style
from archviz.looks import DETAILS
from archviz.network.analysis import Analysis
from archviz.network.labels import OPEN
from archviz.network.model import Network
from archviz.scene.scene import Connector, Group, Item, Line, Scene, Shape, Text, extent, total
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph
from archviz.scene.theme import Theme

COLUMN_GAP = 1.6
NETWORK_GAP = 1.2


def short_number(value: int | None) -> str:
    """``25.6 M``, ``3.86 G``, ``61,706``: three figures that count; ``open`` for None."""
    if value is None:
        return OPEN
    for unit, name in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if value >= unit:
            digits = value / unit
            return f"{digits:.{max(0, 2 - len(str(int(digits))) + 1)}f} {name}"
    return f"{value:,}"


def figures_line(analysis: Analysis) -> str:
    """Parameters, multiply-adds and depth in one line."""
    totals = analysis.totals
    return (
        f"{short_number(totals.parameters)} parameters · "
        f"{short_number(totals.macs)} multiply-adds · depth {totals.depth}"
    )


def draw_comparison(networks: Sequence[tuple[Network, Analysis]], options: Options) -> Scene:
    """The networks beside and under one another, as fills the page's shape best.

    Each has the detail that its figure says, if not all are asked for one.
    """
    style = Style(options.theme, options.theme.metric("unit"))
    blocks = [
        _block(network, analysis, options, style, n)
        for n, (network, analysis) in enumerate(networks)
    ]
    items = side_by_side(blocks, style, options.aspect)
    return frame(
        compared_sheet(networks, options, style, items, blocks), *told_of(networks), options.aspect
    )


def compared_sheet(
    networks: Sequence[tuple[Network, Analysis]],
    options: Options,
    style: Style,
    items: Sequence[Item],
    blocks: Sequence[Sequence[Item]],
) -> Sheet:
    """Placed networks with one legend of them all; ``blocks``: what is drawn of each."""
    _, _, right, bottom = extent(items)
    sheet = Sheet(style._replace(flow=flow_of_all(networks)), right)
    sheet.items += items
    sheet.y = bottom
    if options.legend:
        parts = zip(blocks, networks, strict=True)
        used = [used_in(block, flowing(style, net), net.figure.colors) for block, (net, _) in parts]
        detail = options.detail or detail_of_all(networks)
        sheet.legend(used_by_all(used), left_out([network for network, _ in networks], detail))
    return sheet


def told_of(networks: Sequence[tuple[Network, Analysis]]) -> tuple[str, str]:
    """The title and the description of networks that are compared."""
    names = ", ".join(network.head.title for network, _ in networks)
    return f"Comparison of {names}", f"{names}, drawn at one scale."


def flowing(style: Style, network: Network) -> Style:
    """The style in the direction of a network."""
    return style._replace(flow=FLOWS[network.figure.direction])


def flow_of_all(networks: Sequence[tuple[Network, Analysis]]) -> Flow:
    """The flow that one legend is for: upright if that of all networks is."""
    flows = [FLOWS[network.figure.direction] for network, _ in networks]
    return flows[0] if all(flow.vertical for flow in flows) else RIGHT


def detail_of_all(networks: Sequence[tuple[Network, Analysis]]) -> list[str]:
    """What is printed at the layers of all networks."""
    return [
        word for word in DETAILS if all(word in network.figure.detail for network, _ in networks)
    ]


def _block(
    network: Network, analysis: Analysis, options: Options, style: Style, number: int
) -> tuple[Item, ...]:
    """One network's figure from (0, 0), its title and figures above."""
    detail = options.detail or network.figure.detail
    plain = Options(options.theme, legend=False, detail=detail)
    scene = draw_network(network, analysis, plain)
    return titled(scene, heading_text(network), figures_line(analysis), style, f"net{number}-")


def titled(
    scene: Scene, title: str, line: str, style: Style, prefix: str, room: float = 0.0
) -> tuple[Item, ...]:
    """A figure from (0, 0) under its title and a line; all ids begin with ``prefix``.

    Both wrap where they are wider than ``room``; without it the figure's width clips them.
    """
    left, top, right, _ = extent(scene.items)
    size, small = style.metric("title") * 1.2, style.metric("caption") * 1.1
    canvas = Canvas(f"{prefix}heading")
    width = max(right - left, style.px(10))
    y = 0.0
    for text, high, bold, color, role in (
        (title, size, True, "text", "title"),
        (line, small, False, "caption", "figures"),
    ):
        lines = paragraph(text, room, high, bold=bold) if room else [clip(text, width, high, bold)]
        cut = " ·" if role == "figures" else ""
        y += 0.5 * size * (role == "figures")
        for number, part in enumerate(lines):
            y += (LINE_HEIGHT if number else ASCENT) * high
            fill = style.theme.color(color)
            canvas.text(
                0.0, y, part.removesuffix(cut), high, fill, bold=bold, anchor="start", role=role
            )
    down = y + style.px(0.7)
    figure = tuple(renamed(moved(item, -left, down - top), prefix) for item in scene.items)
    return (Group(canvas.prefix, "heading", title, items=canvas.items()), *figure)


def renamed(item: Item, prefix: str) -> Item:
    """``item`` with every id in it under ``prefix``, so that several figures share a page."""
    match item:
        case Group():
            inner = tuple(renamed(part, prefix) for part in item.items)
            return item._replace(id=prefix + item.id, items=inner)
        case Shape():
            return item._replace(id=prefix + item.id)
        case Connector():
            return item._replace(
                source=prefix + item.source if item.source else "",
                target=prefix + item.target if item.target else "",
            )
        case Line() | Text():
            return item
        case _:
            assert_never(item)


def side_by_side(blocks: Sequence[tuple[Item, ...]], style: Style, aspect: float) -> list[Item]:
    """The blocks from (0, 0), at one scale: as large as can be on a page of this shape.

    Where no shape is asked for, what is left free counts as much as the size.
    """
    boxes = [extent(block) for block in blocks]
    sizes = [Size(right - left, bottom - top) for left, top, right, bottom in boxes]
    ways = sliced(sizes, style.px(COLUMN_GAP), style.px(NETWORK_GAP))
    drawn = total(size.width * size.height for size in sizes)

    def cost(way: Sliced) -> float:
        if aspect:
            return max(way.width, way.height * aspect)
        free = way.width * way.height / drawn
        return max(way.width, way.height * NATURAL_ASPECT) * free

    return placed(blocks, min(ways, key=cost))


def placed(blocks: Sequence[tuple[Item, ...]], way: Sliced) -> list[Item]:
    """Blocks with their upper left corners where a way has them."""
    items: list[Item] = []
    for block, (x, y) in zip(blocks, way.corners, strict=True):
        left, top, _, _ = extent(block)
        items += [moved(item, rounded(x - left), rounded(y - top)) for item in block]
    return items


def draw_themes(network: Network, analysis: Analysis, themes: Sequence[Theme]) -> Scene:
    """One network in every theme, one under the other on the theme's own ground."""
    items: list[Item] = []
    y = width = 0.0
    for number, theme in enumerate(themes):
        scene = draw_network(network, analysis, Options(theme, legend=True))
        canvas = Canvas(f"theme{number}")
        size = 20.0
        canvas.text(
            32.0,
            18 + ASCENT * size,
            f"{theme.name}: {theme.title}",
            size,
            theme.color("text"),
            bold=True,
            anchor="start",
            role="title",
        )
        ground = Shape(
            f"theme{number}-ground",
            "rect",
            0.0,
            y,
            scene.width,
            scene.height + 30.0,
            theme.color("page"),
            role="panel",
        )
        parts = (
            *canvas.items(),
            *(moved(renamed(i, f"t{number}-"), 0.0, 30.0) for i in scene.items),
        )
        items.append(
            Group(
                canvas.prefix,
                "theme",
                theme.title,
                items=(ground, *(moved(p, 0.0, y) for p in parts)),
            )
        )
        y += scene.height + 30.0
        width = max(width, scene.width)
    about = "The bundled themes, each with the same network."
    return Scene(rounded(width), rounded(y), "Themes", about, "#ffffff", tuple(items))
