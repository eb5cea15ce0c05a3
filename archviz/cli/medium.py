"""The options of the formats themselves, whatever is drawn."""

from __future__ import annotations

import click

from archviz.cli.options import Command, FormatOption, WidthOption, with_options
from archviz.cli.types import DateValue, WidthValue


def _set_first(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        from archviz.scene.chosen_font import first_font

        ctx.with_resource(first_font(*value))


def medium_options(command: Command) -> Command:
    """The options of the formats themselves, whatever is drawn."""
    options = (
        click.option(
            "--font",
            expose_value=False,
            callback=_set_first,
            multiple=True,
            metavar="FILE",
            help="The font of all texts: a file (ttf, otf, ttc), times, helvetica or latin-modern; "
            "again for its bold face. Without Latin letters, for what the bundled font lacks.",
        ),
        click.option(
            "--scale",
            cls=FormatOption,
            type=click.FloatRange(0.05, 40),
            metavar="X",
            help="Pixels for one of the figure.  [default: 2]",
        ),
        click.option(
            "--width",
            cls=WidthOption,
            type=WidthValue(),
            metavar="WIDTH",
            help="Pixels of a PNG, instead of --scale.",
        ),
        click.option(
            "--fragment",
            cls=FormatOption,
            is_flag=True,
            help="A picture to \\input, or a figure to put into a page, not a document.",
        ),
        click.option(
            "--template",
            cls=FormatOption,
            metavar="FILE.pptx",
            help="Take layouts, colours and fonts of this presentation.",
        ),
        click.option(
            "--accents",
            cls=FormatOption,
            is_flag=True,
            default=None,
            help="Boxes in the accent colours of the --template.",
        ),
        click.option(
            "--author",
            cls=FormatOption,
            metavar="NAME",
            help="Whom the file names as its author.  [default: nobody]",
        ),
        click.option(
            "--date",
            cls=FormatOption,
            type=DateValue(),
            metavar="DATE",
            help="Its date, such as 2026-11-29.  [default: $SOURCE_DATE_EPOCH, or none]",
        ),
    )
    return with_options(command, options)


def deck_options(command: Command) -> Command:
    """The options of slides of networks."""
    options = (
        click.option(
            "--deck-title",
            cls=FormatOption,
            metavar="TEXT",
            help="Title of the cover of slides; --author and --date stand on it, too.",
        ),
        click.option(
            "--build",
            cls=FormatOption,
            is_flag=True,
            default=None,
            help="Build slides up: panels appear one after another, in PDF on a page each.",
        ),
    )
    return with_options(command, options)
