"""The command line. No logic here: each command is a few calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from archviz import __version__
from archviz.cli.options import (
    FORCE_HELP,
    FormatList,
    aspect_option,
    complete_network,
    detail_option,
    force_option,
    format_option,
    legend_option,
    medium_options,
    network_argument,
    networks_argument,
    output_option,
    output_settings,
    theme_option,
    title_option,
)
from archviz.cli.streams import emit, open_streams, problems_told, say, standard_output
from archviz.errors import ArchvizError, did_you_mean

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork
    from archviz.network.model import Head
    from archviz.scene.scene import Scene
    from archviz.scene.theme import Theme
    from archviz.write.formats import Settings

EXAMPLES = """
\b
Examples:
  archviz list                             what is bundled
  archviz render resnet50 -o resnet50.svg  a figure; .png .pdf .pptx .tex as well
  archviz export --all -f pptx -d talk     the deck of all networks
  archviz compare resnet50 nin -o two.svg  networks on one page, at one scale
  archviz info inception-v3 --layers       shapes, parameters, multiply-adds
  archviz import model.onnx -o model.yaml  the spec of a real model
  archviz check my-net.yaml                prove a spec
  archviz schema > spec.schema.json        completion for your editor
  archviz legend -o legend.svg             what the colours mean

\b
A network of your own is a short YAML file, such as:
  title: Small
  network: [input 32x32x3, conv 3x3 16 relu, global-avg-pool, dense 10]

\b
Completion of names for bash (zsh and fish likewise):
  eval "$(_ARCHVIZ_COMPLETE=bash_source archviz)"
