"""What the commands share: argument types, completion, options."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archviz.cli.streams import FORCE

if TYPE_CHECKING:
    from archviz.write.formats import Settings

FORCE_HELP = "Overwrite what archviz did not write, or what was edited since."
Command = TypeVar("Command", bound=Callable[..., Any])


def complete_network(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Names of bundled networks, and files."""
    from click.shell_completion import CompletionItem

    from archviz.catalog import names

    typed = incomplete.lower().replace("-", "_")
    found = [CompletionItem(name) for name in names() if name.startswith(typed)]
    return found or [CompletionItem(incomplete, type="file")]


def complete_theme(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
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


def output_settings(**given: Any) -> Settings:
    """Settings of the formats, of which only those that were given differ from the defaults."""
    from archviz.write.formats import Settings

    return Settings(**{name: value for name, value in given.items() if value is not None})


network_argument = click.argument("network", metavar="NET", shell_complete=complete_network)
networks_argument = click.argument(
    "networks", metavar="[NET]...", nargs=-1, shell_complete=complete_network
)
theme_option = click.option(
    "--theme",
    default="article",
    show_default=True,
    metavar="NAME|FILE",
    shell_complete=complete_theme,
    help="Colours: a bundled theme ('archviz themes') or a file.",
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
    metavar="FORMAT",
    type=click.Choice(["svg", "png", "pdf", "pptx", "html", "tex", "drawio", "gv", "json"]),
    help="Format, where the output has no suffix.  [default: svg]",
)
legend_option = click.option(
    "--legend/--no-legend",
    default=True,
    show_default=True,
    help="Say under the figure what its colours mean.",
)
title_option = click.option(
    "--title/--no-title",
    default=False,
    show_default=True,
    help="Print the network's title over the figure.",
)
aspect_option = click.option(
    "--aspect",
    type=Aspect(),
    metavar="W:H",
    default=None,
    help="Shape of the page, such as 16:9; the main row wraps to fill it.",
)
detail_option = click.option(
    "--detail",
    type=click.Choice(["compact", "full"]),
    default="compact",
    show_default=True,
    help="full prints filters, strides and output shapes under each layer.",
)


def medium_options(command: Command) -> Command:
    """The options that only some formats know."""
    options = (
        click.option(
            "--scale",
            type=click.FloatRange(0.05, 40),
            metavar="X",
            help="PNG: pixels for one of the figure.  [default: 2]",
        ),
        click.option(
            "--width",
            type=click.IntRange(16, 60_000),
            metavar="PIXELS",
            help="PNG: width, instead of --scale.",
        ),
        click.option(
            "--transparent", is_flag=True, default=None, help="PNG: leave the ground out."
        ),
        click.option(
            "--fragment",
            is_flag=True,
            default=None,
            help="TeX: a picture to \\input, not a document.",
        ),
        click.option(
            "--template",
            metavar="FILE.pptx",
            default=None,
            help="PPTX: take the master of this presentation.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
