"""Draw all pictures of the documentation and write what is generated of its pages.

    python docs/tools/build.py

Writes docs/images, docs/gallery.md, the tables of docs/spec.md, and the parts of docs/import.md,
docs/proofs.md and README.md between ``<!-- name:begin -->`` and ``<!-- name:end -->``. A test
compares all of it with what is drawn now.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import archviz
from archviz import catalog
from archviz.cli.commands import main as command_line
from archviz.layout.card import Card, card_pages
from archviz.layout.chart import chart_figure
from archviz.layout.chart_data import chart_of
from archviz.layout.compare import draw_themes
from archviz.layout.page import Options, draw_legend, draw_timeline
from archviz.layout.slides import network_slides
from archviz.looks import bundled_themes
from archviz.scene.theme import load_theme
from archviz.write.formats import FORMATS, knowing
from archviz.write.svg import write_svg

sys.path.insert(0, str(Path(__file__).parent))
import family_list
import keras_list
import proof_list
import rule_list
import spec_tables
from marked import filled

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLE = DOCS / "examples" / "small.yaml"
IMPORTED = {
    "imported": "mobilenet_v2",
    "imported-unet": "unet",
    "imported-nasnet": "nasnet_mobile",
    "imported-vit": "vit_of_torchvision",
}
"""Pictures of specs in docs/examples that ``archviz import`` wrote of models, untouched."""
FROM_PAPERS = ("siamese", "seq2seq", "wavenet", "alphazero")
"""Specs in docs/examples of networks that nobody has published as code."""


@cache
def _net(source: str | Path) -> archviz.LoadedNetwork:
    return archviz.load(source)


def _example(name: str) -> Path:
    return DOCS / "examples" / f"{name}.yaml"


def _svg(source: str | Path) -> str:
    return _net(source).svg()


def _timeline() -> str:
    heads = [_net(name).network.head for name in catalog.classics(appendix=True)]
    return write_svg(draw_timeline(heads, load_theme()))


def _chart() -> str:
    every = [(net.network, net.analysis) for net in map(_net, catalog.names())]
    chart = chart_of(every, "macs", "top1", "parameters")
    return write_svg(chart_figure(chart, Options(load_theme())))


def _card() -> str:
    net = _net("resnet50")
    (card,) = card_pages(Card(net.network, net.analysis, Options(load_theme())))
    return write_svg(card)


def _slide() -> str:
    net = _net("resnet50")
    return write_svg(network_slides(net.network, net.analysis, load_theme())[0])


def _themes() -> str:
    net = _net("lenet5")
    themes = [load_theme(name) for name in bundled_themes()]
    return write_svg(draw_themes(net.network, net.analysis, themes))


def pictures() -> dict[str, Callable[[], str]]:
    """What draws the SVGs, by their names: networks, the example of the README, overviews."""
    sources = {name: name for name in catalog.names()}
    sources |= {name: _example(name) for name in FROM_PAPERS}
    sources |= {name: _example(example) for name, example in IMPORTED.items()}
    return {
        **{name: partial(_svg, source) for name, source in sources.items()},
        "small": lambda: _net(EXAMPLE).svg(aspect=1.0, legend=False),
        "column": lambda: _net("resnet50").svg(width="column"),
        "legend": lambda: write_svg(draw_legend(load_theme())),
        "timeline": _timeline,
        "chart": _chart,
        "card": _card,
        "slide": _slide,
        "themes": _themes,
    }


def gallery() -> str:
    """docs/gallery.md."""
    parts = [
        "# Gallery",
        "",
        "Each picture is what `archviz render NAME -o NAME.svg` draws. This page and its pictures",
        "are written by `python docs/tools/build.py`.",
        "[How the gallery was proven](proofs.md) tells what each network was held against.",
        "",
        "![When the networks were published](images/timeline.svg)",
        "",
        "How often they are right on ImageNet, as far as somebody states it, against their",
        "multiply-adds, as `archviz chart --all -o chart.svg` draws it:",
        "",
        "![Accuracy, multiply-adds and parameters](images/chart.svg)",
        "",
        "What the colours and badges mean:",
        "",
        "![The legend](images/legend.svg)",
        "",
        "A slide of the deck that `archviz export -f pptx` writes, all of it native shapes:",
        "",
        "![A slide](images/slide.svg)",
        "",
        "The page that `archviz export -f html` writes:",
        "",
        "![The page](page.png)",
        "",
        "With `--all` it has all networks of this gallery, by family, and a search that knows",
        "their names, families, authors, years, numbers and layers:",
        "",
        "```sh",
        "archviz export --all -f html -d gallery   # gallery/archviz.html, one file",
        "```",
        "",
        "One network in every theme, as `archviz themes --network lenet5 -o themes.svg` draws it:",
        "",
        "![The themes](images/themes.svg)",
    ]
    group = ""
    for entry in catalog.entries():
        name = entry["name"]
        group, before = _group(entry), group
        if group != before:
            parts += ["", f"## {group}"]
        parts += ["", *_gallery_entry(f"../specs/{name}.yaml", _net(name).info())]
    parts += ["", "## From papers", "", "Of these nobody has published a count."]
    for name in FROM_PAPERS:
        info = _net(_example(name)).info()
        parts += ["", *_gallery_entry(f"examples/{name}.yaml", info)]
    return "\n".join(parts) + "\n"


def _group(entry: Mapping[str, Any]) -> str:
    """Under which heading of the gallery a network stands."""
    classic = entry["classic"] or entry["appendix"]
    return "The classics" if classic else entry["family"] or "Others"


def _gallery_entry(spec: str, info: Mapping[str, Any]) -> list[str]:
    totals, auxiliary = info["totals"], info["with_auxiliary"]
    facts = f"{totals['parameters']:,} parameters"
    if auxiliary:
        facts += f" ({auxiliary['parameters']:,} with the auxiliary classifiers)"
    facts += f", {totals['macs']:,} multiply-adds, depth {totals['depth']}."
    venue = f", {info['venue']}" if info["venue"] else ""
    work = f"*{info['paper']}*" if info["paper"] else info["link"].removeprefix("https://")
    return [
        f"### {info['title']} ({info['year']})",
        "",
        info["brought"],
        "",
        f"![{info['title']}](images/{info['name']}.svg)",
        "",
        f"{facts} Its spec: [{info['name']}.yaml]({spec}).",
        "",
        f"{info['authors']}: [{work}]({info['link']}){venue}.",
    ]


# ---- the parts of the README ------------------------------------------------------------------


def spec_part() -> str:
    """The example's spec beside its picture: a table, which Markdown has no way to say."""
    return "\n".join(
        [
            "<table><tr><td>",
            "",
            "```yaml",
            EXAMPLE.read_text(encoding="utf-8").rstrip(),
            "```",
            "",
            "</td><td>",
            "",
            '<img alt="The picture of the spec beside it" src="docs/images/small.svg" width="400">',
            "",
            "</td></tr></table>",
        ]
    )


