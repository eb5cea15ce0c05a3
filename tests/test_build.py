"""Slides that are built up: each panel appears at a click, in a PDF on a page of its own."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bundled import loaded
from deck_reading import P, identity, opened
from pypdf import PdfReader

from archviz.decks import deck_bytes
from archviz.keywords import read_keywords
from archviz.write.formats import FORMATS

SOFFICE = shutil.which("soffice")
NETS = ("lenet5", "resnet50", "inception_v1")


def deck(suffix: str, **told: Any) -> bytes:
    options, settings = read_keywords(told)
    return deck_bytes([loaded(name) for name in NETS], options, FORMATS[suffix], settings)


def appearing(slide: Any) -> list[str]:
    """The names of what appears on a slide, in its order."""
    names = {identity(one._element).get("id"): one.name for one in slide.shapes}
    return [names[target.get("spid")] for target in slide.element.iter(f"{P}spTgt")]


def test_panels_appear_in_their_order() -> None:
    found = {one.name: appearing(one) for one in opened(deck("pptx", build=True)).slides}
    assert {name: panels for name, panels in found.items() if panels} == {
        "ResNet-50 (2015)": ["Conv block", "Identity block"],
        "Inception-v1: stem and inception module": ["Inception module"],
    }
    for slide in opened(deck("pptx")).slides:
        assert slide.element.find(f"{P}timing") is None


def test_a_pdf_has_a_page_for_each_step() -> None:
    plain = PdfReader(io.BytesIO(deck("pdf"))).pages
    built = PdfReader(io.BytesIO(deck("pdf", build=True))).pages
    assert len(built) == len(plain) + 3
    steps = [one.extract_text() for one in built if "25,636,712" in one.extract_text()][-3:]
    assert ["Conv block" in text for text in steps] == [False, True, True]
    assert ["Identity block" in text for text in steps] == [False, False, True]


@pytest.mark.long
@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here")
def test_libreoffice_reads_the_steps(tmp_path: Path) -> None:
    path = tmp_path / "deck.pptx"
    path.write_bytes(deck("pptx", build=True))
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    command = [str(SOFFICE), home, "--headless", "--convert-to", "fodp", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=250)
    read = (tmp_path / "deck.fodp").read_text(encoding="utf-8")
    effects = re.findall(r'presentation:preset-id="ooo-entrance-appear"', read)
    assert len(effects) == 3
