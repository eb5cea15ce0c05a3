"""What random PyTorch networks were once drawn with wrong numbers for, each as a small module."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from benchmark_torch_networks import truth_of, verdict  # noqa: E402
from torch import nn  # noqa: E402
from torch_networks import Made  # noqa: E402
from torch_parts import Does  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
MAP, ROWS, VOLUME = (3, 2, 6, 7), (2, 5, 4), (3, 3, 5, 5, 7)


def _both(own: Any, x: Any) -> Any:
    rows, (last, _) = own.parts[0](x)
    return rows, last[-1]


def _token(own: Any, x: Any) -> Any:
    return torch.cat([own.token.expand(x.shape[0], -1, -1), x], 1)


MODULES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "product of rows with themselves": (lambda: Does(lambda own, x: x @ x.mT), ROWS),
    "stack before the batch": (lambda: Does(
        lambda own, x: torch.stack([x, own.parts[0](x)]).mean(0), nn.Conv2d(2, 2, 3, padding=1)
    ), MAP),
    "stack before a batch of one": (lambda: Does(
        lambda own, x: torch.stack([x, own.parts[0](x)]).sum(0), nn.Conv2d(2, 2, 3, padding=1)
    ), (1, 2, 6, 7)),
    "stack before a batch as large as the channels": (lambda: nn.Sequential(
        Does(lambda own, x: x.flip(1)),
        Does(lambda own, x: torch.stack([x, own.parts[0](x)]).sum(0), nn.Conv1d(3, 3, 1)),
    ), (3, 3, 6)),
    "root mean square without weights": (lambda: nn.RMSNorm(4, elementwise_affine=False), ROWS),
    "rows and the last state": (lambda: Does(
        _both, nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True)), ROWS),
    "class token of three examples": (lambda: Does(_token, token=(1, 1, 4)), (3, 5, 4)),
    "two norms of other axes": (lambda: nn.Sequential(
        Does(lambda own, x: x.flip(1)), nn.BatchNorm1d(5, affine=False), nn.LayerNorm(4)), ROWS),
    "batch norm of what is no map": (lambda: nn.Sequential(
        nn.LeakyReLU(), nn.BatchNorm3d(3), nn.LeakyReLU()), VOLUME),
    "norm behind moved rows": (lambda: nn.Sequential(
        Does(lambda own, x: torch.lerp(x, x, 0.3)), nn.Conv1d(5, 5, 2)), ROWS),
    "volume behind a box": (lambda: nn.Sequential(Does(
        lambda own, x: own.parts[1](*own.parts[0](x), output_size=x.shape),
        nn.MaxPool3d(2, return_indices=True), nn.MaxUnpool3d(2)), nn.Conv3d(3, 2, 3)), VOLUME),
    "attention of a narrow layer with itself": (lambda: Does(
        lambda own, x: torch.bmm(own.parts[0](x), own.parts[0](x).mT).softmax(-1) @ x,
        nn.Linear(4, 2)), ROWS),
    "queries, keys and values in one": (lambda: nn.Sequential(
        nn.Linear(4, 2), Does(lambda own, x: torch.bmm(x, x.mT).softmax(-1) @ x)), ROWS),
    "attention on turned rows": (lambda: Does(
        lambda own, x: own.parts[0](*[x.transpose(1, 2)] * 3)[0],
        nn.MultiheadAttention(5, 1, batch_first=True)), ROWS),
    "sum of products with dots": (lambda: Does(
        lambda own, x: torch.einsum("...i,oi->...o", x, own.w), w=(6, 4)), ROWS),
    "product without a sum": (lambda: Does(
        lambda own, x: torch.einsum("bi,bj->bij", x.mean(1), x.sum(1))), ROWS),
    "sums of one value alone": (lambda: Does(
        lambda own, x: torch.einsum("bic,bjd->bij", x, own.parts[0](x)), nn.Linear(4, 3)), ROWS),
    "bilinear": (lambda: Does(lambda own, x: own.parts[0](x, x), nn.Bilinear(4, 4, 3)), ROWS),
    "last projected state": (lambda: Does(
        lambda own, x: own.parts[0](x.transpose(0, 1))[1][0][-1], nn.LSTM(4, 5, proj_size=3)),
        ROWS),
    "projected states": (lambda: Does(
        lambda own, x: own.parts[0](x)[0], nn.LSTM(4, 5, proj_size=3, batch_first=True)), ROWS),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_what_was_wrong_once_is_right(name: str) -> None:
    make, shape = MODULES[name]
    made = Made(make().eval(), (torch.rand(shape),))
    found = verdict("live", made, truth_of(made))
    assert found.outcome in ("right", "sides of 1"), found.why


def test_a_frozen_layer_is_so_where_its_last_state_alone_is_taken() -> None:
    module = Does(
        lambda own, x: own.parts[0](x)[1][-1], nn.RNN(4, 5, bidirectional=True, batch_first=True)
    )
    module.parts[0].weight_ih_l0_reverse.requires_grad_(False)
    made = Made(module.eval(), (torch.rand(ROWS),))
    found = verdict("live", made, truth_of(made))
    assert found.outcome in ("right", "sides of 1"), found.why


def test_a_root_mean_square_is_called_so() -> None:
    import archviz

    net = archviz.from_torch(nn.RMSNorm(4, elementwise_affine=False), ROWS)
    assert net.imported is not None
    assert "RMS norm" in net.imported.text
    assert "layer-norm" not in net.imported.text


def test_a_wrong_count_is_a_verdict() -> None:
    made = Made(nn.Conv2d(2, 3, 3).eval(), (torch.rand(MAP),))
    truth = truth_of(made)
    for other in (
        truth._replace(macs=truth.macs + 1),
        truth._replace(parameters=5),
        truth._replace(ends=((4, 5, 4),)),
        truth._replace(layers={"": frozenset({(4, 5, 4)})}),
    ):
        assert verdict("live", made, other).outcome == "wrong"
