"""An outline as the YAML of a spec, in the style of the bundled ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import assert_never

from archviz.importers.compact.outline import (
    WHEN,
    AuxiliaryItem,
    CallItem,
    GraphItem,
    Item,
    LayerItem,
    NameItem,
    Outline,
    OutlineModule,
    OutputsItem,
    ParallelItem,
    Parameter,
    RepeatItem,
)
from archviz.importers.graphs import ORDERED
from archviz.importers.spec.layer_text import LayerTexts, quoted

WIDTH = 96


def write_spec(outline: Outline, title: str, even: bool = False) -> str:
    """The YAML text of an outline; ``even``: broken into lines alike whatever numbers it has."""
    return _SpecWriter(outline, even).text(title)


class _SpecWriter:
    def __init__(self, outline: Outline, even: bool = False) -> None:
        self.outline = outline
        self.even = even
        self.modules: Sequence[OutlineModule] = outline.modules
        self.layers = LayerTexts(outline)

    def length(self, text: str) -> int:
        """The room that a text takes in a line."""
        return len(re.sub(r"\d+", "00000", text) if self.even else text)

    # ---- items --------------------------------------------------------------------------------

    def flow(self, item: Item) -> str:
        """An item on one line."""
        match item:
            case LayerItem():
                return self.layers.layer(item)
            case CallItem():
                return self.call(item)
            case RepeatItem():
                each = self.each(item)
                more = f", each: {each}" if each else ""
                return (
                    f"{{repeat: {item.often or item.times}, of: {_in_list(self.of(item))}{more}}}"
                )
            case AuxiliaryItem():
                return f"{{auxiliary: {_in_list(self.flow_series(item.body))}}}"
            case GraphItem():
                return self.flow_graph(item)
            case OutputsItem():
                bodies = [(quoted(name), self.flow_series(body)) for name, body in item.branches]
                outputs = ", ".join(f"{name}: {_in_list(text)}" for name, text in bodies)
                return f"{{outputs: {{{outputs}}}}}"
            case NameItem():
                raise AssertionError("a name belongs to the item before it")
            case ParallelItem():
                pairs = self.parallel_parts(item)
                return "{" + ", ".join(f"{key}: {_in_list(text)}" for key, text in pairs) + "}"
            case _:
                assert_never(item)

    def flow_series(self, items: Sequence[Item]) -> str:
        if not items:
            return "identity"
        texts: list[str] = []
        for item in items:
            if isinstance(item, NameItem):
                texts[-1] = with_name(texts[-1], item.name)
            else:
                texts.append(self.flow(item))
        return texts[0] if len(texts) == 1 else "[" + ", ".join(map(_in_list, texts)) + "]"

    def parallel_parts(self, item: ParallelItem) -> list[tuple[str, str]]:
        series = [self.flow_series(branch) for branch in item.branches]
        if item.copies > 1:
            found = [("towers", str(item.copies)), ("of", series[0])]
        elif item.form == "fork" or item.form == "towers":
            found = [(item.form, "[" + ", ".join(map(_in_list, series)) + "]")]
        else:
            found = [("residual", series[0])]
            if item.branches[1]:
                found.append(("shortcut", series[1]))
        merge = self.merge(item)
        return [*found, ("merge", merge)] if merge else found

    def merge(self, item: ParallelItem) -> str:
        """The text of a merge; empty where it is what comes without a word."""
        if item.merge is None:
            return ""
        text = self.layers.layer(item.merge)
        return "" if text == {"towers": "concat", "residual": "add"}[item.form] else text

    def flow_graph(self, item: GraphItem) -> str:
        bodies = [(name, self.flow_series(body)) for name, body in item.nodes]
        nodes = ", ".join(f"{name}: {_in_list(text)}" for name, text in bodies)
        edges = ", ".join(chains(item.edges, in_order(item)))
        return f"{{graph: {{nodes: {{{nodes}}}, edges: [{edges}]}}}}"

    def call(self, item: CallItem) -> str:
        module = self.modules[item.module]
        when = dict(item.values).get(WHEN, "")
        left_out = [f"when={when}"] if when else []
        return " ".join([module.name, *arguments(module.takes, item.values), *left_out])

    def of(self, item: RepeatItem) -> str:
        if self.rows(item):
            only = item.body[0]
            assert isinstance(only, CallItem)
            return self.modules[only.module].name
        return self.flow_series(item.body)

    def rows(self, item: RepeatItem) -> list[str]:
        """The arguments of each iteration, where a module alone is repeated."""
        only = item.body[0]
        if not item.each or len(item.body) > 1 or not isinstance(only, CallItem):
            return []
        if WHEN in dict(only.values):
            return []
        takes = self.modules[only.module].takes
        found = []
        names = dict(item.each)
        for _, text in only.values:
            if text not in names and not names.keys().isdisjoint(re.findall(r"\w+", text)):
                return []
        for index in range(item.times):
            values = tuple(
                (name, names[text][index] if text in names else text) for name, text in only.values
            )
            first = f"{values[0][0]}={values[0][1]}"
            found.append(" ".join(arguments(takes, values)) or first)
        return found

    def each(self, item: RepeatItem) -> str:
        if not item.each:
            return ""
        rows = self.rows(item)
        if rows:
            return "[" + ", ".join(runs(rows)) + "]"
        inner = ", ".join(f"{name}: [{', '.join(runs(texts))}]" for name, texts in item.each)
        return f"{{{inner}}}"

    # ---- blocks of lines ------------------------------------------------------------------------

    def lines(self, item: Item, indent: int) -> list[str]:
        """An item of a list, on one line where it is short enough."""
        pad = " " * indent
        flow = self.flow(item)
        if self.length(flow) + indent + 2 <= WIDTH:
            return [f"{pad}- {flow}"]
        match item:
            case LayerItem() | CallItem() | NameItem():
                return [f"{pad}- {flow}"]
            case RepeatItem():
                found = [f"{pad}- repeat: {item.often or item.times}"]
                if self.rows(item):
                    found.append(f"{pad}  of: {self.of(item)}")
                else:
                    found += self.keyed("of", item.body, indent + 2)
                if item.each:
                    line = f"{pad}  each: {self.each(item)}"
                    found += [line] if self.even else _wrapped(line, indent + 4)
                return found
            case AuxiliaryItem():
                return [f"{pad}- auxiliary:", *self.series_lines(item.body, indent + 4)]
            case OutputsItem():
                found = [f"{pad}- outputs:"]
                for name, body in item.branches:
                    found += self.keyed(quoted(name), body, indent + 4)
                return found
            case ParallelItem() | GraphItem():
                found = self.body_lines(item, indent + 2)
                return [f"{pad}- {found[0].lstrip()}", *found[1:]]
            case _:
                assert_never(item)

    def series_lines(self, items: Sequence[Item], indent: int) -> list[str]:
        found: list[list[str]] = []
        for item in items:
            if isinstance(item, NameItem):
                found[-1] = named(found[-1], item.name, indent)
            else:
                found.append(self.lines(item, indent))
        return [line for lines in found for line in lines]

    def keyed(self, key: str, items: Sequence[Item], indent: int) -> list[str]:
        """A key with a series."""
        pad = " " * indent
        flow = self.flow_series(items)
        if self.length(flow) + indent + len(key) + 2 <= WIDTH:
            return [f"{pad}{key}: {flow}"]
        return [f"{pad}{key}:", *self.series_lines(items, indent + 2)]

    def body_lines(self, item: ParallelItem | GraphItem, indent: int) -> list[str]:
        """The keys of towers, of a residual or of a graph."""
        pad = " " * indent
        if isinstance(item, GraphItem):
            found = [f"{pad}graph:", f"{pad}  nodes:"]
            for name, body in item.nodes:
                found += self.keyed(name, body, indent + 4)
            found.append(f"{pad}  edges:")
            return found + [f"{pad}    - {chain}" for chain in chains(item.edges, in_order(item))]
        if item.form == "residual":
            found = self.keyed("residual", item.branches[0], indent)
            if item.branches[1]:
                found += self.keyed("shortcut", item.branches[1], indent)
        elif item.copies > 1:
            found = [f"{pad}towers: {item.copies}", *self.keyed("of", item.branches[0], indent)]
        else:
            found = [f"{pad}{item.form}:"]
            for branch in item.branches:
                found += self.branch_lines(branch, indent + 2)
        merge = self.merge(item)
        return [*found, f"{pad}merge: {merge}"] if merge else found

    def branch_lines(self, branch: Sequence[Item], indent: int) -> list[str]:
        pad = " " * indent
        flow = self.flow_series(branch)
        if self.length(flow) + indent + 2 <= WIDTH:
            return [f"{pad}- {flow}"]
        inner = self.series_lines(branch, indent + 2)
        return [f"{pad}- {inner[0].lstrip()}", *inner[1:]]

    # ---- the whole ------------------------------------------------------------------------------

    def text(self, title: str) -> str:
        found = [f"title: {quoted(title)}", ""]
        defaults = self.layers.lines()
        if defaults:
            found += ["defaults:", *defaults, ""]
        if self.modules:
            found.append("modules:")
            for module in self.modules:
                found += [*self.module(module), ""]
        found.append("network:")
        entry = (self.outline.input,) if self.outline.input else ()
        found += self.series_lines((*entry, *self.outline.body), 2)
        figure = []
        if self.outline.direction:
            figure.append(f"  direction: {self.outline.direction}")
        if self.outline.hidden:
            figure.append(f"  hide-badges: {self.outline.hidden}")
        if self.outline.notes:
            figure += ["  notes:", *(f"    - {quoted(note)}" for note in self.outline.notes)]
        if figure:
            found += ["", "figure:", *figure]
        return "\n".join(found) + "\n"

    def module(self, module: OutlineModule) -> list[str]:
        found = [f"  {module.name}:"]
        if module.takes:
            takes = [
                f"{one.name}={one.default}" if one.default else one.name for one in module.takes
            ]
            found.append(f"    takes: [{', '.join(takes)}]")
        if module.inputs:
            found.append(f"    inputs: [{', '.join(module.inputs)}]")
        if module.color != "green":
            found.append(f"    color: {module.color}")
        if module.label != module.name:
            found.append(f"    label: {quoted(module.label)}")
        if module.title not in (module.label, module.label[:1].upper() + module.label[1:]):
            found.append(f"    title: {quoted(module.title)}")
        only = module.body[0]
        if len(module.body) == 1 and (
            isinstance(only, GraphItem) or (isinstance(only, ParallelItem) and only.form != "fork")
        ):
            return found + self.body_lines(only, 4)
        return found + self.keyed("layers", module.body, 4)


def named(lines: Sequence[str], name: str, indent: int) -> list[str]:
    """An item of a list, with a name for the value behind it."""
    if len(lines) > 1:
        return [*lines, f"{' ' * indent}  as: {name}"]
    return [lines[0][: indent + 2] + with_name(lines[0][indent + 2 :], name)]


def with_name(text: str, name: str) -> str:
    """An item on one line, with a name for the value behind it."""
    return f"{text[:-1]}, as: {name}}}" if text.endswith("}") else f"{text} as={name}"


def arguments(takes: Sequence[Parameter], values: Sequence[tuple[str, str]]) -> list[str]:
    """The arguments of a call; what is the default is left out."""
    found = []
    given = dict(values)
    for one in takes:
        text = given[one.name]
        if not one.default:
            found.append(text)
        elif text != one.default:
            found.append(f"{one.name}={text}")
    return found


def runs(texts: Sequence[str]) -> list[str]:
    """``9 x 0.2`` for more than two equal values in a row, if that makes a long list short."""
    found: list[str] = []
    at = 0
    while at < len(texts):
        stop = at
        while stop < len(texts) and texts[stop] == texts[at]:
            stop += 1
        if stop - at > 2:
            found.append(f"{stop - at} x {texts[at]}")
        else:
            found += texts[at:stop]
        at = stop
    return found


def in_order(graph: GraphItem) -> frozenset[str]:
    """The nodes of a graph that tell their inputs apart."""
    first = {name: body[0] for name, body in graph.nodes if body}
    return frozenset(
        name for name, item in first.items() if isinstance(item, LayerItem) and item.kind in ORDERED
    )


def chains(edges: Sequence[tuple[str, str]], ordered: Collection[str] = ()) -> list[str]:
    """Edges as chains, each edge once; those into ``ordered`` nodes in their order at the end."""
    after: dict[str, list[str]] = {}
    last = [f"{source} -> {target}" for source, target in edges if target in ordered]
    for source, target in edges:
        if target in ordered:
            continue
        after.setdefault(source, []).append(target)
    found = []
    for source in list(after):
        while after[source]:
            names = [source]
            while after.get(names[-1]) and sum(map(len, names)) + 4 * len(names) < 72:
                names.append(after[names[-1]].pop(0))
            found.append(" -> ".join(names))
    return [*found, *last]


def _in_list(text: str) -> str:
    """A text in a flow list, in quotes where a comma would end it."""
    if text[:1] in "{[" or "," not in text:
        return text
    return f'"{text}"'


def _wrapped(line: str, indent: int) -> list[str]:
    """A line broken behind commas where it is too long."""
    found = []
    while len(line) > WIDTH:
        cut = line.rfind(", ", 0, WIDTH)
        if cut <= indent:
            break
        found.append(line[: cut + 1])
        line = " " * indent + line[cut + 2 :]
    return [*found, line]
