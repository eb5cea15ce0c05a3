"""Multiply-adds of small PyTorch modules against PyTorch's own count, and no call is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import archviz

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from archviz.importers.read import torch as read_torch  # noqa: E402
from archviz.importers.read.torch_examples import examples_of  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _no_fast_path() -> Iterator[None]:
    """One fused operator would hide its products."""
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


class Calls(nn.Module):
    """Whatever a function does with a module's layers and weights."""

    def __init__(self, does: Any, *parts: nn.Module, **weights: tuple[int, ...]) -> None:
        super().__init__()
        self.does, self.parts = does, nn.ModuleList(parts)
        self.own = nn.ParameterDict({name: torch.zeros(size) for name, size in weights.items()})

    def forward(self, *values: Any) -> Any:
        return self.does(self, *values)


def _attention(own: Calls, x: Any) -> Any:
    """Attention of two heads that share keys and values, by torch's function."""
    q, k, v = (part(x) for part in own.parts)
    q = q.unflatten(-1, (2, 8)).transpose(1, 2)
    k, v = (one.unflatten(-1, (1, 8)).transpose(1, 2) for one in (k, v))
    found = F.scaled_dot_product_attention(q, k, v, enable_gqa=True, is_causal=True)
    return found.transpose(1, 2).flatten(2)


def _written_out(own: Calls, x: Any) -> Any:
    q, k, v = (part(x).unflatten(-1, (2, 8)).transpose(1, 2) for part in own.parts)
    found = (q @ k.transpose(-2, -1) / 8**0.5).softmax(-1) @ v
    return found.transpose(1, 2).flatten(2)


def _weights_too(own: Calls, x: Any) -> Any:
    found, weights = own.parts[0](x, x, x)
    return found, weights


def _grouped(own: Calls, x: Any) -> Any:
    ends = torch.tensor([2, 5, 8], dtype=torch.int32, device=x.device)
    return F.grouped_mm(x[0].bfloat16(), own.own["w"].bfloat16(), offs=ends)


MODULES: dict[str, tuple[Any, Any]] = {
    "conv1d": (lambda: nn.Conv1d(3, 8, 5, 2, 1), (1, 3, 40)),
    "conv2d": (lambda: nn.Conv2d(4, 8, (3, 5), (2, 1), 1, groups=2), (1, 4, 20, 24)),
    "conv2d, batch of 3": (lambda: nn.Conv2d(4, 8, 3, dilation=2), (3, 4, 20, 24)),
    "conv3d": (lambda: nn.Conv3d(3, 6, 3, padding=1), (1, 3, 6, 10, 12)),
    "conv transpose": (lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (1, 4, 9, 11)),
    "conv transpose 1d": (lambda: nn.ConvTranspose1d(4, 6, 4, 2), (1, 4, 9)),
    "linear": (lambda: nn.Linear(16, 24), (1, 7, 16)),
    "bilinear by einsum": (
        lambda: Calls(lambda own, x: torch.einsum("bli,oi->blo", x, own.own["w"]), w=(5, 16)),
        (1, 7, 16),
    ),
    "einsum of two values": (
        lambda: Calls(lambda own, x: torch.einsum("bld,bmd->blm", x, own.parts[0](x)),
                      nn.Linear(16, 16)),
        (1, 7, 16),
    ),
    "bmm": (lambda: Calls(lambda own, x: torch.bmm(x, own.parts[0](x).mT), nn.Linear(16, 16)),
            (1, 7, 16)),
    "addmm": (lambda: Calls(lambda own, x: torch.addmm(own.own["b"], x, own.own["w"]),
                            b=(5,), w=(16, 5)), (2, 16)),
    "attention": (lambda: Calls(_attention, nn.Linear(16, 16), nn.Linear(16, 8), nn.Linear(16, 8)),
                  (1, 7, 16)),
    "attention written out": (lambda: Calls(_written_out, *[nn.Linear(16, 16) for _ in range(3)]),
                              (1, 7, 16)),
    "multi-head": (lambda: Calls(lambda own, x: own.parts[0](x, x, x, need_weights=False)[0],
                                 nn.MultiheadAttention(16, 2, batch_first=True)), (1, 7, 16)),
    "multi-head with weights": (
        lambda: Calls(_weights_too, nn.MultiheadAttention(16, 2, batch_first=True)), (1, 7, 16)),
    "embedding": (lambda: Calls(lambda own, x: own.parts[1](own.parts[0](x)),
                                nn.Embedding(10, 16), nn.Linear(16, 4)), (1, 7)),
}  # fmt: skip
"""Modules that torch's FlopCounterMode counts as they are."""


