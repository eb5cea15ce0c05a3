"""What is known of layers in the making beside their kind: parts, directions, attentions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from archviz.network.model import Shape


class Span(NamedTuple):
    """Which part of a draft another one is, along one of its axes, and what that is called."""

    label: str
    axis: int
    start: int
    size: int
    step: int


class AttentionFacts(NamedTuple):
    """An attention in the making: its sizes, and which of its projections have biases."""

    heads: int
    width: int
    keys: int
    """Features of all keys, which several heads may share."""
    features: int
    biased: bool
    """Whether all of queries, keys and values have biases."""
    unbiased: bool
    """Whether none of them has."""
    keyless: bool
    """Whether queries and values have them, and keys have none."""
    label: str
    out: int = 0
    """Units of the projection behind it; 0 without one."""
    out_biased: bool = False
    scored: bool = False
    """Whether learned numbers are added to its scores, its own or those of an earlier layer."""

    @property
    def head(self) -> int:
        """Features of a head."""
        return self.width // self.heads


class ConvOutcome(NamedTuple):
    """What a convolution comes to on a map, as the next equal one will."""

    kind: str
    options: Mapping[str, Any]
    shape: Shape
    weights: int
    macs: int
