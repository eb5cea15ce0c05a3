"""The pages that the tests of HTML look at, and the browser that some look with."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import archviz
from archviz import catalog
from archviz.layout.page import draw_legend
from archviz.scene.scene import Group, Scene, Shape, Text
from archviz.scene.theme import load_theme
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

DETAIL = "output 8×8×16\n32 parameters\n2,048 multiply-adds"
"""What the tooltip of a layer says below its name."""


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
    for name in names or catalog.classics(appendix=True):
        net = archviz.load(name)
        head = net.network.head
        dark = net.scene(legend=False, theme=dark_theme())
        scene = net.scene(legend=False)
        figures.append(
            html_figure(
                net.info(),
                scene,
                dark=dark,
                appendix=head.appendix,
                top1=head.scores.top1,
                top5=head.scores.top5,
            )
        )
    return figures


def whole_page(*names: str) -> str:
    """The page of these networks (all of them by default) and of the legend."""
    legend = HtmlExtra("Legend", draw_legend(load_theme()), draw_legend(load_theme(dark_theme())))
    return write_html(draw_networks(*names), [legend], title="Ten networks")


def small_scene(text: str, fill: str = "#ffffff") -> Scene:
    """A row with a module and a layer, and the module's panel, all called ``text``."""

    def layer(number: str, role: str, x: float, y: float) -> Group:
        box = Shape(
            f"s{number}",
            "rect",
            x,
            y,
            80,
            40,
            fill,
            "#000000",
            1,
            lines=(text,),
            widths=(60,),
            text_size=14,
            text_fill="#000000",
            role="conv",
        )
        return Group(f"g{number}", role, text, f"{text}\n{DETAIL}", "k", (box,))

    back = Shape("p1", "rect", 0, 100, 300, 120, "#ffe599", role="panel")
    note = Group("notes", "notes", items=(Text(0, 300, text, 12, 60, "#000000", "start"),))
    row = Group("row", "row", "Row", items=(layer("1", "layer", 0, 0), layer("2", "module", 90, 0)))
    panel = Group("panel", "panel", text, items=(back, layer("3", "layer", 20, 120)))
    return Scene(320, 320, text, text, "#ffffff", (row, panel, note))


QUIET = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "hide-scrollbars",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
)


class Browser:
    """Chromium with one page open; in ``js``, ``q`` finds a node and ``a`` all of them."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self.folder = folder

    def open(self, html: str, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        self.driver.execute_script("try { localStorage.clear(); } catch { }")  # the last test's
        path = self.folder / "page.html"
        path.write_text(html, encoding="utf-8")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.media(scheme)
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(path.as_uri())

    def media(self, scheme: str = "light", medium: str = "") -> None:
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": medium, "features": features}
        )

    def js(self, body: str, *arguments: Any) -> Any:
        start = (
            "const q = (s) => document.querySelector(s);"
            "const a = (s) => [...document.querySelectorAll(s)];"
        )
        return self.driver.execute_script(start + body, *arguments)

    def keys(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def move(self, query: str) -> None:
        from selenium.webdriver import ActionChains

        node = self.driver.find_element("css selector", query)
        ActionChains(self.driver).move_to_element(node).perform()

    def click(self, query: str) -> None:
        self.js("q(arguments[0]).scrollIntoView({block: 'center'})", query)
        self.driver.find_element("css selector", query).click()

    def count(self, query: str) -> int:
        """How many elements of ``query`` are visible."""
        return int(
            self.js("return a(arguments[0]).filter((n) => n.getClientRects().length).length", query)
        )


def start_browser(folder: Path) -> Browser:
    """Chromium with a profile of its own in ``folder``; skips the test where there is none."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (*QUIET, f"user-data-dir={folder / 'profile'}"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    return Browser(started, folder)


CONTRAST = """
const light = (color) => color.map((part) => part / 255)
  .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const parse = (text) => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const ground = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.length === 3) return color;
  }
  return [255, 255, 255];
};
const found = [];
const check = (text, ink, below) => {
  const [high, low] = [light(ink), light(below)].sort((a, b) => b - a);
  found.push([text.trim().slice(0, 40), (high + 0.05) / (low + 0.05)]);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !parent.getClientRects().length) continue;
  if (parent.closest("svg, script, .thumb")) continue;
  check(walker.currentNode.data, parse(getComputedStyle(parent).color), ground(parent));
}
for (const svg of document.querySelectorAll(".part")) {
  const painted = [];
  for (const node of svg.querySelectorAll("rect, ellipse, text")) {
    const box = node.getBoundingClientRect();
    const fill = parse(getComputedStyle(node).fill);
    if (node.tagName !== "text") { painted.push([box, fill]); continue; }
    if (!box.width) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const under = painted.filter(([b]) =>
      b.left <= x && x <= b.right && b.top <= y && y <= b.bottom);
    check(node.textContent, fill, under.length ? under.at(-1)[1] : ground(svg));
  }
}
return found;
"""
