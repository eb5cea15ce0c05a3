"""The pages that the tests of HTML look at."""

from __future__ import annotations

import os
import tempfile
from functools import cache

import archviz
from archviz import catalog
from archviz.layout.page import draw_legend
from archviz.theme import load_theme
from archviz.write.html import HtmlExtra, HtmlFigure, html_figure, write_html

DARK = """\
title: for this test
extends: article
colors: {page: "#17191d", line: "#e4e4e0", text: "#f0efea", caption: "#d6d5cf"}
roles:
  input: {fill: "#e8e8e4", text: "#000000"}
  other: {fill: "#2a2d33", text: "#ffffff"}
  yellow: {fill: "#e6bf4f", text: "#000000", panel: "#4a4124"}
  green: {fill: "#7fb368", text: "#000000", panel: "#2b3f28"}
  orange: {fill: "#e39c55", text: "#000000", panel: "#4d3822"}
"""


@cache
def dark_theme() -> str:
    """A theme file with the metrics of ``article`` and colours for a dark ground."""
    path = os.path.join(tempfile.mkdtemp(), "dark.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(DARK)
    return path


def draw_networks(*names: str) -> list[HtmlFigure]:
    """The bundled networks, or some of them, with their dark twins."""
    figures = []
    for name in names or catalog.names():
        net = archviz.load(name)
        head = net.network.head
        dark = net.scene(legend=False, theme=dark_theme())
        scene = net.scene(legend=False)
        figures.append(
            html_figure(net.info(), scene, dark=dark, keras=head.keras, appendix=head.appendix)
        )
    return figures


def whole_page(*names: str) -> str:
    """The page of these networks (all of them by default) and of the legend."""
    legend = HtmlExtra("Legend", draw_legend(load_theme()), draw_legend(load_theme(dark_theme())))
    return write_html(draw_networks(*names), [legend], title="Ten networks")
