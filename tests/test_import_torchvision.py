"""Models of torchvision, where it is installed: what the documentation shows of them is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import archviz

ROOT = Path(__file__).parents[1]
torchvision = pytest.importorskip("torchvision")


def test_the_picture_of_the_readme_is_that_of_its_three_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # as a reader would
    drawn = (tmp_path / "vit.svg").read_text("utf-8")
    shown = (ROOT / "docs" / "images" / "imported-vit.svg").read_text("utf-8")
    bare = re.compile(r"<metadata.*?</metadata>|<!--.*?-->", re.DOTALL)
    assert bare.sub("", drawn).strip() == bare.sub("", shown).strip()


@pytest.mark.parametrize(
    ("name", "parameters", "modules"),
    [
        ("resnet18", 11_689_512, ["BasicBlock", "BasicBlock, downsampling"]),
        ("mobilenet_v2", 3_504_872, ["InvertedResidual", "InvertedResidual, no shortcut"]),
        ("swin_t", 28_288_354, ["PatchMerging", "SwinTransformerBlock"]),
    ],
)
def test_published_totals_and_the_names_of_the_code(
    name: str, parameters: int, modules: list[str]
) -> None:
    net = archviz.from_torch(getattr(torchvision.models, name)(), (1, 3, 224, 224))
    assert net.imported.faithful, net.imported.report
    assert net.info()["totals"]["trainable"] == parameters
    for title in modules:
        assert re.search(rf'(?m)^    (label|title): "?{title}"?$', net.imported.text), title
