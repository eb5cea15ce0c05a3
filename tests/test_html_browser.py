"""The HTML page at work, in headless Chromium driven by selenium.

Skipped where selenium, Chromium or chromedriver (Debian: chromium, chromium-driver) is absent.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from html_pages import (
    CONTRAST,
    Browser,
    draw_networks,
    small_scene,
    start_browser,
    whole_page,
)

from archviz.scene.scene import Connector, leaves
from archviz.write.html import HtmlFigure, write_html
from archviz.write.svg import points, write_svg

pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from selenium.webdriver import ActionChains, Keys

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = start_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


@pytest.fixture(scope="module")
def html() -> str:
    return whole_page()


@pytest.fixture
def page(chromium: Browser, html: str) -> Browser:
    chromium.open(html)
    return chromium


def test_it_asks_no_server_and_reports_no_error(page: Browser) -> None:
    page.click("#resnet50 .all")
    page.click("#_theme")
    page.click("#resnet50 [data-zoom='1']")
    page.keys("/", "conv", Keys.ESCAPE)
    assert page.driver.get_log("browser") == []
    log = page.driver.get_log("performance")
    messages = [json.loads(entry["message"])["message"] for entry in log]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.startswith("file:") for url in asked)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_the_embedded_font_is_used(page: Browser) -> None:
    assert page.js("return [...document.fonts].map((f) => f.family + f.weight + f.status)") == [
        "Arimo400loaded",
        "Arimo700loaded",
    ]


def test_hover_shows_the_card_of_a_layer(page: Browser) -> None:
    assert page.count("#_card") == 0
    page.move("#resnet50 .part-row .layer[aria-label^='conv 7'] rect")
    lines = page.driver.find_element("id", "_card").text.split("\n")
    assert lines[:2] == ["conv 7×7", "batch normalisation, ReLU"]
    assert lines[2:6] == ["Output", "112×112×64", "Parameters", "9,728"]
    box = page.js("return q('#_card').getBoundingClientRect().toJSON()")
    assert box["left"] >= 0 and box["right"] <= 1440 and box["top"] >= 0 and box["bottom"] <= 900
    page.move("#resnet50 h2")
    assert page.count("#_card") == 0


def test_the_card_tells_multiply_adds_and_takes_markup_as_text(chromium: Browser) -> None:
    name = "<b>a</b> & b"
    chromium.open(write_html([HtmlFigure("a", "A", small_scene(name))], title="A"))
    chromium.move(".layer rect")
    lines = chromium.driver.find_element("id", "_card").text.split("\n")
    assert lines == [name, "Output", "8×8×16", "Parameters", "32", "Multiply-adds", "2,048"]


def test_a_click_opens_the_panel_below_the_row(page: Browser) -> None:
    assert page.count(".panel") == 0
    page.click("#resnet50 .module[aria-label^='Identity'] rect")
    assert page.count(".panel") == 1 == page.count("[aria-label='Module Identity block']")
    boxes = page.js(
        "return ['.part-row', '.panel.open'].map((s) => "
        "q('#resnet50 ' + s).getBoundingClientRect().toJSON())"
    )
    assert 0 <= boxes[1]["top"] - boxes[0]["bottom"] < 60
    open_ones = page.js("return a('#resnet50 [aria-expanded=true]').map((n) => n.tagName)")
    assert Counter(open_ones) == {"g": 4, "BUTTON": 1}
    page.move("#resnet50 .module[aria-label^='Identity'] rect")
    assert page.count(".panel.linked") == 1
    page.click("#resnet50 .module[aria-label^='Identity'] rect")
    assert page.count(".panel") == 0 == len(page.js("return a('[aria-expanded=true]')"))


def test_an_opened_panel_is_scrolled_into_view(page: Browser) -> None:
    page.js(
        "q('#inception-v3 .part-row').scrollIntoView(false);"
        "q('#inception-v3 .module').focus({preventScroll: true})"
    )
    page.keys(Keys.ENTER)
    box = page.js("return q('#inception-v3 .panel.open').getBoundingClientRect().toJSON()")
    assert box["top"] > 0 and box["bottom"] <= 901


def test_show_all_follows_what_is_open(page: Browser) -> None:
    label = "return q('#xception .all').textContent"
    for chip in (1, 2, 3):
        assert page.js(label) == "Show all modules"
        page.click(f"#xception .chip:nth-of-type({chip})")
    assert page.js(label) == "Hide all modules" and page.count("#xception .panel") == 3
    page.click("#xception .panel .close")
    assert page.js(label) == "Show all modules"
    page.click("#xception .all")
    assert page.count("#xception .panel") == 3
    page.keys("m")
    assert page.count("#xception .panel") == 0


def test_enter_space_and_escape_work_on_a_module(page: Browser) -> None:
    page.js("q('#nin .module').focus({focusVisible: true})")
    page.keys(Keys.ENTER)
    assert page.count("#nin .panel") == 1 and page.count("#_card") == 1
    page.keys(Keys.SPACE)
    assert page.count("#nin .panel") == 0
    page.keys(Keys.ENTER)
    page.js("q('#nin .panel .close').focus()")
    page.keys(Keys.ESCAPE)
    assert page.count("#nin .panel") == 0
    assert page.js("return document.activeElement.matches('#nin .module')")


def test_arrows_go_from_layer_to_layer(page: Browser) -> None:
    page.js("q('#resnet50 .part-row .layer').focus({focusVisible: true})")
    name = "return document.activeElement.getAttribute('aria-label').split('\\n')[0]"
    seen = []
    for _ in range(4):
        seen.append(page.js(name))
        page.keys(Keys.ARROW_RIGHT)
    assert seen == ["input", "conv 7×7, batch normalisation, ReLU", "max-pool 3×3", "Conv block"]
    assert page.js(name) == "Identity block"
    page.keys(Keys.ARROW_LEFT, Keys.ENTER, Keys.ARROW_DOWN)
    assert page.js("return !!document.activeElement.closest('.panel')")
    assert page.driver.find_element("id", "_card").text.startswith(page.js(name).split(",")[0])
    page.js("q('#inception-v3 .module[aria-label^=Reduction-B]').focus({focusVisible: true})")
    page.keys(Keys.ARROW_RIGHT)  # along the row, not up to the auxiliary head
    assert page.js(name) == "Inception-C"


def test_tab_reaches_everything_and_shows_where_it_is(chromium: Browser) -> None:
    chromium.open(whole_page("lenet5", "nin"))
    seen = []
    for _ in range(60):
        chromium.keys(Keys.TAB)
        seen.append(
            chromium.js(
                "const n = document.activeElement, s = getComputedStyle(n);"
                "return [n.id || n.getAttribute('aria-label') || n.textContent.trim(),"
                "n === document.body ||"
                " s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]"
            )
        )
    assert [name for name, visible in seen if not visible] == []
    names = " | ".join(name.split("\n")[0] for name, _ in seen)
    for part in (
        "Skip to",
        "_search",
        "_theme",
        "_help",
        "LeNet-5",
        "input",
        "mlpconv",
        "Zoom in",
        "Save SVG",
        "Show all modules",
        "Multiply-adds",
    ):
        assert part in names, part
    assert sum(name.startswith("mlpconv\n") for name, _ in seen) == 4
    assert "_card" not in names and seen[-1][0] != seen[0][0]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("conv 1x7", {"inception-v3", "inception-v4", "inception-resnet-v2"}),
        ("lecun", {"lenet5"}),
        ("dollar", {"resnext50"}),
        ("he 2015 50", {"resnet50"}),
        ("cardinality", {"resnext50"}),
        ("no such thing", set()),
    ],
)
def test_search_filters_as_one_types(page: Browser, query: str, names: set[str]) -> None:
    page.js("q('#resnet50').scrollIntoView()")
    where = page.js("return scrollY")
    page.keys("/", query)
    assert set(page.js("return a('.network:not([hidden])').map((n) => n.id)")) == names
    for rows in ("#_list li", "tbody tr"):
        assert page.count(rows) == (len(names) if rows == "#_list li" or names else 0)
    found = page.js("return q('#_found').textContent")
    assert found.startswith(f"{len(names)} of 11" if names else "No network")
    assert 0 < page.js("return q('#_list').getBoundingClientRect().top") < 600
    if query == "conv 1x7":
        assert page.js("return q('#_list li:not([hidden]) .found').textContent") == "conv 1×7"
        assert page.js("return a('.hit.layer').length") > 4
    page.keys(Keys.ESCAPE)
    assert page.count("#_list li") == 11 and page.js("return a('.hit').length") == 0
    assert abs(page.js("return scrollY") - where) < 3


def test_keys_lead_through_the_networks(page: Browser) -> None:
    current = "return document.activeElement.closest('section').id"
    order = page.js("return a('.network').map((n) => n.id)")
    seen = []
    for key in ("j", "n", "j", "k", "p"):
        page.keys(key)
        seen.append(page.js(current))
    assert seen == [order[0], order[1], order[2], order[1], order[0]]
    top = page.js("return document.activeElement.closest('section').getBoundingClientRect().top")
    assert 56 <= top < 120
    page.keys("?")
    assert page.count("#_keys") == 1
    where = page.js("return scrollY")
    page.keys("j")
    assert page.js("return [q('#_keys').open, scrollY]") == [True, where]
    page.keys(Keys.ESCAPE)
    assert page.count("#_keys") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(chromium: Browser, html: str, scheme: str) -> None:
    chromium.open(html, scheme=scheme)
    chromium.js("a('.all').forEach((n) => n.click())")
    chromium.move("#resnet50 .layer rect")
    chromium.keys("/", "conv")
    chromium.js("q('#_keys').showModal()")
    found = chromium.js(CONTRAST)
    assert len(found) > 1000 and "this list" in {text for text, _ in found}
    assert [entry for entry in found if entry[1] < 4.5] == []


def test_the_theme_follows_the_system_until_it_is_chosen(page: Browser) -> None:
    colors = (
        "return [getComputedStyle(document.documentElement).backgroundColor,"
        "getComputedStyle(q('#resnet50 .part-row path[stroke]')).stroke]"
    )
    light = page.js(colors)
    page.media("dark")
    dark = page.js(colors)
    assert light[0] != dark[0] and light[1] == "rgb(0, 0, 0)" and dark[1] == "rgb(228, 228, 224)"
    page.click("#_theme")
    assert page.js(colors) == light
    page.media("light")
    page.keys("t")
    assert page.js(colors) == dark
    page.driver.refresh()
    assert page.js(colors) == dark


def test_zoom_and_pan(page: Browser) -> None:
    page.js("q('#vgg16 .stage').scrollIntoView({block: 'center'})")
    width = "return q('#vgg16 .part-row').getBoundingClientRect().width"
    fit = page.js(width)
    page.click("#vgg16 [data-zoom='1']")
    assert page.js(width) == pytest.approx(1.25 * fit, rel=0.01)
    page.keys("+", "+", "-")
    assert page.js(width) == pytest.approx(1.25**2 * fit, rel=0.01)
    assert page.js("return q('#vgg16 .level').textContent") == "156 %"
    stage = page.driver.find_element("css selector", "#vgg16 .stage")
    before = page.js("return q('#vgg16 .stage').scrollLeft")
    ActionChains(page.driver).move_to_element(stage).click_and_hold().move_by_offset(
        -90, 0
    ).release().perform()
    assert page.js("return q('#vgg16 .stage').scrollLeft") == pytest.approx(before + 90, abs=1)
    page.js(
        "q('#vgg16 .stage').dispatchEvent(new WheelEvent('wheel', {deltaY: -50, ctrlKey: true,"
        "clientX: 700, clientY: 450, cancelable: true}))"
    )
    assert page.js(width) > 1.6 * fit
    page.keys("0")
    assert page.js(width) == pytest.approx(fit, rel=0.001)
    assert page.js("return q('#vgg16 .level').textContent") == "Fit"


def test_a_drag_does_not_open_a_module(page: Browser) -> None:
    page.js("q('#resnet50 .stage').scrollIntoView({block: 'center'})")
    page.click("#resnet50 [data-zoom='1']")
    box = page.driver.find_elements("css selector", "#resnet50 .module rect")[3]
    ActionChains(page.driver).move_to_element(box).click_and_hold().move_by_offset(
        -60, 0
    ).release().perform()
    assert page.count(".panel") == 0
    box.click()
    assert page.count(".panel") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_save_gives_the_whole_figure(chromium: Browser, html: str, scheme: str) -> None:
    chromium.open(html, scheme=scheme)
    path = chromium.folder / "resnet50.svg"
    path.unlink(missing_ok=True)
    chromium.click("#resnet50 .save")
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    (figure,) = draw_networks("resnet50")
    scene = figure.scene if scheme == "light" else figure.dark
    assert scene is not None
    text = path.read_text(encoding="utf-8")
    assert "var(" not in text and "class=" not in text and "tabindex" not in text
    saved, written = ElementTree.fromstring(text), ElementTree.fromstring(write_svg(scene))
    assert saved.get("viewBox") == written.get("viewBox")
    for marker in written.findall(f"{SVG}marker"):  # the page draws each arrowhead itself
        written.remove(marker)
    for item in leaves(scene.items):
        if isinstance(item, Connector) and item.head:
            tip = {"d": points(item.arrowhead(), close=True), "fill": item.stroke}
            ElementTree.SubElement(written, f"{SVG}path", tip)
    for tag in ("text", "rect", "ellipse", "path"):
        assert primitives(saved, tag) == primitives(written, tag), tag
    shades = [
        sorted(node.get("fill-opacity", "") for node in root.iter(f"{SVG}path"))
        for root in (saved, written)
    ]
    assert shades[0] == shades[1] and {".17", ".11"} < set(shades[0])
    lengths = [float(node.get("textLength", "0")) for node in saved.iter(f"{SVG}text")]
    stated = [float(node.get("textLength", "0")) for node in written.iter(f"{SVG}text")]
    assert sorted(lengths) == pytest.approx(sorted(stated), abs=0.3)


SVG = "{http://www.w3.org/2000/svg}"


def primitives(root: ElementTree.Element, tag: str) -> Counter[tuple[str, ...]]:
    """Elements of a tag with place, colours and text, whatever their order."""
    found = []
    for node in root.iter(f"{SVG}{tag}"):
        values = [node.get(key, "") for key in ("x", "y", "cx", "cy", "d", "width")]
        black = "#000000" if tag == "text" else ""
        colors = [node.get(key, "").replace("none", "") for key in ("fill", "stroke")]
        values += [rgb(color or black) for color in colors]
        found.append((*values, node.text or ""))
    return Counter(found)


def rgb(color: str) -> str:
    """A colour as Chromium computes it."""
    if len(color) != 7 or color[0] != "#":
        return color
    return "rgb({}, {}, {})".format(*(int(color[i : i + 2], 16) for i in (1, 3, 5)))


def test_the_table_sorts_by_every_column(page: Browser) -> None:
    def column(number: int) -> list[str]:
        return list(
            page.js("return a('tbody tr').map((r) => r.children[arguments[0]].textContent)", number)
        )

    page.click("thead th:nth-child(3) button")
    counts = [int(text.replace(",", "")) for text in column(2)]
    assert counts == sorted(counts, reverse=True) and counts[0] == 138_357_544
    page.click("thead th:nth-child(3) button")
    assert column(2)[0] == "61,706"
    assert page.js("return a('th[aria-sort]').map((n) => n.ariaSort)") == ["ascending"]
    page.click("thead th:nth-child(7) button")
    assert column(6)[0] == "80.3" and column(6)[-1] == "–"
    page.click("thead th:nth-child(7) button")
    assert column(6)[0] == "57.1" and column(6)[-1] == "–"  # of AlexNet, as its spec states it
    page.click("thead th:nth-child(1) button")
    assert column(0)[:2] == ["AlexNet", "Inception-ResNet-v2"]


@pytest.mark.parametrize("width", [360, 390, 820, 1440, 2560])
def test_it_fits_every_screen(chromium: Browser, html: str, width: int) -> None:
    chromium.open(html, width=width)
    chromium.js("a('.all').forEach((n) => n.click())")
    assert chromium.js("return document.documentElement.scrollWidth") <= width
    size = chromium.js(
        "const t = q('#inception-v4 .part-row text');return t.getBoundingClientRect().height / 1.15"
    )
    assert size >= 9
    cut = chromium.js(
        "return a('button, h1, h2, .lead, .chip').filter((n) => n.clientWidth &&"
        "n.scrollWidth > n.clientWidth + 1).map((n) => n.textContent)"
    )
    assert cut == []


def test_print_shows_all_panels_and_no_tools(page: Browser) -> None:
    page.click("#_theme")
    page.media(medium="print")
    assert page.count(".panel") == page.js("return a('.panel').length") > 20
    assert page.count(".bar") == page.count(".tools") == page.count(".ear") == 0
    assert page.js("return getComputedStyle(q('#resnet50 path[stroke]')).stroke") == "rgb(0, 0, 0)"


def test_without_script_every_panel_is_there(chromium: Browser, html: str) -> None:
    chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        (chromium.folder / "page.html").write_text(html, encoding="utf-8")
        chromium.driver.get((chromium.folder / "page.html").as_uri())
        assert chromium.driver.find_element("css selector", ".panel").is_displayed()
        assert not chromium.driver.find_element("css selector", ".tools").is_displayed()
    finally:
        chromium.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
