"""ONNX files of both of PyTorch's exporters beside the live modules: what differs in the figures.

    python tests/compare_exporters.py                    # ten networks, in some minutes
    python tests/compare_exporters.py timm:resnet18      # only these

Weights are drawn at random first, since exporters write equal ones once. What may differ is told
by name: a batch norm that an exporter has folded into its convolution has left no trace but the
convolution's bias. Everything else is shown line by line.
"""

from __future__ import annotations

import contextlib
import difflib
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

NETWORKS = (
    "timm:resnet18",
    "timm:mobilenetv3_small_100",
    "timm:vit_tiny_patch16_224",
    "timm:convnext_atto",
    "timm:efficientnet_b0",
    "torchvision:resnext50_32x4d",
    "torchvision:shufflenet_v2_x0_5",
    "torchvision:densenet121",
    "transformers:bert",
    "transformers:gpt2",
)
SMALL = {"num_hidden_layers": 3, "n_layer": 3, "hidden_size": 96, "n_embd": 96, "vocab_size": 500}
"""Sizes of the networks of transformers."""
SHOWN = 24
"""Lines that differ, at most."""
FOLDED = "batch norms folded into convolutions"
NAMES = "names of modules"
_BADGES = re.compile(r" (batch-norm|no-bias|no-norm|bias|out-bias=\w+)\b")


class Figure(NamedTuple):
    """What is compared of a figure."""

    lines: tuple[str, ...]
    modules: tuple[str, ...]
    parameters: int
    macs: int
    report: str


def model_of(name: str) -> tuple[Any, Any]:
    """A module with random weights, and what it is called with."""
    import torch

    library, _, word = name.partition(":")
    torch.manual_seed(1)
    if library == "timm":
        import timm

        module, example = timm.create_model(word), torch.rand(1, 3, 224, 224)
    elif library == "torchvision":
        import torchvision

        module = torchvision.models.get_model(word, weights=None)
        example = torch.rand(1, 3, 224, 224)
    else:
        import transformers

        config = transformers.AutoConfig.for_model(word)
        for key, value in SMALL.items():
            if hasattr(config, key):
                setattr(config, key, value)
        module, example = _words(transformers.AutoModel.from_config(config)), torch.ones(1, 16)
        example = example.long()
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.1)
    return module.eval(), example


def _words(model: Any) -> Any:
    """A model of transformers that takes words and gives rows, and nothing else."""
    import torch

    class Words(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, words: Any) -> Any:
            return self.model(input_ids=words, use_cache=False).last_hidden_state

    return Words()


def figure_of(net: Any) -> Figure:
    """The spec of a figure without its title and its defaults, and its numbers."""
    import yaml

    spec = yaml.safe_load(net.imported.text)
    found = net.info()["totals"]
    parts = {key: spec[key] for key in ("modules", "network") if key in spec}
    lines = yaml.safe_dump(parts, sort_keys=False, width=100).splitlines()
    modules = tuple(spec.get("modules", ()))
    return Figure(tuple(lines), modules, found["parameters"], found["macs"], net.imported.report)


def exported(module: Any, example: Any, path: Path, dynamo: bool) -> None:
    """Write the ONNX file of one of the exporters."""
    import torch

    with quiet():
        torch.onnx.export(module, (example,), str(path), dynamo=dynamo)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing of what exporters say reaches the terminal, be it said by Python or below it."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            yield
    finally:
        sys.stdout.flush()
        for end, old in zip((1, 2), kept, strict=True):
            os.dup2(old, end)
            os.close(old)
        os.close(nowhere)
        logging.disable(logging.NOTSET)


def plain(lines: tuple[str, ...], names: dict[str, str]) -> list[str]:
    """Lines without what folded batch norms leave, and with the names of the live figure."""
    found = []
    for line in lines:
        if line.lstrip().startswith(("label:", "title:")):
            continue
        line = _BADGES.sub("", line)
        for word, other in names.items():
            line = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", other, line)
        found.append(line)
    return found


def differences(live: Figure, other: Figure, norms: int) -> list[str]:
    """What differs; what may, by its name."""
    said = []
    away = live.parameters - other.parameters
    if 0 < away <= norms and away % 3 == 0:
        said.append(f"may differ: {FOLDED} ({away:,} parameters)")
    elif live.parameters != other.parameters:
        said.append(f"DIFFERS: {live.parameters:,} parameters, {other.parameters:,} in the file")
    if live.macs != other.macs:
        said.append(f"DIFFERS: {live.macs:,} multiply-adds, {other.macs:,} in the file")
    if "faithful:" not in other.report:
        said.append(f"DIFFERS: {other.report[:200]}")
    names: dict[str, str] = {}
    if live.modules != other.modules and len(live.modules) == len(other.modules):
        names = dict(zip(other.modules, live.modules, strict=True))
        pairs = [f"{a} for {b}" for a, b in names.items() if a != b]
        said.append(f"may differ: {NAMES}: {', '.join(pairs)}")
    one, two = plain(live.lines, {}), plain(other.lines, names)
    changed = [
        line
        for line in difflib.unified_diff(one, two, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    if changed:
        said.append(f"DIFFERS: {len(changed)} lines of the spec")
        said += [f"    {line[:110]}" for line in changed[:SHOWN]]
    return said


def folded_norms(module: Any) -> int:
    """The parameters by which a network has fewer, once its batch norms are biases."""
    import torch

    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    return sum(3 * norm.num_features for norm in norms)


def main(names: list[str]) -> int:
    import archviz

    wrong = 0
    for name in names or list(NETWORKS):
        module, example = model_of(name)
        live = figure_of(archviz.from_torch(module, example))
        for dynamo in (True, False):
            way = "new exporter" if dynamo else "older exporter"
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.onnx"
                try:
                    exported(module, example, path, dynamo)
                except Exception as error:  # the exporter's own
                    print(f"{name}, {way}: cannot be exported: {str(error)[:80]}")
                    continue
                found = differences(
                    live, figure_of(archviz.from_onnx(str(path))), folded_norms(module)
                )
            wrong += any(line.startswith("DIFFERS") for line in found)
            print(f"{name}, {way}: {'the same' if not found else ''}")
            print("".join(f"  {line}\n" for line in found), end="", flush=True)
    print(f"{wrong} files with figures that differ in what may not")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
