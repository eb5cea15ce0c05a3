"""archviz: the picture of a neural network, from a short YAML spec.

>>> import archviz
>>> net = archviz.load("resnet50")
>>> net.save("resnet50.svg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork, from_keras, from_onnx, from_torch, load, load_text
    from archviz.errors import ArchvizError, MissingCharacters, Problem
    from archviz.scene.chosen_font import first_font
    from archviz.several import Overview, chart, compare, table, timeline

__version__ = "0.1.0"
__all__ = [
    "ArchvizError",
    "LoadedNetwork",
    "MissingCharacters",
    "Overview",
    "Problem",
    "__version__",
    "chart",
    "compare",
    "first_font",
    "from_keras",
    "from_onnx",
    "from_torch",
    "load",
    "load_text",
    "table",
    "timeline",
]

_HOMES = {
    "load": "archviz.api",
    "load_text": "archviz.api",
    "from_keras": "archviz.api",
    "from_onnx": "archviz.api",
    "from_torch": "archviz.api",
    "LoadedNetwork": "archviz.api",
    "ArchvizError": "archviz.errors",
    "MissingCharacters": "archviz.errors",
    "Problem": "archviz.errors",
    "first_font": "archviz.scene.chosen_font",
    "Overview": "archviz.several",
    "compare": "archviz.several",
    "timeline": "archviz.several",
    "table": "archviz.several",
    "chart": "archviz.several",
}


def __getattr__(name: str) -> Any:
    # loaded when asked for, so that the command line starts at once
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'archviz' has no attribute {name!r}")
