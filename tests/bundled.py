"""The bundled networks, read once for all tests of a process: no drawing changes them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from archviz.catalog import names, resolve
from archviz.language.expand import load_network
from archviz.layout.slides import network_slides
from archviz.looks import DETAILS
from archviz.network.analysis import Analysis, analyse
from archviz.network.model import Network
from archviz.scene.scene import Scene
from archviz.scene.theme import load_theme

QUICK = frozenset(
    {
        *("lenet5", "vgg16", "inception_v1", "inception_v4", "resnet50", "resnext50"),
        *("densenet121", "mobilenet_v3_large", "transformer", "unet", "yolov8n", "detr"),
        *("alexnet", "nin", "mnist_mlp", "fcn8s", "dcgan", "convnext_tiny", "vit_b_16"),
    }
)
"""Those that the tests of every day take, one of each family at least; the others are long.

The figures of all are compared with their goldens every day: what else must hold of those that are
not here is long.
"""


def of_each(sources: Iterable[str] = ()) -> list[Any]:
    """Parameters of a test: the bundled networks, or some; those that are not quick are long."""
    return [
        pytest.param(name, marks=() if name in QUICK or "/" in name else pytest.mark.long)
        for name in sources or names()
    ]


@cache
def network(name: str) -> Network:
    return load_network(resolve(name))


@cache
def loaded(name: str) -> tuple[Network, Analysis]:
    return network(name), analyse(network(name))


@cache
def slides(name: str, aspect: float, full: bool) -> list[Scene]:
    return network_slides(*loaded(name), load_theme(), aspect, DETAILS * full)
