"""What a picture and its file can be told, by keyword or flag: typed, and checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from archviz.errors import did_you_mean
from archviz.layout.page import Options
from archviz.scene.theme import load_theme
from archviz.write.formats import Settings


class FigureKeywords(TypedDict, total=False):
    """What a figure shows; None is as good as not given."""

    theme: str | os.PathLike[str] | Mapping[str, Any] | None
    """Name of a bundled theme, path of a theme file, or a dict with what is in one."""
    title: bool | None
    """Print the network's title over the figure; no unless asked for."""
    legend: bool | None
    """Say under the figure what its colours mean; yes unless told not to."""
    aspect: float | str | None
    """Width / height of the page, such as ``"16:9"`` or 1.5; 0 for as it comes."""
    detail: Literal["compact", "full"] | None
    """``"full"`` prints filters, strides and output shapes under each layer."""
    transparent: bool | None
    """Leave the ground out."""


class FileKeywords(FigureKeywords, total=False):
    """What a file can be told beside; :data:`archviz.write.formats.FORMATS` says which."""

    scale: float | None
    """PNG: pixels for one of the figure."""
    width: int | None
    """PNG: width in pixels, instead of ``scale``."""
    fragment: bool | None
    """TeX: a picture to ``\\input``, not a document."""
    template: str | os.PathLike[str] | None
    """PPTX: a presentation whose master the slides take."""


TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "theme": ("a name, the path of a file, or a dict", (str, os.PathLike, Mapping)),
    "title": ("True or False", (bool,)),
    "legend": ("True or False", (bool,)),
    "aspect": ("a number, or a text such as '16:9'", (int, float, str)),
    "detail": ("'compact' or 'full'", (str,)),
    "transparent": ("True or False", (bool,)),
    "scale": ("a number", (int, float)),
    "width": ("a whole number", (int,)),
    "fragment": ("True or False", (bool,)),
    "template": ("the path of a file", (str, os.PathLike)),
}
"""Of each keyword, what it has to be."""


def read_keywords(given: Mapping[str, object]) -> tuple[Options, Settings]:
    """The picture's options and the file's settings, of the keywords that were given.

    Raises:
        ArchvizError: the theme is none.
        TypeError: there is no such keyword, or its value is of the wrong type.
        ValueError: ``detail`` or ``aspect`` is not one that there is.
    """
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name, value in values.items():
        if name not in TYPES:
            hint = did_you_mean(name, TYPES) or f"there are {', '.join(TYPES)}"
            raise TypeError(f"there is no option {name}; {hint}")
        expected, types = TYPES[name]
        if not isinstance(value, types):
            raise TypeError(f"{name} must be {expected}, not {value!r}")
    detail = values.get("detail", "compact")
    if detail not in ("compact", "full"):
        raise ValueError(f"detail must be 'compact' or 'full', not {detail!r}")
    aspect = aspect_of(values["aspect"]) if values.get("aspect") else 0.0
    theme = load_theme(values.get("theme", "article"))
    if values.get("transparent"):
        theme = theme.without_ground()
    options = Options(
        theme, values.get("title", False), values.get("legend", True), aspect, detail == "full"
    )
    template = values.get("template")
    return options, Settings(
        values.get("scale", 2.0),
        values.get("width"),
        values.get("fragment", False),
        os.fspath(template) if template is not None else None,
        aspect or Settings().aspect,
    )


def aspect_of(value: float | str) -> float:
    """Width over height, of ``16:9``, ``4x3``, ``1.5`` or a number.

    Raises:
        ValueError: it is none, or not between 0.1 and 10.
    """
    width, _, height = str(value).replace("x", ":").partition(":")
    try:
        ratio = float(width) / float(height or 1)
    except (ValueError, ZeroDivisionError):
        ratio = 0.0
    if not 0.1 <= ratio <= 10:
        raise ValueError(f"{value!r} is no aspect of a page; write 16:9, 4:3 or 1.5")
    return ratio