def _inside(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    make, size = MODULES[name]
    return make().eval(), size


def _example(size: tuple[int, ...]) -> Any:
    return torch.zeros(size, dtype=torch.long if size == (1, 7) else torch.float32)


@pytest.mark.parametrize("name", MODULES)
def test_multiply_adds_are_those_that_torch_counts(name: str) -> None:
    module, size = _inside(name)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        module(_example(size))
    net = archviz.from_torch(module, size)
    assert net.imported is not None and net.imported.faithful, net.imported.report
    assert net.info()["totals"]["macs"] * size[0] == counter.get_total_flops() // 2


def _matrices(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters() if one.dim() == 2)


RECURRENT: dict[str, tuple[Any, tuple[int, ...], int]] = {
    "LSTM": (lambda: nn.LSTM(6, 8, batch_first=True), (1, 5, 6), 5),
    "LSTM of two layers and directions": (
        lambda: nn.LSTM(6, 8, 2, bidirectional=True),
        (5, 1, 6),
        5,
    ),
    "LSTM without a batch": (lambda: nn.LSTM(6, 8), (5, 6), 5),
    "GRU without a batch": (lambda: nn.GRU(6, 8, batch_first=True), (5, 6), 5),
    "LSTM with a projection": (lambda: nn.LSTM(6, 8, proj_size=4, batch_first=True), (1, 5, 6), 5),
    "LSTM cell": (lambda: nn.LSTMCell(6, 8), (1, 6), 1),
    "GRU cell, batch of 3": (lambda: nn.GRUCell(6, 8), (3, 6), 1),
    "RNN cell": (lambda: nn.RNNCell(6, 8), (1, 6), 1),
}
"""Modules that torch does not count: a product of each matrix at each step."""


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_multiply_each_matrix_at_each_step(name: str) -> None:
    make, size, steps = RECURRENT[name]
    module = make().eval()
    net = archviz.from_torch(module, size)
    assert net.imported is not None and net.imported.faithful, net.imported.report
    assert net.info()["totals"]["macs"] == steps * _matrices(module)
    assert net.info()["totals"]["parameters"] == sum(one.numel() for one in module.parameters())


class _Seen(TorchDispatchMode):
    """How often torch's kernels convolve, multiply and look up."""

    KERNELS = ("convolution", "mm", "addmm", "bmm", "baddbmm", "embedding", "linear", "matmul")

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(
        self, kernel: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.calls += kernel.overloadpacket.__name__ in self.KERNELS
        return kernel(*args, **(kwargs or {}))


_KERNELS_OF = {"scaled_dot_product_attention": 2, "multi_head_attention_forward": 4}
"""How many kernels a function calls that calls several; of projections in one, one."""


@pytest.mark.parametrize("name", MODULES)
def test_no_call_is_dropped(name: str) -> None:
    """What the kernels did, seen from below, is what was recorded from above."""
    from archviz.importers.record.multiply_adds import is_product

    module, size = _inside(name)
    with _Seen() as seen, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        module(_example(size))
    given = examples_of(torch, module, size, "it")
    recording, _ = read_torch._recorded(torch, module, given, "eval", "it")
    recorded = [call.function for call in recording.calls
                if is_product(call) or call.function == "embedding"]  # fmt: skip
    assert seen.calls == sum(_KERNELS_OF.get(one, 1) for one in recorded)
