"""The commands that draw what is known of networks: when, how large, how good.

No logic here: each command is a few calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from archviz.cli.common import get_network
from archviz.cli.figures import emit_scene, pictures_of
from archviz.cli.medium import medium_options
from archviz.cli.options import (
    Drawing,
    format_option,
    look_options,
    model_options,
    network_argument,
    networks_or_family,
    output_option,
    place_options,
)
from archviz.cli.streams import emit, say
from archviz.cli.types import AxisName, ColumnNames, SortName

if TYPE_CHECKING:
    from archviz.layout.page import Options
    from archviz.network.head import Head
    from archviz.scene.scene import Scene
    from archviz.scene.slide_form import SlideForm
    from archviz.scene.theme import Theme
    from archviz.several import Overview


def emit_heads(
    draw: Callable[[list[Head], Options], Scene],
    slides: Callable[[list[Head], Theme, SlideForm], Sequence[Scene]],
    networks: tuple[str, ...],
    output: str,
    suffix: str | None,
    given: Mapping[str, Any],
) -> None:
    """Write a figure of networks' bibliographic heads, of the classic ones without names."""
    from archviz.catalog import classics

    nets = [get_network(source).network for source in networks or classics(appendix=True)]
    heads = [network.head for network in nets]

    def drawn(options: Options) -> Scene:
        return draw(heads, options)

    def on_slides(options: Options, form: SlideForm) -> Sequence[Scene]:
        return slides(heads, options.theme, form)

    emit_scene(drawn, output, suffix, given, nets, on_slides)


def emit_overview(
    made: Overview, output: str, suffix: str | None, given: Mapping[str, Any]
) -> None:
    """Write a figure of several networks that the Python API makes."""
    drawing = made.drawing
    emit_scene(drawing.figure, output, suffix, given, drawing.networks, drawing.slides)


@click.command(cls=Drawing)
@networks_or_family()
@output_option
@format_option
@look_options("theme", "aspect", "transparent")
@place_options
@medium_options
def timeline(networks: tuple[str, ...], output: str, suffix: str | None, **given: Any) -> None:
    """Draw when networks were first public, the classics without NET.

    \b
    archviz timeline -o when.svg                one figure, in as many rows as it takes
    archviz timeline --family ResNet -o r.pptx  slides, 12 pt or more
    archviz timeline --width column -o when.pdf
    """
    from archviz.layout.overviews import timeline_slides
    from archviz.layout.several_made_for import timeline_figure

    emit_heads(timeline_figure, timeline_slides, networks, output, suffix, given)


all_option = click.option("--all", "everything", is_flag=True, help="All bundled networks.")


def sources_of(networks: Sequence[str], everything: bool) -> list[str]:
    """The networks that were asked for, all bundled ones before them where these were, too."""
    from archviz.catalog import names

    return [*dict.fromkeys((*(names() if everything else ()), *networks))]


@click.command(cls=Drawing)
@networks_or_family()
@all_option
@click.option(
    "--columns",
    type=ColumnNames(),
    metavar="NAMES",
    help="What is said of each, with commas between: year, parameters, macs, depth, input, top1, "
    "top5, ...; without it what most have.",
)
@click.option(
    "--sort",
    type=SortName(),
    metavar="NAME",
    help="In the order of a column, such as year; -year has the last first.",
)
@click.option("--short", is_flag=True, help="Counts with three figures: 25.6M.")
@output_option
@format_option
@look_options("theme", "aspect", "transparent")
@place_options
@medium_options
def table(
    networks: tuple[str, ...],
    everything: bool,
    columns: tuple[str, ...] | None,
    sort: str | None,
    short: bool,
    output: str,
    suffix: str | None,
    **given: Any,
) -> None:
    """Draw a table of networks: year, size, accuracy, depth; without NET of those in Keras.

    What nothing states is a dash; who states an accuracy stands under the table.

    \b
    archviz table -o keras.svg                   the six that Keras ships, as it lists them
    archviz table resnet50 my-net.yaml -o t.svg
    archviz table --family ResNet --columns year,parameters,macs,top1 --sort top1 -o t.pdf
    """
    from archviz import several
    from archviz.catalog import classics
    from archviz.layout.overviews import table_slides
    from archviz.layout.several_made_for import table_figure

    sources = sources_of(networks, everything)
    if not (sources or columns or sort or short):
        emit_heads(table_figure, table_slides, networks, output, suffix, given)
        return
    loaded = [get_network(source) for source in sources or classics(appendix=True)]
    made = several.table(loaded, columns or (), sort or "", short=short)
    emit_overview(made, output, suffix, given)


@click.command(cls=Drawing)
@networks_or_family()
@all_option
@click.option(
    "--x",
    type=AxisName(),
    default="macs",
    show_default=True,
    metavar="NAME",
    help="What the lower axis is of: macs, parameters, year, depth, top1, top5 or size.",
)
@click.option(
    "--y",
    type=AxisName(),
    default="top1",
    show_default=True,
    metavar="NAME",
    help="What the left axis is of.",
)
@click.option(
    "--bubbles",
    type=AxisName(none=True),
    metavar="NAME",
    help="What the areas of bubbles are of, or none.  [default: parameters, or macs]",
)
@output_option
@format_option
@look_options("theme", "aspect", "transparent")
@place_options
@medium_options
def chart(
    networks: tuple[str, ...],
    everything: bool,
    x: str,
    y: str,
    bubbles: str | None,
    output: str,
    suffix: str | None,
    **given: Any,
) -> None:
    """Draw networks by two of their numbers, accuracy and multiply-adds, as bubbles of a third.

    Without NET: the ten classics. What states no such number is left out, and named on
    standard error. Families have colours; what differs by powers of ten has an axis of them.

    \b
    archviz chart --all -o accuracy.svg
    archviz chart --all --x parameters --bubbles macs --width text -o accuracy.pdf
    archviz chart --family ResNet --x year --y parameters -o growth.pptx
    """
    from archviz import several
    from archviz.catalog import classics

    sources = sources_of(networks, everything) or classics()
    made = several.chart([get_network(source) for source in sources], x, y, bubbles)
    for why, titles in made.left_out:
        say(f"left out, since {why}: {', '.join(titles)}", err=True)
    emit_overview(made, output, suffix, given)


@click.command(cls=Drawing)
@network_argument
@model_options
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help="Size of its pages.",
)
@output_option
@format_option
@look_options(
    *("legend", "theme", "direction", "detail", "merges", "open", "panels", "blank"),
    "transparent",
)
@medium_options
def card(network: str, paper: str, output: str, suffix: str | None, **given: Any) -> None:
    """Draw a page of NET for a handout: its facts and its figure, no letter below 9 pt.

    With --blank it is an exercise: boxes without labels, lines for the answers, and the
    solution on the next page, or beside it where a format holds one picture.

    \b
    archviz card resnet50 -o resnet50.pdf
    archviz card my-net.yaml --paper letter -o card.svg
    archviz card lenet5 --blank -o exercise.pdf
    archviz card lenet5 --blank=lines,grey -o exercise.pdf   nothing given away
    """
    from archviz.export import card_bytes
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    loaded = get_network(network)
    (picture,), _, _ = pictures_of([(loaded.network, loaded.analysis)], given)
    emit(output, card_bytes(picture, paper, chosen), chosen.mark)


COMMANDS = (timeline, table, chart, card)
