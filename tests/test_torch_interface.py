"""What may be given to ``from_torch``, and that a module is as it was afterwards."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import archviz  # noqa: E402
from archviz.errors import ArchvizError  # noqa: E402

nn = torch.nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.drop, self.end = nn.Dropout(), nn.Linear(8, 10)

    def forward(self, x: Any, scale: Any = None) -> Any:
        x = self.norm(self.conv(x)).relu().mean((-2, -1))
        return self.end(self.drop(x if scale is None else x * scale))


SIZE = (1, 3, 16, 16)
PARAMETERS = 3 * 9 * 8 + 8 + 16 + 90


def trained(module: Any, *given: Any, **more: Any) -> int:
    net = archviz.from_torch(module, *given, **more)
    assert net.imported is not None
    assert net.imported.faithful, net.imported.report
    return int(net.info()["totals"]["trainable"])


@pytest.mark.parametrize(
    "given",
    [
        SIZE,
        SIZE[1:],
        [SIZE],
        torch.zeros(SIZE),
        (torch.zeros(SIZE),),
        {"x": torch.zeros(SIZE)},
        {"x": torch.zeros(SIZE), "scale": torch.ones(1, 8)},
        (torch.zeros(SIZE), 2.0),
    ],
    ids=["size", "no batch", "sizes", "tensor", "tuple", "words", "two", "number"],
)
def test_what_it_is_called_with(given: Any) -> None:
    assert trained(Net(), given) == PARAMETERS


@pytest.mark.parametrize("kind", [torch.half, torch.bfloat16, torch.double])
def test_precisions(kind: Any) -> None:
    assert trained(Net().to(kind), SIZE) == PARAMETERS


def test_a_model_without_numbers() -> None:
    with torch.device("meta"):
        module = Net()
    assert trained(module, SIZE) == PARAMETERS


def test_a_model_that_looks_at_numbers_runs_on_its_weights() -> None:
    class Looks(Net):
        def forward(self, x: Any, scale: Any = None) -> Any:
            return super().forward(x) if x.sum() >= 0 else x

    assert trained(Looks(), SIZE) == PARAMETERS


def test_training_reads_what_is_there_only_then() -> None:
    class Heads(Net):
        def __init__(self) -> None:
            super().__init__()
            self.aux = nn.Linear(8, 4)

        def forward(self, x: Any, scale: Any = None) -> Any:
            x = self.norm(self.conv(x)).relu().mean((-2, -1))
            return (self.end(x), self.aux(x)) if self.training else self.end(x)

    assert trained(Heads(), SIZE) == PARAMETERS
    net = archviz.from_torch(Heads(), SIZE, mode="train")
    assert net.imported is not None
    assert net.imported.unused == ()
    with pytest.raises(ValueError, match="mode is"):
        archviz.from_torch(Heads(), SIZE, mode="both")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Net, "Net: is a class"),
        (Net().state_dict(), "is a state dict"),
        (3, "is no PyTorch module"),
    ],
    ids=["class", "state dict", "number"],
)
def test_what_is_no_module(given: Any, words: str) -> None:
    with pytest.raises(ArchvizError, match=words):
        archviz.from_torch(given, SIZE)


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_a_script() -> None:
    script = torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2))
    with pytest.raises(ArchvizError, match="is a script"):
        archviz.from_torch(script, (1, 2))


def test_a_size_that_nobody_states() -> None:
    with pytest.raises(ArchvizError, match="does not say which size"):
        archviz.from_torch(Net())
    module = Net()
    module.default_cfg = {"input_size": (3, 16, 16)}  # as timm has it
    assert trained(module) == PARAMETERS


def test_what_cannot_be_copied() -> None:
    module = Net()
    module.lock = threading.Lock()
    assert trained(module, SIZE) == PARAMETERS
    assert module.conv.weight.device.type == "cpu"


# ---- the module afterwards ---------------------------------------------------------------------


class Caches(Net):
    """It keeps what it has seen, counts its calls and draws numbers."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self.fails, self.seen, self.calls = fails, None, 0
        self.register_buffer("steps", torch.zeros(1))
        self.drop.eval()

    def forward(self, x: Any, scale: Any = None) -> Any:
        self.seen, self.calls = x, self.calls + 1
        self.steps += 1
        torch.manual_seed(self.calls)
        if self.fails:
            raise ValueError("no way")
        return super().forward(x)


@pytest.mark.parametrize("fails", [False, True])
def test_a_module_is_as_it_was(fails: bool) -> None:
    module = Caches(fails)
    hooked: list[Any] = []
    module.conv.register_forward_hook(lambda *given: hooked.append(given) and None)
    state = copy.deepcopy(module.state_dict())
    tensors = [id(one) for one in (*module.parameters(), *module.buffers())]
    training = [part.training for part in module.modules()]
    torch.manual_seed(7)
    numbers = torch.random.get_rng_state()
    hooks = torch.nn.modules.module
    general = len(hooks._global_forward_hooks), len(hooks._global_forward_pre_hooks)
    if fails:
        with pytest.raises(ArchvizError, match="no way"):
            archviz.from_torch(module, SIZE)
    else:
        trained(module, SIZE)
    assert module.seen is None
    assert module.calls == 0
    assert [id(one) for one in (*module.parameters(), *module.buffers())] == tensors
    assert all(torch.equal(one, state[name]) for name, one in module.state_dict().items())
    assert [part.training for part in module.modules()] == training
    assert torch.equal(torch.random.get_rng_state(), numbers)
    assert (len(hooks._global_forward_hooks), len(hooks._global_forward_pre_hooks)) == general
    assert len(module.conv._forward_hooks) == 1
    assert torch.is_grad_enabled()


def test_no_weights_are_copied() -> None:
    with torch.device("meta"):  # 40 GB, if it had them
        module = nn.Sequential(nn.Linear(100_000, 100_000))
    assert trained(module, (1, 100_000)) == 100_000 * 100_001
