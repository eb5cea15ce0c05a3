"""Goldens: the scene and the SVG of every case as text, compared line by line.

    python tests/goldens.py                          say what differs (status 1 if anything does)
    python tests/goldens.py --report report.html     old and new side by side, to look at
    python tests/goldens.py --accept                 take what is drawn now as right

A case is a bundled network, a spec in ``tests/goldens/specs``, or the whole legend, with the
options that it is drawn with. ``tests/goldens/NAME.scene`` holds one primitive a line, so that
a diff shows which box moved; ``tests/goldens/NAME.svg`` is the picture.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import html
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import archviz
from archviz import catalog
from archviz.layout.page import draw_legend
from archviz.scene.scene import Group, Item, Scene
from archviz.scene.theme import load_theme
from archviz.write.scene_json import item_data
from archviz.write.svg import write_svg

FOLDER = Path(__file__).parent / "goldens"
SPECS = FOLDER / "specs"
HOW_TO = (
    "look:   python tests/goldens.py --report report.html\naccept: python tests/goldens.py --accept"
)


@dataclass(frozen=True)
class Case:
    """What is drawn: a bundled name, a file, or nothing for the legend; and its options."""

    source: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def draw(self) -> Scene:
        if not self.source:
            return draw_legend(load_theme())
        return archviz.load(self.source).scene(**self.options)


def cases() -> dict[str, Case]:
    """All cases by the name of their goldens."""
    found = {name: Case(name) for name in catalog.names()}
    found |= {path.stem: Case(str(path)) for path in sorted(SPECS.glob("*.yaml"))}
    found["resnet50-full"] = Case("resnet50", {"detail": "full"})
    found["inception_v1-wide"] = Case("inception_v1", {"aspect": 16 / 9, "title": True})
    found["graph-full"] = Case(str(SPECS / "graph.yaml"), {"detail": "full", "legend": False})
    found["repeats-narrow"] = Case(str(SPECS / "repeats.yaml"), {"aspect": 3 / 4})
    found["unet-full"] = Case(str(SPECS / "unet.yaml"), {"detail": "full"})
    found["legend"] = Case("")
    return found


@dataclass(frozen=True)
class Drawn:
    """A case as the two texts that are kept of it."""

    scene: str
    svg: str


def draw(case: Case) -> Drawn:
    scene = case.draw()
    return Drawn(scene_text(scene), write_svg(scene))


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
        path.write_text(text, encoding="utf-8", newline="\n")


def strays() -> list[Path]:
    """Goldens of cases that there are no longer."""
    names = set(cases())
    return [path for path in sorted(FOLDER.iterdir()) if path.is_file() and path.stem not in names]


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
    parts = [PAGE_HEAD, f"<h1>{len(found)} of {len(cases())} figures changed</h1>"]
    for name, old, new in found:
        before, after = _picture(old.svg), _picture(new.svg)
        parts.append(
            f"<h2>{html.escape(name)}</h2><div class=row><figure><figcaption>before</figcaption>"
            f"{before}</figure><figure><figcaption>now</figcaption>{after}</figure><figure>"
            f"<figcaption>difference (black where equal)</figcaption><div class=over>{before}"
            f"{after}</div></figure></div><details><summary>lines of the scene</summary><pre>"
            f"{html.escape(diff(old.scene, new.scene, 400))}</pre></details>"
        )
    return "\n".join(parts) + "\n"


def _picture(svg: str) -> str:
    if not svg:
        return "<p>none yet</p>"
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="" src="data:image/svg+xml;base64,{data}">'


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
