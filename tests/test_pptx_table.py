"""Tables on slides are native ones: their cells, where they stand, how they are read."""

from __future__ import annotations

from typing import Any

import pytest
from bundled import loaded
from deck_reading import A, elements, frame, opened

from archviz.catalog import classics
from archviz.layout.overviews import table_slides
from archviz.layout.table import KERAS_COLUMNS, keras_rows
from archviz.scene.scene import Line, Page, Text, leaves
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme
from archviz.write.pptx import write_pptx

HEADS = [loaded(name)[0].head for name in classics(appendix=True)]


@pytest.fixture(scope="module")
def page() -> Page:
    (scene,) = table_slides(HEADS, load_theme(), own_form())
    return Page(scene, scene.title)


@pytest.fixture(scope="module")
def slide(page: Page) -> Any:
    return opened(write_pptx([page])).slides[0]


def test_a_table_is_native_and_says_what_the_scene_says(slide: Any) -> None:
    (shape,) = [one for one in slide.shapes if one.has_table]
    cells = [tuple(cell.text for cell in row.cells) for row in shape.table.rows]
    assert cells == [KERAS_COLUMNS, *keras_rows(HEADS)]
    assert shape.table.first_row
    assert shape._element[0][0].get("descr")
    texts = [one.text_frame.text for one in slide.shapes if one.has_text_frame]
    assert [text for text in texts if text.startswith("Not in Keras")]
    assert not {"model", "ResNet50"} & {*texts}


def test_its_rows_and_texts_stand_where_the_scene_has_them(slide: Any, page: Page) -> None:
    (shape,) = [one for one in slide.shapes if one.has_table]
    rules = sorted(
        one.points[0][1] for one in leaves(page.scene.items)
        if isinstance(one, Line) and one.role == "rule"
    )  # fmt: skip
    y = shape.top
    for row, rule in zip(shape.table.rows, rules, strict=True):
        y += row.height
        assert y == pytest.approx(rule * 9525, abs=20)
    ends = {
        round(one.x) for one in leaves(page.scene.items)
        if isinstance(one, Text) and one.role == "cell" and one.anchor == "end"
    }  # fmt: skip
    x = shape.left
    found = set()
    for column, cell in zip(shape.table.columns, shape.table.rows[0].cells, strict=True):
        x += column.width
        if cell._tc.find(f".//{A}pPr").get("algn") == "r":
            found.add(round((x - cell.margin_right) / 9525))
    assert found == ends
    sizes = {run.get("sz") for run in shape._element.iter(f"{A}rPr")}
    assert min(map(int, sizes)) >= 1200
    assert all(frame(one)[0] > 0 for one in elements(slide) if one.find(f".//{A}xfrm") is not None)
