"""PNG, read back with Pillow and held beside the SVG as Chromium draws it."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundled import of_each
from PIL import Image, ImageChops

import archviz
from archviz.errors import ArchvizError, MissingCharacters
from archviz.scene.scene import Group, Scene, Shape, Text
from archviz.scene.text import text_width
from archviz.write.png import LARGEST, write_png
from archviz.write.svg import write_svg

PACKAGE = Path(archviz.__file__).parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=2",
    "--force-color-profile=srgb",
    "--disable-lcd-text",
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return archviz.load("xception").scene()


def picture(scene: Scene, **options: Any) -> Image.Image:
    image = Image.open(io.BytesIO(write_png(scene, **options)))
    image.load()
    return image


def scene_of(*items: Any, width: float = 200, height: float = 100) -> Scene:
    return Scene(width, height, "Test", "", "#ffffff", (Group("all", "row", items=items),))


def label(text: str, bold: bool = False) -> Text:
    return Text(100, 60, text, 20, text_width(text, 20, bold), "#000000", bold=bold)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 2.37])
def test_scale_is_pixels_for_a_pixel(scene: Scene, scale: float) -> None:
    image = picture(scene, scale=scale)
    assert image.size[0] == pytest.approx(scene.width * scale, abs=max(scale, 1))
    assert image.size[1] == pytest.approx(scene.height * scale, abs=max(scale, 1))
    assert image.info["dpi"] == pytest.approx((96 * scale, 96 * scale), abs=0.2)


@pytest.mark.parametrize("width", [1, 333, 2000])
def test_width_is_exact_and_wins_over_scale(scene: Scene, width: int) -> None:
    image = picture(scene, width=width, scale=99)
    assert image.size[0] == width
    assert image.size[1] == pytest.approx(width * scene.height / scene.width, abs=1.01)


def test_twice_as_large_unless_told(scene: Scene) -> None:
    assert picture(scene).size == picture(scene, scale=2).size


def test_transparent_leaves_the_background_out(scene: Scene) -> None:
    solid = picture(scene, scale=1).convert("RGBA")
    clear = picture(scene._replace(background=""), scale=1).convert("RGBA")
    assert solid.getextrema()[3] == (255, 255)
    assert clear.getextrema()[3] == (0, 255)
    assert clear.getpixel((1, 1)) == (0, 0, 0, 0)
    on_white = Image.new("RGBA", clear.size, "#ffffff")
    on_white.alpha_composite(clear)
    assert max(high for _, high in ImageChops.difference(solid, on_white).getextrema()) <= 3


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["conv 3×3", "σ · …", "Größe"])
def test_text_is_there_in_the_bundled_font(text: str, bold: bool) -> None:
    image = picture(scene_of(label(text, bold)), scale=2).convert("L")
    drawn = ImageChops.invert(image).getbbox()
    assert drawn is not None, "resvg left the text out"
    assert (drawn[2] - drawn[0]) / 2 == pytest.approx(text_width(text, 20, bold), abs=4)


def test_bold_is_bolder() -> None:
    ink = [
        sum(ImageChops.invert(picture(scene_of(label("conv", bold))).convert("L")).tobytes())
        for bold in (False, True)
    ]
    assert ink[1] > 1.2 * ink[0]


def test_every_text_of_a_figure_is_drawn(scene: Scene) -> None:
    """Without its texts, the figure differs in the box of every text, and nowhere else."""
    boxes = []

    def without(items: Any) -> tuple[Any, ...]:
        kept: list[Any] = []
        for item in items:
            if isinstance(item, Group):
                kept.append(item._replace(items=without(item.items)))
            elif isinstance(item, Shape):
                boxes.extend(text.box for text in item.texts)
                kept.append(item._replace(lines=(), widths=()))
            elif isinstance(item, Text):
                boxes.append(item.box)
            else:
                kept.append(item)
        return tuple(kept)

    silent = scene._replace(items=without(scene.items))
    change = ImageChops.difference(
        picture(scene, scale=1).convert("L"), picture(silent, scale=1).convert("L")
    )
    assert len(boxes) > 40
    for x, y, width, height in boxes:
        area = (int(x) - 1, int(y) - 1, int(x + width) + 2, int(y + height) + 2)
        assert change.crop(area).getextrema()[1] > 60
        change.paste(0, area)
    assert change.getextrema()[1] <= 2


def test_other_scripts_do_no_harm() -> None:
    with pytest.warns(MissingCharacters):
        image = picture(scene_of(label("卷积 Слой 😀 conv")), scale=2).convert("L")
    assert ImageChops.invert(image).getbbox() is not None


def test_hatchings_are_drawn_and_are_light() -> None:
    for pattern in ("lines", "dots", "cross", "grid", "steep"):
        box = Shape("a", "rect", 20, 20, 100, 60, "#eeeeee", "#000000", 1, pattern=pattern)
        inner = picture(scene_of(box), scale=2).convert("L").crop((60, 60, 200, 140))
        low, high = inner.getextrema()
        assert low < 200, pattern
        assert high == 238, pattern
        assert sum(inner.tobytes()) / len(inner.tobytes()) > 200, pattern


def test_the_same_bytes_in_this_and_in_another_process(scene: Scene) -> None:
    program = (
        "import archviz, sys; from archviz.write.png import write_png;"
        "sys.stdout.buffer.write(write_png(archviz.load('xception').scene(), scale=1))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd=PACKAGE.parent,
    ).stdout
    assert write_png(scene, scale=1) == write_png(scene, scale=1) == other


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 1000},
        {"width": 10**6},
        {"scale": 0},
        {"scale": -2},
        {"scale": float("nan")},
        {"scale": float("inf")},
        {"scale": 1e-6},
        {"width": 0},
        {"width": -5},
    ],
)
def test_what_is_no_picture_is_refused_with_a_hint(scene: Scene, options: dict[str, Any]) -> None:
    with pytest.raises(ArchvizError) as caught:
        write_png(scene, **options)
    (problem,) = caught.value.problems
    if 0 in options.values():
        assert f" of 0{' pixels' if 'width' in options else ''} is no picture" in problem.message
    assert problem.hint


def test_the_hint_of_a_too_large_picture_is_right(scene: Scene) -> None:
    with pytest.raises(ArchvizError) as caught:
        write_png(scene, scale=1000)
    words = caught.value.problems[0].hint.replace(",", "").replace(";", "").split()
    scale, width = (float(words[place + 3]) for place in find(words, "most"))
    for value in (scale, width / scene.width):
        pixels = scene.width * scene.height * value**2
        assert 0.98 * LARGEST < pixels <= LARGEST


def find(words: list[str], word: str) -> list[int]:
    return [place - 2 for place, found in enumerate(words) if found == word]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is absent")
@pytest.mark.parametrize("name", [*of_each(["resnet50", "inception_v3"]), "hatchings"])
def test_pixels_agree_with_the_svg_in_chromium(name: str, tmp_path: Path) -> None:
    """On average within 0.7 of 255 levels, and 0.2 % of the pixels off by more than 96.

    Hatchings, which are all thin slanting lines, within 2 levels.
    """
    assert CHROMIUM
    if name == "hatchings":
        scene = scene_of(
            *(
                Shape(
                    f"a{place}",
                    "rect",
                    10 + 40 * place,
                    10,
                    30,
                    80,
                    "#dddddd",
                    "#000000",
                    1.6,
                    pattern=pattern,
                )
                for place, pattern in enumerate(("lines", "dots", "cross", "grid", "steep"))
            ),
            width=220,
        )
    else:
        scene = archviz.load(name).scene()
    page = tmp_path / "page.html"
    page.write_text(html_of(scene), encoding="utf-8")
    shot = tmp_path / "shot.png"
    size = f"{int(scene.width) + 100},{int(scene.height) + 300}"
    arguments = (f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}")
    subprocess.run(
        [CHROMIUM, *FLAGS, *arguments, f"--screenshot={shot}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    expected = picture(scene, scale=2).convert("RGB")
    area = (0, 0, *expected.size)
    drawn = Image.open(shot).convert("RGB").crop(area)
    levels = ImageChops.difference(drawn, expected).convert("L").histogram()
    assert sum(level * count for level, count in enumerate(levels)) / sum(levels) < (
        2 if name == "hatchings" else 0.7
    )
    assert sum(levels[97:]) / sum(levels) < 0.002


def html_of(scene: Scene) -> str:
    """The SVG on a page that brings the bundled fonts."""
    faces = []
    for weight, name in (("400", "Regular"), ("700", "Bold")):
        data = base64.b64encode((PACKAGE / "fonts" / f"Arimo-{name}.ttf").read_bytes()).decode()
        faces.append(
            f"@font-face{{font-family:Arimo;font-weight:{weight};"
            f"src:url(data:font/ttf;base64,{data})}}"
        )
    style = "".join(faces) + "body{margin:0}svg{display:block}"
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{write_svg(scene)}"
