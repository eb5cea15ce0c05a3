"""A table of a scene as a native one: its cells between its rules, in their columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from archviz.scene.scene import Group, Line, Text
from archviz.write.pptx_parts import NO_LINE, identity, paragraph_of, xfrm

if TYPE_CHECKING:
    from archviz.write.pptx_parts import Drawn, Frame, Said

TABLE = "http://schemas.openxmlformats.org/drawingml/2006/table"


class Column(NamedTuple):
    """A column: how its texts are aligned, at which x, and where it begins and ends."""

    anchor: str
    x: float
    left: float = 0.0
    right: float = 0.0


def native_table(number: int, group: Group, frame: Frame, said: Said) -> Drawn | None:
    """A group of cells and rules as a table; None where it has none.

    The first rule is that under the header; each other ends a row.
    """
    cells = [one for one in group.items if isinstance(one, Text) and one.role == "cell"]
    rules = [one for one in group.items if isinstance(one, Line) and one.role == "rule"]
    if not cells or not rules:
        return None
    rules.sort(key=lambda rule: rule.points[0][1])
    left, right = rules[0].points[0][0], rules[0].points[-1][0]
    columns = _columns(cells, left, right)
    top = min(cell.box[1] for cell in cells) - 0.4 * cells[0].size
    rows: list[str] = []
    edges = [top, *(rule.points[0][1] for rule in rules)]
    for (above, below), rule in zip(pairwise(edges), rules, strict=True):
        inside = [cell for cell in cells if above < cell.y <= below]
        row = "".join(_cell(column, inside, rule, frame) for column in columns)
        rows.append(f'<a:tr h="{frame.length(below - above)}">{row}</a:tr>')
    grid = "".join(f'<a:gridCol w="{frame.length(one.right - one.left)}"/>' for one in columns)
    box = frame.box(left, top, right - left, edges[-1] - top)
    place = xfrm(box).replace("a:xfrm", "p:xfrm")
    return (
        f"<p:graphicFrame><p:nvGraphicFramePr>{identity(number, group.name, said)}"
        '<p:cNvGraphicFramePr><a:graphicFrameLocks noGrp="1"/></p:cNvGraphicFramePr><p:nvPr/>'
        f'</p:nvGraphicFramePr>{place}<a:graphic><a:graphicData uri="{TABLE}"><a:tbl>'
        f'<a:tblPr firstRow="1"/><a:tblGrid>{grid}</a:tblGrid>{"".join(rows)}</a:tbl>'
        "</a:graphicData></a:graphic></p:graphicFrame>",
        box,
    )


def _columns(cells: Sequence[Text], left: float, right: float) -> list[Column]:
    """The columns from left to right; between two of them is half of what is free there."""
    found: dict[tuple[str, float], list[Text]] = {}
    for cell in cells:
        found.setdefault((cell.anchor, cell.x), []).append(cell)
    spans = sorted(
        (min(one.box[0] for one in texts), max(one.box[0] + one.width for one in texts), key)
        for key, texts in found.items()
    )
    middles = [(before[1] + after[0]) / 2 for before, after in pairwise(spans)]
    edges = [min(left, spans[0][0]), *middles, max(right, spans[-1][1])]
    return [
        Column(*key, begin, end)
        for (_, _, key), (begin, end) in zip(spans, pairwise(edges), strict=True)
    ]


def _cell(column: Column, row: Sequence[Text], rule: Line, frame: Frame) -> str:
    """A cell with the lines of text that stand in it, over its part of a rule."""
    lines = [one for one in row if (one.anchor, one.x) == (column.anchor, column.x)]
    lines.sort(key=lambda one: one.y)
    paragraphs = "".join(paragraph_of(frame, one) for one in lines)
    before = frame.length(column.x - column.left) if column.anchor == "start" else 0
    after = frame.length(column.right - column.x) if column.anchor == "end" else 0
    sides = "".join(NO_LINE.replace("a:ln>", f"a:ln{side}>") for side in "LRT")
    under = f'<a:lnB w="{frame.length(rule.line_width)}">{frame.paint(rule.stroke)}</a:lnB>'
    return (
        f"<a:tc><a:txBody><a:bodyPr/><a:lstStyle/>{paragraphs or '<a:p/>'}</a:txBody>"
        f'<a:tcPr marL="{before}" marR="{after}" marT="0" marB="0" anchor="ctr">{sides}{under}'
        "<a:noFill/></a:tcPr></a:tc>"
    )
