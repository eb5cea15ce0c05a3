"""How long it takes from a PyTorch module to its SVG, beside other tools that draw modules.

    python tests/benchmark_torch.py [--rounds 3]

Each tool draws each model in a process of its own, after a figure of two layers, for which it has
imported what it needs: the time is from the module to the written file (TensorGami's is a figure
in memory), the memory what the process grew by at its peak, beyond the module itself.
ResNet-50 and ViT-B/16 are torchvision's, the Llama of 32 layers is one of transformers at the
widths of 7 billion parameters, on the meta device. A tool that is not installed, or cannot draw a
model, is named with the reason. Nothing is downloaded. Prints ratios to archviz.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

IMAGE, WORDS = (1, 3, 224, 224), (1, 32)
TIME = 300
"""Seconds after which a tool is stopped."""


def _resnet50() -> tuple[Any, tuple[int, ...]]:
    import torchvision

    return torchvision.models.resnet50(), IMAGE


def _vit() -> tuple[Any, tuple[int, ...]]:
    import torchvision

    return torchvision.models.vit_b_16(), IMAGE


def _llama() -> tuple[Any, tuple[int, ...]]:
    import torch
    import transformers

    config = transformers.LlamaConfig(num_hidden_layers=32, hidden_size=4096)
    with torch.device("meta"):
        return transformers.LlamaForCausalLM(config), WORDS


MODELS: Mapping[str, Callable[[], tuple[Any, tuple[int, ...]]]] = {
    "ResNet-50": _resnet50,
    "ViT-B/16": _vit,
    "Llama, 32 layers": _llama,
}


def _example(model: Any, size: tuple[int, ...]) -> Any:
    import torch

    kind = torch.int64 if size == WORDS else torch.float32
    device = next(model.parameters()).device
    return torch.zeros(size, dtype=kind, device=device)


def _archviz(model: Any, size: tuple[int, ...], path: str) -> None:
    import archviz

    archviz.from_torch(model, size).save(path)


def _torchview(model: Any, size: tuple[int, ...], path: str) -> None:
    import torchview

    graph = torchview.draw_graph(model, input_data=_example(model, size), device="meta")
    graph.visual_graph.render(outfile=path, format="svg")


def _tensorgami(model: Any, size: tuple[int, ...], path: str) -> None:
    import tensorgami

    del path
    tensorgami.draw(model, _example(model, size))


def _torchvista(model: Any, size: tuple[int, ...], path: str) -> None:
    import torchvista

    given = _example(model, size)
    torchvista.trace_model(model, given, export_format="svg", export_path=path)


TOOLS: Mapping[str, Callable[[Any, tuple[int, ...], str], None]] = {
    "archviz": _archviz,
    "torchview": _torchview,
    "tensorgami": _tensorgami,
    "torchvista": _torchvista,
}


def _inside(tool: str, model: str, folder: str) -> dict[str, float]:
    """What one tool takes for one model, in this process."""
    import torch

    torch.set_num_threads(1)
    first = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), torch.nn.ReLU()).eval()
    TOOLS[tool](first, (1, 3, 8, 8), os.path.join(folder, "first.svg"))
    module, size = MODELS[model]()
    module.eval()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    TOOLS[tool](module, size, os.path.join(folder, "model.svg"))
    seconds = time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "megabytes": grown / 1024}


def measured(tool: str, model: str) -> dict[str, float] | str:
    """What a tool takes for a model, in a process of its own; or why it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--inside", tool, model, folder]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIME)
        except subprocess.TimeoutExpired:
            return f"over {TIME} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["died"])[-1][:100]
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Measure all, the least of some rounds, and print a line a model and tool."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        print(json.dumps(_inside(*args.inside)))
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    for model in MODELS:
        found: dict[str, list[dict[str, float]]] = {}
        for _ in range(args.rounds):
            for tool in TOOLS:
                one = measured(tool, model)
                if isinstance(one, str):
                    print(f"{model}: {tool}: {one}")
                else:
                    found.setdefault(tool, []).append(one)
        base = min((one["seconds"] for one in found.get("archviz", ())), default=0.0)
        for tool, rows in found.items():
            seconds = min(row["seconds"] for row in rows)
            memory = min(row["megabytes"] for row in rows)
            ratio = f"{seconds / base:5.1f} x" if base else ""
            print(f"{model}: {tool}: {ratio} {seconds:.2f} s, {memory:.0f} MB more", flush=True)


if __name__ == "__main__":
    main()
