"""Goldens: the pictures of every case as text, compared line by line.

    python tests/goldens.py                          say what differs (status 1 if anything does)
    python tests/goldens.py --report report.html     old and new side by side, to look at
    python tests/goldens.py --accept                 take what is drawn now as right

A case is a bundled network, a spec in ``tests/goldens/specs``, or one of forty generated ones,
with the options that it is drawn with; its slides; the deck, a comparison, the timeline, the
table, the themes, the legend. ``tests/goldens/NAME.scene`` holds one primitive a line, so that a
diff shows which box moved. Where ``NAME.svg`` is beside it, the figure's SVG is compared, too.
The forty specs are stored, since another Hypothesis makes others of the same seed:

    python tests/random_specs.py > tests/goldens/specs/generated.jsonl
"""

from __future__ import annotations

import argparse
import base64
import difflib
import html
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import archviz
from archviz import catalog
from archviz.api import LoadedNetwork
from archviz.decks import Stage, network_pages
from archviz.keywords import read_keywords
from archviz.language.expand import network_from_text
from archviz.layout.compare import draw_comparison, draw_themes
from archviz.layout.deck import deck_pages
from archviz.layout.page import draw_legend, draw_table, draw_timeline
from archviz.looks import bundled_themes
from archviz.scene.scene import Connector, Group, Item, Line, Page, Scene, Shape, Text
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme
from archviz.write.scene_json import item_data
from archviz.write.svg import write_svg

os.environ["ARCHVIZ_FONTS"] = ""  # no widths but those of the bundled font
FOLDER = Path(__file__).parent / "goldens"
SPECS = FOLDER / "specs"
HOW_TO = (
    "look:   python tests/goldens.py --report report.html\naccept: python tests/goldens.py --accept"
)


WIDE = 16 / 9


class Case(NamedTuple):
    """How the pages of a case are drawn, and whether the SVG of its one page is kept."""

    pages: Callable[[], list[Page]]
    svg: bool = False


class Drawn(NamedTuple):
    """A case as the two texts that are kept of it; ``svg`` is empty where none is."""

    scene: str
    svg: str = ""


def cases() -> dict[str, Case]:
    """All cases by the name of their goldens.

    Pictures of bundled networks that are no classics stand in docs/images; tests/test_docs.py
    sees that they are current.
    """
    names = catalog.classics(appendix=True)
    found = {name: figure(name) for name in names}
    found |= {path.stem: figure(str(path)) for path in sorted(SPECS.glob("*.yaml"))}
    found["resnet50-full"] = figure("resnet50", detail="full")
    found["inception_v1-wide"] = figure("inception_v1", aspect=WIDE, title=True)
    found["graph-full"] = figure(str(SPECS / "graph.yaml"), detail="full", legend=False)
    found["repeats-narrow"] = figure(str(SPECS / "repeats.yaml"), aspect=3 / 4)
    found["small_u-full"] = figure(str(SPECS / "small_u.yaml"), detail="full")
    found["legend"] = Case(lambda: one(draw_legend(load_theme())), svg=True)
    found["timeline"] = Case(lambda: one(draw_timeline(heads(), load_theme())))
    found["table"] = Case(lambda: one(draw_table(heads(), load_theme())))
    found["themes"] = Case(themes)
    found["compare"] = Case(partial(comparison, ("resnet50", "nin", "vgg16")))
    found["compare-wide"] = Case(
        partial(comparison, ("lenet5", "alexnet"), aspect=WIDE, detail="full", legend=False)
    )
    found["deck"] = Case(lambda: deck()[:DECK_FRONT])
    found |= {f"slides/{name}": Case(partial(slides, name)) for name in names}
    for number, spec in enumerate(generated()):
        found[f"generated/{number:02}"] = Case(partial(generated_pages, number, spec))
    return found


DECK_FRONT = 4
"""Title, legend, timeline and table; what follows are the slides of each network."""


def one(scene: Scene) -> list[Page]:
    return [Page(scene, scene.title)]


def figure(source: str, **options: Any) -> Case:
    return Case(lambda: one(archviz.load(source).scene(**options)), svg=True)


def heads() -> list[Any]:
    return [archviz.load(name).network.head for name in catalog.classics(appendix=True)]


def themes() -> list[Page]:
    net = archviz.load("lenet5")
    every = [load_theme(name) for name in bundled_themes()]
    return one(draw_themes(net.network, net.analysis, every))


def comparison(names: tuple[str, ...], **options: Any) -> list[Page]:
    nets = [archviz.load(name) for name in names]
    pairs = [(net.network, net.analysis) for net in nets]
    return one(draw_comparison(pairs, read_keywords(options)[0]))


