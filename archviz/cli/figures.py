"""The commands that draw. No logic here: each command is a few calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from archviz.cli.common import get_network
from archviz.cli.medium import deck_options, medium_options
from archviz.cli.options import (
    FORCE_HELP,
    Drawing,
    force_option,
    format_option,
    look_options,
    model_options,
    network_argument,
    networks_or_family,
    only_option,
    output_option,
    parts_option,
    place_options,
)
from archviz.cli.streams import emit, files_read, say
from archviz.cli.types import FormatList, complete_network

if TYPE_CHECKING:
    from archviz.export import Analysed, Picture
    from archviz.layout.page import Options
    from archviz.network.model import Network
    from archviz.scene.scene import Scene
    from archviz.scene.slide_form import SlideForm
    from archviz.write.formats import Format, Settings


def pictures_of(
    nets: Sequence[Analysed], given: Mapping[str, Any]
) -> tuple[list[Picture], Options, Settings]:
    """How networks are drawn; a module that none of them has is wrong usage."""
    from archviz.keywords import read_pictures

    try:
        return read_pictures(nets, given)
    except ValueError as error:
        raise click.UsageError(f"--{error}") from None


def emit_scene(
    draw: Callable[[Options], Scene],
    output: str,
    suffix: str | None,
    given: Mapping[str, Any],
    networks: Sequence[Network] = (),
    slides: Callable[[Options, SlideForm], Sequence[Scene]] | None = None,
) -> None:
    """Draw as the options say, and write in the format of the suffix or the one asked for.

    What is not given is as the specs of ``networks`` agree on. ``slides`` draws for slides of a
    form, where the format has these.
    """
    from archviz.several import HowDrawn, drawing_bytes
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    emit(output, drawing_bytes(HowDrawn(networks, draw, slides), chosen, given), chosen.mark)


def check_parts(output: str, chosen: Format) -> None:
    """Wrong usage where parts cannot be written: to standard output, or in the format."""
    if output == "-":
        raise click.UsageError("--parts writes several files; name one with -o")
    if chosen.alone != "figure":
        what = f"--parts is for formats of figures, such as svg, not for {chosen.suffix}"
        raise click.UsageError(what)


def emit_parts(files: Sequence[tuple[str, bytes, str]]) -> None:
    """Write files, and name them on standard error."""
    for path, data, mark in files:
        emit(path, data, mark)
        say(path, err=True)


@click.command(cls=Drawing)
@network_argument
@model_options
@output_option
@format_option
@look_options()
@only_option
@place_options
@parts_option("the row and for each module")
@deck_options
@medium_options
def render(network: str, output: str, suffix: str | None, parts: bool, **given: Any) -> None:
    """Draw NET: a bundled network, a YAML file, a model file (ONNX, Keras, .pt2, GGUF), or PyTorch.

    package.module:name and model.py:Net run the code that they name; timm:, torchvision:
    and transformers: make a model without weights.

    \b
    archviz render resnet50 -o resnet50.svg
    archviz render my-net.yaml --aspect 16:9 --title -o my-net.png
    archviz render resnet50 --width column -o resnet50.pdf
    archviz render vit_b_16 --only row --width 3.5in -o vit.pdf
    archviz render model.onnx -o model.svg
    archviz render model.py:Net --input 1x3x32x32 -o net.svg
    archviz render vgg16 -o vgg16.pptx          slides of native, editable shapes
    archviz render vgg16 -o vgg16.gv && neato -n2 -Tpng vgg16.gv -o vgg16.png
    """
    from archviz.export import network_bytes, part_files
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    loaded = get_network(network)
    (picture,), _, _ = pictures_of([(loaded.network, loaded.analysis)], given)
    if parts:
        check_parts(output, chosen)
        emit_parts(part_files(picture, chosen, output))
        return
    emit(output, network_bytes(picture, chosen), chosen.mark)


@click.command(cls=Drawing)
@networks_or_family()
@model_options
@click.option("--all", "everything", is_flag=True, help="All bundled networks.")
@click.option(
    "-f",
    "--formats",
    type=FormatList(),
    default="svg,png,pdf,pptx,html",
    show_default=True,
    help="Formats, with commas between.",
)
@click.option(
    "-d",
    "--directory",
    default="archviz-export",
    show_default=True,
    metavar="DIR",
    help="Folder to write to; it is made where there is none.",
)
@click.option("--force", is_flag=True, help=FORCE_HELP)
@look_options()
@only_option
@place_options
@deck_options
@medium_options
def export(
    networks: tuple[str, ...],
    everything: bool,
    formats: tuple[str, ...],
    directory: str,
    force: bool,
    **given: Any,
) -> None:
    """Write networks in many formats: figures, a deck, its print, a page.

    SVG, PNG, TeX, Graphviz and JSON are one file a network; PDF, PPTX, HTML and draw.io
    one file for all, in the order of publication. Without NET: the ten classics.

    \b
    archviz export                               everything of the ten
    archviz export --all -f pptx -d talk         the deck
    archviz export resnet50 my-net.yaml -f svg,tex -d figures
    """
    from archviz.cli.export_run import run_export
    from archviz.export import Begun, Job, Told, begin_job

    named = [*files_read({**given, "networks": networks})]

    def begin(job: Job, inputs: Sequence[str], told: Told) -> Begun:
        return begin_job(job, force, [*named, *inputs], told)

    read = partial(pictures_of, given=given)
    if not run_export(networks, everything, formats, directory, begin, read):
        sys.exit(1)


@click.command(cls=Drawing)
@networks_or_family("NET NET...")
@model_options
@output_option
@format_option
@look_options(
    "legend", "theme", "aspect", "direction", "detail", "merges", "open", "panels", "transparent"
)
@place_options
@parts_option("each network")
@medium_options
def compare(
    networks: tuple[str, ...], output: str, suffix: str | None, parts: bool, **given: Any
) -> None:
    """Draw networks on one page, at one scale, each with its figures.

    \b
    archviz compare resnet50 resnext50 -o two.svg
    archviz compare resnet50 vgg16 -o two.pptx  slides, 12 pt or more
    archviz compare resnet50 vgg16 --width text -o two.pdf
    archviz compare unet detr --width column --max-height 9in --parts -o two.pdf
    """
    from archviz.export import PartsOutput, compared_files
    from archviz.layout.compare_slides import comparison_slides
    from archviz.layout.several_made_for import comparison_figure
    from archviz.write.formats import choose_format

    if not networks:
        raise click.UsageError("Missing argument 'NET NET...', or --family.")
    loaded = [get_network(source) for source in networks]
    told, options, settings = pictures_of([(net.network, net.analysis) for net in loaded], given)
    nets = [picture.net for picture in told]
    if parts:
        chosen = choose_format(output, suffix)
        check_parts(output, chosen)
        emit_parts(compared_files(nets, options, PartsOutput(chosen, output, settings)))
        return

    def draw(options: Options) -> Scene:
        return comparison_figure(nets, options)

    def slides(options: Options, form: SlideForm) -> Sequence[Scene]:
        return comparison_slides(nets, options, form)

    emit_scene(draw, output, suffix, given, [network for network, _ in nets], slides)


@click.command(cls=Drawing)
@output_option
@format_option
@look_options("theme", "transparent")
@medium_options
def legend(output: str, suffix: str | None, **given: Any) -> None:
    """Draw the whole legend: every colour, badge and bracket."""
    from archviz.layout.page import draw_legend

    emit_scene(lambda options: draw_legend(options.theme), output, suffix, given)


@click.command(cls=Drawing)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Draw them all in one picture; without it they are listed.",
)
@click.option(
    "--network",
    default="resnet50",
    show_default=True,
    metavar="NET",
    shell_complete=complete_network,
    help="What the picture shows.",
)
@force_option
@format_option
@look_options("transparent")
@medium_options
def themes(output: str | None, network: str, suffix: str | None, **given: Any) -> None:
    """List the themes, or draw them all in one picture."""
    from archviz.looks import bundled_themes, theme_names
    from archviz.scene.theme import load_theme

    if output is None:
        for name in theme_names():
            say(f"{name:<12} {load_theme(name).title}")
        return
    from archviz.layout.compare import draw_themes

    net = get_network(network)
    every = [load_theme(name) for name in bundled_themes()]

    def draw(options: Options) -> Scene:
        scene = draw_themes(net.network, net.analysis, every)
        return scene._replace(background=options.theme.color("page"))

    emit_scene(draw, output, suffix, given)


COMMANDS = (render, export, compare, legend, themes)
