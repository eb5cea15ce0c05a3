"""The bundled networks, read once for all tests of a process: no drawing changes them."""

from __future__ import annotations

from functools import cache

from archviz.catalog import resolve
from archviz.language.expand import load_network
from archviz.layout.slides import network_slides
from archviz.looks import DETAILS
from archviz.network.analysis import Analysis, analyse
from archviz.network.model import Network
from archviz.scene.scene import Scene
from archviz.scene.theme import load_theme


@cache
def network(name: str) -> Network:
    return load_network(resolve(name))


@cache
def loaded(name: str) -> tuple[Network, Analysis]:
    return network(name), analyse(network(name))


@cache
def slides(name: str, aspect: float, full: bool) -> list[Scene]:
    return network_slides(*loaded(name), load_theme(), aspect, DETAILS * full)
