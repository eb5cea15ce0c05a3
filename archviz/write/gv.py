"""Graphviz source with every position pinned, for those who go on in Graphviz.

``neato -n2 -Tsvg figure.gv`` draws it as it stands: nodes for boxes and texts, edges for
connectors and brackets, each edge with its spline. Lengths are points, y up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import (
    POINTS,
    Connector,
    Group,
    Item,
    Line,
    Point,
    Scene,
    Shape,
    Text,
    leaves,
)
from archviz.write.svg import number

FAMILIES = ("Arimo", "Arial", "Helvetica", "sans-serif")


def write_gv(scene: Scene) -> str:
    """The scene as DOT source."""
    import graphviz

    out = graphviz.Digraph(
        "figure",
        comment=f"{scene.title}: draw with neato -n2",
        graph_attr={
            "bgcolor": scene.background or "transparent",
            "outputorder": "nodesfirst",
            "splines": "true",
            "pad": "0.3",
            "tooltip": graphviz.escape(scene.title.replace("&", "&amp;")),
        },
        node_attr={
            "fixedsize": "shape",
            "label": "",
            "fontname": ",".join((*chosen_families(), *FAMILIES)),
            "margin": "0",
        },
        edge_attr={"arrowsize": "0.6"},
    )
    writer = _DotWriter(out, scene.height)
    writer.nodes(scene.items, "")
    writer.edges(scene.items)
    return str(out.source)


def _pt(value: float) -> str:
    return number(value * POINTS)


class _DotWriter:
    """Adds items to a Digraph, y turned up."""

    def __init__(self, out: object, height: float) -> None:
        import graphviz

        assert isinstance(out, graphviz.Digraph)
        self.out = out
        self.height = height
        self.count = 0
        self.nohtml = graphviz.nohtml

    def nodes(self, items: Sequence[Item], detail: str) -> None:
        """Nodes for shapes and texts; ``detail`` is the tooltip of the group around.

        Graphviz draws them in the order in which they are named, be it by an edge.
        """
        for item in items:
            if isinstance(item, Group):
                self.nodes(item.items, item.detail or detail)
            elif isinstance(item, Shape):
                self.shape(item, detail)
            elif isinstance(item, Text):
                self.text(item)

    def edges(self, items: Sequence[Item]) -> None:
        """Edges for connectors and lines."""
        for item in leaves(items):
            if isinstance(item, Connector):
                self.edge(item, item.head, item.source, item.target, item.dash)
            elif isinstance(item, Line):
                self.edge(item)

    def escape(self, text: str) -> str:
        """A text that Graphviz shows as it is: no escapes, entities or markup."""
        import graphviz

        return str(graphviz.escape(text.replace("&", "&amp;")))

    def label(self, *lines: str) -> object:
        """Lines as one label; without its mark, ``<b>`` would be taken for markup."""
        return self.nohtml(r"\n".join(self.escape(line) for line in lines))

    def point(self, point: Point) -> str:
        """``x,y`` in points."""
        return f"{_pt(point[0])},{_pt(self.height - point[1])}"

    def shape(self, shape: Shape, detail: str) -> None:
        """A box or an ellipse, its label inside; a port is an invisible point."""
        if not (shape.fill or shape.stroke):
            at = self.point((shape.x + shape.width / 2, shape.y + shape.height / 2))
            self.out.node(
                shape.id, shape="point", style="invis", width="0.01", height="0.01", pos=at
            )
            return
        middle = (shape.x + shape.width / 2, shape.y + shape.height / 2)
        self.out.node(
            shape.id,
            label=self.label(*shape.lines),
            shape="box" if shape.form == "rect" else "ellipse",
            pos=self.point(middle),
            width=f"{shape.width / 96:.4f}",
            height=f"{shape.height / 96:.4f}",
            style=",".join(styles(shape)) or "solid",
            fillcolor=shape.fill,
            color=shape.stroke or shape.fill,
            penwidth=_pt(shape.line_width or 1),
            fontsize=_pt(shape.text_size or 12),
            fontcolor=shape.text_fill or "#000000",
            tooltip=self.label(detail.replace("\n", " · ")),
        )

    def text(self, text: Text) -> None:
        """A text as a node without an outline."""
        x, y, width, height = text.box
        name = ",".join((*chosen_families(), *FAMILIES)) + " Bold" if text.bold else ""
        self.out.node(
            self.anchor_name(),
            label=self.label(text.text),
            shape="plaintext",
            pos=self.point((x + width / 2, y + height / 2)),
            width=f"{width / 96:.4f}",
            height=f"{height / 96:.4f}",
            fontsize=_pt(text.size),
            fontcolor=text.fill,
            **({"fontname": name} if name else {}),
        )

    def anchor_name(self) -> str:
        """A new node name that no shape has."""
        self.count += 1
        return f"_{self.count}"

    def end(self, name: str, point: Point) -> str:
        """The node at an end of a line: its shape, or an invisible point."""
        if name:
            return name
        anchor = self.anchor_name()
        self.out.node(
            anchor, shape="point", style="invis", width="0.01", height="0.01", pos=self.point(point)
        )
        return anchor

    def edge(
        self,
        line: Line | Connector,
        head: bool = False,
        source: str = "",
        target: str = "",
        dash: float = 0.0,
    ) -> None:
        """A polyline as an edge whose spline is fixed."""
        points = line.points
        tail, tip = self.end(source, points[0]), self.end(target, points[-1])
        ends = list(points)
        prefix = ""
        if head:
            (x0, y0), (x, y) = points[-2:]
            length = max(abs(x - x0), abs(y - y0))
            back = 6 * 96 / 72  # Graphviz draws the head from the spline's end to the tip
            ends[-1] = (x - (x - x0) / length * back, y - (y - y0) / length * back)
            prefix = f"e,{self.point((x, y))} "
        self.out.edge(
            tail,
            tip,
            pos=prefix + " ".join(self.spline(ends)),
            color=line.stroke,
            penwidth=_pt(line.line_width),
            arrowhead="normal" if head else "none",
            style="dashed" if dash else None,
        )

    def spline(self, points: Sequence[Point]) -> Iterator[str]:
        """A polyline as the control points of straight Bézier pieces."""
        yield self.point(points[0])
        for start, end in pairwise(points):
            for share in (1 / 3, 2 / 3, 1.0):
                yield self.point(
                    (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
                )


def styles(shape: Shape) -> Iterator[str]:
    """Graphviz's names of how a shape is drawn; its round corners are a third of a side or less."""
    if shape.fill:
        yield "filled"
    if shape.dash:
        yield "dashed"
    if shape.form == "rect" and 3 * shape.radius > min(shape.width, shape.height):
        yield "rounded"