"""


class Commands(click.Group):
    """Prints problems as lines on standard error, status 1; never a traceback."""

    def make_context(self, *words: Any, **extra: Any) -> click.Context:
        """Read the command line; whatever is wrong is told."""
        with problems_told():
            return super().make_context(*words, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever goes wrong is told."""
        open_streams()
        with problems_told():
            result = super().invoke(ctx)
            if sys.stdout is not None:
                with standard_output():
                    sys.stdout.flush()
            return result

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name; an unknown one is answered with the nearest."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = did_you_mean(args[0], self.list_commands(ctx))
            hint = near or "'archviz --help' shows the commands"
            raise click.UsageError(f"there is no command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.api import load
    from archviz.catalog import UnknownNetwork

    try:
        loaded = load(source)
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None
    if loaded.imported and not loaded.imported.plain:
        say(loaded.imported.report, err=True)  # no figure that is wrong without a word
    return loaded


def emit_scene(scene: Scene, output: str, suffix: str | None, settings: Settings) -> None:
    """Write a scene in the format of the output's suffix, or in the one that was asked for."""
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    emit(output, chosen.write(scene, settings), chosen.mark)


@click.group(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "-V", "--version", message="archviz %(version)s")
def main() -> None:
    """Draw neural networks: one line of boxes, brackets for what repeats, each module
    opened once below."""


@main.command()
@network_argument
@output_option
@format_option
@legend_option
@title_option
@theme_option
@aspect_option
@detail_option
@medium_options
def render(
    network: str,
    output: str,
    suffix: str | None,
    legend: bool,
    title: bool,
    theme: str,
    aspect: float | None,
    detail: str,
    **medium: Any,
) -> None:
    """Draw NET: a bundled network, a YAML file, or a model file (ONNX, .keras, JSON).

    \b
    archviz render resnet50 -o resnet50.svg
    archviz render my-net.yaml --aspect 16:9 --title -o my-net.png
    archviz render model.onnx -o model.svg
    archviz render vgg16 -o vgg16.pptx          slides of native, editable shapes
    archviz render vgg16 -o vgg16.gv && neato -n2 -Tpng vgg16.gv -o vgg16.png
    """
    from archviz.export import Look, network_bytes
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    look = Look(theme, title, legend, aspect or 0.0, detail)
    settings = output_settings(aspect=aspect, **medium)
    emit(output, network_bytes(get_network(network), chosen, look, settings), chosen.mark)


@main.command("import")
@click.argument("model", metavar="MODEL", type=click.Path())
@output_option
def import_model(model: str, output: str) -> None:
    """Write the spec of a real model: ONNX, .keras, or the JSON of a Keras model.

    The stem, modules, repeats and towers are found in it; the spec is yours to read,
    rename and polish. What it unrolls to is compared with the model, and the outcome is
    said in one line on standard error; status 1 if they differ.

    \b
    archviz import model.onnx -o model.yaml
    archviz render model.onnx -o model.svg      the figure at once
    """
    from archviz.importers.imported import import_file

    imported = import_file(model)
    emit(output, imported.text.encode("utf-8"), "yaml")
    say(imported.report, err=True)
    if not imported.faithful:
        sys.exit(1)


@main.command()
@networks_argument
@click.option("--all", "everything", is_flag=True, help="All bundled networks, the appendix too.")
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
@legend_option
@title_option
@theme_option
@aspect_option
@detail_option
@medium_options
def export(
    networks: tuple[str, ...],
    everything: bool,
    formats: tuple[str, ...],
    directory: str,
    force: bool,
    legend: bool,
    title: bool,
    theme: str,
    aspect: float | None,
    detail: str,
    **medium: Any,
) -> None:
    """Write networks in many formats: figures, a deck, its print, a page.

    SVG, PNG, TeX, Graphviz and JSON are one file a network; PDF, PPTX, HTML and draw.io
    one file for all, in the order of publication. Without NET: the ten networks.

    \b
    archviz export                               everything of the ten
    archviz export --all -f pptx -d talk         the deck
    archviz export resnet50 my-net.yaml -f svg,tex -d figures
    """
    from archviz.cli.export_run import run_export
    from archviz.export import Look

    look = Look(theme, title, legend, aspect or 0.0, detail)
    settings = output_settings(aspect=aspect, **medium)
    if not run_export(networks, everything, formats, directory, force, look, settings):
        sys.exit(1)


@main.command()
@click.argument(
    "networks", metavar="NET NET...", nargs=-1, required=True, shell_complete=complete_network
)
@output_option
@format_option
@legend_option
@theme_option
@aspect_option
@detail_option
@medium_options
def compare(
    networks: tuple[str, ...],
    output: str,
    suffix: str | None,
    legend: bool,
    theme: str,
    aspect: float | None,
    detail: str,
    **medium: Any,
) -> None:
    """Draw networks on one page, at one scale, each with its figures.

    \b
    archviz compare resnet50 resnext50 -o two.svg
    """
    from archviz.api import figure_options
    from archviz.layout.compare import draw_comparison

    options = figure_options(theme=theme, legend=legend, aspect=aspect or 0.0, detail=detail)
    loaded = [get_network(source) for source in networks]
    scene = draw_comparison([(net.network, net.analysis) for net in loaded], options)
    emit_scene(scene, output, suffix, output_settings(aspect=aspect, **medium))


def emit_heads(
    draw: Callable[[list[Head], Theme], Scene],
    networks: tuple[str, ...],
    output: str,
    suffix: str | None,
    theme: str,
    medium: dict[str, Any],
) -> None:
    """Write a figure of networks' bibliographic heads, of all bundled ones without names."""
    from archviz.catalog import names
    from archviz.scene.theme import load_theme

    heads = [get_network(source).network.head for source in networks or names()]
    scene = draw(heads, load_theme(theme))
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command()
@networks_argument
@output_option
@format_option
@theme_option
@medium_options
def timeline(
    networks: tuple[str, ...], output: str, suffix: str | None, theme: str, **medium: Any
) -> None:
    """Draw when networks were published, all bundled ones without NET."""
    from archviz.layout.page import draw_timeline

    emit_heads(draw_timeline, networks, output, suffix, theme, medium)


@main.command()
@networks_argument
@output_option
@format_option
@theme_option
@medium_options
def table(
    networks: tuple[str, ...], output: str, suffix: str | None, theme: str, **medium: Any
) -> None:
    """Draw the table of the networks that Keras ships: size, accuracy, parameters, depth."""
    from archviz.layout.page import draw_table

    emit_heads(draw_table, networks, output, suffix, theme, medium)


@main.command()
@output_option
@format_option
@theme_option
@medium_options
def legend(output: str, suffix: str | None, theme: str, **medium: Any) -> None:
    """Draw the whole legend: every colour, badge and bracket."""
    from archviz.layout.page import draw_legend
    from archviz.scene.theme import load_theme

    scene = draw_legend(load_theme(theme))
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command()
@click.option(
    "-o",
    "--output",
    default="",
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
@medium_options
def themes(output: str, network: str, suffix: str | None, **medium: Any) -> None:
    """List the themes, or draw them all in one picture."""
    from archviz.scene.theme import load_theme, theme_names

    if not output:
        for name in theme_names():
            say(f"{name:<12} {load_theme(name).title}")
        return
    from archviz.layout.compare import draw_themes

    net = get_network(network)
    scene = draw_themes(net.network, net.analysis, [load_theme(name) for name in theme_names()])
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_networks(as_json: bool) -> None:
    """List the bundled networks in the order of their publication."""
    from archviz.catalog import index_text
    from archviz.network.report import list_table

    text = index_text()
    say((text if as_json else list_table(text)).removesuffix("\n"))


@main.command()
@network_argument
@click.option("--layers", is_flag=True, help="Print every layer, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every layer.")
def info(network: str, layers: bool, as_json: bool) -> None:
    """Print shapes, parameters, multiply-adds and depth of NET.

    \b
    archviz info resnet50
    archviz info my-net.yaml --layers
    """
    loaded = get_network(network)
    if as_json:
        import json

        text = json.dumps(loaded.info(), ensure_ascii=False, indent=1)
        plain = (c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
        say("".join(plain))
        return
    from archviz.network.report import info_text

    say(info_text(loaded.network, loaded.analysis, layers))


@main.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_network
)
def check(files: tuple[str, ...]) -> None:
    """Prove specs: syntax, names, shapes at every merge, and the published totals.

    Status 0 if all is well; else 1, with every problem's file, line and column.
    """
    from archviz.api import load
    from archviz.network.analysis import check_published

    problems = []
    for source in files:
        try:
            loaded = load(source)
            found = check_published(loaded.network, loaded.analysis)
        except ArchvizError as error:
            found = list(error.problems)
        if not found:
            known = loaded.network.published_marks
            proven = "proven" if known else "fits, nothing published to compare"
            say(f"{source}: {proven}, {loaded.analysis.totals.parameters:,} parameters")
        problems += found
    if problems:
        raise ArchvizError(problems)


@main.command()
@output_option
def schema(output: str) -> None:
    """Print the JSON Schema of specs, which gives editors completion."""
    import json

    from archviz.language.schema import schema as build_schema

    emit(
        output, (json.dumps(build_schema(), ensure_ascii=False, indent=1) + "\n").encode(), "schema"
    )
