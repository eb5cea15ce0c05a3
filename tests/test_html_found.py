"""What is found on a page, and by whom: search, addresses, phones, paper, screen readers."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from axe import axe_source, violations
from html_pages import Browser, draw_networks, small_scene, start_browser, whole_page

import archviz
from archviz import catalog
from archviz.layout.following import with_way
from archviz.write.html import HtmlFigure, write_html

pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from selenium.webdriver import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("vgg16", "resnet50", "mobilenet_v1", "inception_v3", "vit_b_16")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = start_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


@cache
def html() -> str:
    return whole_page(*NAMES)


@pytest.fixture
def page(chromium: Browser) -> Browser:
    chromium.open(html())
    return chromium


def go(browser: Browser, address: str) -> None:
    """Open the page at an address, as one that is followed from elsewhere."""
    browser.driver.get("about:blank")
    browser.driver.get((browser.folder / "page.html").as_uri() + f"#{address}")


FOCUSED = "return (document.activeElement.getAttribute('aria-label') || '').split('\\n')[0]"
IN_VIEW = """
const { top, bottom } = document.activeElement.getBoundingClientRect();
return [top >= q('.bar').getBoundingClientRect().bottom, bottom <= innerHeight];
"""


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("BN", {"resnet50", "mobilenet-v1", "inception-v3"}),
        ("batchnorm", {"resnet50", "mobilenet-v1", "inception-v3"}),
        ("depthwise", {"mobilenet-v1"}),
        ("25.6M", {"resnet50"}),
        ("25.6 M", {"resnet50"}),
        ("25,636,712", {"resnet50"}),
        ("25636712", {"resnet50"}),
        ("simonyan", {"vgg16"}),
        ("Very Deep", {"vgg16"}),
        ("2017", {"mobilenet-v1"}),
        ("attention", {"vit-b-16"}),
        ("mlp", {"vit-b-16"}),
        ("fc", {"vgg16", "resnet50", "mobilenet-v1", "inception-v3", "vit-b-16"}),
        ("pool 2x2", {"vgg16"}),
        ("14x14x1024", {"resnet50"}),
        ("4×14×10", set()),
        (".*", set()),
    ],
)
def test_titles_authors_years_layers_and_numbers_are_found(
    page: Browser, query: str, names: set[str]
) -> None:
    page.keys("/", query)
    assert set(page.js("return a('.network:not([hidden])').map((n) => n.id)")) == names


def test_enter_opens_the_first_hit(page: Browser) -> None:
    page.keys("/", "conv 1x7", Keys.ENTER)
    assert page.js(FOCUSED).startswith("conv 1×7")
    assert (
        page.js("return document.activeElement.closest('.panel').id") == "inception-v3/inception-b"
    )
    assert page.js(IN_VIEW) == [True, True]
    assert page.driver.find_element("id", "_card").text.startswith("conv 1×7")
    assert page.driver.current_url.endswith("#inception-v3/inception-b/conv-1x7")
    page.keys("/", "he 2015", Keys.ENTER)
    assert page.js("return document.activeElement.textContent") == "ResNet-50"
    assert page.js(IN_VIEW) == [True, True]
    assert page.driver.current_url.endswith("#resnet50")
    page.keys("/", "nothing of this kind", Keys.ENTER)
    assert page.js("return document.activeElement.id") == "_search"


@pytest.mark.parametrize(
    ("address", "opened", "focused"),
    [
        ("resnet50/identity-block", ["resnet50/identity-block"], "Module Identity block"),
        ("resnet50/identity-block/conv-3x3", ["resnet50/identity-block"], "conv 3×3"),
        ("resnet50/conv-block/conv-1x1-3", ["resnet50/conv-block"], "conv 1×1"),
        ("resnet50/row/max-pool-3x3", [], "max-pool 3×3"),
        ("resnet50/no-such/thing", [], ""),
        ("resnet50/row/no-such", [], ""),
        ("%22%5D/a/b", [], ""),
    ],
)
def test_an_address_leads_to_a_network_a_module_or_a_layer(
    page: Browser, address: str, opened: list[str], focused: str
) -> None:
    go(page, address)
    assert page.js("return a('.panel.open').map((n) => n.id)") == opened
    assert page.js(FOCUSED).split(",")[0] == focused
    if focused:
        assert page.js(IN_VIEW) == [True, True]
    elif opened:
        box = page.js("return q('.panel.open').getBoundingClientRect().toJSON()")
        assert box["top"] > 56 and box["bottom"] < 900
    assert page.driver.get_log("browser") == []


def test_the_address_says_what_was_looked_at(page: Browser) -> None:
    def address() -> str:
        return str(page.driver.current_url).partition("#")[2]

    page.click("#resnet50 .module[aria-label^='Identity'] rect")
    assert address() == "resnet50/row/identity-block"
    page.click("#resnet50 .chip")
    assert address() == "resnet50/conv-block"
    page.click("[id='resnet50/conv-block'] .layer[aria-label^='conv 3'] rect")
    assert address() == "resnet50/conv-block/conv-3x3"
    before = page.js("return history.length")
    page.keys("j")
    assert address() == "mobilenet-v1" or address() in page.js(
        "return a('.network').map(n => n.id)"
    )
    assert page.js("return history.length") == before  # going back leaves the page


def test_panels_are_found_by_their_names_without_script() -> None:
    ids = set(re.findall(r'<figure class="panel" id="([^"]*)"', html()))
    assert {"resnet50/conv-block", "resnet50/identity-block"} <= ids


def test_a_phone_has_legend_help_and_navigation(chromium: Browser) -> None:
    chromium.open(html(), width=390, height=844)
    links = "return a('.sections a').map((n) => [n.textContent, n.getBoundingClientRect().right])"
    shown = dict(chromium.js(links))
    assert set(shown) == {"Networks", "Table", "Legend"} and max(shown.values()) <= 390
    chromium.click(".sections a:last-child")
    assert 0 < chromium.js("return q('#legend h2').getBoundingClientRect().top") < 844
    assert chromium.js("return q('.bar').getBoundingClientRect().bottom") < 64  # what stays
    chromium.click("#_help")
    assert "tap" in chromium.driver.find_element("id", "_keys").text
    chromium.click("#_keys .close")
    chromium.click("[data-step='-1']")
    assert chromium.js("return document.activeElement.matches('.name')")
    sizes = chromium.js(
        "return a('.bar button, .chip, .zoom button').filter((n) => n.clientWidth)"
        ".map((n) => [n.offsetWidth, n.offsetHeight]).flat()"
    )
    assert min(sizes) >= 40


def test_a_tap_shows_a_card_and_opens_a_module(chromium: Browser) -> None:
    chromium.open(html(), width=390, height=844)
    chromium.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        where = "const b = q(arguments[0]); b.scrollIntoView({block: 'center', inline: 'center'});"
        box = chromium.js(
            where + "return b.getBoundingClientRect().toJSON()", "#resnet50 .module rect"
        )
        point = {"x": box["x"] + 9, "y": box["y"] + 9}
        for kind, points in (("touchStart", [point]), ("touchEnd", [])):
            command = {"type": kind, "touchPoints": points}
            chromium.driver.execute_cdp_cmd("Input.dispatchTouchEvent", command)
        assert chromium.js("return a('.panel.open').map((n) => n.id)") == ["resnet50/conv-block"]
        assert chromium.driver.find_element("id", "_card").text.startswith("Conv block")
    finally:
        chromium.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11)], ids=["A4", "Letter"])
def test_no_printed_page_is_empty(
    page: Browser, tmp_path: Path, paper: tuple[float, float]
) -> None:
    if not shutil.which("pdftoppm"):
        pytest.skip("poppler is not installed")
    sides = {"paperWidth": paper[0], "paperHeight": paper[1], "preferCSSPageSize": True}
    made = page.driver.execute_cdp_cmd("Page.printToPDF", {**sides, "printBackground": True})
    (tmp_path / "page.pdf").write_bytes(base64.b64decode(made["data"]))
    command = ["pdftoppm", "-r", "20", "-gray", str(tmp_path / "page.pdf"), str(tmp_path / "p")]
    subprocess.run(command, check=True)
    pages = sorted(tmp_path.glob("p-*.pgm"))
    assert len(pages) >= len(NAMES) + 2
    for number, path in enumerate(pages):
        _, size, _, pixels = path.read_bytes().split(b"\n", 3)
        width, height = map(int, size.split())
        assert width / height == pytest.approx(paper[1] / paper[0], abs=0.02)  # landscape
        dark = sum(pixel < 240 for pixel in pixels) / len(pixels)
        assert dark > 0.01, f"page {number + 1} has next to nothing"


STATES = {
    "plain": "",
    "search": "q('#_search').value = 'conv'; q('#_search').dispatchEvent(new Event('input'))",
    "nothing found": "q('#_search').value = 'zz'; q('#_search').dispatchEvent(new Event('input'))",
    "module": "q('.all').click(); q('.layer').focus({focusVisible: true})",
    "help": "q('#_help').click()",
    "following": "q('.follow').click()",
}


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(chromium: Browser, width: int, scheme: str, state: str) -> None:
    source = axe_source()
    chromium.open(with_ways(), width=width, scheme=scheme)
    chromium.js(STATES[state])
    assert violations(chromium, source) == []


def many(count: int) -> str:
    figures = [
        HtmlFigure(f"net{number}", f"Net {number}", small_scene(f"layer {number}"), year=1990)
        for number in range(count)
    ]
    return write_html(figures, title="Many")


def test_on_a_page_of_many_a_hit_is_in_view_and_the_way_back_is_there(chromium: Browser) -> None:
    chromium.open(many(100))
    chromium.js("q('#net70').scrollIntoView()")
    top = "return Math.round(q('#net70').getBoundingClientRect().top)"
    where = chromium.js(top)
    chromium.keys("/", "layer 42")
    assert chromium.count("#_list li") == 1 and chromium.js(
        "const b = q('#_list li:not([hidden])').getBoundingClientRect();"
        "return b.top > 0 && b.bottom < innerHeight"
    )
    chromium.keys(Keys.ESCAPE)
    assert abs(chromium.js(top) - where) < 3
    chromium.keys(Keys.ESCAPE)
    chromium.keys("/", "layer 99", Keys.ENTER)
    assert chromium.js(FOCUSED) == "layer 99" and chromium.js(IN_VIEW) == [True, True]
    go(chromium, "net88/layer-88/layer-88")
    assert chromium.js(FOCUSED) == "layer 88" and chromium.js(IN_VIEW) == [True, True]
    assert chromium.js("return a('.panel.open').map((n) => n.id)") == ["net88/layer-88"]


@pytest.mark.long
def test_a_hundred_networks_are_less_than_three_megabytes() -> None:
    names: Any = catalog.names()
    figures = []
    for figure in draw_networks(*names):
        net = archviz.load(figure.name)
        figures.append(figure._replace(scene=with_way(figure.scene, net.network, net.analysis)))
    copies = [figure._replace(name=f"copy-{figure.name}") for figure in figures]
    written = write_html([*figures, *copies][: max(100, len(figures))], title="A hundred")
    assert written.count('<section class="network"') >= 100
    assert len(written.encode()) < 3_000_000


def with_ways() -> str:
    """A page on which values can be followed."""
    figures = []
    for figure in draw_networks("resnet50", "vgg16"):
        net = archviz.load(figure.name)
        figures.append(figure._replace(scene=with_way(figure.scene, net.network, net.analysis)))
    return write_html(figures, title="Ways")


TOLD = "return q('.told').innerText.replace(/\\s+/g, ' ')"


def test_one_follows_a_value_and_modules_open_as_it_enters(chromium: Browser) -> None:
    chromium.open(with_ways())
    chromium.click("#resnet50 .follow")
    wait_for(chromium, "return !!q('.at')")
    assert chromium.js(TOLD).startswith("1 of 75 · input input Output 224×224×3")
    chromium.keys(*[Keys.ARROW_RIGHT] * 5)
    told = chromium.js(TOLD)
    assert told.startswith("6 of 75 · conv-block1/conv1 conv 1×1 convolution, 64 filters")
    assert "Receptive field 11×11" in told and "Activations 803 kB" in told
    opened = "return a('.panel.open').map((n) => n.id)"
    assert chromium.js(opened) == ["resnet50/conv-block"]
    names = "return a(arguments[0]).map((n) => n.ariaLabel.split('\\n')[0].split(',')[0])"
    assert chromium.js(names, ".at") == ["conv 1×1"]
    assert chromium.js(names, ".around") == ["Conv block"]
    chromium.click("[data-move='box']")
    assert chromium.js(TOLD).startswith("11 of 75 · identity-block1/conv1")
    assert chromium.js(opened) == ["resnet50/identity-block"]
    chromium.keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert "zero-pad1 · not drawn" in chromium.js(TOLD) and chromium.js(opened) == []
    chromium.keys(Keys.END)
    assert chromium.js(TOLD).startswith("75 of 75 · dense1")
    assert chromium.js("return q('[data-move=\"1\"]').disabled")
    chromium.keys(Keys.ESCAPE)
    assert chromium.count(".way") == 0 and chromium.js("return a('.at, .around').length") == 0
    chromium.js("q('#vgg16 .stage').scrollIntoView({block: 'center'})")
    chromium.keys("f")
    wait_for(chromium, "return !!q('#vgg16 .at')")
    assert "of 23" in chromium.js(TOLD) and chromium.driver.get_log("browser") == []


def test_following_leaves_open_what_was_open(chromium: Browser) -> None:
    chromium.open(with_ways())
    chromium.click("#resnet50 .chip")
    chromium.click("#resnet50 .follow")
    wait_for(chromium, "return !!q('.at')")
    chromium.keys(*[Keys.ARROW_RIGHT] * 6, Keys.ESCAPE)
    assert chromium.js("return a('.panel.open').map((n) => n.id)") == ["resnet50/conv-block"]


def test_a_card_says_memory_and_receptive_field(chromium: Browser) -> None:
    chromium.open(with_ways())
    chromium.move("#resnet50 .part-row .layer[aria-label^='conv 7'] rect")
    wait_for(chromium, "return q('#_card').textContent.includes('Receptive')")
    lines = chromium.driver.find_element("id", "_card").text.split("\n")
    assert lines[-4:] == ["Activations", "3.21 MB", "Receptive field", "7×7"]


def wait_for(browser: Browser, script: str) -> None:
    deadline = time.monotonic() + 10
    while not browser.js(script):
        assert time.monotonic() < deadline, script
        time.sleep(0.02)
