"""The numbers of networks that tables and charts show: counted ones, and those that heads state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from archviz.network.analysis import Analysis
from archviz.network.head import Head, moment
from archviz.network.labels import rounded_count, shape_text
from archviz.network.model import Network
from archviz.network.open_sides import is_open

Value: TypeAlias = "int | float | str | None"
Proven: TypeAlias = "tuple[Network, Analysis]"
"""A network with what is counted of it."""


class Number(NamedTuple):
    """What is said of networks: in the head of a column, in words, and how it is known.

    ``form`` is how it is written: ``count``, ``share``, ``MB``, ``year``, or ``text``. ``of``
    gives None where nothing states it, or where it depends on sides that are open.
    """

    head: str
    about: str
    form: str
    of: Callable[[Network, Analysis], Value]

    @property
    def drawn(self) -> bool:
        """Whether a chart can have an axis of it."""
        return self.form != "text"


def _row_of_keras(key: str) -> Callable[[Network, Analysis], Value]:
    return lambda network, _: network.head.keras.get(key)


NUMBERS: Mapping[str, Number] = {
    "year": Number(
        "year",
        "year",
        "year",
        lambda network, _: moment(network.head) if network.head.year else None,
    ),
    "date": Number("first public", "date", "text", lambda net, _: net.head.date or None),
    "family": Number("family", "family", "text", lambda net, _: net.head.family or None),
    "task": Number("task", "task", "text", lambda net, _: net.head.task or None),
    "venue": Number("venue", "venue", "text", lambda net, _: net.head.venue or None),
    "input": Number(
        "input",
        "size of the input",
        "text",
        lambda net, _: ", ".join(shape_text(layer.shape) for layer in net.inputs),
    ),
    "parameters": Number(
        "parameters", "parameters", "count", lambda _, found: found.totals.parameters
    ),
    "trainable": Number(
        "trainable", "trainable parameters", "count", lambda _, found: found.totals.trainable
    ),
    "macs": Number("multiply-adds", "multiply-adds", "count", lambda _, found: found.totals.macs),
    "depth": Number(
        "depth",
        "layers on the longest path",
        "count",
        lambda _, found: None if is_open(found.totals.depth) else found.totals.depth,
    ),
    "top1": Number("top-1", "top-1 accuracy", "share", lambda net, _: net.head.scores.top1),
    "top5": Number("top-5", "top-5 accuracy", "share", lambda net, _: net.head.scores.top5),
    "dataset": Number(
        "accuracy on", "dataset", "text", lambda net, _: net.head.scores.dataset or None
    ),
    "size": Number("size", "weights file in Keras", "MB", _row_of_keras("size_mb")),
}
"""By the names by which they are asked for."""
DRAWN = tuple(name for name, number in NUMBERS.items() if number.drawn)
"""Those that a chart can show."""
SCORES = ("top1", "top5")
"""Those of which it has to be said on what they are, and who states them."""


def written(number: Number, value: Value, short: bool = False) -> str:
    """A value as a table says it; ``short``: a count with three figures."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if number.form == "share":
        return f"{100 * value:.1f} %"
    if number.form == "MB":
        return f"{value:,.0f} MB"
    if number.form == "year":
        return str(int(value))
    return rounded_count(int(value)) if short else f"{int(value):,}"


def stated_by(heads: Sequence[Head]) -> list[str]:
    """Sentences on what the accuracies of networks are of, and who states them.

    Whoever states the most of a dataset's is named once, the others with their networks.
    """
    datasets: dict[str, dict[str, list[str]]] = {}
    for head in heads:
        scores = head.scores
        if scores.dataset:
            told = datasets.setdefault(scores.dataset, {})
            who = scores.source.partition(": ")[0] or "their specs"
            told.setdefault(who, []).append(head.title)
    sentences: list[str] = []
    for dataset, told in sorted(datasets.items(), key=lambda one: -sum(map(len, one[1].values()))):
        first, *others = sorted(told, key=lambda who: -len(told[who]))
        text = f"Accuracy on {dataset} as stated by {first}"
        if sentences:  # it is of fewer networks: each is named
            text += f": {', '.join(told[first])}"
        text += "".join(f"; by {who}: {', '.join(told[who])}" for who in others)
        sentences.append(f"{text}.")
    return sentences
