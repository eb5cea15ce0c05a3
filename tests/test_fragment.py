"""A figure that stands in somebody's page: as it is written, and at work in headless Chromium."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from html_pages import CONTRAST, Browser, draw_networks, small_scene, start_browser
from test_html import HOSTILE, Page

import archviz
from archviz.cli.commands import main
from archviz.marks import is_marked
from archviz.write.html import HtmlFigure
from archviz.write.html_fragment import write_fragment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUGH = """
* { color: purple; letter-spacing: .2em; } svg { max-width: 20px !important; fill: red; }
button { background: lime !important; } .stage, .panel, .bench { display: none; }
body { font: 22px/2 Georgia, serif; background: #fdf6e3; }
"""
"""A style that would spoil a figure if it came as far."""


def fragment(name: str, **more: Any) -> str:
    (figure,) = draw_networks(name)
    return write_fragment(figure._replace(**more))


def host(*parts: str, style: str = "") -> str:
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{'<p>Text.</p>'.join(parts)}"


def test_it_is_one_element_without_an_empty_line() -> None:
    text = fragment("resnet50")
    page = Page(text)
    assert page.faults == [] and page.nodes[0] == ("div", {"class": "archviz"})
    assert text.startswith("<div ") and text.endswith("</div>\n")
    assert [line for line in text.splitlines() if not line.strip()] == []
    assert text == fragment("resnet50")


def test_two_have_no_id_in_common_and_ask_nobody() -> None:
    texts = [fragment("resnet50"), fragment("nin"), fragment("nin", dark=None)]
    found = [{attrs["id"] for _, attrs in Page(text).nodes if "id" in attrs} for text in texts]
    assert len(set.union(*found)) == sum(map(len, found)) > 10
    for text in texts:
        values = [value for _, attrs in Page(text).nodes for value in attrs.values()]
        assert [value for value in values if "//" in value or value.startswith("http")] == []
        assert set(re.findall(r"url\(([^)]{12})", text)) == {"data:font/tt"}
        script = Page(text).all("script")[0][1]
        assert set(re.findall(r"https?:[^`\"' ]*", script)) == {"http://www.w3.org/${space}"}
        assert not re.search(r"\b(fetch|XMLHttpRequest|import|eval|innerHTML)\b", script)


def test_markup_in_every_text_stays_text() -> None:
    scene = small_scene(HOSTILE, fill='red"><b>')
    page = Page(write_fragment(HtmlFigure(HOSTILE, HOSTILE, scene)))
    assert page.faults == [] and not {tag for tag, _ in page.nodes} & {"img", "b", "iframe"}
    assert not [name for _, attrs in page.nodes for name in attrs if name.startswith("on")]
    assert HOSTILE in {text for _, text in page.all("text")}


def test_the_command_and_the_api_write_it(tmp_path: Any) -> None:
    path = tmp_path / "net.html"
    arguments = ("render", "lenet5", "--fragment", "-o", str(path))
    assert CliRunner().invoke(main, arguments).exit_code == 0
    archviz.load("lenet5").save(str(tmp_path / "api.html"), fragment=True)
    assert path.read_bytes() == (tmp_path / "api.html").read_bytes()
    assert is_marked(path.read_bytes()) and b"<html" not in path.read_bytes()
    several = CliRunner().invoke(main, ("export", "lenet5", "-f", "html", "--fragment"))
    assert several.exit_code == 2 and "--fragment is for tex, not for html" in several.stderr


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = start_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


def inside(browser: Browser, number: int, body: str, *arguments: Any) -> Any:
    """Run script on the shadow ``s`` of one of the figures."""
    start = f"const s = a('.archviz')[{number}].shadowRoot, o = (q) => s.querySelector(q);"
    return browser.js(start + "const e = (q) => [...s.querySelectorAll(q)];" + body, *arguments)


def looks(browser: Browser, number: int) -> Any:
    return inside(
        browser,
        number,
        "return e('button, .stage, .part, .part text').map((n) => {"
        "const c = getComputedStyle(n), b = n.getBoundingClientRect();"
        "return [c.color, c.fill, c.backgroundColor, c.fontFamily, c.letterSpacing, c.display,"
        "Math.round(b.width * 10), Math.round(b.height * 10)]; })",
    )


def test_no_style_of_the_page_reaches_it(chromium: Browser) -> None:
    seen = []
    for style in ("body { width: 900px }", ROUGH + "body { width: 900px }"):
        chromium.open(host(fragment("nin"), style=style), width=1200)
        seen.append(looks(chromium, 0))
    assert seen[0] == seen[1] and len(seen[0]) > 20
    assert chromium.js("return a('p').filter((n) => n.closest('.archviz')).length") == 1
    assert chromium.count(".archviz p") == 0  # what is read where nothing can be drawn


def test_two_of_one_network_are_apart(chromium: Browser) -> None:
    chromium.open(host(fragment("resnet50"), fragment("resnet50"), fragment("nin")))
    inside(chromium, 1, "o('.all').click()")
    counts = [inside(chromium, n, "return e('.panel.open').length") for n in range(3)]
    assert counts == [0, 2, 0]
    inside(chromium, 0, "o('.module').focus({focusVisible: true})")
    chromium.keys("m")
    counts = [inside(chromium, n, "return e('.panel.open').length") for n in range(3)]
    assert counts == [2, 2, 0]
    shown = [inside(chromium, n, "return o('.card').textContent") for n in range(3)]
    assert shown[0].startswith("Conv block") and shown[1:] == ["", ""]
    inside(chromium, 2, "o('[data-zoom=\"1\"]').click()")
    levels = [inside(chromium, n, "return o('.level').textContent") for n in range(3)]
    assert levels == ["Fit", "Fit", "125 %"]


def test_keys_elsewhere_on_the_page_are_the_page_s(chromium: Browser) -> None:
    chromium.open(host("<input autofocus>", fragment("resnet50")))
    chromium.js("q('input').focus()")
    chromium.keys("m", "+")
    assert chromium.js("return q('input').value") == "m+"
    assert inside(chromium, 0, "return e('.panel.open').length + o('.level').textContent") == "0Fit"


GROUNDS = [
    ("body { background: #0d1117 }", "light", "dark"),
    ("body { background: #fdf6e3 }", "dark", "light"),
    ("", "dark", "light"),
    (":root { color-scheme: light dark }", "dark", "dark"),
    (":root { color-scheme: light dark }", "light", "light"),
    (":root { color-scheme: dark }", "light", "dark"),
    ("body { background: black } main { background: oklch(0.95 0 0); }", "dark", "light"),
]


@pytest.mark.parametrize(("style", "scheme", "theme"), GROUNDS)
def test_it_is_light_or_dark_as_its_ground(
    chromium: Browser, style: str, scheme: str, theme: str
) -> None:
    chromium.open(host(f"<main>{fragment('lenet5')}</main>", style=style), scheme=scheme)
    assert inside(chromium, 0, "return o('.frame').dataset.theme") == theme


def test_it_changes_when_the_page_does(chromium: Browser) -> None:
    style = ".dark { background: #111; transition: background-color .05s }"
    chromium.open(host(fragment("lenet5"), style=style))
    theme = "return o('.frame').dataset.theme"
    ink = "return getComputedStyle(o('.part path[stroke]')).stroke"
    light = inside(chromium, 0, ink)
    chromium.js("document.body.classList.add('dark')")
    chromium.driver.set_script_timeout(5)
    chromium.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert inside(chromium, 0, theme) == "dark" and inside(chromium, 0, ink) != light
    chromium.js("document.body.classList.remove('dark')")
    chromium.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert inside(chromium, 0, theme) == "light" and inside(chromium, 0, ink) == light


@pytest.mark.parametrize("ground", ["#ffffff", "#111318"])
def test_all_of_it_can_be_read(chromium: Browser, ground: str) -> None:
    chromium.open(host(fragment("resnet50"), style=f"body {{ background: {ground} }}"))
    inside(chromium, 0, "o('.all').click(); o('.layer').focus({focusVisible: true})")
    script = CONTRAST.replace("document.body", "s.querySelector('.frame')")
    script = script.replace("document.querySelectorAll", "s.querySelectorAll")
    script = script.replace(
        "at = at.parentElement", "at = at.parentElement || at.getRootNode().host"
    )
    found = inside(chromium, 0, script)
    assert len(found) > 40 and [entry for entry in found if entry[1] < 4.5] == []


def test_it_asks_no_server_and_uses_its_own_letters(chromium: Browser) -> None:
    chromium.open(host(fragment("nin")))
    inside(chromium, 0, "o('.all').click(); o('.save').click()")
    assert chromium.driver.get_log("browser") == []
    log = chromium.driver.get_log("performance")
    messages = [json.loads(entry["message"])["message"] for entry in log]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    family = inside(chromium, 0, "return getComputedStyle(o('.part text')).fontFamily")
    name = family.split(",")[0].strip('"')
    assert re.fullmatch(r"fig-[0-9a-f]{8}", name)
    faces = chromium.js("return [...document.fonts].map((f) => [f.family, f.weight, f.status])")
    assert [name, "400", "loaded"] in faces


def test_a_page_may_set_the_ground(chromium: Browser) -> None:
    style = ".archviz::part(stage) { background: none }"
    chromium.open(host(fragment("lenet5"), style=style))
    ground = "return getComputedStyle(o('.stage')).backgroundColor"
    assert inside(chromium, 0, ground) == "rgba(0, 0, 0, 0)"
