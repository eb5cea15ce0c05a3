"""The list of rules in ``docs/import.md``, from the table that the import goes by."""

from __future__ import annotations

import textwrap

from archviz.importers.fold.rules import RULES
from archviz.importers.fold.rules.rule import Rule


def rules_list() -> str:
    """A drawing of each rule, before and after, and its look-alike."""
    return "\n".join([line for rule in RULES for line in _entry(rule)]) + "\n"


def _entry(rule: Rule) -> list[str]:
    first, *more = rule.before.splitlines()
    after = rule.after.rpartition(": ")[2]
    return [
        "",
        textwrap.fill(f"**{rule.name}.** {rule.why}", 100),
        "",
        "```text",
        f"{first}   →   {after}",
        *more,
        "```",
        "",
        f"Told apart from: {rule.but[0].lower()}{rule.but[1:]}",
    ]
