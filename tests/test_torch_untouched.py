"""Reading a PyTorch module leaves it, and all of PyTorch, as they were."""

from __future__ import annotations

import logging
import random
import threading
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import archviz
from archviz.errors import ArchvizError

torch = pytest.importorskip("torch", reason="builds its models with PyTorch")
from torch import nn  # noqa: E402


class Net(nn.Module):
    """What a forward may do to its module and to what is around; ``fail`` ends it at last."""

    def __init__(self, look: bool = False, fail: bool = False) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(4, 2)
        self.register_buffer("count", torch.zeros(1))
        self.cache: Any = None
        self.kept: dict[str, Any] = {}
        self.tables = [torch.ones(4)]
        self.look, self.fail = look, fail

    def forward(self, x: Any) -> Any:
        self.count += 1
        self.tables[0].mul_(2)
        x = self.drop(self.norm(self.conv(x))).mean((-2, -1)) * self.tables[0]
        self.cache = x
        self.kept["x"] = x
        self.grown = torch.rand(3)
        self.norm.eval()
        random.random()
        warnings.warn("look here", stacklevel=1)
        logging.getLogger("net").error("look here")
        print("look here")
        if self.look and float(self.head.weight.sum()) == 1.5:
            x = x + 1
        if self.fail:
            raise ValueError("no way")
        return self.head(x)


class Locked(Net):
    """A module that ``copy.deepcopy`` refuses."""

    def __init__(self, look: bool = False, fail: bool = False) -> None:
        super().__init__(look, fail)
        self.lock = threading.Lock()
        self.stream = iter([1, 2])


def state(module: Any) -> Callable[[], Any]:
    """All that must stay: a function that tells it."""
    hooks = nn.modules.module

    def tell() -> Any:
        parts = [*module.modules()]
        tensors = [*module.parameters(), *module.buffers(), *module.tables]
        return (
            [part.training for part in parts],
            [(id(one), one.data_ptr(), one.device, one.dtype, one._version) for one in tensors],
            [one.tolist() for one in tensors],
            [(one.requires_grad, one.grad) for one in module.parameters()],
            [sorted(vars(part)) for part in parts],
            (module.cache, dict(module.kept), [id(one) for one in module.tables]),
            [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in parts],
            len(hooks._global_forward_hooks) + len(hooks._global_forward_pre_hooks),
            (torch.get_rng_state().tolist(), torch.is_grad_enabled(), torch.get_default_dtype()),
            torch.backends.mha.get_fastpath_enabled(),
            torch.empty(0).device,
            (logging.root.manager.disable, list(warnings.filters)),
        )

    return tell


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("fail", [False, True])
@pytest.mark.parametrize("look", [False, True])
@pytest.mark.parametrize("kind", [Net, Locked])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_all_is_as_it_was(
    kind: Any, look: bool, fail: bool, training: bool, mode: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    module = kind(look, fail).train(training)
    module.drop.train(not training)
    module.conv.weight.requires_grad_(False)
    module.conv.register_forward_hook(lambda *_: None)
    tell = state(module)
    before = tell()
    numbers = random.getstate()
    if fail:
        with pytest.raises(ArchvizError, match="cannot run: no way"):
            archviz.from_torch(module, (1, 3, 8, 8), mode=mode)
    else:
        net = archviz.from_torch(module, (1, 3, 8, 8), mode=mode)
        assert net.info()["totals"]["parameters"] == 138
    assert tell() == before
    assert random.getstate() == numbers
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_every_precision_and_device(dtype: Any, device: str) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).to(dtype).to(device)
    net = archviz.from_torch(module, (1, 3, 8, 8))
    assert net.imported is not None
    assert net.imported.faithful
    assert {(one.dtype, one.device.type) for one in module.parameters()} == {(dtype, device)}


@pytest.mark.parametrize("look", [False, True])
def test_weights_are_not_copied(look: bool) -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.head = nn.Linear(1, 2**24), nn.Linear(4, 4)

        def forward(self, x: Any) -> Any:
            if look and float(self.head.bias[0]) == 3:
                x = x + 1
            return self.head(x) + self.wide(x[:, :1])[:, :4]

    import resource

    module = Wide()
    module.wide.weight.data.fill_(1)
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        archviz.from_torch(module, (1, 4))
        python = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert python < 16e6
    # one output of the wide layer where it runs on numbers, with its product and sum
    assert grown < (3 * 4 * 2**24 if look else 32e6)


def report(module: Any, **more: Any) -> str:
    imported = archviz.from_torch(module, (1, 3, 8, 8), **more).imported
    assert imported is not None
    return imported.report


