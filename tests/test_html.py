"""The HTML page as it is written: its structure, read with html.parser."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import pytest
from html_pages import DETAIL, draw_networks, small_scene, whole_page

from archviz.scene.scene import Group
from archviz.write.html import HtmlExtra, HtmlFigure, by_family, short, write_html
from archviz.write.svg import SHADOW_LEVELS, write_svg

HOSTILE = """</script></style><img src="//evil.example/x" onerror='alert(1)'>&amp;{{ 7*7 }}"""
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """The elements of a page: (tag, attributes), and the text of each by its number."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[int] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"never closed: {self.nodes[number][0]}" for number in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")
        if tag not in VOID:
            self.open.append(len(self.nodes) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.nodes[self.open[-1]][0] != tag:
            self.faults.append(f"closed out of order: {tag} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for number in self.open:
            self.texts[number] += data

    def all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """(attributes, text) of the elements of a tag with these attributes."""
        return [
            (attrs, text)
            for (name, attrs), text in zip(self.nodes, self.texts, strict=True)
            if name == tag
            and all(attrs.get(key.rstrip("_")) == value for key, value in attributes.items())
        ]


@pytest.fixture(scope="module")
def networks() -> list[HtmlFigure]:
    return draw_networks()


@pytest.fixture(scope="module")
def html() -> str:
    return whole_page()


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_tags_are_balanced_and_ids_single(page: Page) -> None:
    assert page.faults == []
    ids = [attrs["id"] for _, attrs in page.nodes if "id" in attrs]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    targets = [
        attrs[key]
        for _, attrs in page.nodes
        for key in ("aria-controls", "aria-labelledby")
        if key in attrs
    ]
    links = [attrs["href"][1:] for _, attrs in page.nodes if attrs.get("href", "").startswith("#")]
    assert len(links) > 20 and len(targets) > 50
    assert {name for value in targets for name in value.split()} | set(links) <= set(ids)


def test_every_colour_of_a_figure_has_its_twin_in_the_dark() -> None:
    """Fills and lines of a scene whose twin has other colours are none that is the same in both."""
    light = small_scene("net", fill="#fafafa")
    dark = small_scene("net", fill="#101010")
    figure = HtmlFigure(name="net", title="net", scene=light, dark=dark)
    fills = {attrs.get("fill") for attrs, _ in Page(write_html([figure], title="t")).all("rect")}
    assert "#fafafa" not in fills and any("var(--" in (fill or "") for fill in fills)
    drawn = Page(write_html(draw_networks("lenet5"), title="t"))
    strokes = {attrs["stroke"] for _, attrs in drawn.nodes if "stroke" in attrs}
    assert {color[:6] for color in strokes} == {"var(--"}


def test_only_links_lead_out_of_the_page(page: Page, html: str) -> None:
    outward = [
        (tag, name)
        for tag, attrs in page.nodes
        for name, value in attrs.items()
        if "//" in value or value.startswith(("http", "data:", "javascript:"))
    ]
    assert set(outward) == {("a", "href"), ("link", "href")}
    assert [attrs["href"] for attrs, _ in page.all("link")] == ["data:,"]
    assert "src" not in {name for _, attrs in page.nodes for name in attrs}
    style = page.all("style")[0][1]
    assert "@import" not in style
    assert re.findall(r"url\(([^)]{12})", style) == ["data:font/tt", "data:font/tt"]
    script = page.all("script")[0][1]
    assert set(re.findall(r"https?:[^`\"' ]*", script)) == {"http://www.w3.org/${space}"}
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import|eval|innerHTML)\b", script)


def test_the_policy_admits_this_script_alone(page: Page) -> None:
    scripts = page.all("script")
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0][1].encode()).digest()).decode()
    policy = next(attrs["content"] for attrs, _ in page.all("meta") if "http-equiv" in attrs)
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


