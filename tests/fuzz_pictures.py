"""Draws random specs, and sees that the pictures say what the networks are.

    python tests/fuzz_pictures.py 2000 [--seed 1] [--show 5] [--writer forms]

Every spec is drawn in one of the three directions, compact or full, on a page of some shape or as
slides. What must hold of any picture (tests/invariants.py) is checked, and the picture is read:
its lines have to give the wiring of the network back (tests/scene_reader.py). Equal seeds draw
equal pictures. The smallest specs that fail are printed, of each kind of failure one.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import random_language
import random_specs
import random_values
from drawn_wiring import wirings
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from invariants import violations
from scene_reader import UnreadableError, read
from wirings import differences

from archviz.language.expand import network_from_text
from archviz.layout.page import Options, draw_network
from archviz.layout.slides import network_slides
from archviz.looks import DETAILS
from archviz.network.analysis import Analysis, analyse
from archviz.network.model import Network
from archviz.scene.scene import Scene
from archviz.scene.theme import load_theme

FLOWS = {"right": (1, 0), "down": (0, 1), "up": (0, -1)}
ASPECTS = (0.0, 0.7, 4 / 3, 16 / 9)
THEME = load_theme()
FIRST = 10
WRITERS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "forms": random_specs.specs(),
    "values": random_values.value_specs(),
    "language": random_language.specs(previous=True),
}


class Look(NamedTuple):
    """How a network is drawn."""

    direction: str = "right"
    full: bool = False
    aspect: float = 0.0
    slides: bool = False
    legend: bool = False


LOOKS: st.SearchStrategy[Look] = st.builds(
    Look,
    st.sampled_from([*FLOWS]),
    st.booleans(),
    st.sampled_from(ASPECTS),
    st.sampled_from([False, False, True]),
    st.just(False),  # the boxes of a legend would be read, too
)


def pages(network: Network, analysis: Analysis, look: Look) -> list[Scene]:
    """The pages of a network in a look."""
    looks = {**network.figure.looks, "direction": look.direction}
    network = network._replace(figure=network.figure._replace(looks=looks))
    if look.slides:
        return network_slides(network, analysis, THEME, detail=DETAILS * look.full)
    options = Options(THEME, detail=DETAILS * look.full, aspect=look.aspect, legend=look.legend)
    return [draw_network(network, analysis, options)]


def misread(network: Network, look: Look) -> list[str]:
    """In what the picture of a network and the network differ."""
    analysis = analyse(network)
    return _misread(pages(network, analysis, look), network, analysis, look)


def _misread(
    scenes: Sequence[Scene], network: Network, analysis: Analysis, look: Look
) -> list[str]:
    try:
        drawn = read(scenes, FLOWS[look.direction])
    except UnreadableError as error:
        return [str(error)]
    return differences(drawn, wirings(network, analysis))


def faults(text: str, look: Look) -> list[str]:
    """All that is wrong with the picture of a spec."""
    network = network_from_text(text, "random.yaml")
    try:
        analysis = analyse(network)
        scenes = pages(network, analysis, look)
        broken = [line for scene in scenes for line in violations(scene)]
        return broken + _misread(scenes, network, analysis, look)
    except Exception:
        return ["it cannot be drawn", traceback.format_exc()]


def kind_of(fault: str) -> str:
    """A fault without names and numbers."""
    return re.sub(r"'[^']*'|\([^)]*\)|\S*\d\S*", "#", fault)


def several(count: int, number: int, writers: Sequence[str]) -> Iterator[str]:
    """So many specs as JSON, from the writers in turn; equal ones for equal seeds."""
    each = -(-count // len(writers))
    written = [_written(WRITERS[writer], each, number) for writer in writers]
    return islice((text for texts in zip(*written, strict=True) for text in texts), count)


def _written(writer: st.SearchStrategy[dict[str, Any]], count: int, number: int) -> list[str]:
    """The last ones of more than are asked for: the first are small."""
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=count + FIRST,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(writer)
    def keep(spec: dict[str, Any]) -> None:
        found.append(json.dumps(spec, ensure_ascii=False))

    keep()
    return found[-count:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="how many kinds of faults are shown")
    parser.add_argument("--writer", choices=[*WRITERS], help="whose specs; without: all in turn")
    options = parser.parse_args()
    writers = [options.writer] if options.writer else [*WRITERS]
    rng = random.Random(options.seed)
    kinds: dict[str, list[tuple[int, str, Look, list[str]]]] = {}
    drawn = wrong = 0
    for text in several(options.count, options.seed, writers):
        slides = rng.random() < 0.25
        look = Look(rng.choice([*FLOWS]), rng.random() < 0.5, rng.choice(ASPECTS), slides)
        drawn += 1
        found = faults(text, look)
        wrong += bool(found)
        for kind in {kind_of(fault) for fault in found[:1]}:
            kinds.setdefault(kind, []).append((len(text), text, look, found))
    for kind, cases in sorted(kinds.items(), key=lambda item: -len(item[1]))[: options.show]:
        _, text, look, found = min(cases, key=lambda case: case[0])
        print(f"{len(cases)} times: {kind}\n{look}\n{text}", *found[:8], sep="\n", end="\n\n")
    print(f"{drawn} pictures: {wrong} have faults, of {len(kinds)} kinds")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
