"""Shapes that numbers decide on, and values that are written into others."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402

nn = torch.nn
F = nn.functional


def imported(module: Any, size: tuple[int, ...]) -> Any:
    net = archviz.from_torch(module.eval(), size)
    totals = net.info()["totals"]
    assert totals["parameters"] == sum(one.numel() for one in module.parameters())
    assert net.imported.faithful, net.imported.report
    return net.imported


class Head(nn.Module):
    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, units, 1)

    def forward(self, x: Any) -> Any:
        return self.last(self.conv(x).relu()).flatten(2).transpose(1, 2)


class OneStage(nn.Module):
    """Scores and boxes, of which a threshold leaves some."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.scores, self.boxes = Head(8, 5), Head(8, 4)

    def forward(self, x: Any) -> Any:
        x = self.stem(x).relu()
        scores, boxes = self.scores(x)[0].sigmoid(), self.boxes(x)[0].exp()
        kept = scores.amax(1) > 0.9
        best = scores[kept].amax(1).topk(min(3, int(kept.sum())))
        return {"boxes": boxes[kept][best.indices], "scores": best.values}


def test_a_detector_ends_with_what_its_heads_give() -> None:
    found = imported(OneStage(), (1, 3, 16, 16))
    assert "left out behind the last weights: choosing by a mask" in found.report
    assert "Left out behind these values: choosing by a mask." in found.text
    for word in ("top k", "sigmoid", "exp", "pick"):
        assert word not in found.text
    assert "- outputs:" in found.text
    for units in (5, 4):  # both heads whole, to the last layer that has weights
        assert f"conv 1x1 {units} linear" in found.text


class TwoStages(nn.Module):
    """What a threshold leaves goes through further layers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.scores = Head(8, 1)
        self.cls = nn.Linear(8, 6)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        kept = self.scores(x)[0, :, 0].sigmoid() > 0.99
        rows = x.flatten(2).transpose(1, 2)[0]
        return self.cls(rows[kept])


def test_a_choice_on_the_way_is_one_step() -> None:
    found = imported(TwoStages(), (1, 3, 16, 16))
    assert found.text.count("label: selection") + found.text.count("label=selection") == 1
    assert "left out" not in found.report
    assert "dense 6" in found.text


class Masked(nn.Module):
    """A mask that only multiplies decides on no shape."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        x = self.one(x)
        return self.two(x * (x > 0.5))


def test_a_mask_that_multiplies_is_no_choice() -> None:
    found = imported(Masked(), (1, 4, 8))
    assert "left out" not in found.report
    assert "selection" not in found.text


class Canvas(nn.Module):
    """Images in a larger frame, as detectors make batches."""

    def __init__(self, fill: float, side: int) -> None:
        super().__init__()
        self.fill, self.side = fill, side
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Any) -> Any:
        frame = x.new_full((1, 3, self.side, self.side), self.fill)
        for number, image in enumerate(x.unbind(0)):
            frame[number, :, : image.shape[1], : image.shape[2]].copy_(image)
        return self.conv(frame)


def test_an_image_that_fills_its_frame_is_the_image() -> None:
    found = imported(Canvas(0.0, 16), (1, 3, 16, 16))
    assert "conv 3x3 8" in found.text
    for word in ("write", "copy", "new full", "part", "pad"):
        assert word not in found.text


def test_zeros_round_an_image_are_a_padding_and_other_numbers_are_none() -> None:
    assert "pad=0,4,0,4" in imported(Canvas(0.0, 20), (1, 3, 16, 16)).text
    text = imported(Canvas(0.5, 20), (1, 3, 16, 16)).text
    assert "pad=" not in text
    assert "write a part" in text


class Single(nn.Module):
    """A weight of one number that several layers share."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 1, 1)

    def forward(self, x: Any) -> Any:
        x = self.conv(x)
        return self.last(x) + self.last(F.relu(x))


def test_a_single_shared_number_counts_once() -> None:
    imported(Single(), (1, 3, 8, 8))