def test_markup_in_every_field_stays_text() -> None:
    texts = ("name", "title", "brought", "paper", "authors", "venue", "source", "input")
    figures = [
        HtmlFigure(
            **dict.fromkeys(texts, f"{HOSTILE}{number}"),
            scene=small_scene(HOSTILE),
            link="javascript:alert(1)",
            year=2000 + number,
        )
        for number in range(2)
    ]
    extra = HtmlExtra(HOSTILE, small_scene(HOSTILE, fill='red"><b>'))
    hostile = Page(write_html(figures, [extra], title=HOSTILE))
    assert hostile.faults == []
    tags = {tag for tag, _ in hostile.nodes}
    assert not tags & {"img", "b", "iframe", "object"}
    names = {name for _, attrs in hostile.nodes for name in attrs}
    assert not [name for name in names if name.startswith("on") or name == "src"]
    assert hostile.all("title")[0][1] == HOSTILE == hostile.all("h1")[0][1]
    assert [text for _, text in hostile.all("h2")][:2] == [f"{HOSTILE}0", f"{HOSTILE}1"]
    assert HOSTILE in {text for _, text in hostile.all("text")}
    labels = [attrs.get("aria-label", "") for attrs, _ in hostile.all("g")]
    assert f"{HOSTILE}\n{DETAIL}" in labels
    assert not [attrs for attrs, _ in hostile.all("a") if "javascript" in attrs["href"]]
    assert "7*7" in hostile.all("h1")[0][1]


def test_the_same_networks_give_the_same_bytes(networks: list[HtmlFigure], html: str) -> None:
    start = "from archviz.write.html import *; import archviz, sys; n = archviz.load('resnet50');"
    code = start + "sys.stdout.write(write_html([html_figure(n.info(), n.scene())], title='t'))"
    pages = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(pages) == 1 and len(pages.pop()) > 100_000
    assert write_html(networks, title="x") == write_html(networks, title="x")
    assert len(html.encode()) < 1_000_000


def test_nothing_of_a_figure_is_lost(networks: list[HtmlFigure]) -> None:
    for figure in networks:
        alone = Page(write_html([figure], title="x"))
        whole = Page(write_svg(figure.scene))
        for tag in ("text", "rect", "ellipse"):
            ground = 1 if tag == "rect" else 0
            assert len(alone.all(tag)) == len(whole.all(tag)) - ground, (figure.name, tag)
        assert Counter(text for _, text in alone.all("text")) == Counter(
            text for _, text in whole.all("text")
        )


def test_modules_are_linked_to_their_panels(page: Page, networks: list[HtmlFigure]) -> None:
    boxes = [attrs for attrs, _ in page.all("g") if attrs.get("role") == "button"]
    panels = {attrs["id"]: attrs["aria-label"] for attrs, _ in page.all("figure", class_="panel")}
    drawn = [
        item
        for figure in networks
        for item in figure.scene.items
        if isinstance(item, Group) and item.role == "panel"
    ]
    assert len(panels) == len(drawn) > 20
    for box in boxes:
        title = box["aria-label"].split("\n")[0]
        assert panels[box["aria-controls"]] == f"Module {title}"
    assert {box["aria-controls"] for box in boxes} == set(panels)
    assert not any("hidden" in attrs for attrs, _ in page.all("figure"))  # all open without JS


def test_landmarks_and_names(page: Page) -> None:
    tags = Counter(tag for tag, _ in page.nodes)
    assert (tags["main"], tags["h1"], tags["nav"]) == (1, 1, 2)
    assert page.all("html")[0][0]["lang"] == "en"
    for attrs, text in page.all("button"):
        assert attrs.get("aria-label") or text.strip(), attrs
    for attrs, _ in page.all("svg"):
        assert attrs.get("aria-label") or attrs.get("aria-hidden") or "viewbox" in attrs
    assert all(attrs["aria-label"] for attrs, _ in page.all("g") if "role" in attrs)


def test_the_index_is_in_order_and_tells_what_is_known(page: Page, html: str) -> None:
    rows = [text.split() for attrs, text in page.all("li") if "data-for" in attrs]
    assert [row[1] for row in rows][:2] == ["LeNet-5", "AlexNet"]
    assert rows[0][0] == "1998" and rows[0][-3:] == ["61.7", "k", "parameters"]
    body = page.all("tbody")[0][1]
    assert "25,636,712" in body and "92.1" in body and "3,857,973,248" in body


def test_a_single_figure_has_no_index() -> None:
    single = Page(write_html([HtmlFigure("a", "A", small_scene("a"))], title="A"))
    assert [text for _, text in single.all("h1")] == ["A"]
    assert not single.all("input") and not single.all("table") and not single.all("ol")
    assert len(single.all("figure")) == 1
    picture = Page(write_html([], [HtmlExtra("T", small_scene("t"))], title="T"))
    assert [text for _, text in picture.all("h1")] == ["T"] and len(picture.all("figure")) == 1


