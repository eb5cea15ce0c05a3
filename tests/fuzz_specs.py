"""Throws damaged specs at the reader: whatever comes, it must answer with an ArchvizError.

    python tests/fuzz_specs.py 20000 [--seed 1] [--draw]

Damages the bundled specs, the examples and random ones (bytes, words, lines) and makes up YAML
from the language's own words. Equal seeds give equal inputs. With --draw, what is accepted is
also drawn; --also names more specs to damage.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from random_language import several

from archviz.bundled import path_of
from archviz.catalog import names
from archviz.errors import ArchvizError
from archviz.language.expand import load_network, network_from_text
from archviz.language.figure import KEYS as FIGURE
from archviz.language.head import GALLERY, KEYS
from archviz.language.items import FORMS
from archviz.language.options import COMMON, FLAGS, OPTIONS
from archviz.language.spec import BODIES, MODULE_KEYS, SECTIONS
from archviz.looks import ROLES
from archviz.network.analysis import analyse, check_published
from archviz.network.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHOLE = ("the file is empty",)
"""What is said of a file as a whole."""
SECONDS = 5.0
"""An input that takes longer counts as a crash."""

WORDS = (
    *KINDS,
    *FLAGS,
    *OPTIONS,
    *COMMON,
    *FORMS,
    *BODIES,
    *MODULE_KEYS,
    *SECTIONS,
    *KEYS,
    *GALLERY,
    *FIGURE,
    *ROLES,
    "#88aacc",
    "16:9",
    "dark",
    "modules",
    "../x.yaml",
    "of",
    "each",
    "merge",
    "shortcut",
    "nodes",
    "edges",
    "in -> a -> out",
    "a -> b",
    "in",
    "out",
    "identity",
    "3x3",
    "kxk",
    "1x7",
    "/2",
    "/0",
    "/2x1",
    "0",
    "1",
    "2",
    "7",
    "64",
    "-1",
    "0.5",
    "1e9",
    "010",
    "1:30",
    "yes",
    "null",
    "~",
    "999999999999",
    "10000",
    "200001",
    "a",
    "b",
    "w",
    "w*2",
    "w/0",
    "(w",
    "((((",
    "9 x 0.2",
    "99999 x 1",
    "input 8x8x3",
    "input 9",
    "conv 3x3 w",
    "conv 3x3 8 same",
    "dense 10 softmax",
    "groups=3",
    "pad=1,2,3,4",
    "when=w",
    "act=w",
    "×",
    "&a",
    "*a",
    "!!python/object:x",
    "<<",
    "---",
    "\\x00",
    "\u202e",
    "\ufeff",
    "é",
    "\x07",
)


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def flip_ascii(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(32, 127)
    return bytes(damaged)


def swap_words(data: bytes, rng: random.Random) -> bytes:
    words = data.decode().split(" ")
    for _ in range(rng.randint(1, 4)):
        target = rng.randrange(len(words))
        words[target] = rng.choice(WORDS) if rng.random() < 0.6 else rng.choice(words)
    return " ".join(words).encode("utf-8", "surrogatepass")


def shuffle_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.decode().split("\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        action = rng.randrange(5)
        if action == 0 and len(lines) > 1:
            del lines[at]
        elif action == 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        elif action == 2:
            lines[at] = " " * rng.randrange(12) + lines[at].lstrip()
        elif action == 3:
            lines[at:at] = lines[at : at + 8] * rng.randint(1, 30)
        else:
            del lines[at:]
            lines.append("")
    return "\n".join(lines).encode()


def numbers(data: bytes, rng: random.Random) -> bytes:
    """Other numbers in the right places: shapes that do not fit, sizes beyond sense."""
    words = data.decode().split(" ")
    places = [index for index, word in enumerate(words) if any(map(str.isdigit, word))]
    for _ in range(rng.randint(1, 4)):
        at = rng.choice(places)
        digit = rng.choice([letter for letter in words[at] if letter.isdigit()])
        words[at] = words[at].replace(digit, rng.choice(("0", "1", "3", "9", "12345", "-1", "w")))
    return " ".join(words).encode()


def made_up(data: bytes, rng: random.Random) -> bytes:
    body = _flow(rng, rng.randint(1, 6))
    if rng.random() < 0.7:
        first = rng.choice(("input 16x16x3", "input 16x16x3 as=a", "input 9x8 as=b", "input 8"))
        network = ", ".join([first, *(_flow(rng, 4) for _ in range(rng.randint(1, 4)))])
        modules = ", ".join(f"{name}: {_flow(rng, 5)}" for name in rng.sample("abcdef", 3))
        body = f"{{title: T, modules: {{{modules}}}, network: [{network}]}}"
    return body.encode("utf-8", "surrogatepass")


def _flow(rng: random.Random, depth: int) -> str:
    choice = rng.random()
    if depth == 0 or choice < 0.4:
        return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))
    if choice < 0.6:
        return "[" + ", ".join(_flow(rng, depth - 1) for _ in range(rng.randint(0, 4))) + "]"
    keys = [rng.choice(WORDS) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.6:
        keys.insert(0, rng.choice((*FORMS, *BODIES, *KINDS)))
    return "{" + ", ".join(f"{key}: {_flow(rng, depth - 1)}" for key in keys) + "}"


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes,
    flip_ascii,
    swap_words,
    shuffle_lines,
    numbers,
    made_up,
)


@dataclass
class Outcome:
    accepted: int = 0
    rejected: int = 0
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0


def try_one(data: bytes, draw: bool = False) -> bool:
    """Whether the input is accepted; anything but an ArchvizError gets out."""
    try:
        try:
            network = network_from_text(data.decode(), "fuzz.yaml")
        except UnicodeDecodeError:
            with tempfile.NamedTemporaryFile(suffix=".yaml", delete=False) as file:
                file.write(data)
            try:
                network = load_network(file.name)
            finally:
                os.unlink(file.name)
        analysis = analyse(network)
    except ArchvizError as error:
        assert error.problems
        assert str(error)
        for problem in error.problems:
            placed = problem.mark.file and problem.mark.line > 0 and problem.mark.column > 0
            assert placed or problem.message in WHOLE, problem
        return False
    assert sum(row.parameters for row in analysis.rows) == analysis.totals.parameters
    check_published(network, analysis)
    if draw:
        from archviz.api import LoadedNetwork

        LoadedNetwork(network).svg()
    return True


EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


def fuzz(count: int, seed: int = 1, draw: bool = False, also: Sequence[str] = ()) -> Outcome:
    """Try ``count`` inputs, made of what is bundled, of random specs, and of the files ``also``."""
    rng = random.Random(seed)
    paths = [*map(path_of, names()), *map(str, sorted(EXAMPLES.glob("*.yaml"))), *also]
    sources = [Path(path).read_bytes() for path in paths]
    sources += [text.encode() for text in several(len(sources), seed)]
    outcome = Outcome()
    for number in range(count):
        data = rng.choice(sources)
        for _ in range(1 if rng.random() < 0.8 else 2):
            try:
                data = rng.choice(DAMAGES)(data or b" ", rng)
            except (UnicodeDecodeError, IndexError):
                continue  # a second damage to what is no text any more
        start = time.perf_counter()
        try:
            accepted = try_one(data, draw)
            outcome.accepted += accepted
            outcome.rejected += not accepted
        except Exception:
            outcome.crashes.append(f"input {number}: {data!r}\n{traceback.format_exc()}")
        elapsed = time.perf_counter() - start
        outcome.slowest = max(outcome.slowest, elapsed)
        if elapsed > SECONDS:
            outcome.crashes.append(f"input {number}: {elapsed:.1f} s: {data!r}")
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--also", nargs="*", default=[])
    options = parser.parse_args()
    outcome = fuzz(options.count, options.seed, options.draw, options.also)
    for crash in outcome.crashes[:5]:
        print(crash[-3000:], end="\n\n")
    print(
        f"{options.count} inputs: {outcome.accepted} accepted, {outcome.rejected} rejected, "
        f"{len(outcome.crashes)} crashes; slowest {outcome.slowest:.2f} s"
    )
    return 1 if outcome.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
