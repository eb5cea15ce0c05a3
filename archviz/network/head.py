"""What the head of a spec says of its network: paper, published totals, place in the gallery."""

from collections.abc import Mapping
from typing import NamedTuple

NO_ROW: Mapping[str, float | str] = {}


class Published(NamedTuple):
    """Totals that a paper or a reference implementation states; None where it does not."""

    parameters: int | None = None
    trainable: int | None = None
    non_trainable: int | None = None
    macs: int | None = None
    depth: int | None = None
    with_auxiliary: int | None = None
    macs_of: str = "all"
    """Which multiply-adds ``macs`` are: ``all``, or ``layers``: only those with weights."""


class Accuracy(NamedTuple):
    """The share of examples that it gets right, and of which; None where that is not stated."""

    top1: float | None = None
    top5: float | None = None
    dataset: str = ""
    """Of what it is: ``ImageNet``."""
    source: str = ""
    """Who states it."""


OF_KERAS = "ImageNet", "the documentation of Keras"
"""What the accuracies of the Keras table are of, and who states them."""


class Head(NamedTuple):
    """The bibliographic head of a spec."""

    name: str
    title: str
    year: int = 0
    date: str = ""
    """When it was first public, ``YYYY-MM`` or ``YYYY-MM-DD``; ``year`` is of this, where it is."""
    paper: str = ""
    authors: str = ""
    venue: str = ""
    link: str = ""
    source: str = ""
    """Where the figures (filters, strides, totals) come from."""
    brought: str = ""
    """What the network brought, in one line."""
    family: str = ""
    task: str = ""
    names: tuple[str, ...] = ()
    """What else people call it."""
    published: Published = Published()
    accuracy: Accuracy = Accuracy()
    """What its spec states itself; :attr:`scores` knows the row of Keras, too."""
    keras: Mapping[str, float | str] = NO_ROW
    """The row of the Keras table: model, size_mb, top1, top5, parameters, depth."""
    classic: bool = False
    appendix: bool = False

    @property
    def scores(self) -> Accuracy:
        """The accuracy that is stated: by the spec itself, or else by the Keras table."""
        if self.accuracy != Accuracy():
            return self.accuracy
        top1, top5 = (self.keras.get(key) for key in ("top1", "top5"))
        if not isinstance(top1, float) or not isinstance(top5, float):
            return Accuracy()
        return Accuracy(top1, top5, *OF_KERAS)


def moment(head: Head) -> float:
    """When a network was first public, as a number: 2015.96 for the middle of December 2015."""
    year, month, day = (*(head.date or str(head.year)).split("-"), "", "")[:3]
    return int(year) + (int(month or 7) - 1 + (int(day or 15) - 0.5) / 31) / 12
