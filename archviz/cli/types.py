"""What stands behind the options of commands, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archviz.looks import LookOption, read_names, width_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


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

    from archviz.looks import theme_names

    found = [CompletionItem(name) for name in theme_names() if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


class LookValue(click.ParamType[Any]):
    """The value of an option of look, as its row reads it."""

    def __init__(self, option: LookOption) -> None:
        self.option = option
        self.name = option.metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What the text says."""
        try:
            return self.option.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Of an option that takes several words, those that can stand behind the last comma."""
        from click.shell_completion import CompletionItem

        before, comma, begun = incomplete.rpartition(",")
        said = read_names(before)
        return [
            CompletionItem(before + comma + word)
            for word in self.option.words
            if word.startswith(begun) and word not in said
        ]


class WidthValue(click.ParamType["int | str"]):
    """A width: pixels of a PNG, or that of the place where a figure will stand."""

    name = "WIDTH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """A whole number of pixels, or the length or name as it was written."""
        try:
            return width_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class DateValue(click.ParamType[str]):
    """A day, or a time with its zone."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The date as ISO 8601 writes it."""
        from archviz.write.about import date_of

        try:
            return date_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class YearRange(click.ParamType[range]):
    """A year, or the years from one to another."""

    name = "YEARS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> range:
        """``2015``, ``2015..2017``, ``2015..`` or ``..2017`` as the years."""
        first, dots, last = str(value).partition("..")
        years = [year for year in (first, last) if year]
        if not years or not all(year.isascii() and year.isdigit() for year in years):
            self.fail(f"'{value}' is no year, and no years such as 2015..2017", param, ctx)
        low = int(first) if first else 0
        high = (int(last) if last else 9999) if dots else low
        if high < low:
            self.fail(f"'{value}' ends before it begins", param, ctx)
        return range(low, high + 1)


class NameList(click.ParamType[tuple[str, ...]]):
    """Names with commas between."""

    name = "NAMES"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names, each once."""
        return read_names(value)


def _number_named(name: str) -> str:
    """The name of a number of networks, however it is spelt.

    Raises:
        ValueError: there is none of that name.
    """
    from archviz.errors import did_you_mean
    from archviz.network.numbers import NUMBERS

    wanted = name.strip().lower().replace("_", "-").replace("-", "")
    if wanted in NUMBERS:
        return wanted
    for key, number in NUMBERS.items():
        if number.head.replace("-", "").replace(" ", "") == wanted.replace(" ", ""):
            return key
    hint = did_you_mean(wanted, NUMBERS) or f"there are {', '.join(NUMBERS)}"
    raise ValueError(f"nothing of networks is called '{name.strip()}'; {hint}")


class NumberName(click.ParamType[str]):
    """A number of networks by its name, such as ``parameters`` or ``top1``."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, as the table of numbers has it."""
        try:
            return _number_named(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin so, behind the last comma."""
        from click.shell_completion import CompletionItem

        from archviz.network.numbers import NUMBERS

        before, comma, begun = incomplete.rpartition(",")
        return [CompletionItem(before + comma + one) for one in NUMBERS if one.startswith(begun)]


class SortName(NumberName):
    """A number of networks; with a minus before it the largest first."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, behind its minus."""
        text = str(value)
        return "-" * text.startswith("-") + super().convert(text.removeprefix("-"), param, ctx)


class AxisName(NumberName):
    """A number of networks that a chart can show; ``none`` for none, where that can be."""

    def __init__(self, none: bool = False) -> None:
        self.none = none

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; empty for none."""
        from archviz.network.numbers import DRAWN

        if self.none and value in ("none", ""):
            return ""
        name = super().convert(value, param, ctx)
        if name not in DRAWN:
            self.fail(f"'{name}' is no number; there are {', '.join(DRAWN)}", param, ctx)
        return name


class ColumnNames(NumberName):
    """Several of them, with commas between."""

    name = "NAMES"

    def convert(  # type: ignore[override]
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names, each once."""
        if isinstance(value, tuple):
            return value
        one = super().convert
        return tuple(dict.fromkeys(one(part, param, ctx) for part in value.split(",")))


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
