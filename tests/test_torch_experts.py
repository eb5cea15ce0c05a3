"""Mixtures of experts in PyTorch modules: one layer, with the weights of all and what ran."""

from __future__ import annotations

from typing import Any

import pytest

import archviz

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from archviz.importers.record.multiply_adds import Counted, idle_products, miscounted  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

WIDTH, INNER, EXPERTS, ACTIVE, ROWS = 16, 24, 4, 2, 6


class Sorted(nn.Module):
    """Rows in the order of their experts, and products in groups: as transformers does."""

    def __init__(self, biased: bool = False, scores_too: bool = False) -> None:
        super().__init__()
        self.scores_too = scores_too
        self.router = nn.Linear(WIDTH, EXPERTS, bias=biased)
        self.up = nn.Parameter(torch.zeros(EXPERTS, 2 * INNER, WIDTH))
        self.down = nn.Parameter(torch.zeros(EXPERTS, WIDTH, INNER))

    def forward(self, given: Any) -> Any:
        x = given.reshape(-1, WIDTH)
        scores = self.router(x).softmax(-1)
        best, which = torch.topk(scores, ACTIVE, dim=-1)
        best = best / best.sum(-1, keepdim=True)
        order = torch.argsort(which.reshape(-1))
        ends = torch.histc(which.reshape(-1).float(), EXPERTS, 0, EXPERTS - 1)
        ends = ends.cumsum(0).int()
        rows = x[order // ACTIVE].bfloat16()
        gate, up = F.grouped_mm(rows, self.up.mT.bfloat16(), offs=ends).chunk(2, -1)
        rows = F.grouped_mm(F.silu(gate) * up, self.down.mT.bfloat16(), offs=ends)
        rows = rows.float() * best.reshape(-1)[order].unsqueeze(-1)
        found = torch.zeros_like(x).index_add(0, order // ACTIVE, rows)
        found = given + found.view(given.shape)
        return (found, scores) if self.scores_too else found


class Listed(nn.Module):
    """A loop over experts, of which only those that rows go through run."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(WIDTH, EXPERTS, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH, INNER), nn.ReLU(), nn.Linear(INNER, WIDTH))
            for _ in range(EXPERTS)
        )

    def forward(self, given: Any) -> Any:
        x = given.reshape(-1, WIDTH)
        best, which = torch.topk(self.router(x).softmax(-1), ACTIVE)
        found = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows, place = torch.where(which == number)
            if len(rows):
                found.index_add_(0, rows, expert(x[rows]) * best[rows, place, None])
        return given + found.view(given.shape)


class EveryExpert(nn.Module):
    """All experts run on all rows, and most results are thrown away: they count as they ran."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(WIDTH, EXPERTS, bias=False)
        self.experts = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(EXPERTS))

    def forward(self, x: Any) -> Any:
        scores = self.router(x).softmax(-1)
        kept = torch.topk(scores, ACTIVE)[0].amin(-1, keepdim=True)
        scores = torch.where(scores >= kept, scores, 0.0)
        return sum(one(x) * scores[..., n : n + 1] for n, one in enumerate(self.experts))


def _macs(products: int, experts: int = ACTIVE) -> int:
    return ROWS * (WIDTH * EXPERTS + experts * products * WIDTH * INNER)


def _read(module: nn.Module) -> Any:
    net = archviz.from_torch(module.eval(), (1, ROWS, WIDTH))
    assert net.imported is not None
    return net, net.imported, net.info()["totals"]


def test_rows_sorted_by_their_experts_are_one_layer() -> None:
    module = Sorted()
    _, imported, totals = _read(module)
    assert imported.faithful and imported.plain, imported.report
    assert "mixture-of-experts 4 no-bias silu active=2 gated inner=24" in imported.text
    assert totals["parameters"] == sum(one.numel() for one in module.parameters())
    assert totals["macs"] == _macs(3)


def test_a_loop_over_experts_is_one_layer_with_the_weights_of_all() -> None:
    module = Listed()
    _, imported, totals = _read(module)
    assert imported.faithful and not imported.unused, imported.report
    assert "mixture-of-experts 4 relu active=2 inner=24" in imported.text
    assert totals["parameters"] == sum(one.numel() for one in module.parameters())
    assert totals["macs"] == _macs(2)


def test_what_the_kind_does_not_say_is_a_box_with_its_numbers() -> None:
    module = Sorted(biased=True)
    _, imported, totals = _read(module)
    assert imported.faithful, imported.report
    assert "label: mixture of experts" in imported.text
    assert totals["parameters"] == sum(one.numel() for one in module.parameters())
    assert totals["macs"] == _macs(3)


def test_experts_that_all_run_are_what_ran() -> None:
    _, imported, totals = _read(EveryExpert())
    assert "mixture" not in imported.text
    assert totals["macs"] == ROWS * WIDTH * (EXPERTS + EXPERTS * WIDTH)


def test_experts_whose_scores_go_out_too_are_boxes_that_count() -> None:
    _, imported, totals = _read(Sorted(scores_too=True))
    assert "mixture" not in imported.text
    assert totals["macs"] == _macs(3), imported.report


def test_layers_with_other_multiply_adds_than_ran_are_said() -> None:
    assert miscounted(Counted(12), 6, 2) == ()
    (said,) = miscounted(Counted(12), 5, 2)
    assert said == "it ran 6 multiply-adds, the layers drawn have 5"


def test_products_of_weights_alone_may_count_or_not() -> None:
    some = Counted(12, (), 4)
    assert (miscounted(some, 6, 2), miscounted(some, 8, 2)) == ((), ())
    assert len(miscounted(some, 7, 2)) == 1
    assert idle_products(some, 6, 2) == ("not counted: 4 multiply-adds of weights alone",)
    assert idle_products(some, 8, 2) == ()


def test_a_product_that_nobody_knows_is_never_faithful() -> None:
    class Unknown(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(WIDTH, 5))

        def forward(self, x: Any) -> Any:
            return torch.tensordot(x, self.weight, dims=1)

    _, imported, _ = _read(Unknown())
    assert not imported.faithful
    assert "the multiply-adds are not known of: tensordot" in imported.report


def test_a_value_whose_shape_alone_is_taken_is_no_input() -> None:
    """As a class token that is repeated beside each row."""

    class Beside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2 * WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            first, rest = x[:, :1], x[:, 1:]
            return self.layer(torch.cat((rest, first.expand_as(rest)), -1))

    _, imported, _ = _read(Beside())
    assert imported.faithful, imported.report
