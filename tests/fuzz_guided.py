"""Throws damaged files of every kind at the import, and damages further what gets to new lines.

    python tests/fuzz_guided.py --count 20000 [--seed 1] [--guided] [--corpus DIR] [--keep DIR]

Files are those of ``damage_files.py``: ONNX with bodies, functions and modules that are noted,
Keras as JSON, archive and HDF5, exported programs, GGUF, safetensors, configurations. With --guided
each line of ``archviz/importers`` is watched until it has run once; an input that reaches one is
kept, and damaged in turn. That takes about twice as long. --corpus is a folder of files to start
from as well, in which new ones are put. Each input may take ten seconds of the processor and
512 MB; a process that dies is a finding, too, and another one goes on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import damage_files
import fuzz_models
from damage_files import BESIDE, CONFIG, Case

CHUNK = 2000
"""Inputs of a process."""
MEMORY = 512 * 2**20
LARGEST = 64 * 2**10
"""Bytes of an input that is kept."""
WATCHED = "archviz/importers/"


class Lines:
    """Watches lines until they have run."""

    def __init__(self) -> None:
        self.left: dict[int, set[int]] = {}
        """By the identity of code, which stays since the code does."""
        self.held: list[CodeType] = []
        self.reached = 0

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """What Python calls at the start of each function."""
        code = frame.f_code
        left = self.left.get(id(code))
        if left is None:
            self.held.append(code)
            own = WATCHED in code.co_filename
            left = self.left[id(code)] = {line for *_, line in code.co_lines() if line and own}
        return self.line if left else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:
        left = self.left[id(frame.f_code)]
        if event == "line" and frame.f_lineno in left:
            left.discard(frame.f_lineno)
            self.reached += 1
        return self.line


def written(folder: Path, case: Case) -> Path:
    """The file that is to be imported, with what lies beside it."""
    beside = folder / "model.safetensors"
    beside.unlink(missing_ok=True)
    if case.suffix == BESIDE:
        beside.write_bytes(case.data)
        path = folder / "case.json"
        path.write_text(json.dumps(CONFIG), encoding="utf-8")
        return path
    path = folder / f"case{case.suffix}"
    path.write_bytes(case.data)
    return path


def some(folder: Path | None) -> list[Case]:
    """The files of a folder."""
    files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
    return [Case(path.suffix, path.read_bytes()) for path in files if path.suffix]


def chunk(numbers: range, options: Any, folder: Path, results: Any) -> None:
    """Try some inputs in a process of its own."""
    signal.signal(signal.SIGPROF, fuzz_models.alarm)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, hard))
    outcome, lines, kept = fuzz_models.Outcome(), Lines(), 0
    cases = [*damage_files.sound(), *some(options.corpus)]
    if options.guided:
        sys.settrace(lines.enter)
        for case in cases:
            fuzz_models.run_one(written(folder, case), fuzz_models.Outcome(), False)
    for number in numbers:
        rng = random.Random(f"{options.seed} {number}")
        case = damage_files.damaged(damage_files.drawn(cases, rng), cases, rng)
        (folder / "number").write_text(str(number))
        before = lines.reached
        found = fuzz_models.run_one(written(folder, case), outcome, options.draw)
        if found and options.keep:
            (options.keep / f"crash-{options.seed}-{number}{case.suffix}").write_bytes(case.data)
        if found and outcome.findings[found] == 1:
            print(f"input {number}: {found}\n{outcome.first.get(found, '')}", flush=True)
        if lines.reached > before and len(case.data) < LARGEST:
            cases.append(case)
            kept += 1
            if options.corpus:
                (options.corpus / f"{options.seed}-{number}{case.suffix}").write_bytes(case.data)
    sys.settrace(None)
    results.put((outcome, kept, fuzz_models.peak()))


def fuzz(options: Any) -> Counter[str]:
    """Try all inputs; what was found, with how often."""
    total: Counter[str] = Counter()
    found: Counter[str] = Counter()
    slowest, most = 0.0, 0
    for made in filter(None, (options.keep, options.corpus)):
        made.mkdir(parents=True, exist_ok=True)
    for start in range(0, options.count, CHUNK):
        numbers = range(start, min(start + CHUNK, options.count))
        while numbers:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                results: Any = multiprocessing.SimpleQueue()
                child = multiprocessing.Process(
                    target=chunk, args=(numbers, options, folder, results)
                )
                child.start()
                child.join()
                if not results.empty():
                    outcome, kept, peak = results.get()
                    total.update(accepted=outcome.accepted, rejected=outcome.rejected, kept=kept)
                    found += outcome.findings
                    slowest, most = max(slowest, outcome.slowest), max(most, peak)
                    numbers = range(0)
                    continue
                last = int((folder / "number").read_text())
                found[f"the process ends with {child.exitcode}"] += 1
                print(f"input {last}: the process ends with {child.exitcode}", flush=True)
                for path in folder.glob("case.*") if options.keep else ():
                    shutil.copy(path, options.keep / f"dead-{options.seed}-{last}{path.suffix}")
                numbers = range(last + 1, numbers.stop)
        print(f"{numbers.stop or start + CHUNK}: {dict(total)}, slowest {slowest:.2f} s, "
              f"at most {most >> 20} MB, findings {found.total()}", flush=True)  # fmt: skip
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guided", action="store_true")
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--keep", type=Path)
    found = fuzz(parser.parse_args())
    for what, times in found.most_common():
        print(f"{times} times: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