def test_a_figure_without_dark_colours_keeps_its_ground(networks: list[HtmlFigure]) -> None:
    figure = networks[0]
    light = write_html([figure._replace(dark=None)], title="x")
    assert "--plate:#ffffff" in light and "var(--c0)" not in light
    assert "--plate:var(--c" in write_html([figure], title="x")
    other = write_html([figure._replace(dark=networks[1].dark)], title="x")
    assert other == light


def test_every_shadow_of_a_figure_has_a_class_that_the_style_knows(page: Page) -> None:
    found = {attrs.get("class", "") for attrs, _ in page.all("path")} - {"", "ear"}
    assert found == {f"s{opacity:.2f}".replace("0.", "") for _, opacity in SHADOW_LEVELS}
    style = page.all("style")[0][1]
    for _, opacity in SHADOW_LEVELS:
        digits = f"{opacity:.2f}"[2:]
        assert f".s{digits} {{ fill-opacity: .{digits}; }}" in style


def test_names_become_ids_once() -> None:
    figures = [HtmlFigure(name, name, small_scene(name)) for name in ("a b", "A-b", "é", "網")]
    ids = [attrs["id"] for attrs, _ in Page(write_html(figures, title="x")).all("section")]
    assert ids[:4] == ["a-b", "a-b-2", "figure", "figure-2"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (9, "9"),
        (61_706, "61.7\u00a0k"),
        (9_996, "10.0\u00a0k"),
        (138_357_544, "138\u00a0M"),
        (3_857_973_248, "3.86\u00a0G"),
        (None, ""),
    ],
)
def test_counts_in_three_digits(count: int | None, text: str) -> None:
    assert short(count) == text


def test_the_numbers_beside_and_below_a_figure() -> None:
    known = HtmlFigure(
        "a", "A", small_scene("a"), parameters=25_636_712, trainable=25_583_592,
        non_trainable=53_120, macs=3_857_973_248, depth=169, top1=0.749, top5=0.921,
        with_auxiliary=27_000_001, input="224×224×3",
    )  # fmt: skip
    single = Page(write_html([known], title="A"))
    names = [text.strip() for _, text in single.all("dt")]
    values = [text.strip().replace("\N{NO-BREAK SPACE}", " ") for _, text in single.all("dd")]
    wanted = [
        ("parameters", "25.6 M"),
        ("multiply-adds", "3.86 G"),
        ("depth", "169"),
        ("top-1", "74.9 %"),
        ("Input", "224×224×3"),
        ("Parameters", "25,636,712"),
        ("Trainable", "25,583,592"),
        ("Non-trainable", "53,120"),
        ("With auxiliary heads", "27,000,001"),
        ("Multiply-adds", "3,857,973,248"),
        ("Top-5 accuracy", "92.1 %"),
    ]
    assert list(zip(names, values, strict=True))[: len(wanted)] == wanted
    bare = Page(write_html([HtmlFigure("a", "A", small_scene("a"))], title="A"))
    assert [text.strip() for _, text in bare.all("dt")] == names[len(wanted) :]  # keys to press


def test_the_index_is_by_family_where_families_have_several() -> None:
    scene = small_scene("Net")
    given = [("a", "One"), ("b", "Two"), ("c", "One"), ("d", "Two"), ("e", "")]
    figures = [HtmlFigure(name, name, scene, family=family) for name, family in given]
    assert [[one.name for one in members] for _, members in by_family(figures)] == [[*"abcde"]]
    more = [*figures, HtmlFigure("f", "f", scene, family="One")]
    found = [(family, [one.name for one in members]) for family, members in by_family(more)]
    assert found == [("One", [*"acf"]), ("Two", [*"bd"]), ("Others", ["e"])]
    text = write_html(more, title="All")
    assert [text.index(f"<h2>{family}</h2>") for family, _ in found] == sorted(
        text.index(f"<h2>{family}</h2>") for family, _ in found
    )


def test_an_accuracy_says_on_what_it_is_and_who_states_it() -> None:
    scene = small_scene("Net")
    one = HtmlFigure("a", "A", scene, top1=0.95, dataset="CIFAR-10", stated="the paper: table 2")
    other = HtmlFigure("b", "B", scene, top1=0.75, dataset="ImageNet", stated="somebody")
    text = write_html([one, other], title="All")
    assert "Accuracy on CIFAR-10: the paper: table 2" in text
    assert "95.0 on CIFAR-10" in text
    assert "75.0 on" not in text
