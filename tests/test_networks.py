"""The specs of networks that nobody has published as code, against modules from their papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="builds its networks with PyTorch")
import networks  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def maps(*shape: int) -> Any:
    return torch.zeros(1, *shape, device="meta")


def words(number: int) -> Any:
    return torch.zeros(1, number, dtype=torch.long, device="meta")


CASES: dict[str, tuple[Callable[[], Any], Callable[[], tuple[Any, ...]]]] = {
    "docs/examples/alphazero.yaml": (networks.AlphaZero, lambda: (maps(17, 19, 19),)),
    "docs/examples/siamese.yaml": (networks.Siamese, lambda: (maps(1, 105, 105),) * 2),
    "docs/examples/wavenet.yaml": (networks.WaveNet, lambda: (maps(256, 16000),)),
    "docs/examples/seq2seq.yaml": (networks.SequenceToSequence, lambda: (words(50), words(40))),
    "specs/unet.yaml": (networks.UNet, lambda: (maps(1, 572, 572),)),
    "specs/transformer.yaml": (networks.Transformer, lambda: (words(60), words(50))),
}


@pytest.mark.parametrize("path", CASES)
def test_a_spec_has_the_totals_of_the_module_written_from_the_paper(path: str) -> None:
    build, inputs = CASES[path]
    with torch.device("meta"):
        module = build()
    assert networks.stated(path) == networks.measured(module, *inputs())
