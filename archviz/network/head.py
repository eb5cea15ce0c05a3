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
    keras: Mapping[str, float | str] = NO_ROW
    """The row of the Keras table: model, size_mb, top1, top5, parameters, depth."""
    classic: bool = False
    appendix: bool = False