def test_the_report_says_how_it_was_read() -> None:
    assert "read in evaluation mode" in report(Net())
    assert "read in training mode" in report(Net(), mode="train")
    assert "ran on zeros" not in report(Net())
    assert "ran on zeros with its weights, since without them: " in report(Net(look=True))
    assert "frozen" not in report(Net())
    net = Net()
    net.conv.weight.requires_grad_(False)
    assert "frozen, and counted as not trained: 108 parameters" in report(net)


def test_heads_that_are_only_trained_are_read_in_training_mode() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head, self.more = nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            x = self.body(x)
            return (self.head(x), self.more(x)) if self.training else self.head(x)

    plain = archviz.from_torch(Auxiliary(), (1, 4)).imported
    assert plain is not None
    assert plain.unused == (("more.weight", 24), ("more.bias", 3))
    assert plain.faithful
    assert plain.plain
    assert "not used in this pass, and left out: more.weight, more.bias, 27 par" in plain.report
    trained = archviz.from_torch(Auxiliary(), (1, 4), mode="train").imported
    assert trained is not None
    assert trained.unused == ()
    with pytest.raises(ValueError, match="mode is"):
        archviz.from_torch(Auxiliary(), (1, 4), mode="test")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
def test_what_is_no_module_is_answered() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3))
    inputs = (torch.zeros(1, 3, 8, 8),)
    for given, message in (
        (nn.ReLU, "is a class"),
        (module.state_dict(), "is a state dict"),
        (torch.jit.trace(module, inputs), "is a script"),
        (3, "is no PyTorch module"),
    ):
        with pytest.raises(ArchvizError) as caught:
            archviz.from_torch(given, (1, 3, 8, 8))
        assert message in str(caught.value)
    program = torch.export.export(module, inputs).module()
    for given in (torch.compile(module), program, torch.export.export(module, inputs)):
        assert "112 parameters" in report(given)


@pytest.mark.parametrize("kind", [tuple, list, dict])
def test_examples(kind: Any) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.head = nn.Embedding(9, 4), nn.Linear(4, 2)

        def forward(self, ids: Any, more: Any) -> Any:
            return self.head(self.words(ids).mean(1) + more)

    ids, more = torch.ones(1, 3, dtype=torch.int64), torch.ones(1, 4)
    given = {"more": more, "ids": ids} if kind is dict else kind((ids, more))
    net = archviz.from_torch(Two(), given)
    assert net.info()["totals"]["parameters"] == 46
    assert "faithful" in net.info()["imported"]["report"]


class Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)

    def forward(self, x: Any, y: Any) -> Any:
        return self.a(x) + self.b(y)


@pytest.mark.parametrize(
    "given",
    [
        [(3, 8, 8), (3, 8, 8)],
        [(1, 3, 8, 8), (1, 3, 8, 8)],
        (torch.zeros(3, 8, 8), torch.zeros(3, 8, 8)),
        {"x": torch.zeros(3, 8, 8), "y": torch.zeros(3, 8, 8)},
        {"x": (3, 8, 8), "y": (3, 8, 8)},
    ],
)
def test_inputs_without_a_batch_get_one(given: Any) -> None:
    net = archviz.from_torch(Sum(), given)
    assert net.info()["totals"]["macs"] == 2 * 36 * 4 * 27
    assert net.imported is not None
    assert net.imported.plain


def test_arrays_and_inputs_that_are_none() -> None:
    numpy = pytest.importorskip("numpy")
    conv = nn.Conv2d(3, 4, 3)
    for given in (numpy.zeros((1, 3, 8, 8), "float32"), torch.Size((1, 3, 8, 8)), [3, 8, 8]):
        assert archviz.from_torch(conv, given).info()["totals"]["macs"] == 36 * 4 * 27
    for wrong in ("abc", (1, 3, 0, 8), (1.5, 3, 8, 8), True, (), [[]]):
        with pytest.raises(ArchvizError, match="cannot be run on an input of"):
            archviz.from_torch(conv, wrong)
    with pytest.raises(ArchvizError) as caught:
        archviz.from_torch(nn.LazyConv2d(4, 3), (1, 3, 8, 8))
    assert "call it once yourself" in str(caught.value)


def test_a_convolution_of_one_picture_after_another_is_refused() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Any) -> Any:
            return self.conv(x.reshape(3, 8, 8))

    with pytest.raises(ArchvizError, match="gets an input without a batch"):
        archviz.from_torch(Loop(), (1, 3, 8, 8))
