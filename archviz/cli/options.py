"""What the commands share: completion, options, and which formats know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from archviz.cli.streams import ALLOW_OUTSIDE, FORCE, INPUTS, MODE, NAMES, warnings_told
from archviz.cli.types import (
    FormatName,
    LookValue,
    NameList,
    complete_network,
    complete_theme,
)
from archviz.looks import AUTO, CHOICES, LOOKS

if TYPE_CHECKING:
    from archviz.write.formats import Drawn

FORCE_HELP = "Overwrite what archviz did not write, or what was edited since."
MAX_SIDE = 2**31
Command = TypeVar("Command", bound=Callable[..., Any])


WIDE_AS_IT_COMES = ("card", "legend", "themes")


def drawn_by(ctx: click.Context) -> Drawn:
    """What the command draws, by which formats understand more or fewer options."""
    of: dict[str | None, Drawn] = {"render": "network", "export": "networks"}
    return of.get(ctx.command.name, "figure" if ctx.command.name in WIDE_AS_IT_COMES else "several")


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


class WidthOption(FormatOption):
    """The width, of which the help says itself what it is for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help."""
        record = click.Option.get_help_record(self, ctx)
        if record is None or drawn_by(ctx) == "figure":
            return record
        return record[0], f"{record[1]} Or what it is made for: 3.5in, 89mm, column, text or slide."


class Drawing(click.Command):
    """A command that draws, and takes no option that its format would ignore."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of the command line; ``--blank`` alone takes none of them."""
        end = args.index("--") if "--" in args else len(args)
        given = ["--blank=yes" if word == "--blank" else word for word in args[:end]]
        return super().parse_args(ctx, [*given, *args[end:]])

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
        with warnings_told():
            return super().invoke(ctx)


def written(param: click.Parameter, value: Any) -> str:
    """The flag that gives a parameter its value: ``--no-legend``."""
    return param.secondary_opts[0] if value is False else param.opts[-1]


def check_given(given: Mapping[str, str], ctx: click.Context) -> None:
    """Say which formats do not understand which of the options; wrong usage if none does."""
    from archviz.write.formats import FORMATS, asked_for, check_options, choose_format

    options = {param.name for param in ctx.command.params if isinstance(param, FormatOption)}
    given = {name: flag for name, flag in given.items() if name in options}
    names = asked_for({name: ctx.params.get(name) or "" for name in given})
    flags = zip(names, given.values(), strict=True)
    given = {name: f"{flag} {AUTO}" if name == AUTO else flag for name, flag in flags}
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


def _keep(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        ctx.meta[key] = value

    return keep


allow_outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_keep(ALLOW_OUTSIDE),
    help="Let specs name files outside of their folders.",
)


def read_inputs(words: tuple[str, ...]) -> list[tuple[int, ...]] | dict[str, tuple[int, ...]]:
    """The sizes of ``1x3x224x224``, or by their names those of ``ids=1x16``.

    Raises:
        ValueError: a word is neither, or only some have names.
    """
    sizes: list[tuple[str, tuple[int, ...]]] = []
    for word in words:
        name, _, size = word.rpartition("=")
        sides = size.lower().replace("×", "x").split("x")
        if not all(side.isdecimal() and 0 < int(side) < MAX_SIDE for side in sides):
            raise ValueError(f"'{word}' is no size; write it with its batch, such as 1x3x224x224")
        sizes.append((name, tuple(map(int, sides))))
    names = {name for name, _ in sizes if name}
    if not names:
        return [size for _, size in sizes]
    if len(names) < len(sizes):
        raise ValueError("give every input a name of its own, or none")
    return dict(sizes)


def _keep_inputs(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    try:
        ctx.meta[INPUTS] = read_inputs(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def model_options(command: Command) -> Command:
    """How models are read: :func:`archviz.cli.common.load_source` looks at what was given."""
    options = (
        click.option(
            "--input",
            multiple=True,
            expose_value=False,
            callback=_keep_inputs,
            metavar="[NAME=]SIZE",
            help="What a PyTorch module is called with, or what a model file leaves open: "
            "1x3x224x224, or ids=1x16; again for several.",
        ),
        click.option(
            "--mode",
            type=click.Choice(["eval", "train"]),
            expose_value=False,
            callback=_keep(MODE),
            help="Read a PyTorch module as it runs in evaluation or in training.  [default: eval]",
        ),
        click.option(
            "--names",
            type=click.Choice(["field", "code"]),
            expose_value=False,
            callback=_keep(NAMES),
            help="Label the modules of a model with words of the field, or with the names of its "
            "own classes.  [default: field]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def networks_argument(
    name: str = "networks", metavar: str = "[NET]...", **more: Any
) -> Callable[[Command], Command]:
    """Networks by their names or files, and what their specs may name."""

    def add(command: Command) -> Command:
        argument = click.argument(
            name, metavar=metavar, shell_complete=complete_network, **{"nargs": -1, **more}
        )
        return argument(allow_outside_option(command))

    return add


def networks_or_family(
    metavar: str = "[NET]...",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Networks by their names or files, and those of a family behind them."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(networks: tuple[str, ...], family: str | None, **given: Any) -> Any:
            from archviz.catalog import of_family

            others = [row["name"] for row in of_family(family)] if family else []
            return command(networks=tuple(dict.fromkeys((*networks, *others))), **given)

        about = "The networks of a family, too, such as ResNet; 'archviz list' shows them."
        option = click.option("--family", metavar="NAME", help=about)
        given: Callable[..., Any] = option(run)
        return networks_argument(metavar=metavar)(given)

    return add


network_argument = networks_argument("network", "NET", nargs=1)
force_option = click.option(
    "--force",
    is_flag=True,
    expose_value=False,
    callback=_keep(FORCE),
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


def look_options(*names: str) -> Callable[[Command], Command]:
    """The options of look, or those of them that a command has; their spec's is the default."""

    def add(command: Command) -> Command:
        for name in reversed(names or [*LOOKS]):
            command = _look_option(name)(command)
        return command

    return add


def _look_option(name: str) -> Callable[[Command], Command]:
    row = LOOKS[name]
    known = f"  [default: {row.default}]" if row.default else ""
    flags, more = f"--{name}", dict[str, Any]()
    if not row.metavar:
        flags = f"--{name}/--no-{name}"
    else:
        more = {"type": LookValue(row), "metavar": row.metavar}
    if name == "theme":
        more["shell_complete"] = complete_theme
    if name in CHOICES:
        more["type"] = click.Choice(CHOICES[name])
    return click.option(flags, cls=FormatOption, default=None, help=row.about + known, **more)


def with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """A command with options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def place_options(command: Command) -> Command:
    """What a figure is made for, beside its width."""
    options = (
        click.option(
            "--min-font",
            cls=FormatOption,
            metavar="LENGTH",
            help="Smallest letters of a figure made for a --width.  [default: 7pt]",
        ),
        click.option(
            "--max-height",
            cls=FormatOption,
            metavar="LENGTH",
            help="Greatest height of a figure made for a --width.",
        ),
    )
    return with_options(command, options)


only_option = click.option(
    "--only",
    cls=FormatOption,
    type=NameList(),
    metavar="NAMES",
    help="Show a part: 'row', and modules by their names, with commas between.",
)


def parts_option(each: str) -> Callable[[Command], Command]:
    """The option that several figures are written, and what ``each`` is of without a size."""
    return click.option(
        "--parts",
        is_flag=True,
        help="Several figures, named after what they show: as few as --width and --max-height "
        f"allow, or one for {each}.",
    )