def pages_of(net: LoadedNetwork, aspect: float) -> list[Page]:
    options, settings = read_keywords({})
    stage = Stage(options.theme, own_form(aspect))
    return network_pages((net.network, net.analysis), options, stage, settings)


@cache
def slides(name: str) -> list[Page]:
    return pages_of(archviz.load(name), WIDE)


@cache
def deck() -> list[Page]:
    nets = [archviz.load(name) for name in catalog.classics(appendix=True)]
    return deck_pages([(net.network, net.analysis) for net in nets], load_theme(), WIDE)


def generated() -> list[str]:
    """The forty generated specs, each as JSON."""
    return (SPECS / "generated.jsonl").read_text(encoding="utf-8").splitlines()


def generated_pages(number: int, spec: str) -> list[Page]:
    """The figure of a generated spec, with other options each, and its slides."""
    net = LoadedNetwork(network_from_text(spec, f"generated-{number:02}.yaml"))
    detail = "full" if number % 2 else "compact"
    aspect = (0.0, WIDE, 3 / 4)[number % 3]
    scene = net.scene(detail=detail, aspect=aspect, legend=number % 4 == 0, title=True)
    return [*one(scene), *pages_of(net, (WIDE, 4 / 3)[number % 2])]


def draw(case: Case) -> Drawn:
    pages = case.pages()
    return Drawn(pages_text(pages), write_svg(pages[0].scene) if case.svg else "")


def stored(name: str) -> Drawn:
    """The golden of a case; empty texts where there is none yet."""
    texts = []
    for suffix in ("scene", "svg"):
        path = FOLDER / f"{name}.{suffix}"
        texts.append(path.read_text(encoding="utf-8") if path.exists() else "")
    return Drawn(*texts)


def store(name: str, drawn: Drawn) -> None:
    for suffix, text in (("scene", drawn.scene), ("svg", drawn.svg)):
        path = FOLDER / f"{name}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        if text:
            path.write_text(text, encoding="utf-8", newline="\n")


def strays() -> list[Path]:
    """Goldens of cases that there are no longer, and SVGs that are no longer kept."""
    kept = {
        f"{name}.{suffix}"
        for name, case in cases().items()
        for suffix in (("scene", "svg") if case.svg else ("scene",))
    }
    files = [path for path in sorted(FOLDER.rglob("*")) if path.is_file()]
    return [
        path
        for path in files
        if SPECS not in path.parents and path.relative_to(FOLDER).as_posix() not in kept
    ]


PAGE_BREAK = "==== next page\n"


def pages_text(pages: list[Page]) -> str:
    """Every page's scene, then the title and notes of those that have more than a scene's."""
    return PAGE_BREAK.join(
        scene_text(page.scene)
        + (f"notes {json.dumps(page[1:], ensure_ascii=False)}\n" if page.notes else "")
        for page in pages
    )


def scene_text(scene: Scene) -> str:
    """The JSON scene with one primitive a line, without what is empty or follows from the rest."""
    head = {"width": scene.width, "height": scene.height, "background": scene.background}
    lines = [scene.title, scene.description, _line(head), *_lines(scene.items, "")]
    return "\n".join(lines) + "\n"


