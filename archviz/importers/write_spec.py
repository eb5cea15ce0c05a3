"""An outline as the YAML of a spec, in the style of the bundled ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from archviz.importers.outline import (
    Cell,
    Head,
    Invoke,
    Item,
    Loop,
    Outline,
    Parameter,
    Split,
    Unit,
    Wires,
    cells,
)
from archviz.importers.slots import sides_text
from archviz.kinds import KINDS
from archviz.options import FLAGS, OPTIONS

WIDTH = 96
FLAG_OF = {setting: word for word, setting in FLAGS.items()}
FLAG_OF["act", "none"] = "linear"
OPTION_OF: Mapping[str, Mapping[str, str]] = {
    kind: {OPTIONS[option].field: option for option in row.options if option}
    for kind, row in KINDS.items()
}
UNSAID = {"pad": "valid", "norm": "none", "bias": "yes", "act": "none"}
"""What a layer has without a word."""


def write_spec(outline: Outline, title: str) -> str:
    """The YAML text of an outline."""
    return _Writer(outline).text(title)


Settings = dict[str, str]


class _Writer:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.units: Sequence[Unit] = outline.units
        self.defaults = self.find_defaults()

    # ---- layers -------------------------------------------------------------------------------

    def settings(self, cell: Cell) -> Settings:
        """All options of a layer with their texts, in full."""
        row = KINDS[cell.kind]
        options = OPTION_OF[cell.kind]
        fields = {**dict(cell.fixed), **dict(cell.values)}
        axes = [f"shape{axis}" for axis in range(6)]
        shape = [fields.pop(name) for name in axes if name in fields]
        result: Settings = {}
        for field, value in fields.items():
            option = options.get(field, field)
            if option == "padding":
                option = "pad"
            if option == "present":
                option = "when"
            if option == "activation":
                option = "act"
            result[option] = _plain(option, value)
        if shape:
            result["shape"] = "x".join(str(side) for side in shape)
        if "norm" in row.options:
            result.setdefault("norm", "none")
        if "act" in row.options:
            result.setdefault("act", "none")
        if "bias" in row.options:
            result.setdefault("bias", "yes")
        if result.get("stride") == "1" and "ceil" not in row.options:
            del result["stride"]
        return result

    def find_defaults(self) -> dict[str, Settings]:
        """What most layers of a kind have."""
        seen: dict[str, list[Settings]] = {}
        for cell in cells(self.outline):
            if KINDS[cell.kind].join is None:
                seen.setdefault(cell.kind, []).append(self.settings(cell))
        result: dict[str, Settings] = {}
        for kind, all_settings in seen.items():
            least = 2 if "conv" in kind else 3
            if len(all_settings) < least or "bias" not in KINDS[kind].options:
                continue
            found: Settings = {}
            for option in UNSAID:
                if option in KINDS[kind].options:
                    word = self.majority(kind, option, all_settings)
                    if word and (option, word) not in UNSAID.items():
                        found[option] = word
            if found:
                result[kind] = found
        return result

    def majority(self, kind: str, option: str, seen: Sequence[Settings]) -> str:
        """The value of an option that most layers of a kind can have."""
        counts: Counter[str] = Counter()
        for settings in seen:
            for word in _ways(option, settings.get(option, "")):
                counts[word] += 1
        words = [word for word in counts if (option, word) in FLAG_OF or option == "act"]
        if not words:
            return ""
        best = max(words, key=lambda word: (counts[word], word == "same"))
        return best if 2 * counts[best] > len(seen) else ""

    def layer(self, cell: Cell) -> str:
        """A layer as shorthand; in braces where it has a label of several words."""
        row = KINDS[cell.kind]
        settings = self.settings(cell)
        default = {**UNSAID, **self.defaults.get(cell.kind, {})}
        words: list[str] = []
        if "kernel" in settings:
            words.append(_kernel(settings.pop("kernel")))
        if row.main and row.main in settings and row.main not in ("pad",):
            value = settings.pop(row.main)
            if (cell.kind, value) != ("scaled-add", "1"):
                words.append(value)
        if "stride" in settings:
            stride = settings.pop("stride")
            kernel = words[0].split("x")[0] if words else ""
            if not ("ceil" in row.options and words[0] == f"{stride}x{stride}" and kernel):
                words.append(f"/{stride}")
        label = settings.pop("label", "")
        for option in UNSAID:
            if option in settings:
                word = self.word(option, settings.pop(option), default[option])
                if word:
                    words.append(word)
        for option, value in settings.items():
            words.append(FLAG_OF.get((option, value), f"{option}={value}"))
        text = " ".join([cell.kind, *words])
        if not label:
            return text
        if " " not in label and _is_safe(label):
            return f"{text} label={label}"
        return f"{{{cell.kind}: {_quoted(' '.join(words))}, label: {_quoted(label)}}}"

    def word(self, option: str, value: str, default: str) -> str:
        ways = _ways(option, value)
        if default in ways:
            return ""
        value = ways[0]
        return FLAG_OF.get((option, value), f"{option}={value}")

    # ---- items --------------------------------------------------------------------------------

    def flow(self, item: Item) -> str:
        """An item on one line."""
        if isinstance(item, Cell):
            return self.layer(item)
        if isinstance(item, Invoke):
            return self.call(item)
        if isinstance(item, Loop):
            each = self.each(item)
            more = f", each: {each}" if each else ""
            return f"{{repeat: {item.times}, of: {self.of(item)}{more}}}"
        if isinstance(item, Head):
            return f"{{auxiliary: {self.flow_series(item.body)}}}"
        if isinstance(item, Wires):
            return self.flow_wires(item)
        return "{" + ", ".join(f"{key}: {text}" for key, text in self.split_parts(item)) + "}"

    def flow_series(self, items: Sequence[Item]) -> str:
        if not items:
            return "identity"
        if len(items) == 1:
            return self.flow(items[0])
        return "[" + ", ".join(_in_list(self.flow(item)) for item in items) + "]"

    def split_parts(self, item: Split) -> list[tuple[str, str]]:
        series = [self.flow_series(branch) for branch in item.branches]
        if item.form == "fork" or item.form == "towers":
            found = [(item.form, "[" + ", ".join(map(_in_list, series)) + "]")]
        else:
            found = [("residual", series[0])]
            if item.branches[1]:
                found.append(("shortcut", series[1]))
        merge = self.merge(item)
        return [*found, ("merge", merge)] if merge else found

    def merge(self, item: Split) -> str:
        """The text of a merge; empty where it is what comes without a word."""
        if item.merge is None:
            return ""
        text = self.layer(item.merge)
        return "" if text == {"towers": "concat", "residual": "add"}[item.form] else text

    def flow_wires(self, item: Wires) -> str:
        bodies = [(name, self.flow_series(body)) for name, body in item.nodes]
        nodes = ", ".join(f"{name}: {_in_list(text)}" for name, text in bodies)
        edges = ", ".join(chains(item.edges))
        return f"{{graph: {{nodes: {{{nodes}}}, edges: [{edges}]}}}}"

    def call(self, item: Invoke) -> str:
        unit = self.units[item.module]
        return " ".join([unit.name, *arguments(unit.takes, item.values)])

    def of(self, item: Loop) -> str:
        if self.rows(item):
            only = item.body[0]
            assert isinstance(only, Invoke)
            return self.units[only.module].name
        return self.flow_series(item.body)

    def rows(self, item: Loop) -> list[str]:
        """The arguments of each iteration, where a module alone is repeated."""
        only = item.body[0]
        if not item.each or len(item.body) > 1 or not isinstance(only, Invoke):
            return []
        takes = self.units[only.module].takes
        if len(takes) > 1 and any("*" in text for _, text in only.values):
            return []
        found = []
        names = dict(item.each)
        for index in range(item.times):
            values = tuple((name, names[text][index] if text in names else text)
                           for name, text in only.values)  # fmt: skip
            found.append(" ".join(arguments(takes, values)))
        return found if (all(found) and len(item.each) <= 2) or len(item.each) > 2 else []

    def each(self, item: Loop) -> str:
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
        if len(flow) + indent + 2 <= WIDTH:
            return [f"{pad}- {flow}"]
        if isinstance(item, Loop):
            found = [f"{pad}- repeat: {item.times}"]
            if self.rows(item):
                found.append(f"{pad}  of: {self.of(item)}")
            else:
                found += self.keyed("of", item.body, indent + 2)
            if item.each:
                found += _wrapped(f"{pad}  each: {self.each(item)}", indent + 4)
            return found
        if isinstance(item, Head):
            return [f"{pad}- auxiliary:", *self.series_lines(item.body, indent + 4)]
        if isinstance(item, Split | Wires):
            found = self.body_lines(item, indent + 2)
            return [f"{pad}- {found[0].lstrip()}", *found[1:]]
        return [f"{pad}- {flow}"]

    def series_lines(self, items: Sequence[Item], indent: int) -> list[str]:
        return [line for item in items for line in self.lines(item, indent)]

    def keyed(self, key: str, items: Sequence[Item], indent: int) -> list[str]:
        """A key with a series."""
        pad = " " * indent
        flow = self.flow_series(items)
        if len(flow) + indent + len(key) + 2 <= WIDTH:
            return [f"{pad}{key}: {flow}"]
        return [f"{pad}{key}:", *self.series_lines(items, indent + 2)]

    def body_lines(self, item: Split | Wires, indent: int) -> list[str]:
        """The keys of towers, of a residual or of a graph."""
        pad = " " * indent
        if isinstance(item, Wires):
            found = [f"{pad}graph:", f"{pad}  nodes:"]
            for name, body in item.nodes:
                found += self.keyed(name, body, indent + 4)
            found.append(f"{pad}  edges:")
            return found + [f"{pad}    - {chain}" for chain in chains(item.edges)]
        if item.form == "residual":
            found = self.keyed("residual", item.branches[0], indent)
            if item.branches[1]:
                found += self.keyed("shortcut", item.branches[1], indent)
        else:
            found = [f"{pad}{item.form}:"]
            for branch in item.branches:
                found += self.branch_lines(branch, indent + 2)
        merge = self.merge(item)
        return [*found, f"{pad}merge: {merge}"] if merge else found

    def branch_lines(self, branch: Sequence[Item], indent: int) -> list[str]:
        pad = " " * indent
        flow = self.flow_series(branch)
        if len(flow) + indent + 2 <= WIDTH:
            return [f"{pad}- {flow}"]
        inner = self.series_lines(branch, indent + 2)
        return [f"{pad}- {inner[0].lstrip()}", *inner[1:]]

    # ---- the whole ------------------------------------------------------------------------------

    def text(self, title: str) -> str:
        found = [f"title: {_quoted(title)}", ""]
        if self.defaults:
            width = max(map(len, self.defaults)) + 1
            found.append("defaults:")
            for kind, settings in sorted(self.defaults.items()):
                words = " ".join(FLAG_OF.get(pair, "=".join(pair)) for pair in settings.items())
                found.append(f"  {kind + ':':{width}} {words}")
            found.append("")
        if self.units:
            found.append("modules:")
            for unit in self.units:
                found += [*self.unit(unit), ""]
        shape = "x".join(map(str, self.outline.input))
        found += ["network:", f"  - input {shape}", *self.series_lines(self.outline.body, 2)]
        if self.outline.notes:
            found += ["", "figure:"]
            if self.outline.hidden:
                found.append(f"  hide-badges: {self.outline.hidden}")
            found += ["  notes:", *(f"    - {_quoted(note)}" for note in self.outline.notes)]
        return "\n".join(found) + "\n"

    def unit(self, unit: Unit) -> list[str]:
        found = [f"  {unit.name}:"]
        if unit.takes:
            takes = [f"{one.name}={one.default}" if one.default else one.name for one in unit.takes]
            found.append(f"    takes: [{', '.join(takes)}]")
        if unit.color != "green":
            found.append(f"    color: {unit.color}")
        if unit.label != unit.name:
            found.append(f"    label: {_quoted(unit.label)}")
        if unit.title not in (unit.label, unit.label[:1].upper() + unit.label[1:]):
            found.append(f"    title: {_quoted(unit.title)}")
        only = unit.body[0]
        if len(unit.body) == 1 and (isinstance(only, Wires) or
                                    (isinstance(only, Split) and only.form != "fork")):  # fmt: skip
            return found + self.body_lines(only, 4)
        return found + self.keyed("layers", unit.body, 4)


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


def chains(edges: Sequence[tuple[str, str]]) -> list[str]:
    """Edges as chains, each edge once."""
    after: dict[str, list[str]] = {}
    for source, target in edges:
        after.setdefault(source, []).append(target)
    found = []
    for source in list(after):
        while after[source]:
            names = [source]
            while after.get(names[-1]) and sum(map(len, names)) + 4 * len(names) < 72:
                names.append(after[names[-1]].pop(0))
            found.append(" -> ".join(names))
    return found


def _ways(option: str, value: str) -> tuple[str, ...]:
    """The words that mean the same for a padding."""
    if option != "pad":
        return (value,)
    if value == "any":
        return "valid", "same"
    if value.startswith("half:"):
        return "same", value[5:]
    return (value,)


def _plain(option: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        if option == "pad":
            return sides_text(value)
        return "x".join(map(str, value))
    return str(value)


def _kernel(text: str) -> str:
    return text if "x" in text and text.replace("x", "").isdigit() else f"{text}x{text}"


def _is_safe(text: str) -> bool:
    return text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def _quoted(text: str) -> str:
    """A text for YAML, in quotes where it needs them."""
    plain = text.replace(" ", "").replace("-", "").replace("_", "").replace("/", "")
    if plain.isalnum() and text[:1].isalpha():
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
