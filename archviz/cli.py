"""The command line. No logic here: each command is a few calls."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from archviz import __version__
from archviz.errors import ArchvizError

if TYPE_CHECKING:
    from archviz.api import LoadedNetwork

EXAMPLES = """
\b
Examples:
  archviz list                                  what is bundled
  archviz render resnet50 -o resnet50.svg       one figure
  archviz render my-net.yaml --detail full -o my-net.svg
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
        except ArchvizError as error:
            for problem in error.problems:
                click.echo(f"{problem}", err=True)
            count = len(error.problems)
            if count > 1:
                click.echo(f"{count} problems", err=True)
            sys.exit(1)


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


def get_network(source: str) -> LoadedNetwork:
    """A network by its name or from a file; an unknown name is wrong usage."""
    from archviz.api import load
    from archviz.catalog import UnknownNetwork

    try:
        return load(source)
    except UnknownNetwork as error:
        raise click.UsageError(str(error)) from None


network_argument = click.argument("network", metavar="NET", shell_complete=complete_network)
theme_option = click.option(
    "--theme", default="article", show_default=True, metavar="NAME|FILE",
    shell_complete=complete_theme, help="Colours: a bundled theme or a theme file.",
)  # fmt: skip
output_option = click.option(
    "-o", "--output", default="-", metavar="FILE",
    help="Where to write; the suffix is the format. Standard output without.",
)  # fmt: skip


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
@click.option(
    "-f", "--format", "suffix", type=click.Choice(["svg", "json", "gv"]),
    help="Format, where the output has no suffix.  [default: svg]",
)  # fmt: skip
@click.option("--legend/--no-legend", default=True, show_default=True,
              help="Say under the figure what its colours mean.")  # fmt: skip
@click.option("--title/--no-title", default=False, show_default=True,
              help="Print the network's title over the figure.")  # fmt: skip
@theme_option
@click.option("--aspect", type=Aspect(), metavar="W:H", default=None,
              help="Shape of the page, such as 16:9; the main row wraps to fill it.")  # fmt: skip
@click.option(
    "--detail", type=click.Choice(["compact", "full"]), default="compact", show_default=True,
    help="full prints filters, strides and output shapes under each layer.",
)  # fmt: skip
def render(
    network: str, output: str, suffix: str | None, legend: bool, title: bool, theme: str,
    aspect: float | None, detail: str,
) -> None:  # fmt: skip
    """Draw NET, a bundled network or a YAML file.

    \b
    archviz render resnet50 -o resnet50.svg
    archviz render my-net.yaml --aspect 16:9 --title -o my-net.svg
    archviz render vgg16 -o vgg16.gv && neato -n2 -Tpng vgg16.gv -o vgg16.png
    """
    from archviz.write.formats import FORMATS, format_of

    to_stdout = output == "-"
    named = bool(suffix) or to_stdout
    chosen = FORMATS[suffix or "svg"] if named else format_of(output)
    scene = get_network(network).scene(
        theme=theme, title=title, legend=legend, aspect=aspect or 0.0, detail=detail
    )
    emit(output, chosen.write(scene))


def emit(output: str, data: bytes) -> None:
    """Write to a file, or to standard output for ``-``."""
    if output == "-":
        click.get_binary_stream("stdout").write(data)
        return
    from archviz.files import write_file

    write_file(output, data)


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
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_network
)
def check(files: tuple[str, ...]) -> None:
    """Prove specs: syntax, names, shapes at every merge, and the published totals.

    Status 0 if all is well; else 1, with every problem's file, line and column.
    """
    from archviz.analysis import check_published

    problems = []
    for source in files:
        try:
            loaded = get_network(source)
            found = check_published(loaded.network, loaded.analysis)
        except ArchvizError as error:
            found = list(error.problems)
        if not found:
            click.echo(f"{source}: proven, {loaded.analysis.totals.parameters:,} parameters")
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


@main.command()
@output_option
@theme_option
def legend(output: str, theme: str) -> None:
    """Draw the whole legend: every colour, badge and bracket."""
    from archviz.layout.page import draw_legend
    from archviz.theme import load_theme
    from archviz.write.formats import FORMATS, format_of

    chosen = FORMATS["svg"] if output == "-" else format_of(output)
    emit(output, chosen.write(draw_legend(load_theme(theme))))
