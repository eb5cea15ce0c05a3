"""What ``archviz list`` and ``archviz info`` print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archviz.network.analysis import Analysis, Row, Totals
    from archviz.network.model import Network


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Rows as aligned lines; ``right`` are the columns that stand flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def list_table(entries: Sequence[Mapping[str, Any]]) -> str:
    """Rows of the index of bundled networks as a table: the classics, then family by family."""
    rows = [("NAME", "TITLE", "YEAR", "PARAMETERS", "WHAT IT BROUGHT")]
    rows += [
        (
            net["name"],
            net["title"],
            str(net["year"]),
            f"{net['parameters']:,}",
            net["brought"],
        )
        for net in entries
    ]
    lines = table(rows, right=(3,))
    found, group = lines[:1], ""
    for net, line in zip(entries, lines[1:], strict=True):
        wanted = "" if net["classic"] or net["appendix"] else net["family"] or "Others"
        if wanted != group:
            found += ["", wanted]
        group = wanted
        found.append(line)
    return "\n".join(found)


def totals_data(totals: Totals) -> dict[str, int | None]:
    """Totals as plain data; None for what depends on sides that are open."""
    from archviz.network.open_sides import is_open

    return {
        "parameters": totals.parameters,
        "trainable": totals.trainable,
        "non_trainable": totals.non_trainable,
        "macs": totals.macs,
        "depth": None if is_open(totals.depth) else totals.depth,
    }


def published_data(network: Network) -> dict[str, Any]:
    """The published totals that the spec states, and what its multiply-adds are of if not all."""
    published = network.head.published
    names = ("parameters", "trainable", "non_trainable", "macs", "depth", "with_auxiliary")
    stated = {name: value for name in names if (value := getattr(published, name)) is not None}
    if "macs" in stated and published.macs_of != "all":
        stated["macs_of"] = published.macs_of
    return stated


_PARTS = {
    "dense": "dense layers",
    "attention": "projections of attention",
    "feed-forward": "feed-forward parts",
    "mixture-of-experts": "feed-forward parts",
    **dict.fromkeys(("lstm", "gru", "rnn"), "recurrent layers"),
}


def macs_parts(rows: Sequence[Row]) -> dict[str, int]:
    """Which layers the multiply-adds are of, the most first; none where some are open."""
    from archviz.network.kinds import KINDS

    parts: dict[str, int] = {}
    for row in rows:
        if row.macs is None or row.products is None:
            return {}
        kind = row.layer.kind
        weighted = "convolutions" if KINDS[kind].role == "conv" else "other operators"
        attended = kind == "attention"
        free = "scores and values of attention" if attended else "products of two values"
        for part, macs in (
            (_PARTS.get(kind, weighted), row.macs - row.products),
            (free, row.products),
        ):
            if macs:
                parts[part] = parts.get(part, 0) + macs
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def row_data(row: Row) -> dict[str, object]:
    """One layer as plain data."""
    from archviz.network.labels import layer_label
    from archviz.network.open_sides import plain_sides

    return {
        "path": row.path,
        "kind": row.layer.kind,
        "label": layer_label(row.layer),
        "output_shape": plain_sides(row.output_shape),
        "parameters": row.parameters,
        "trainable": row.trainable,
        "non_trainable": row.non_trainable,
        "macs": row.macs,
    }


def info_data(network: Network, analysis: Analysis) -> dict[str, Any]:
    """Everything that is known of a network, as plain data."""
    from archviz.network.open_sides import plain_sides

    head, auxiliary = network.head, analysis.with_auxiliary
    return {
        "name": head.name,
        "title": head.title,
        "year": head.year,
        "paper": head.paper,
        "authors": head.authors,
        "venue": head.venue,
        "link": head.link,
        "source": head.source,
        "brought": head.brought,
        "family": head.family,
        "task": head.task,
        "names": [*head.names],
        "input": plain_sides(network.inputs[0].shape),
        "inputs": [plain_sides(layer.shape) for layer in network.inputs],
        "outputs": [
            {"name": name, "shape": plain_sides(shape)} for name, shape in analysis.outputs
        ],
        "open": {one.name: {"multiple": one.multiple} for one in analysis.open},
        "totals": totals_data(analysis.totals),
        "with_auxiliary": totals_data(auxiliary) if auxiliary else None,
        "macs_parts": macs_parts(analysis.rows),
        "published": published_data(network),
        "layers": [row_data(row) for row in analysis.rows],
        "auxiliary_layers": [row_data(row) for row in analysis.auxiliary_rows],
    }


def info_text(
    network: Network, analysis: Analysis, layers: bool, imported: str = "", parts: bool = False
) -> str:
    """What ``archviz info`` prints; ``imported`` says how a model compares with its figure.

    ``parts``: also what the multiply-adds are of.
    """
    lines = list(_head_lines(network, analysis))
    if imported:
        lines.append(f"  imported {imported}")
    lines += ["", *table(list(_totals_rows(network, analysis)), right=(1, 2, 3))]
    if parts:
        rows = [(name, f"{macs:,}") for name, macs in macs_parts(analysis.rows).items()]
        lines += ["", *table([("MULTIPLY-ADDS OF", ""), *rows], right=(1,))]
    if layers:
        lines += ["", *_layer_lines(analysis.rows)]
        if analysis.auxiliary_rows:
            lines += ["", "Auxiliary heads", *_layer_lines(analysis.auxiliary_rows)]
    return "\n".join(lines)


def _head_lines(network: Network, analysis: Analysis) -> Iterator[str]:
    from archviz.network.labels import shape_text
    from archviz.network.open_sides import sentence

    head = network.head
    yield f"{head.title} ({head.year})" if head.year else head.title
    facts: Mapping[str, str] = {
        "paper": head.paper,
        "authors": head.authors,
        "venue": head.venue,
        "link": head.link,
        "figures": head.source,
        "brought": head.brought,
        "input": ", ".join(shape_text(layer.shape) for layer in network.inputs),
        "outputs": ", ".join(f"{name} {shape_text(shape)}" for name, shape in analysis.outputs),
        "open": sentence(analysis.open, analysis.totals.macs is not None) if analysis.open else "",
    }
    for name, value in facts.items():
        if value:
            yield f"  {name:<8} {value}"


def _totals_rows(network: Network, analysis: Analysis) -> Iterator[Sequence[str]]:
    from archviz.network.analysis import macs_of
    from archviz.network.labels import count_text

    published = published_data(network)
    with_auxiliary = analysis.with_auxiliary
    header = ["", "this spec", "published"]
    if with_auxiliary:
        header.append("with auxiliary heads")
    yield header
    names = {
        "parameters": "parameters",
        "trainable": "  trainable",
        "non_trainable": "  non-trainable",
        "macs": "multiply-adds",
        "depth": "depth",
    }
    for key, name in names.items():
        stated = f"{published[key]:,}" if key in published else "-"
        row = [name, count_text(getattr(analysis.totals, key)), stated]
        if key == "macs" and "macs_of" in published:
            row[2] = "-"
        if with_auxiliary:
            row.append(count_text(getattr(with_auxiliary, key)) if key != "depth" else "")
        yield row
        if key == "macs" and "macs_of" in published:
            some = count_text(macs_of(analysis, published["macs_of"]))
            yield ["  with weights", some, stated, *[""] * len(row[3:])]


def _layer_lines(rows: Sequence[Row]) -> list[str]:
    from archviz.network.labels import count_text, layer_label, shape_text

    lines = [("LAYER", "WHAT", "OUTPUT", "PARAMETERS", "MULTIPLY-ADDS")]
    lines += [
        (
            row.path,
            layer_label(row.layer),
            shape_text(row.output_shape),
            f"{row.parameters:,}",
            count_text(row.macs),
        )
        for row in rows
    ]
    return table(lines, right=(3, 4))
