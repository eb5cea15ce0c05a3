"""The command line. No logic here: each command is a few calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archviz import __version__

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork
    from archviz.scene import Scene
    from archviz.write.formats import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

EXAMPLES = """
\b
Examples:
  archviz list                                  what is bundled
  archviz render resnet50 -o resnet50.svg       one figure; .png .pdf .pptx .tex ... as well
  archviz export --all -f pptx,pdf -d talk      the deck of all networks, and its print
  archviz compare resnet50 resnext50 -o two.svg networks side by side, at one scale
  archviz info inception-v3 --layers            shapes, parameters, multiply-adds
  archviz check my-net.yaml                     prove a spec
  archviz schema > archviz.schema.json          completion for your editor
  archviz legend -o legend.svg                  what the colours mean

\b
A network of your own is a short YAML file; docs/spec.md shows how to write one.
Completion for bash (zsh and fish likewise):
  eval "$(_ARCHVIZ_COMPLETE=bash_source archviz)"
"""


class Commands(click.Group):
    """Prints problems as lines on standard error, status 1; never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an :class:`ArchvizError` becomes its lines."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from archviz.errors import ArchvizError

            if not isinstance(error, ArchvizError):
                raise
            report(error)
            sys.exit(1)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A command by its name; an unknown one is answered with the nearest."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from archviz.errors import did_you_mean

            near = did_you_mean(args[0], self.list_commands(ctx))
            hint = near or "'archviz --help' shows the commands"
            raise click.UsageError(f"there is no command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)


def report(error: Exception) -> None:
    """Print every problem of an error on standard error."""
    problems = getattr(error, "problems", ())
    for problem in problems:
        click.echo(f"{problem}", err=True)
    if len(problems) > 1:
        click.echo(f"{len(problems)} problems", err=True)


def complete_network(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Names of bundled networks, and files."""
    from click.shell_completion import CompletionItem

    from archviz.catalog import names

    found = [CompletionItem(name) for name in names() if name.startswith(incomplete.lower())]
    return found or [CompletionItem(incomplete, type="file")]


def complete_theme(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Names of bundled themes, and files."""
    from click.shell_completion import CompletionItem

    from archviz.theme import theme_names

    found = [CompletionItem(name) for name in theme_names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


class Aspect(click.ParamType[float]):
    """``16:9``, ``4:3`` or a number such as ``1.5``."""

    name = "W:H"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Width over height."""
        if isinstance(value, float):
            return value
        width, _, height = str(value).replace("x", ":").partition(":")
        try:
            ratio = float(width) / float(height or 1)
        except (ValueError, ZeroDivisionError):
            ratio = 0.0
        if not 0.1 <= ratio <= 10:
            self.fail(f"'{value}' is not a page shape; write 16:9, 4:3 or 1.5", param, ctx)
        return ratio


class FormatList(click.ParamType[tuple[str, ...]]):
    """``svg,png,pdf``: formats by their suffixes."""

    name = "FORMATS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The suffixes, each once."""
        if isinstance(value, tuple):
            return value
        from archviz.errors import did_you_mean
        from archviz.write.formats import FORMATS

        suffixes = [part.strip().lstrip(".").lower() for part in str(value).split(",")]
        for suffix in suffixes:
            if suffix not in FORMATS:
                hint = did_you_mean(suffix, FORMATS) or f"there are {', '.join(FORMATS)}"
                self.fail(f"there is no format '{suffix}'; {hint}", param, ctx)
        return tuple(dict.fromkeys(suffixes))


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.api import load
    from archviz.catalog import UnknownNetwork

    try:
        return load(source)
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None


def output_settings(**given: Any) -> Settings:
    """Settings of the formats, of which only those that were given differ from the defaults."""
    from archviz.write.formats import Settings

    return Settings(**{name: value for name, value in given.items() if value is not None})


def emit(output: str, data: bytes) -> None:
    """Write to a file, or to standard output for ``-``."""
    if output == "-":
        sys.stdout.buffer.write(data)
        return
    from archviz.files import write_file

    write_file(output, data)


def emit_scene(scene: Scene, output: str, suffix: str | None, settings: Settings) -> None:
    """Write a scene in the format of the output's suffix, or in the one that was asked for."""
    from archviz.write.formats import choose_format

    emit(output, choose_format(output, suffix).write(scene, settings))


network_argument = click.argument("network", metavar="NET", shell_complete=complete_network)
theme_option = click.option(
    "--theme", default="article", show_default=True, metavar="NAME|FILE",
    shell_complete=complete_theme, help="Colours: a bundled theme ('archviz themes') or a file.",
)  # fmt: skip
output_option = click.option(
    "-o", "--output", default="-", metavar="FILE",
    help="Where to write; the suffix is the format. Standard output without.",
)  # fmt: skip
format_option = click.option(
    "-f", "--format", "suffix", metavar="FORMAT",
    type=click.Choice(["svg", "png", "pdf", "pptx", "html", "tex", "drawio", "gv", "json"]),
    help="Format, where the output has no suffix.  [default: svg]",
)  # fmt: skip
legend_option = click.option(
    "--legend/--no-legend", default=True, show_default=True,
    help="Say under the figure what its colours mean.",
)  # fmt: skip
title_option = click.option(
    "--title/--no-title", default=False, show_default=True,
    help="Print the network's title over the figure.",
)  # fmt: skip
aspect_option = click.option(
    "--aspect", type=Aspect(), metavar="W:H", default=None,
    help="Shape of the page, such as 16:9; the main row wraps to fill it.",
)  # fmt: skip
detail_option = click.option(
    "--detail", type=click.Choice(["compact", "full"]), default="compact", show_default=True,
    help="full prints filters, strides and output shapes under each layer.",
)  # fmt: skip


def medium_options(command: Command) -> Command:
    """The options that only some formats know."""
    options = (
        click.option("--scale", type=click.FloatRange(0.05, 40), metavar="X",
                     help="PNG: pixels for one of the figure.  [default: 2]"),
        click.option("--width", type=click.IntRange(16, 60_000), metavar="PIXELS",
                     help="PNG: width, instead of --scale."),
        click.option("--transparent", is_flag=True, default=None,
                     help="PNG: leave the ground out."),
        click.option("--fragment", is_flag=True, default=None,
                     help="TeX: a picture to \\input, not a document."),
        click.option("--template", metavar="FILE.pptx", default=None,
                     help="PPTX: take the master of this presentation."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "-V", "--version", message="archviz %(version)s")
def main() -> None:
    """Draw neural networks: one line of boxes, brackets for what repeats, each module
    opened once below."""
    import gc

    gc.set_threshold(200_000, 20, 20)  # short-lived and without cycles: collect rarely


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
    network: str, output: str, suffix: str | None, legend: bool, title: bool, theme: str,
    aspect: float | None, detail: str, **medium: Any,
) -> None:  # fmt: skip
    """Draw NET, a bundled network or a YAML file.

    \b
    archviz render resnet50 -o resnet50.svg
    archviz render my-net.yaml --aspect 16:9 --title -o my-net.png
    archviz render vgg16 -o vgg16.pptx          slides of native, editable shapes
    archviz render vgg16 -o vgg16.gv && neato -n2 -Tpng vgg16.gv -o vgg16.png
    """
    from archviz.export import Look, network_bytes
    from archviz.write.formats import choose_format

    chosen = choose_format(output, suffix)
    look = Look(theme, title, legend, aspect or 0.0, detail)
    settings = output_settings(aspect=aspect, **medium)
    emit(output, network_bytes(get_network(network), chosen, look, settings))


@main.command()
@click.argument("networks", metavar="[NET]...", nargs=-1, shell_complete=complete_network)
@click.option("--all", "everything", is_flag=True, help="All bundled networks, the appendix too.")
@click.option("-f", "--formats", type=FormatList(), default="svg,png,pdf,pptx,html",
              show_default=True, help="Formats, with commas between.")  # fmt: skip
@click.option("-d", "--directory", default="archviz-export", show_default=True, metavar="DIR",
              help="Folder to write to; it is made where there is none.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite files that archviz did not write.")
@legend_option
@title_option
@theme_option
@aspect_option
@detail_option
@medium_options
def export(
    networks: tuple[str, ...], everything: bool, formats: tuple[str, ...], directory: str,
    force: bool, legend: bool, title: bool, theme: str, aspect: float | None, detail: str,
    **medium: Any,
) -> None:  # fmt: skip
    """Write networks in many formats: figures, a deck, its print, a page.

    SVG, PNG, TeX, Graphviz and JSON are one file a network; PDF, PPTX, HTML and draw.io
    one file for all, in the order of publication. Without NET: the ten networks.

    \b
    archviz export                               everything of the ten
    archviz export --all -f pptx -d talk         the deck
    archviz export resnet50 my-net.yaml -f svg,tex -d figures
    """
    from archviz.export import Look
    from archviz.export_run import run_export

    look = Look(theme, title, legend, aspect or 0.0, detail)
    settings = output_settings(aspect=aspect, **medium)
    if not run_export(networks, everything, formats, directory, force, look, settings):
        sys.exit(1)


@main.command()
@click.argument("networks", metavar="NET NET...", nargs=-1, required=True,
                shell_complete=complete_network)  # fmt: skip
@output_option
@format_option
@legend_option
@theme_option
@aspect_option
@detail_option
@medium_options
def compare(
    networks: tuple[str, ...], output: str, suffix: str | None, legend: bool, theme: str,
    aspect: float | None, detail: str, **medium: Any,
) -> None:  # fmt: skip
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


@main.command()
@click.argument("networks", metavar="[NET]...", nargs=-1, shell_complete=complete_network)
@output_option
@format_option
@theme_option
@medium_options
def timeline(
    networks: tuple[str, ...], output: str, suffix: str | None, theme: str, **medium: Any
) -> None:
    """Draw when networks were published, all bundled ones without NET."""
    from archviz.catalog import names
    from archviz.layout.page import draw_timeline
    from archviz.theme import load_theme

    heads = [get_network(source).network.head for source in networks or names()]
    scene = draw_timeline(heads, load_theme(theme))
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command()
@click.argument("networks", metavar="[NET]...", nargs=-1, shell_complete=complete_network)
@output_option
@format_option
@theme_option
@medium_options
def table(
    networks: tuple[str, ...], output: str, suffix: str | None, theme: str, **medium: Any
) -> None:
    """Draw the table of the networks that Keras ships: size, accuracy, parameters, depth."""
    from archviz.catalog import names
    from archviz.layout.page import draw_table
    from archviz.theme import load_theme

    heads = [get_network(source).network.head for source in networks or names()]
    scene = draw_table(heads, load_theme(theme))
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command()
@output_option
@format_option
@theme_option
@medium_options
def legend(output: str, suffix: str | None, theme: str, **medium: Any) -> None:
    """Draw the whole legend: every colour, badge and bracket."""
    from archviz.layout.page import draw_legend
    from archviz.theme import load_theme

    scene = draw_legend(load_theme(theme))
    emit_scene(scene, output, suffix, output_settings(**medium))


@main.command()
@click.option("-o", "--output", default="", metavar="FILE",
              help="Draw them all in one picture; without it they are listed.")  # fmt: skip
@click.option("--network", default="resnet50", show_default=True, metavar="NET",
              shell_complete=complete_network, help="What the picture shows.")  # fmt: skip
@format_option
@medium_options
def themes(output: str, network: str, suffix: str | None, **medium: Any) -> None:
    """List the themes, or draw them all in one picture."""
    from archviz.theme import load_theme, theme_names

    if not output:
        for name in theme_names():
            click.echo(f"{name:<12} {load_theme(name).title}")
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
    from archviz.report import list_table

    text = index_text()
    click.echo(text if as_json else list_table(text), nl=not as_json)


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

        click.echo(json.dumps(loaded.info(), ensure_ascii=False, indent=1))
        return
    from archviz.report import info_text

    click.echo(info_text(loaded.network, loaded.analysis, layers))


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True,
                shell_complete=complete_network)  # fmt: skip
def check(files: tuple[str, ...]) -> None:
    """Prove specs: syntax, names, shapes at every merge, and the published totals.

    Status 0 if all is well; else 1, with every problem's file, line and column.
    """
    from archviz.analysis import check_published
    from archviz.errors import ArchvizError

    problems = []
    for source in files:
        try:
            loaded = get_network(source)
            found = check_published(loaded.network, loaded.analysis)
        except ArchvizError as error:
            found = list(error.problems)
        if not found:
            known = loaded.network.published_marks
            proven = "proven" if known else "fits, nothing published to compare"
            click.echo(f"{source}: {proven}, {loaded.analysis.totals.parameters:,} parameters")
        problems += found
    if problems:
        raise ArchvizError(problems)


@main.command()
@output_option
def schema(output: str) -> None:
    """Print the JSON Schema of specs, which gives editors completion."""
    import json

    from archviz.schema import schema as build_schema

    emit(output, (json.dumps(build_schema(), ensure_ascii=False, indent=1) + "\n").encode())
