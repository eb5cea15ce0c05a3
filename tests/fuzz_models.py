"""Throws damaged models at the import: whatever comes, it must answer with an error or a figure.

    python tests/fuzz_models.py --count 20000 [--seed 1] [--draw] [--keep FOLDER]

Damages the models of ``model_seeds.py``: bytes and fields of ONNX files, operators, wires,
attributes and shapes in them, values of the JSON of Keras models, bytes of .keras files, and the
heads of GGUF files and configurations of language models. Each goes through a whole import: read,
folded, written as a spec, read again, compared. Equal seeds give equal inputs. With --draw, what is
accepted is also drawn; --keep writes the files that were found wanting to a folder.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import damage_facts
import damage_models
import model_seeds

from archviz.api import LoadedNetwork
from archviz.errors import ArchvizError
from archviz.importers.at_sizes import import_file
from archviz.importers.imported import Imported
from archviz.network.analysis import analyse

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 10.0
"""An input that takes longer, in time of the processor, is a finding."""
MEMORY = 256 * 2**20
"""So is one for which the process grows by more than this."""
ADDRESSES = 8 * 2**30
"""Where the system says that there is no more memory."""
MISTAKES = (AssertionError, AttributeError, RuntimeError, StopIteration)
"""What a damaged file must not lead to, though the import makes a message of it."""
LONGEST = 2000
"""Characters of a message; more is no clear one."""


class TooLong(BaseException):
    """Not an Exception: nothing on the way may take it for one of its own."""


@dataclass
class Outcome:
    accepted: int = 0
    rejected: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    """Crashes by what they have in common."""
    unfaithful: Counter[str] = field(default_factory=Counter)
    """Specs that differ from their models, which the import says itself."""
    first: dict[str, str] = field(default_factory=dict)
    slowest: float = 0.0


def alarm(number: int, frame: FrameType | None) -> None:
    raise TooLong


def try_one(path: Path, draw: bool) -> Imported | None:
    """What an import makes of a file, None where it says what is wrong with it.

    What gets out is a finding.
    """
    try:
        imported = import_file(str(path))
    except ArchvizError as error:
        for problem in error.problems:
            assert problem.mark.file == str(path), f"the spec is at fault: {problem}"
            assert "cannot be drawn" not in problem.message, f"the spec is at fault: {problem}"
        assert "more memory than there is" not in str(error)
        cause = error.__cause__
        assert not isinstance(cause, MISTAKES), f"our mistake: {cause!r}"
        assert "a mistake of archviz" not in str(error)
        assert len(error.problems) == 1, "one clear message"
        assert len(str(error)) < LONGEST, "a clear message is shorter"
        assert str(error).isprintable() or str(error).count("\n") == str(error).count("hint:")
        return None
    assert imported.report.startswith(f"{path}: ")
    analysis = analyse(imported.network)
    assert sum(row.parameters for row in analysis.rows) == analysis.totals.parameters
    if draw:
        LoadedNetwork(imported.network, imported).svg()
    return imported


def without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,.×]*", "0", text)


def signature(error: BaseException) -> str:
    """What equal crashes have in common: the place, and what it is without numbers."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "archviz/" in frame.filename] or frames
    last = own[-1]
    text = without_numbers(str(error).split("\n")[0].split(": ")[-1])
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno} {text[:90]}"


def peak() -> int:
    """Bytes that the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def run_one(path: Path, outcome: Outcome, draw: bool) -> str:
    """Try a file; the finding in a line, empty where there is none."""
    before, start = peak(), time.process_time()
    found = ""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        imported = try_one(path, draw)
        signal.setitimer(signal.ITIMER_PROF, 0)
        outcome.accepted += imported is not None
        outcome.rejected += imported is None
        if imported and "differs from the model: " in imported.report:
            reason = imported.report.split("differs from the model: ")[-1]
            outcome.unfaithful[without_numbers(reason)[:60]] += 1
    except (Exception, TooLong) as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = signature(error)
        outcome.first.setdefault(found, "".join(traceback.format_exception(error))[-3000:])
    elapsed = time.process_time() - start
    outcome.slowest = max(outcome.slowest, elapsed)
    if not found and peak() - before > MEMORY:
        found = f"{(peak() - before) >> 20} MB of memory"
    if found:
        outcome.findings[found] += 1
    return found


def fuzz(
    count: int, folder: Path, seed: int = 1, draw: bool = False, keep: Path | None = None
) -> Outcome:
    """Try ``count`` inputs."""
    rng, others = random.Random(seed), random.Random(seed)
    onnx = [build() for build in model_seeds.ONNX]
    keras = [build() for build in model_seeds.KERAS]
    outcome = Outcome()
    signal.signal(signal.SIGPROF, alarm)
    for number in range(count):
        if number % 10 == 9:
            suffix, data = damage_facts.damaged_facts(others)
        else:
            suffix, data = damage_models.damaged(onnx, keras, rng)
        path = folder / f"case{suffix}"
        path.write_bytes(data)
        unfaithful = outcome.unfaithful.total()
        found = run_one(path, outcome, draw)
        if keep and (found or outcome.unfaithful.total() > unfaithful):
            kind = "crash" if found else "differs"
            (keep / f"{kind}-{seed}-{number}{suffix}").write_bytes(data)
        if found and outcome.findings[found] == 1:
            print(f"input {number}: {found}\n{outcome.first.get(found, '')}", flush=True)
    return outcome


def limited(options: Any) -> Outcome:
    """Run with an end to what memory there is."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, hard))
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(options.count, Path(folder), options.seed, options.draw, options.keep)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    outcome = limited(options)
    for what, many in (("crash", outcome.findings), ("differs", outcome.unfaithful)):
        for found, times in many.most_common(20):
            print(f"{what}, {times} times: {found}")
    print(
        f"{options.count} inputs: {outcome.accepted} accepted, {outcome.rejected} rejected, "
        f"{outcome.unfaithful.total()} that differ, {outcome.findings.total()} crashes; "
        f"slowest {outcome.slowest:.2f} s, at most {peak() >> 20} MB"
    )
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