def commands_part() -> str:
    """A line for each command, from its own help."""
    rows = ["| command | what it does |", "|---|---|"]
    for name in sorted(command_line.commands):
        help_text = (command_line.commands[name].help or "").partition("\b")[0]
        first = " ".join(help_text.split("\n\n")[0].split())
        rows.append(f"| `archviz {name}` | {first} |")
    return "\n".join(rows)


def formats_part() -> str:
    """A line for each format, with the options that few formats or nearly all understand."""
    lines = [
        "| suffix | what it is good for | options of its own | not for it |",
        "|---|---|---|---|",
    ]
    every = dict.fromkeys(name for row in FORMATS.values() for name in row.understands("network"))
    common = [name for name in every if 2 * len(knowing(name, "network")) > len(FORMATS)]
    for row in FORMATS.values():
        known = row.understands("network")
        own = ", ".join(flag(name) for name in known if name not in common)
        lacking = ", ".join(flag(name) for name in common if name not in known)
        lines.append(f"| `.{row.suffix}` | {row.about} | {own} | {lacking} |")
    return "\n".join(lines)


def flag(name: str) -> str:
    """The flag of an option, as Markdown."""
    if name == "auto":
        return "`--theme auto`"
    return "`--width` of a place" if name == "place" else f"`--{name.replace('_', '-')}`"


def networks_part() -> str:
    """A line for each bundled network."""
    rows = ["| name | network | year | parameters | what it brought |", "|---|---|---|--:|---|"]
    for entry in catalog.entries():
        title = f"[{entry['title']}](docs/gallery.md#{anchor(entry)})"
        rows.append(
            f"| `{entry['name']}` | {title} | {entry['year']} | {entry['parameters']:,} "
            f"| {entry['brought']} |"
        )
    return "\n".join(rows)


def anchor(entry: Mapping[str, object]) -> str:
    """The anchor that a heading ``Title (year)`` of the gallery gets."""
    text = f"{entry['title']} ({entry['year']})".lower().replace(" ", "-")
    return "".join(char for char in text if char.isalnum() or char in "-_")


PARTS = {
    "spec": spec_part,
    "commands": commands_part,
    "formats": formats_part,
    "networks": networks_part,
}
IMPORT_PARTS = {
    "keras": keras_list.keras_list,
    "rules": rule_list.rules_list,
    "families": family_list.families_list,
}


PROOF_PARTS = {"proofs": proof_list.proofs_list, "sources": proof_list.sources_list}


def outputs() -> dict[Path, Callable[[], str]]:
    """What writes each file that is generated, or has generated parts."""
    files = {DOCS / "images" / f"{name}.svg": draw for name, draw in pictures().items()}
    files[DOCS / "gallery.md"] = gallery
    files[DOCS / "spec.md"] = lambda: spec_tables.current(_text(DOCS / "spec.md"))
    pages = {"docs/import.md": IMPORT_PARTS, "docs/proofs.md": PROOF_PARTS, "README.md": PARTS}
    for page, parts in pages.items():
        files[ROOT / page] = partial(_filled, ROOT / page, parts)
    return files


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _filled(path: Path, parts: Mapping[str, Callable[[], str]]) -> str:
    return filled(_text(path), parts)


def strays() -> list[Path]:
    """Pictures that nothing makes any longer."""
    made = outputs()
    return [path for path in sorted((DOCS / "images").iterdir()) if path not in made]


def main() -> None:
    for path, write in outputs().items():
        text = write()
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or _text(path) != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))
    for path in strays():
        path.unlink()


if __name__ == "__main__":
    main()
