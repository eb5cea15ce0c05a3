"""The SVG: what an editor moves together, what a page with several can tell apart, two themes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bundled import of_each
from click.testing import CliRunner

import archviz
from archviz.cli.commands import main
from archviz.layout.compare import draw_comparison
from archviz.layout.page import Options
from archviz.scene.scene import Connector, Group, Scene, groups_in, leaves
from archviz.scene.theme import load_theme
from archviz.write.svg import points, write_svg

LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
MODE = "{http://www.inkscape.org/namespaces/inkscape}groupmode"
SVG = "{http://www.w3.org/2000/svg}"
SOME = ("resnet50", "inception_v3", "unet", "deeplabv3_plus")


def drawn(name: str) -> tuple[Scene, ET.Element]:
    scene = archviz.load(name).scene()
    return scene, ET.fromstring(write_svg(scene))


@pytest.mark.parametrize("name", SOME)
def test_a_layer_is_one_group_with_all_that_belongs_to_it(name: str) -> None:
    scene, root = drawn(name)
    found = {
        str(one.get("id")).partition("-")[2].partition("-")[2]: one for one in root.iter(f"{SVG}g")
    }
    groups = [*groups_in(scene.items)]
    assert len(found) == len(groups)
    for group in groups:
        element = found[group.id]
        assert element.get(LABEL, "") == group.name
        if group.role not in ("layer", "module"):
            continue
        kinds = Counter(child.tag for child in element if child.get("fill-opacity") is None)
        shapes = [item for item in leaves([group]) if type(item).__name__ == "Shape"]
        assert kinds[f"{SVG}rect"] + kinds[f"{SVG}ellipse"] >= len(shapes)
        assert kinds[f"{SVG}text"] == sum(
            len(item.lines) if type(item).__name__ == "Shape" else 1 for item in leaves([group])
        )
        shadows = [child for child in element if child.get("fill-opacity")]
        assert len(shadows) == 2 * any(shape.shadow for shape in shapes)
    layers = [one.get("id") for one in root if one.get(MODE) == "layer"]
    assert len(layers) == len([item for item in scene.items if isinstance(item, Group)])


@pytest.mark.parametrize("name", SOME)
def test_arrowheads_are_markers_of_their_lines(name: str) -> None:
    scene, root = drawn(name)
    markers = {one.get("id"): one for one in root.iter(f"{SVG}marker")}
    lines = [one for one in root.iter(f"{SVG}path") if one.get("marker-end")]
    heads = [item for item in leaves(scene.items) if isinstance(item, Connector) and item.head]
    assert Counter(one.get("d") for one in lines) == Counter(points(one.shaft()) for one in heads)
    for line in lines:
        marker = markers[str(line.get("marker-end"))[5:-1]]
        assert marker[0].get("fill") == line.get("stroke")


def test_a_line_that_ends_before_its_head_begins_has_the_head_itself() -> None:
    short = Connector(((0.0, 0.0), (0.0, 5.0), (4.0, 5.0)), (), "#000000", 1.6, True, 10.8, 8.4)
    text = write_svg(Scene(20, 20, "a", "b", "", (short,)))
    assert "marker-end" not in text
    assert text.count("<path") == 2


def test_ids_of_several_pictures_differ_and_stay_the_same() -> None:
    pictures = [archviz.load(name).svg() for name in ("resnet50", "inception_v3", "nin")]
    pictures.append(archviz.load("nin").svg(theme="print"))
    ids = [one for text in pictures for one in re.findall(r'\bid="([^"]+)"', text)]
    assert len(ids) == len(set(ids)) > 100
    for text in pictures:
        own = set(re.findall(r'\bid="([^"]+)"', text))
        used = re.findall(r"url\(#([^)]+)\)", text) + re.findall(r'by="([^"]+)"', text)
        assert own.issuperset(name for names in used for name in names.split())
        assert "\0" not in text
    assert archviz.load("nin").svg() == pictures[2]


@pytest.mark.parametrize("name", of_each())
def test_one_file_follows_the_readers_theme(name: str) -> None:
    net = archviz.load(name)
    text = net.svg(theme="auto")
    rules = dict(re.findall(r"-root (\.[fs]\d+)\{((?:fill|stroke):#\w{6})\}", text))
    assert f"fill:{load_theme('dark').color('page')}" in rules.values()
    plain = re.sub(r"<style>.*</style>\n| class=\"[^\"]*\"| id=\"[^\"]*-root\"", "", text)
    assert re.sub(r"fig-\w{8}", "", plain) == re.sub(r"fig-\w{8}", "", net.svg())

    def dark(found: re.Match[str]) -> str:
        """An element in the colours that its classes have in the dark."""
        element = found[0]
        for name in found[1].split():
            key, color = rules[f".{name}"].split(":")
            if key == "fill" and " fill=" not in element:
                element = element.replace(" class=", f' fill="{color}" class=', 1)
            element = re.sub(rf' {key}="[^"]*"', f' {key}="{color}"', element)
        return element

    turned = re.sub(r'<\w+ class="([^"]*)"[^>]*>', dark, text)
    assert colors(turned) == colors(net.svg(theme="dark"))


def colors(text: str) -> list[tuple[str, str, str]]:
    """The colours of a picture, element by element."""
    return [
        (one.tag, one.get("fill", "#000000"), one.get("stroke", ""))
        for one in ET.fromstring(text).iter()
        if one.tag not in (f"{SVG}style", f"{SVG}marker") and one.tag != f"{SVG}pattern"
    ]


def test_only_what_can_follow_the_reader_takes_the_theme(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["render", "nin", "--theme", "auto", "-o", "nin.png"])
    assert run.exit_code == 2
    assert "--theme auto is for svg and html, not for png" in run.output
    for command in (["timeline"], ["table"], ["chart"], ["legend"], ["compare", "nin", "lenet5"]):
        path = tmp_path / f"{command[0]}.svg"
        assert (
            not CliRunner().invoke(main, [*command, "--theme", "auto", "-o", str(path)]).exit_code
        )
        assert "prefers-color-scheme:dark" in path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="auto is for svg and html, not for pdf"):
        archviz.load("nin").save(tmp_path / "nin.pdf", theme="auto")


def test_a_shared_page_is_one_picture_with_single_ids() -> None:
    nets = [archviz.load(name) for name in ("nin", "lenet5")]
    scene = draw_comparison([(n.network, n.analysis) for n in nets], Options(load_theme()))
    ids = re.findall(r'\bid="([^"]+)"', write_svg(scene))
    assert len(ids) == len(set(ids))
