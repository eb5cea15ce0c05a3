"""What the commands share: argument types, completion, options, and which formats know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from archviz.cli.streams import FORCE

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from archviz.write.formats import Drawn

FORCE_HELP = "Overwrite what archviz did not write, or what was edited since."
Command = TypeVar("Command", bound=Callable[..., Any])


def complete_network(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of bundled networks, and files."""
    from click.shell_completion import CompletionItem

    from archviz.catalog import names

    typed = incomplete.lower().replace("-", "_")
    found = [CompletionItem(name) for name in names() if name.startswith(typed)]
    return found or [CompletionItem(incomplete, type="file")]


def complete_theme(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of bundled themes, and files."""
    from click.shell_completion import CompletionItem

    from archviz.scene.theme import theme_names

    found = [CompletionItem(name) for name in theme_names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


class Aspect(click.ParamType[float]):
    """``16:9``, ``4:3`` or a number such as ``1.5``."""

    name = "W:H"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Width over height."""
        from archviz.keywords import aspect_of

        try:
            return aspect_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class FormatName(click.ParamType[str]):
    """A format by its suffix."""

    name = "FORMAT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The suffix, as the table of formats has it."""
        from archviz.write.formats import format_named

        try:
            return format_named(value).suffix
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Suffixes that begin so."""
        from click.shell_completion import CompletionItem

        from archviz.write.formats import FORMATS

        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


class FormatList(click.ParamType[tuple[str, ...]]):
    """``svg,png,pdf``: formats by their suffixes."""

    name = "FORMATS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The suffixes, each once."""
        if isinstance(value, tuple):
            return value
        one = FormatName()
        return tuple(dict.fromkeys(one.convert(part, param, ctx) for part in value.split(",")))


def drawn_by(ctx: click.Context) -> Drawn:
    """What the command draws, by which formats understand more or fewer options."""
    if ctx.command.name == "render":
        return "network"
    return "networks" if ctx.command.name == "export" else "figure"


class FormatOption(click.Option):
    """An option that formats may not understand; its help says which do."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option, and its help behind the formats that it is for."""
        from archviz.write.formats import FORMATS, knowing, words

        record = super().get_help_record(ctx)
        known = knowing(str(self.name), drawn_by(ctx))
        others = [suffix for suffix in FORMATS if suffix not in known]
        if record is None or not others:
            return record
        names = words(known) if len(known) < len(others) else f"not {words(others)}"
        return record[0], f"{record[1]}  ({names})"


class Drawing(click.Command):
    """A command that draws, and takes no option that its format would ignore."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, after a word on the options that only some of the formats understand."""
        given = {
            str(param.name): written(param, ctx.params.get(str(param.name)))
            for param in self.params
            if ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
        }
        if ctx.params.get("output", "") is None:
            for flag in given.values():
                raise click.UsageError(f"{flag} is for a picture; name its file with -o", ctx)
        else:
            check_given(given, ctx)
        return super().invoke(ctx)


def written(param: click.Parameter, value: Any) -> str:
    """The flag that gives a parameter its value: ``--no-legend``."""
    return param.secondary_opts[0] if value is False else param.opts[-1]


def check_given(given: Mapping[str, str], ctx: click.Context) -> None:
    """Say which formats do not understand which of the options; wrong usage if none does."""
    from archviz.write.formats import FORMATS, check_options, choose_format

    options = {param.name for param in ctx.command.params if isinstance(param, FormatOption)}
    given = {name: flag for name, flag in given.items() if name in options}
    if "formats" in ctx.params:
        formats = [FORMATS[suffix] for suffix in ctx.params["formats"]]
    else:
        formats = [choose_format(ctx.params["output"], ctx.params["suffix"])]
    try:
        lines = check_options(given, formats, drawn_by(ctx))
    except ValueError as error:
        raise click.UsageError(str(error), ctx) from None
    for line in lines:
        click.echo(line, err=True)


network_argument = click.argument("network", metavar="NET", shell_complete=complete_network)
networks_argument = click.argument(
    "networks", metavar="[NET]...", nargs=-1, shell_complete=complete_network
)


def _keep_force(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[FORCE] = value


force_option = click.option(
    "--force",
    is_flag=True,
    expose_value=False,
    callback=_keep_force,
    help=FORCE_HELP,
)


def output_option(command: Command) -> Command:
    """Where to write, and whether over what is there; :func:`archviz.cli.streams.emit` does."""
    return click.option(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="Where to write; the suffix is the format. Standard output without.",
    )(force_option(command))


format_option = click.option(
    "-f",
    "--format",
    "suffix",
    type=FormatName(),
    help="Format, where the output has no suffix.  [default: svg]",
)
theme_option = click.option(
    "--theme",
    cls=FormatOption,
    default="article",
    show_default=True,
    metavar="NAME|FILE",
    shell_complete=complete_theme,
    help="Colours: a bundled theme ('archviz themes') or a file.",
)
legend_option = click.option(
    "--legend/--no-legend",
    cls=FormatOption,
    default=True,
    show_default=True,
    help="Say what the colours mean.",
)
title_option = click.option(
    "--title/--no-title",
    cls=FormatOption,
    default=False,
    show_default=True,
    help="Print the network's title over the figure.",
)
aspect_option = click.option(
    "--aspect",
    cls=FormatOption,
    type=Aspect(),
    help="Shape of the page, such as 16:9; the main row wraps to fill it.",
)
detail_option = click.option(
    "--detail",
    cls=FormatOption,
    type=click.Choice(["compact", "full"]),
    default="compact",
    show_default=True,
    help="full prints filters, strides and output shapes under each layer.",
)


def medium_options(command: Command) -> Command:
    """The options of the formats themselves, whatever is drawn."""
    options = (
        click.option(
            "--scale",
            cls=FormatOption,
            type=click.FloatRange(0.05, 40),
            metavar="X",
            help="Pixels for one of the figure.  [default: 2]",
        ),
        click.option(
            "--width",
            cls=FormatOption,
            type=click.IntRange(16, 60_000),
            metavar="PIXELS",
            help="Width, instead of --scale.",
        ),
        click.option("--transparent", cls=FormatOption, is_flag=True, help="Leave the ground out."),
        click.option(
            "--fragment",
            cls=FormatOption,
            is_flag=True,
            help="A picture to \\input, not a document.",
        ),
        click.option(
            "--template",
            cls=FormatOption,
            metavar="FILE.pptx",
            help="Take the master of this presentation.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
