"""Mutants: break the package in one place at a time, and see whether the tests notice.

    python tests/mutate.py --count 60 --seed 1          evenly over all rooms
    python tests/mutate.py --room layout --count 10     of one room
    python tests/mutate.py --place archviz/export.py:98 all that can be broken on one line

A mutant is a constant that is another (a number one more, a truth the other, a word with a
letter more), a branch that is taken when it should not be, ``and`` for ``or``, or a comparison
that is the next one (``<`` for ``<=``). Docstrings, annotations, prose (strings of several words
and f-strings), what only type checkers see and ``__all__`` are left alone: nothing runs otherwise
for them. Copies of the tree are broken, never the tree itself. The tests of the room run until one
fails; with ``--all`` all others, too, if none does.

Prints a line a mutant, then how many died; status 1 where fewer than nine of ten did.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import os
import py_compile
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
ROOM_SECONDS, ALL_SECONDS = 400, 1200
"""What the tests of a room and all tests may take; a mutant that hangs is dead."""
LEFT_OUT = ("test_wheel.py",)
"""Tests that run an installed copy."""
TESTS = {
    "top": "defaults api yamlnodes messages export spec_errors spec_limits schema cli",
    "cli": "defaults options cli export docs files",
    "language": "spec_errors messages expression schema spec_limits second_inputs spec_page "
    "import_spec totals goldens",
    "formatter": "fmt",
    "lsp": "lsp",
    "network": "kind_numbers spec_errors totals goldens cli",
    "layout": "goldens slides opened graphviz pptx_deck layout_properties",
    "scene": "text theme colors scene goldens pdf",
    "write": "goldens scene png pptx pptx_deck pdf tikz drawio graphviz html cli",
    "importers": "import_reports import_conservation import_verify import import_named "
    "import_compact import_hostile cli",
    "importers/families": "families gguf",
    "importers/read": "gguf families onnx_wire import_reports import_keras import_keras_layers "
    "import_keras_models import_onnx import_operators import_hostile import_torch",
    "importers/fold": "import_constants import_arithmetic import_operators import_keras_layers "
    "import_keras_rules import_keras_models import_named import_onnx import_keras import_verify "
    "import_alike import_torch",
    "importers/fold/rules": "import_rules import_arithmetic import_operators import_named",
    "importers/record": "record torch_multiply_adds torch_experts import_torch torch_interface",
    "importers/compact": "import_compact import_spec import_alike import_named import_torch",
    "importers/spec": "import_spec import_compact import_alike import_named",
}
"""Rooms, and the files of tests that should notice first, the quickest before the others."""


class Place(NamedTuple):
    """A stretch of a file, in bytes, and what stands there in a mutant."""

    file: str
    line: int
    start: int
    stop: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old} -> {self.new}"


NEXT_COMPARISON: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}


def room_of(file: str) -> str:
    """``importers/fold`` of ``archviz/importers/fold/views.py``."""
    room = "/".join(file.split("/")[1:-1])
    return room or "top"


def places(file: str, source: bytes) -> list[Place]:
    """All that can be broken in a file."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(first: ast.AST, last: ast.AST, new: str) -> Place:
        start = starts[first.lineno - 1] + first.col_offset  # type: ignore[attr-defined]
        stop = starts[last.end_lineno - 1] + last.end_col_offset  # type: ignore[attr-defined]
        return Place(file, first.lineno, start, stop, source[start:stop].decode(), new)  # type: ignore[attr-defined]

    found: list[Place] = []
    for node in _that_run(ast.parse(source)):
        if isinstance(node, ast.Constant):
            if (new := _other(node.value)) is not None:
                found.append(place(node, node, new))
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            test = place(node.test, node.test, "")
            found.append(test._replace(new=f"(not ({test.old}))"))
        elif isinstance(node, ast.BoolOp | ast.Compare):
            found += _between(node, place, source)
    return [p for p in found if p.old != p.new]


def _between(node: ast.BoolOp | ast.Compare, place: object, source: bytes) -> Iterator[Place]:
    """The operators that stand between operands, each replaced."""
    if isinstance(node, ast.BoolOp):
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        pairs = [(*pair, *words) for pair in zip(node.values, node.values[1:], strict=False)]
    else:
        operands = [node.left, *node.comparators]
        pairs = [
            (left, right, *NEXT_COMPARISON[type(op)])
            for left, right, op in zip(operands, operands[1:], node.ops, strict=False)
        ]
    for left, right, old, new in pairs:
        a, b = place(left, left, ""), place(right, right, "")  # type: ignore[operator]
        gap = source[a.stop : b.start].decode()
        word = re.search(rf"(?<![<>=!\w]){re.escape(old)}(?![<>=\w])", gap)
        if word:
            line = a.line + source[a.start : a.stop + word.start()].count(b"\n")
            start = a.stop + len(gap[: word.start()].encode())
            yield Place(a.file, line, start, start + len(old), old, new)


