"""How fast the command is, as ratios within one run: a whole process against bare imports.

    python tests/benchmark.py                    of a wheel, built and installed afresh
    python tests/benchmark.py --python PATH      of a Python that archviz is installed in
    python tests/benchmark.py --rounds 20        more rounds, the median of each command

Every round runs each command once, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import wheels

CLICK = ("-c", "import click")
ALL = ("-c", "import click, yaml, jinja2")
BOUNDS = {"list": 1.15, "render resnet50": 1.3, "render inception_v4": 1.5}
EXPORTERS = "click, yaml, jinja2, pptx, reportlab.pdfgen.canvas, resvg_py"
EXPORT_BOUNDS = {"five formats": 4.0, "pptx alone": 1.5}
SIZES = (2_500, 5_000, 10_000, 20_000)
DOUBLING = 2.3


def generated(layers: int) -> str:
    """A spec with so many drawn layers: half in the main row, half in panels of towers."""
    modules = layers // 250
    lines = [f"title: Generated {layers}", "defaults: {conv: same batch-norm relu}", "modules:"]
    for number in range(modules):
        tower = ", ".join(["conv 3x3 8"] * 31)
        lines += [f"  m{number}:", f"    towers: [[{tower}], [{tower}], [{tower}], [{tower}]]"]
        lines += ["    merge: add relu"]
    lines += ["network:", "  - input 16x16x8"]
    for number in range(modules):
        lines += [f"  - m{number}", *["  - conv 3x3 8"] * 124]
    return "\n".join(lines) + "\n"


def time_of(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def medians(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int) -> dict[str, float]:
    """Median of each command's time, in seconds."""
    environment = wheels.clean_environment()
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            taken = time_of(command, folder, environment)
            if number:  # the first round warms caches up
                times[name].append(taken)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(python: str, folder: Path, rounds: int) -> bool:
    """Print all ratios; whether they lie within their bounds."""
    script = str(Path(python).with_name("archviz"))
    net = str(folder / "net.svg")
    found = medians(
        {
            "import click": [python, *CLICK],
            "import click, yaml, jinja2": [python, *ALL],
            "list": [script, "list"],
            "render resnet50": [script, "render", "resnet50", "-o", net],
            "render inception_v4": [script, "render", "inception_v4", "-o", net],
        },
        folder,
        rounds,
    )
    for name, seconds in found.items():
        print(f"{name:<28}{1000 * seconds:8.1f} ms")
    good = True
    print()
    for name, bound in BOUNDS.items():
        base = "import click" if name == "list" else "import click, yaml, jinja2"
        ratio = found[name] / found[base]
        good &= ratio <= bound
        print(f"{name:<20} / {base:<28}{ratio:6.2f}   at most {bound}{mark(ratio, bound)}")
    print()
    commands = {}
    for size in SIZES:
        path = folder / f"n{size}.yaml"
        path.write_text(generated(size), encoding="utf-8")
        commands[str(size)] = [script, "render", str(path), "-o", net]
    grown = medians(commands, folder, max(3, rounds // 3))
    last = 0.0
    for size in SIZES:
        seconds = grown[str(size)]
        ratio = seconds / last if last else 0.0
        good &= ratio <= DOUBLING
        said = f"{ratio:6.2f}   at most {DOUBLING}{mark(ratio, DOUBLING)}" if last else ""
        print(f"{size:>7,} drawn layers{seconds:9.2f} s   {said}")
        last = seconds
    return good


def measure_export(python: str, folder: Path, rounds: int) -> bool:
    """Print the time and memory of an export of all eleven networks; whether it is in bounds."""
    script = str(Path(python).with_name("archviz"))
    target = str(folder / "out")
    formats = {"five formats": "svg,png,pdf,pptx,html", "pptx alone": "pptx"}
    rounds = max(3, rounds // 3)
    commands: dict[str, Sequence[str]] = {"bare imports": [python, "-c", f"import {EXPORTERS}"]}
    for name, suffixes in formats.items():
        commands[name] = [script, "export", "--all", "-f", suffixes, "-d", target, "--force"]
    found = medians(commands, folder, rounds)
    good = True
    print()
    for name, seconds in found.items():
        bound = EXPORT_BOUNDS.get(name, 60.0)
        good &= seconds <= bound
        ratio = seconds / found["bare imports"]
        said = f"at most {bound} s" if name in EXPORT_BOUNDS else ""
        print(f"{name:<14}{seconds:6.2f} s{ratio:7.1f} x bare   {said}{mark(seconds, bound)}")
    command = (
        f"import subprocess, sys, resource; subprocess.run({commands['five formats']!r}, "
        "check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    peak = int(subprocess.run([python, "-c", command], capture_output=True, check=True).stdout)
    print(f"memory of five formats: {peak} MB   at most 300")
    return good and peak <= 300


def mark(ratio: float, bound: float) -> str:
    """What to say of a ratio that is beyond its bound."""
    return "" if ratio <= bound else "   TOO SLOW"


def command_line(description: str) -> argparse.ArgumentParser:
    """The options of a benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--python", help="a Python that archviz is installed in")
    parser.add_argument("--rounds", type=int, default=10, help="how often (default 10)")
    return parser


def run(options: argparse.Namespace, parts: Sequence[Callable[[str, Path, int], bool]]) -> int:
    """Measure parts of one wheel, or of the Python of the command line; 0 if all are in bounds."""
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, median of {options.rounds}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = options.python
        if not python:
            wheel = wheels.build(folder / "dist")
            python = str(wheels.install(wheel, folder / "venv"))
        python = str(Path(python).absolute())
        good = [part(python, folder, options.rounds) for part in parts]
    return 0 if all(good) else 1


def main() -> int:
    options = command_line("Ratios of archviz's time to bare imports.").parse_args()
    return run(options, [measure, measure_export])


if __name__ == "__main__":
    sys.exit(main())
