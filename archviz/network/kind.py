"""What the program knows about a kind of layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archviz.network import counts, rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from archviz.network.counts import MacRule, WeightRule
    from archviz.network.merges import JoinRule
    from archviz.network.model import Layer
    from archviz.network.rules import ShapeRule


class Trait(NamedTuple):
    """What sets a layer apart from others of its label; ``plain`` where nobody needs to be told.

    ``about`` is the same for all that may stand there instead.
    """

    about: str
    text: str
    plain: bool = False


def counted(number: int, noun: str) -> str:
    """``1 group``, ``4 groups``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Kind(NamedTuple):
    """One kind of layer: how it looks, what it accepts, and what it counts."""

    name: str
    role: str
    """Colour role in a theme."""
    label: str
    """Text in the box; ``{kernel}`` stands for the kernel size."""
    title: str
    about: str
    glyph: str = "box"
    options: tuple[str, ...] = ()
    """Accepted options; ``main`` is the one that a bare number in the shorthand sets."""
    main: str = ""
    required: tuple[str, ...] = ()
    """Options that it cannot do without; ``pad/to`` stands for one of two."""
    badge: str = ""
    """Text of the circle, for an activation or a norm that is a layer of its own."""
    drawn: bool = True
    depth: int = 1
    shape: ShapeRule = rules.same_shape
    weights: WeightRule = counts.no_weights
    macs: MacRule = counts.no_macs
    products: MacRule = counts.no_macs
    """Of its multiply-adds those of two computed values, in which no weight takes part."""
    join: JoinRule | None = None
    """Set for merges: the shape from those of all inputs, named for messages."""
    takes: tuple[str, ...] = ()
    """Options that name a further value that it takes; the rules get their shapes in this order."""
    gives: tuple[str, ...] = ()
    """Options that name a further value that it gives."""
    first: str = ""
    """The option that the first of two bare numbers sets; the second sets ``main``."""
    begins: bool = False
    """Whether nothing comes in: a series may begin with it."""
    inside: bool = False
    """Whether its activation is inside, not behind it."""
    words: Callable[[Layer], tuple[str, tuple[Trait, ...]]] | None = None
    """Text of the box, and what is said under it, where that is more than the kind says."""


_OVER = {"-1d": "of a sequence", "-3d": "of a volume"}


def windowed(kind: Kind) -> list[Kind]:
    """A convolution or a pooling of maps, and the same of sequences and of volumes."""
    kinds = [kind]
    for suffix, what in _OVER.items():
        other = kind._replace(
            name=kind.name + suffix,
            title=f"{kind.title} {what}",
            about=f"`{kind.name}` {what}",
        )
        if suffix == "-1d":
            causal = ("causal",) if "dilation" in kind.options else ()
            other = other._replace(
                options=(*kind.options, *causal),
                main=kind.main or "kernel",
                first="kernel" if kind.main else "",
            )
        kinds.append(other)
    return kinds


def merge(name: str, about: str, join: JoinRule, main: str = "") -> Kind:
    """A merge, by the rule for the shapes of its inputs."""
    options = (main, "norm", "act") if main else ("norm", "act")
    label = name.replace("-", " ")
    return Kind(name, "merge", label, label, about, options=options, main=main, join=join)


def stated(name: str, role: str, title: str, about: str) -> Kind:
    """An operator that states what it counts."""
    return Kind(
        name,
        role,
        title,
        title,
        about,
        options=("shape", "weights", "macs", "norm", "act"),
        shape=rules.given_shape,
        weights=counts.stated_weights,
        macs=counts.stated_macs,
    )


def other(
    name: str, about: str, shape: ShapeRule, main: str = "", drawn: bool = False, title: str = ""
) -> Kind:
    """A layer without weights; its one option is required, but for a rate."""
    options = (main,) if main else ()
    required = options if main != "rate" else ()
    return Kind(
        name,
        "other",
        name,
        title or name,
        about,
        "box",
        options,
        main,
        required,
        drawn=drawn,
        shape=shape,
    )