def _other(value: object) -> str | None:
    """Another constant, as source; nothing for prose and what has no neighbour."""
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int | float):
        return repr(value + 1) if value + 1 != value else None
    if isinstance(value, str) and re.search(r"\w", value) and not re.search(r"\s", value.strip()):
        return repr(value + "x")
    return None


def _that_run(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes whose change could be noticed."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "type_params"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and not _is_idle(node):
                yield node
                yield from _that_run(node)


def _is_idle(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
    return False


def choose(every: Sequence[Place], count: int, seed: int) -> list[Place]:
    """So many places, of each room as many, in an order that only ``seed`` decides."""
    by_room: dict[str, list[Place]] = {room: [] for room in TESTS}
    for place in every:
        by_room[room_of(place.file)].append(place)
    dice = random.Random(seed)
    for room in by_room.values():
        dice.shuffle(room)
    turns = [room[turn] for turn in range(count) for room in by_room.values() if turn < len(room)]
    return turns[:count]


def copy_tree(folder: Path) -> None:
    """A copy to break, whose compiled files are held against their sources and not their dates."""
    hidden = shutil.ignore_patterns(".git", "*cache*", ".venv", ".coverage*", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=hidden, symlinks=True)
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(folder / "archviz", quiet=1, invalidation_mode=mode)


def run(folder: Path, tests: Sequence[str], seconds: int, known: Sequence[str] = ()) -> str:
    """The first test that fails in a copy, but for known ones; empty where all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no"]
    command += ["--hypothesis-seed=0", "-rfE", *(f"--deselect={test}" for test in known)]
    changes = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400"}
    with subprocess.Popen(
        [*command, *(f"tests/{test}" for test in tests)],
        cwd=folder,
        env=os.environ | changes,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return f"more than {seconds} s"
    if process.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - |$)", said, re.MULTILINE)
    return failed[1] if failed else said.strip().splitlines()[-1]


class Workshop:
    """Copies of the tree to break, one that stays whole, and the tests that fail in that one."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.whole = folder / "whole"
        self.copies: queue.Queue[Path] = queue.Queue()
        copy_tree(self.whole)
        for number in range(jobs):
            copy_tree(folder / str(number))
            self.copies.put(folder / str(number))
        self.sound: set[str] = set()
        self.known: list[str] = []

    def killer(self, place: Place, files: Sequence[str], seconds: int) -> str:
        """The test that notices a mutant; empty where none does."""
        copy = self.copies.get()
        path = copy / place.file
        whole = path.read_bytes()
        path.write_bytes(whole[: place.start] + place.new.encode() + whole[place.stop :])
        try:
            while True:
                found = run(copy, files, seconds, [f"tests/{test}" for test in self.known])
                if "::" not in found or found in self.sound:
                    return found
                if not run(self.whole, [found], seconds):
                    self.sound.add(found)
                    return found
                self.known.append(found)
                print(f"fails without a mutant, and is left out: {found}", flush=True)
        finally:
            path.write_bytes(whole)
            self.copies.put(copy)


def files_of(room: str) -> list[str]:
    return [f"test_{name}.py" for name in TESTS[room].split()]


def test_files() -> list[str]:
    return [
        path.name
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        if path.name not in LEFT_OUT
    ]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Break places of the package, and run the tests.")
    parser.add_argument("--count", type=int, default=60, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="chooses them")
    parser.add_argument("--room", choices=TESTS, help="of one room only")
    parser.add_argument(
        "--place", metavar="FILE:LINE", nargs="+", help="all mutants of these lines"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument("--from", type=int, default=0, dest="start", help="leave out so many")
    parser.add_argument("--all", action="store_true", dest="everything", help="run all tests")
    parser.add_argument("--list", action="store_true", help="only say what would be broken")
    options = parser.parse_args(arguments)
    every = [
        place
        for path in sorted((ROOT / "archviz").rglob("*.py"))
        for place in places(path.relative_to(ROOT).as_posix(), path.read_bytes())
        if options.room in (None, room_of(path.relative_to(ROOT).as_posix()))
    ]
    if options.place:
        chosen = [place for place in every if f"{place.file}:{place.line}" in options.place]
    else:
        chosen = choose(every, options.count, options.seed)[options.start :]
    if options.list:
        print("\n".join(map(str, chosen)))
        return 0
    return judge(chosen, options.jobs, options.everything)


def judge(chosen: Sequence[Place], jobs: int, everything: bool) -> int:
    """Try all mutants, so many at once, and say what became of each."""
    with tempfile.TemporaryDirectory() as work:
        workshop = Workshop(Path(work), jobs)

        def one(place: Place) -> bool:
            first = files_of(room_of(place.file))
            killer = workshop.killer(place, first, ROOM_SECONDS)
            if everything and not killer:
                rest = [file for file in test_files() if file not in first]
                killer = workshop.killer(place, rest, ALL_SECONDS)
            print(f"killed    {place}  by {killer}" if killer else f"SURVIVED  {place}", flush=True)
            return bool(killer)

        with ThreadPoolExecutor(jobs) as pool:
            died = sum(pool.map(one, chosen))
    print(f"{died} of {len(chosen)} died")
    return 0 if died >= 0.9 * len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
