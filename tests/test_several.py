"""Several networks at once: figures without holes, slides at 12 pt, tables on their pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from amounts import examples
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import violations

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.compare import draw_comparison, short_number
from archviz.layout.compare_slides import comparison_slides
from archviz.layout.overviews import table_slides
from archviz.layout.page import Options, draw_table
from archviz.layout.slicing import Size, fitting, sliced
from archviz.network.head import Head
from archviz.scene.scene import Scene, extent, groups_in, shapes_in, texts_in
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme

THEME = load_theme()
SETS = (
    ("resnet50", "nin"),
    ("resnet50", "vgg16", "inception_v3"),
    ("lenet5", "alexnet", "vgg16", "unet", "bert"),
    ("llama3_8b", "gpt2", "vit_b_16"),
)


def slides_of(names: tuple[str, ...], width: float = 1280.0) -> list[Scene]:
    nets = [archviz.load(name) for name in names]
    return comparison_slides(
        [(net.network, net.analysis) for net in nets], Options(THEME), own_form(width / 720)
    )


def titles(scene: Scene) -> list[str]:
    return [group.name for group in groups_in(scene.items) if group.role == "heading"]


@pytest.mark.parametrize("width", [1280.0, 960.0])
@pytest.mark.parametrize("names", SETS, ids="-".join)
def test_slides_of_a_comparison(names: tuple[str, ...], width: float) -> None:
    slides = slides_of(names, width)
    for slide in slides:
        assert violations(slide) == []
        assert min(text.size for text in texts_in(slide.items)) >= 16
        assert (slide.width, slide.height) == (width, 720.0)
    said = " ".join(title for slide in slides for title in titles(slide))
    for name in names:
        head = archviz.load(name).network.head
        assert f"{head.title} ({head.year})" in said
    assert slides[-1].title == "Legend"
    inputs = [
        shape for slide in slides for shape in shapes_in(slide.items) if shape.role == "input"
    ]
    assert len({(shape.height, shape.line_width) for shape in inputs}) == 1  # one scale


def test_small_networks_share_a_slide_and_large_ones_are_cut() -> None:
    first, *others = slides_of(("lenet5", "alexnet", "vgg16", "unet", "bert"))
    assert first.title == "Comparison: LeNet-5, AlexNet"
    assert titles(others[1])[1:] == ["U-Net (2015): Main row"]


def test_a_presentation_has_letters_of_twelve_points(tmp_path: Path) -> None:
    from pptx import Presentation

    for command in (
        ("compare", "resnet50", "nin"),
        ("timeline",),
        ("table",),
        ("chart", "resnet50"),
    ):
        path = tmp_path / f"{command[0]}.pptx"
        run = CliRunner().invoke(main, [*command, "-o", str(path)])
        assert (run.exit_code, run.output) == (0, "")
        sizes = [
            text.font.size.pt
            for slide in Presentation(str(path)).slides
            for shape in _shapes(slide.shapes)
            if shape.has_text_frame
            for paragraph in shape.text_frame.paragraphs
            for text in paragraph.runs
            if text.font.size
        ]
        assert min(sizes) >= 12


def _shapes(shapes: object) -> list[object]:
    found: list[object] = []
    for shape in shapes:  # type: ignore[attr-defined]
        inner = getattr(shape, "shapes", None)
        found += _shapes(inner) if inner is not None else [shape]
    return found


@pytest.mark.parametrize("names", SETS, ids="-".join)
def test_a_comparison_has_no_holes(names: tuple[str, ...]) -> None:
    nets = [archviz.load(name) for name in names]
    scene = draw_comparison([(net.network, net.analysis) for net in nets], Options(THEME))
    assert violations(scene) == []
    boxes = []
    for number in range(len(nets)):
        left, top, right, bottom = extent(
            [item for item in scene.items if getattr(item, "id", "").startswith(f"net{number}-")]
        )
        boxes.append((right - left) * (bottom - top))
    assert sum(boxes) > 0.55 * scene.width * scene.height


SIZES = st.lists(st.builds(Size, st.integers(1, 900), st.integers(1, 700)), min_size=1, max_size=9)


@given(SIZES)
@settings(max_examples=examples(60), deadline=None)
def test_pictures_lie_on_their_page_and_none_on_another(sizes: list[Size]) -> None:
    ways = sliced(sizes, 10.0, 5.0)
    pages = fitting(sizes, Size(900, 700), 10.0, 5.0)
    assert sum(len(page.corners) for page in pages) == len(sizes)
    assert all(page.width <= 900 and page.height <= 700 for page in pages)
    for way in ways:
        boxes = [(*at, at[0] + w, at[1] + h) for at, (w, h) in zip(way.corners, sizes, strict=True)]
        assert max(box[2] for box in boxes) == way.width
        assert max(box[3] for box in boxes) == way.height
        for number, (left, top, right, bottom) in enumerate(boxes):
            for x, y, _, _ in boxes[number + 1 :]:
                assert x >= right + 10 or y >= bottom + 5  # behind it or below: in their order
                assert not (x < left and y < top)


def rows(count: int, name: str = "Net {}") -> list[Head]:
    keras: dict[str, float | str] = {"size_mb": 98, "top1": 0.749, "parameters": 25_636_712}
    heads = [Head(f"n{n}", f"N{n}", keras={"model": name.format(n), **keras}) for n in range(count)]
    return [*heads, Head("own", "Own network")]


@pytest.mark.parametrize("width", [1280.0, 960.0, 720.0])
@pytest.mark.parametrize("count", [1, 13, 26, 100])
@pytest.mark.parametrize("name", ["Net {}", "A model with quite a long name for a table no {}"])
def test_a_table_of_any_length_keeps_to_its_pages(count: int, width: float, name: str) -> None:
    slides = table_slides(rows(count, name), THEME, own_form(width / 720))
    text = ""
    for slide in slides:
        words = [text.text for text in texts_in(slide.items)]
        assert violations(slide) == []
        assert min(text.size for text in texts_in(slide.items)) >= 16
        assert {"model", "top-5", "depth"} <= set(words)
        text += " ".join(words) + " "
    for number in range(count):
        assert text.count(f"{name.format(number)} ") == 1
    assert text.count("Not in Keras: Own network") == 1
    assert [slide.title for slide in slides[1:]] == ["Networks in Keras, continued"] * (
        len(slides) - 1
    )
    assert violations(draw_table(rows(count, name), THEME)) == []


def test_a_table_of_nothing_is_told() -> None:
    with pytest.raises(ArchvizError, match="Keras ships none of own"):
        draw_table([Head("own", "Own network")], THEME)


def test_numbers_of_large_models_have_units() -> None:
    assert short_number(79_070_347_919_360) == "79.1 T"
