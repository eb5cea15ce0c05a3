"""How fast and how large an import is, from 200 operators to 100,000, and that of ResNet-50.

    python tests/benchmark_import.py                    of a wheel, built and installed afresh
    python tests/benchmark_import.py --python PATH      of a Python that archviz is installed in
    python tests/benchmark_import.py --model FILE       ResNet-50 from a file, not from our own

The models are chains of residual blocks as PyTorch's exporter names and writes them. Start-up is
the import of a chain of one block in the same process, which is taken off each time; so what is
left is what the operators take: the least processor time of all rounds, since whatever else the
machine does only adds to it. Whole processes are measured as well, as the median of their time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import benchmark
import wheels

SMALL = 13
SIZES = (200, 1_000, 2_000, 10_000, 100_000)
STAGES = ("read", "fold", "write", "verify", "whole")
MOST = 10.0
"""Milliseconds a thousand operators."""
BASE = 2_000
GROWTH = 1.15
"""Time an operator over that at 2,000 operators."""
MEMORY = 1.0
"""Kilobytes an operator beyond those of the graph that the file holds."""
RENDER = 2.0
"""From ONNX to SVG, over rendering the spec that was written by hand."""
MODELS, INSIDE = (
    str(Path(__file__).with_name(f"benchmark_{name}.py")) for name in ("models", "stages")
)


def inside(python: str, folder: Path, size: int, what: str) -> object:
    """What a process finds that imports a chain, after the small one."""
    files = [str(folder / f"chain{number}.onnx") for number in (SMALL, size)]
    done = subprocess.run(
        [python, INSIDE, *files, what],
        cwd=folder,
        check=True,
        env=wheels.clean_environment(),
        capture_output=True,
    )
    return json.loads(done.stdout)


def write_models(python: str, folder: Path, rounds: int) -> bool:
    """Write the models, in a process that leaves its memory."""
    del python, rounds
    sizes = [str(size) for size in (SMALL, *SIZES)]
    subprocess.run([sys.executable, MODELS, str(folder), *sizes], check=True)
    return True


def measure_speed(python: str, folder: Path, rounds: int) -> bool:
    """Print milliseconds a thousand operators, and how they grow."""
    best: dict[int, dict[str, float]] = {}
    for _ in range(rounds):  # all sizes in each round: machines are not always equally fast
        for size in SIZES:
            found = inside(python, folder, size, "1" if size == SIZES[-1] else "5")
            assert isinstance(found, dict)
            old = best.setdefault(size, found)
            best[size] = {stage: min(old[stage], found[stage]) for stage in STAGES}
    print(f"ms a thousand{''.join(f'{stage:>9}' for stage in STAGES)}      at most {MOST:g}")
    whole: dict[int, float] = {}
    for size, seconds in best.items():
        each = {stage: 1e6 * seconds[stage] / size for stage in STAGES}
        whole[size] = each["whole"]
        said = "".join(f"{each[stage]:9.2f}" for stage in STAGES)
        print(f"{size:>13,}{said}{benchmark.mark(whole[size], MOST)}")
    grown = {size: whole[size] / whole[BASE] for size in SIZES if size > BASE}
    print()
    for size, ratio in grown.items():
        print(
            f"{size:>13,} over {BASE:,}{ratio:9.2f}   at most {GROWTH}"
            f"{benchmark.mark(ratio, GROWTH)}"
        )
    return max(whole.values()) <= MOST and max(grown.values()) <= GROWTH


def measure_processes(python: str, folder: Path, rounds: int) -> bool:
    """Print the same of whole processes, with the end of Python and all output."""
    script = str(Path(python).with_name("archviz"))
    commands = {
        size: [script, "import", str(folder / f"chain{size}.onnx"), "-o", str(folder / "o.yaml")]
        for size in (SMALL, *SIZES[2:])
    }
    found = timed(commands, folder, max(3, rounds // 2))
    print()
    for size in SIZES[2:]:
        each = 1e6 * (found[size] - found[SMALL]) / size
        print(f"{size:>13,} in a process of its own{each:9.2f} ms a thousand")
    return True


def measure_memory(python: str, folder: Path, rounds: int) -> bool:
    """Print kilobytes an operator: of the graph of the file, and of the import beyond it."""
    del rounds
    size = SIZES[-1]
    found = inside(python, folder, size, "memory")
    assert isinstance(found, list)
    graph, peak = (number / size / 1000 for number in found)
    beyond = peak - graph
    said = f"at most {MEMORY}{benchmark.mark(beyond, MEMORY)}"
    print(
        f"\nmemory at {size:,}: {graph:.2f} kB for the graph of the file, "
        f"{beyond:.2f} kB beyond it   {said}"
    )
    return bool(beyond <= MEMORY)


def measure_render(python: str, folder: Path, rounds: int, file: str = "") -> bool:
    """Print the time from ONNX to SVG, over that of the spec written by hand."""
    script = str(Path(python).with_name("archviz"))
    target = str(folder / "net.svg")
    model = str(Path(file).absolute() if file else folder / "resnet50.onnx")
    commands = {
        0: [script, "render", "resnet50", "-o", target],
        1: [script, "render", model, "-o", target],
    }
    found = timed(commands, folder, rounds)
    ratio = found[1] / found[0]
    print(
        f"\nrender resnet50 {1000 * found[0]:.0f} ms, from ONNX {1000 * found[1]:.0f} ms: "
        f"{ratio:.2f}   at most {RENDER}{benchmark.mark(ratio, RENDER)}"
    )
    return ratio <= RENDER


def timed(commands: Mapping[int, list[str]], folder: Path, rounds: int) -> dict[int, float]:
    """Median of each command's time."""
    named = {str(key): command for key, command in commands.items()}
    found = benchmark.medians(named, folder, rounds)
    return {int(key): seconds for key, seconds in found.items()}


def main() -> int:
    parser = benchmark.command_line("What the operators of a model take to import.")
    parser.add_argument("--model", default="", help="ResNet-50 as an ONNX file")
    options = parser.parse_args()
    render = partial(measure_render, file=options.model)
    return benchmark.run(
        options, [write_models, measure_speed, measure_processes, measure_memory, render]
    )


if __name__ == "__main__":
    sys.exit(main())
