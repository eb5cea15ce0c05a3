"""The command line: its entry, and the commands that print.

No logic here: each command is a few calls.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from archviz import __version__
from archviz.bundled import TASKS
from archviz.cli import figures, overviews
from archviz.cli.common import get_network, load_source, say_of
from archviz.cli.options import (
    model_options,
    network_argument,
    networks_argument,
    output_option,
)
from archviz.cli.streams import (
    emit,
    open_streams,
    problems_told,
    say,
    say_json,
    standard_output,
)
from archviz.cli.types import YearRange
from archviz.errors import ArchvizError, Mark, Problem, did_you_mean, fail

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
  archviz fmt --write my-net.yaml          put it into canonical form
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


@click.group(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, "-V", "--version", message="archviz %(version)s")
def main() -> None:
    """Draw neural networks: one line of boxes, brackets for what repeats, each module
    opened once below."""


for figure in (*figures.COMMANDS, *overviews.COMMANDS):
    main.add_command(figure)


@main.command("import")
@click.argument("model", metavar="MODEL", type=click.Path())
@output_option
@model_options
@click.option(
    "--explain",
    is_flag=True,
    help="Say which rules nearly fit, and why they do not.",
)
def import_model(model: str, output: str, explain: bool) -> None:
    """Write the spec of a model: ONNX, .keras, .pt2, Keras JSON, GGUF, config.json, or PyTorch.

    The stem, modules, repeats and towers are found in it; the spec is yours to read,
    rename and polish. What it unrolls to is compared with the model, its total with the
    weights that the model holds. The outcome is said in one line on standard error;
    status 1 if something differs or is not proven. GGUF and the config.json of a language
    model have no graph: the wiring is that of the family then, and the report says so.

    \b
    archviz import model.onnx -o model.yaml
    archviz import model.py:Net --input 1x3x32x32 -o net.yaml      runs model.py
    archviz import model.onnx --explain         which rules nearly fit, and why they do not
    archviz render model.onnx -o model.svg      the figure at once
    """
    imported = load_source(model).imported
    assert imported is not None
    emit(output, imported.text.encode("utf-8"), "yaml")
    say(imported.report, err=True)
    if explain:
        for line in imported.almost or ("no rule fits nearly and does not",):
            say(line, err=True)
    if not (imported.faithful or imported.agrees):
        sys.exit(1)


@main.command("list")
@click.argument("words", nargs=-1, metavar="[WORD...]")
@click.option("--family", metavar="NAME", help="Only those of a family, such as ResNet.")
@click.option("--year", "years", type=YearRange(), help="Only of a year, or of 2015..2017.")
@click.option("--task", type=click.Choice(TASKS), help="Only those that do this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_networks(
    words: tuple[str, ...],
    family: str | None,
    years: range | None,
    task: str | None,
    as_json: bool,
) -> None:
    """List the bundled networks: the ten classics and their appendix, then by family.

    With WORDs only those in whose names or descriptions all of them stand.

    \b
    archviz list dense --year 2016..
    archviz list --task segmentation
    """
    import json

    from archviz.catalog import found
    from archviz.network.report import list_table

    rows = found(words, family or "", years, task or "")
    if as_json:
        say_json(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    elif rows:
        say(list_table(rows))
    else:
        say("no bundled network fits; 'archviz list' shows them all", err=True)
        sys.exit(1)


@main.command()
@network_argument
@model_options
@click.option("--layers", is_flag=True, help="Print every layer, too.")
@click.option("--parts", is_flag=True, help="Print what the multiply-adds are of, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every layer.")
def info(network: str, layers: bool, parts: bool, as_json: bool) -> None:
    """Print shapes, parameters, multiply-adds and depth of NET.

    \b
    archviz info resnet50
    archviz info my-net.yaml --layers
    """
    loaded = get_network(network)
    if as_json:
        import json

        say_json(json.dumps(loaded.info(), ensure_ascii=False, indent=1) + "\n")
        return
    from archviz.network.report import info_text

    known = loaded.imported.report if loaded.imported else ""
    say(info_text(loaded.network, loaded.analysis, layers, known, parts))


@main.command()
@networks_argument("files", "FILE...", required=True)
@model_options
def check(files: tuple[str, ...]) -> None:
    """Prove specs: syntax, names, shapes at every merge, and the published totals.

    Of a model file, that its figure is proven to be the model. Status 0 if all is well;
    else 1, with every problem's file, line and column.
    """
    from archviz.network.analysis import check_published

    problems = []
    for source in files:
        try:
            loaded = load_source(source)
            say_of(loaded)
            found = check_published(loaded.network, loaded.analysis)
            if loaded.imported and not (loaded.imported.faithful or loaded.imported.agrees):
                found.append(Problem(Mark(source), "the figure is not proven to be the model"))
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
@networks_argument("files", "FILE...", required=True)
@click.option("--write", is_flag=True, help="Replace each file by its canonical form.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; status 1 if one differs.")
def fmt(files: tuple[str, ...], write: bool, only_check: bool) -> None:
    """Print a spec in its canonical form: one order, one indentation, comments kept.

    What it says stays: a file whose network would become another is left alone. '-' is
    standard input.

    \b
    archviz fmt my-net.yaml
    archviz fmt --write my-net.yaml
    archviz fmt --check resnet50 vgg16          status 1 where one is not
    """
    from archviz.cli.format_run import run_format

    if write and only_check:
        raise click.UsageError("--write and --check exclude each other; leave one of the two out")
    if len(files) > 1 and not (write or only_check):
        raise click.UsageError("one spec at a time is printed; several need --write or --check")
    run_format(files, write, only_check)


@main.command("lsp")
def language_server() -> None:
    """Run the language server, for an editor, over standard input and output.

    Problems as you type, completion, shapes and parameters, definitions, formatting.
    docs/editors.md tells how editors start it.
    """
    try:
        from archviz.lsp.server import serve
    except ModuleNotFoundError as error:
        hint = "install it: pip install 'archviz[lsp]'"
        raise fail("archviz lsp", f"the package {error.name} is missing", hint) from None
    serve()


@main.command()
@output_option
def schema(output: str) -> None:
    """Print the JSON Schema of specs, which gives editors completion."""
    import json

    from archviz.language.schema import schema as build_schema

    emit(
        output, (json.dumps(build_schema(), ensure_ascii=False, indent=1) + "\n").encode(), "schema"
    )