def _lines(items: tuple[Item, ...], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield indent + _line(item_data(item._replace(items=())))
            yield from _lines(item.items, indent + " ")
        else:
            yield indent + _line(item_data(item))


def _line(data: Mapping[str, object]) -> str:
    data = dict(data)
    kind = data.pop("type", "figure")
    texts = data.pop("texts", [])
    if "points" in data:
        del data["box"]
    if data.get("route") == data.get("points"):
        data.pop("route", None)
    said = {key: value for key, value in data.items() if value not in ("", False, 0, [])}
    if isinstance(texts, list):
        for number, text in enumerate(texts):
            said[f"line{number + 1}"] = [text[key] for key in ("text", "x", "y", "size", "fill")]
    return f"{kind} " + json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def scenes_of(text: str) -> list[Scene]:
    """The scenes of a golden, near enough to be drawn: the inverse of :func:`pages_text`."""
    found = []
    for page in text.split(PAGE_BREAK) if text else ():
        title, about, figure, *lines = page.removesuffix("\n").split("\n")
        head = json.loads(figure.partition(" ")[2])
        items = _items([line for line in lines if not line.startswith("notes ")], 0)
        found.append(Scene(head["width"], head["height"], title, about, head["background"], items))
    return found


def _items(lines: list[str], indent: int) -> tuple[Item, ...]:
    """The items from the head of ``lines`` that stand at ``indent``; takes them off the list."""
    items: list[Item] = []
    while lines and len(lines[0]) - len(lines[0].lstrip(" ")) == indent:
        kind, _, said = lines.pop(0).strip().partition(" ")
        data = json.loads(said)
        if kind == "group":
            items.append(Group(data["id"], data["role"], items=_items(lines, indent + 1)))
        else:
            items.append(MAKERS[kind](data))
    return tuple(items)


def _shape(data: dict[str, Any]) -> Shape:
    texts = [value for key, value in data.items() if key.startswith("line") and key[4:].isdigit()]
    form = {key: data[key] for key in Shape._fields if key in data}
    box = dict(zip(("x", "y", "width", "height"), data["box"], strict=True))
    label: dict[str, Any] = {"lines": tuple(text[0] for text in texts)}
    label["widths"] = (0.0,) * len(texts)
    if texts:
        label |= {"text_size": texts[0][3], "text_fill": texts[0][4]}
    return Shape(**{"id": "", "fill": "", **form, **box, **label})


def _text(data: dict[str, Any]) -> Text:
    said = {key: data[key] for key in Text._fields if key in data}
    return Text(**{"x": 0.0, "y": 0.0, "text": "", "width": data["box"][2], **said})


def _connector(data: dict[str, Any]) -> Connector:
    points = tuple(map(tuple, data["points"]))
    said = {key: data[key] for key in Connector._fields if key in data}
    return Connector(**{"head": False, **said, "points": points, "route": points})


MAKERS: dict[str, Callable[[dict[str, Any]], Item]] = {
    "shape": _shape,
    "text": _text,
    "line": lambda data: Line(
        tuple(map(tuple, data["points"])), data["stroke"], data["line_width"], data["role"]
    ),
    "connector": _connector,
}


def diff(old: str, new: str, most: int = 40) -> str:
    """The lines that differ, at most so many of them."""
    lines = list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), "golden", "drawn now", "", "", 1, ""
        )
    )
    if len(lines) > most:
        lines[most:] = [f"... and {len(lines) - most} lines more"]
    return "\n".join(line[:200] for line in lines)


def changed() -> Iterator[tuple[str, Drawn, Drawn]]:
    """(name, golden, drawn now) of the cases that differ."""
    for name, case in cases().items():
        old, new = stored(name), draw(case)
        if old != new:
            yield name, old, new


def report(found: list[tuple[str, Drawn, Drawn]]) -> str:
    """A page with old and new pictures side by side, and laid over one another."""
    parts = [PAGE_HEAD, f"<h1>{len(found)} of {len(cases())} cases changed</h1>"]
    for name, old, new in found:
        parts.append(f"<h2>{html.escape(name)}</h2>")
        for before, after in zip_longest(_pictures(old), _pictures(new), fillvalue="<p>none</p>"):
            parts.append(
                f"<div class=row><figure><figcaption>before</figcaption>{before}</figure>"
                f"<figure><figcaption>now</figcaption>{after}</figure>"
                f"<figure><figcaption>difference (black where equal)</figcaption><div class=over>"
                f"{before}{after}</div></figure></div>"
            )
        parts.append(
            f"<details><summary>lines of the scene</summary><pre>"
            f"{html.escape(diff(old.scene, new.scene, 400))}</pre></details>"
        )
    return "\n".join(parts) + "\n"


def _pictures(drawn: Drawn) -> list[str]:
    """The SVG that is kept, or one drawn from the text of each page."""
    svgs = [drawn.svg] if drawn.svg else [write_svg(scene) for scene in scenes_of(drawn.scene)]
    return [
        f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
        for svg in svgs
    ]


PAGE_HEAD = """<!doctype html>
<meta charset="utf-8">
<title>Goldens: before and now</title>
<style>
body { font-family: sans-serif; margin: 1rem 2rem }
.row { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 1rem; align-items: start }
figure { margin: 0; border: 1px solid #ccc; padding: .5rem }
img { width: 100%; display: block }
.over { position: relative; isolation: isolate }
.over img + img { position: absolute; inset: 0; mix-blend-mode: difference }
pre { overflow: auto; background: #f6f6f6; padding: .5rem }
</style>"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare, show or accept the goldens.")
    parser.add_argument("--accept", action="store_true", help="take what is drawn now as right")
    parser.add_argument("--report", metavar="FILE", help="write a page with old and new pictures")
    options = parser.parse_args(arguments)
    found = list(changed())
    if options.report:
        Path(options.report).write_text(report(found), encoding="utf-8")
    for name, old, new in found:
        print(f"{name}: {'changed' if old.scene else 'new'}")
        if options.accept:
            store(name, new)
    for path in strays():
        print(f"{path.name}: of no case")
        if options.accept:
            path.unlink()
    if options.accept or options.report:
        return 0
    return 1 if found or strays() else 0


if __name__ == "__main__":
    sys.exit(main())
