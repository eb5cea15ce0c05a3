"""Several SVGs inside one page, in headless Chromium driven by selenium.

Skipped where selenium, Chromium or chromedriver (Debian: chromium, chromium-driver) is absent.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from html_pages import Browser, start_browser

import archviz

pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = start_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


def page(*pictures: str) -> str:
    style = "<style>body{margin:0}svg{display:block}</style>"
    rows = "".join(f"<div style='height:700px'>{picture}</div>" for picture in pictures)
    return f"<!doctype html><meta charset=utf-8>{style}{rows}"


def test_a_screen_reader_calls_each_by_its_own_name(chromium: Browser) -> None:
    names = {"resnet50": "ResNet-50", "inception_v3": "Inception-v3", "nin": "Network In Network"}
    chromium.open(page(*(archviz.load(name).svg() for name in names)))
    found = chromium.driver.find_elements("css selector", "svg")
    assert [one.accessible_name for one in found] == list(names.values())
    assert (
        chromium.js("const i = a('[id]').map((n) => n.id); return i.length - new Set(i).size") == 0
    )


def test_a_hatching_is_that_of_its_own_picture(chromium: Browser) -> None:
    """As markers and hatchings are, whichever of the pictures has them first."""
    nets = [archviz.load(name) for name in ("lenet5", "nin")]
    pictures = [net.svg(theme=theme) for net in nets for theme in ("print", "dark")]
    alone = []
    for number, picture in enumerate(pictures):  # where it stands beside the others
        chromium.open(page(*[""] * number, picture), height=3000)
        alone.append(shot(chromium, 0))
    chromium.open(page(*pictures), height=3000)
    together = [shot(chromium, number) for number in range(len(pictures))]
    assert together == alone


def test_one_file_is_light_or_dark_as_the_reader_is(chromium: Browser) -> None:
    net = archviz.load("resnet50")
    shots = {}
    for theme in ("auto", "article", "dark"):
        for scheme in ("light", "dark"):
            chromium.open(page(net.svg(theme=theme)), scheme=scheme)
            shots[theme, scheme] = shot(chromium, 0)
    assert shots["auto", "light"] == shots["article", "light"] == shots["article", "dark"]
    assert shots["auto", "dark"] == shots["dark", "dark"] != shots["auto", "light"]


def shot(browser: Browser, number: int) -> tuple[tuple[int, int], bytes]:
    """The pixels of a picture on the page."""
    from PIL import Image

    found: Any = browser.driver.find_elements("css selector", "svg")[number]
    with Image.open(io.BytesIO(found.screenshot_as_png)) as image:
        return image.size, image.convert("RGB").tobytes()
