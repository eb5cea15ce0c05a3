"""The mutants themselves: what is broken, what is left alone, and that rooms take turns."""

from __future__ import annotations

import ast
from pathlib import Path

import mutate
import pytest

SOURCE = '''"""A docstring of 2 words."""
from typing import TYPE_CHECKING, Literal
if TYPE_CHECKING:
    from x import y
__all__ = ["name"]
WORD = "key"
PROSE = "several words"
def f(é: Literal["a"], b: int = 1) -> "Scene":
    """Another."""
    if é < b and not (b is None):
        return f"{b + 7}"
    return 0.5 if "x" in é else True
'''


def test_all_that_runs_can_be_broken_and_nothing_else() -> None:
    data = SOURCE.encode()
    found = mutate.places("archviz/x.py", data)
    assert sorted(f"{place.line} {place.old} -> {place.new}" for place in found) == [
        "10 < -> <=",
        "10 and -> or",
        "10 is -> is not",
        "10 é < b and not (b is None) -> (not (é < b and not (b is None)))",
        "12 \"x\" -> 'xx'",
        '12 "x" in é -> (not ("x" in é))',
        "12 0.5 -> 1.5",
        "12 True -> False",
        "12 in -> not in",
        "6 \"key\" -> 'keyx'",
        "8 1 -> 2",
    ]
    for place in found:
        assert data[place.start : place.stop].decode() == place.old


@pytest.mark.long
def test_every_mutant_of_the_package_is_python_and_another() -> None:
    rooms = set()
    for path in sorted((mutate.ROOT / "archviz").rglob("*.py")):
        data = path.read_bytes()
        file = path.relative_to(mutate.ROOT).as_posix()
        rooms.add(mutate.room_of(file))
        tree = ast.dump(ast.parse(data))
        for place in mutate.places(file, data)[::40]:
            mutant = data[: place.start] + place.new.encode() + data[place.stop :]
            assert ast.dump(ast.parse(mutant)) != tree, place
    assert rooms == set(mutate.TESTS)


def test_the_tests_of_each_room_are_there() -> None:
    for room in mutate.TESTS:
        for name in mutate.files_of(room):
            assert (Path(mutate.__file__).parent / name).exists(), name


def test_rooms_take_turns_in_an_order_that_the_seed_decides() -> None:
    place = mutate.Place("", 0, 0, 0, "1", "2")
    every = [
        place._replace(file=f"archviz/{'' if room == 'top' else room + '/'}a.py", line=line)
        for room in mutate.TESTS
        for line in range(5)
    ]
    count = 2 * len(mutate.TESTS)
    chosen = mutate.choose(every, count, 3)
    assert [mutate.room_of(one.file) for one in chosen] == list(mutate.TESTS) * 2
    assert chosen == mutate.choose(every, count, 3)
    assert chosen != mutate.choose(every, count, 4)
    assert len(mutate.choose(every, 1000, 3)) == len(every)
