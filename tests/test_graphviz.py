"""Graphviz: figures as ``.gv`` that it draws as they stand, and its engine for ``graph:``."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundled import of_each

import archviz
from archviz import catalog
from archviz.layout import graphviz_engine
from archviz.layout.graphviz_engine import dot_positions, run_graphviz
from archviz.scene.scene import Connector, Group, Item, Line, Scene, Shape, Text
from archviz.write.gv import write_gv

NAMES = catalog.names()
SPECS = Path(__file__).parent / "goldens" / "specs"
FIGURES = [*NAMES, *(str(path) for path in sorted(SPECS.glob("*.yaml")))]
POINTS = 0.75
PER_INCH = 96


def primitives(items: tuple[Item, ...]) -> Iterator[Shape | Text | Line | Connector]:
    for item in items:
        if isinstance(item, Group):
            yield from primitives(item.items)
        else:
            yield item


def nodes_of(plain: str) -> dict[str, tuple[float, float, float, float]]:
    """(x, y, width, height) of each node of Graphviz's "plain" output, in inches, y up."""
    found = {}
    for line in plain.splitlines():
        match = re.match(r'node ("(?:[^"\\]|\\.)*"|\S+) (\S+) (\S+) (\S+) (\S+) ', line)
        if match:
            found[match[1].strip('"')] = tuple(float(match[number]) for number in range(2, 6))
    return found  # type: ignore[return-value]


@pytest.fixture(scope="module", params=of_each(FIGURES), ids=lambda name: Path(name).stem)
def figure(request: pytest.FixtureRequest) -> tuple[Scene, str]:
    scene = archviz.load(request.param).scene()
    return scene, write_gv(scene)


def test_every_node_and_edge_has_its_position(figure: tuple[Scene, str]) -> None:
    scene, source = figure
    statements = [line for line in source.splitlines() if re.match(r'\t("|\w)', line)]
    statements = [line for line in statements if not re.match(r"\t(graph|node|edge) \[", line)]
    assert len(statements) > 3
    number = r"-?\d+(\.\d+)?"
    for line in statements:
        position = re.search(r'\bpos="([^"]*)"', line)
        assert position, line
        points = rf"{number},{number}"
        if " -> " in line:
            assert re.fullmatch(rf"(e,{points} )?{points}( {points})+", position[1]), line
            assert (len(position[1].split()) - position[1].startswith("e,")) % 3 == 1
        else:
            assert re.fullmatch(points, position[1]), line
    drawn = list(primitives(scene.items))
    edges = [line for line in statements if " -> " in line]
    assert len(edges) == sum(isinstance(item, Connector | Line) for item in drawn)
    assert sum("arrowhead=normal" in line for line in edges) == sum(
        isinstance(item, Connector) and item.head for item in drawn
    )


def assert_agrees(scene: Scene, plain: str, rounding: float = 0.002, wider: float = 0) -> None:
    """Graphviz's nodes lie as in the scene, but for one shift of the whole.

    ``wider``: what a label set in a wider font may add to the width that is told.
    """
    nodes = nodes_of(plain)
    shapes = [item for item in primitives(scene.items) if isinstance(item, Shape)]
    assert shapes
    shifts = []
    for shape in shapes:
        x, y, width, height = nodes[shape.id]
        middle = (shape.x + shape.width / 2, scene.height - shape.y - shape.height / 2)
        shifts.append((x - middle[0] / PER_INCH, y - middle[1] / PER_INCH))
        if shape.fill or shape.stroke:
            excess = width - shape.width / PER_INCH
            assert -rounding <= excess <= rounding + wider * width
            assert height == pytest.approx(shape.height / PER_INCH, abs=rounding)
    for axis in (0, 1):
        values = [shift[axis] for shift in shifts]
        assert max(values) - min(values) < 0.002  # of an inch: a fifth of a pixel
    texts = sum(isinstance(item, Text) for item in primitives(scene.items))
    assert sum(name.startswith("_") for name in nodes) >= texts


def test_graphviz_leaves_everything_where_it_is(figure: tuple[Scene, str]) -> None:
    scene, source = figure
    assert_agrees(scene, run_graphviz(source, "nop2", "plain"))  # nop2 is what neato -n2 runs


