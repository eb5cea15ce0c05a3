"""One import, measured from inside its process: ``benchmark_import.py`` runs this.

    python benchmark_stages.py SMALL FILE ROUNDS    seconds of each stage, as JSON
    python benchmark_stages.py SMALL FILE read      the memory that the graph of the file takes
    python benchmark_stages.py SMALL FILE import    that of the whole import, in bytes

SMALL is imported first: what that takes is start-up.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from archviz.expand import network_from_text
from archviz.importers.compact import compact
from archviz.importers.fold import fold_graph
from archviz.importers.imported import import_file
from archviz.importers.onnx_reader import read_onnx
from archviz.importers.sources import without_collector
from archviz.importers.verify import verify
from archviz.importers.write_spec import write_spec


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
        differences = timed("verify", lambda: verify(layers, network_from_text(text, "model")))
    assert not differences
    return taken


def peak() -> int:
    """The most memory that this process had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main() -> None:
    first, path, what = sys.argv[1:]
    import_file(first)
    before = peak()
    if what == "read":
        graph = read_onnx(path)
        print(json.dumps(peak() - before))
        assert graph.ops
    elif what == "import":
        import_file(path)
        print(json.dumps(peak() - before))
    else:
        rounds = [(stages(first), stages(path)) for _ in range(int(what))]
        print(json.dumps({
            stage: min(large[stage] for _, large in rounds) - min(small[stage] for small, _ in rounds)
            for stage in rounds[0][0]
        }))  # fmt: skip


if __name__ == "__main__":
    main()
