"""One import, measured from inside its process: ``benchmark_import.py`` runs this.

    python benchmark_stages.py SMALL FILE ROUNDS    seconds of each stage, as JSON
    python benchmark_stages.py SMALL FILE memory    bytes: of the file's graph, and of it all

SMALL is imported first: what that takes is start-up.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from proofs import verify

from archviz.importers.at_sizes import import_file
from archviz.importers.compact.pipeline import compact
from archviz.importers.fold.pipeline import fold_graph
from archviz.importers.garbage_collector import without_collector
from archviz.importers.read.onnx import read_onnx
from archviz.importers.spec.spec_text import write_spec
from archviz.language.expand import network_from_text


def stages(path: str) -> dict[str, float]:
    """Processor time of each stage of an import, and of a whole one."""
    taken: dict[str, float] = {}

    def timed(stage: str, call: Callable[..., Any], *given: Any) -> Any:
        start = time.process_time()
        found = call(*given)
        taken[stage] = time.process_time() - start
        return found

    gc.collect()
    timed("whole", import_file, path)
    gc.collect()
    with without_collector():
        operators = timed("read", read_onnx, path)
        layers = timed("fold", fold_graph, operators, path)
        del operators
        text = timed("write", lambda: write_spec(compact(layers, path), "model"))
        found = timed("verify", lambda: verify(layers, network_from_text(text, "model")))
    assert not found
    return taken


def memory(path: str) -> tuple[int, int]:
    """Bytes that the graph of the file takes, and those of the whole import at most."""
    gc.collect()
    tracemalloc.start()
    operators = read_onnx(path)
    graph = tracemalloc.get_traced_memory()[0]
    assert operators.ops
    del operators
    tracemalloc.reset_peak()
    import_file(path)
    return graph, tracemalloc.get_traced_memory()[1]


def main() -> None:
    first, path, what = sys.argv[1:]
    import_file(first)
    if what == "memory":
        print(json.dumps(memory(path)))
    else:
        found = [(stages(first), stages(path)) for _ in range(int(what))]
        least = [
            {stage: min(taken[stage] for taken in side) for stage in side[0]}
            for side in zip(*found, strict=True)
        ]
        print(json.dumps({stage: least[1][stage] - start for stage, start in least[0].items()}))


if __name__ == "__main__":
    main()
