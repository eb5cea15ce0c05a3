"""Towers that are a main path and its shortcut."""

from __future__ import annotations

from archviz.network.kinds import KINDS
from archviz.network.model import From, Layer, Named, Node, Residual, Series, Towers


def with_shortcut(node: Towers) -> Residual | None:
    """Towers that are a main path and a shortcut, written in either order, as a residual.

    The shortcut is empty, or one layer with weights where the main path has several.
    """
    if len(node.branches) != 2 or node.joined or node.merge.kind not in ("add", "multiply"):
        return None
    if any(branch.nodes and _begins(branch.nodes[0]) for branch in node.branches):
        return None
    side, main = sorted(node.branches, key=_weighed)
    short = not side.nodes or (_weighed(side) == 1 and len(side.nodes) <= 2)
    if not short or _weighed(main) <= _weighed(side) or node.copies > 1:
        return None
    return Residual(main, side, node.merge, node.where, node.mark, node.name, node.look)


def _begins(node: Node) -> bool:
    return isinstance(node, From | Named) or (isinstance(node, Layer) and KINDS[node.kind].begins)


def _weighed(series: Series) -> int:
    """How many layers with weights a path has; what holds others counts as two."""
    roles = [KINDS[node.kind].role if isinstance(node, Layer) else "" for node in series.nodes]
    return sum({"conv": 1, "dense": 1, "": 2}.get(role, 0) for role in roles)