@pytest.mark.skipif(not shutil.which("neato"), reason="no neato here (package graphviz)")
@pytest.mark.parametrize("name", ["resnet50", "inception_v4", str(SPECS / "graph.yaml")])
def test_the_systems_neato_leaves_everything_where_it_is(name: str, tmp_path: Path) -> None:
    scene = archviz.load(name).scene()
    path = tmp_path / "x.gv"
    path.write_text(write_gv(scene), encoding="utf-8")
    done = subprocess.run(
        ["neato", "-n2", "-Tplain", str(path)], capture_output=True, check=True, timeout=60
    )
    # old ones tell whole points; where none of our fonts is, labels may be a little wider
    assert_agrees(scene, done.stdout.decode(), rounding=0.5 / 72, wider=0.2)
    assert b"rror" not in done.stderr


def test_the_check_sees_a_node_that_was_moved() -> None:
    scene = archviz.load("lenet5").scene()
    moved = re.sub(
        r'("row-3" \[.*?pos=")([\d.]+)', lambda m: f"{m[1]}{float(m[2]) + 2}", write_gv(scene)
    )
    with pytest.raises(AssertionError):
        assert_agrees(scene, run_graphviz(moved, "nop2", "plain"))


def test_labels_and_tooltips_come_through() -> None:
    source = write_gv(archviz.load("resnet50").scene())
    drawn = run_graphviz(source, "nop2", "svg")
    assert ">conv 7×7</text>" in drawn
    assert "output 112×112×64" in drawn
    assert 'fill="#e06666"' in drawn


def test_what_dot_would_take_for_markup_is_escaped() -> None:
    scene = archviz.load(str(SPECS / "labels.yaml")).scene()
    drawn = run_graphviz(write_gv(scene), "nop2", "svg")
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in drawn
    assert "A second note, with &lt;markup&gt; &amp; an &quot;escape&quot;." in drawn


# ---- the engine -------------------------------------------------------------------------------

CELL = SPECS / "graph.yaml"


def test_a_graph_is_drawn_without_any_graphviz_on_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = archviz.load(CELL).svg()

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
    assert archviz.load(CELL).svg() == expected


def test_dot_orders_nodes_from_left_to_right() -> None:
    sizes = {"a": (80.0, 40.0), "b_2": (80.0, 40.0), "c": (20.0, 100.0)}
    at = dot_positions(sizes, [("a", "b_2"), ("b_2", "c"), ("a", "c")], node_gap=20, rank_gap=40)
    assert set(at) == set(sizes)
    assert at["a"][0] + 40 + 40 <= at["b_2"][0] - 40 + 0.1
    assert at["b_2"][0] + 40 + 40 <= at["c"][0] - 10 + 0.1
    assert at == dot_positions(
        sizes, [("a", "b_2"), ("b_2", "c"), ("a", "c")], node_gap=20, rank_gap=40
    )


def test_a_source_that_is_none_is_an_archviz_error() -> None:
    with pytest.raises(archviz.ArchvizError, match="the layout engine failed"):
        run_graphviz("digraph {", "dot", "plain")


def test_it_works_where_no_cache_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import wasmtime

    class NoCache(wasmtime.Config):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "cache":
                raise wasmtime.WasmtimeError("no folder")
            super().__setattr__(name, value)

    monkeypatch.setattr(wasmtime, "Config", NoCache)
    backend = graphviz_engine._backend.__wrapped__()
    assert b"node a" in backend.render("digraph { a }", format="plain", engine="dot")


def test_boxes_are_boxes_and_circles_ellipses() -> None:
    text = write_gv(archviz.load("lenet5").scene(legend=False))
    forms = [word for word in ("box", "ellipse") for _ in range(text.count(f"shape={word} "))]
    assert (forms.count("box"), forms.count("ellipse")) == (8, 5)


def test_what_is_drawn_over_something_is_named_behind_it() -> None:
    """Graphviz draws nodes in the order of their names, those of edges too."""
    place = (10.0, 10.0, 40.0, 20.0)
    half = Shape("half", "rect", *place, "#ff0000")
    outline = Shape("outline", "rect", *place, "", "#000000", 1.0, radius=10.0)
    line = Connector(
        ((0.0, 20.0), (10.0, 20.0)),
        ((0.0, 20.0), (10.0, 20.0)),
        "#000000",
        1.0,
        True,
        8.0,
        6.0,
        target="outline",
    )
    gap = Line(((2.0, 20.0), (5.0, 20.0)), "#ffffff", 2.0, "crossing")
    source = write_gv(Scene(100.0, 100.0, "T", "", "", (line, gap, half, outline)))
    places = [source.index(text) for text in ("\thalf ", "\toutline ", "-> outline", "#ffffff")]
    assert places == sorted(places)
    assert re.search(r"\toutline .*style=rounded", source)
    assert not re.search(r"\thalf .*rounded", source)
