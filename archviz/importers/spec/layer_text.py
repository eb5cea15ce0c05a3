"""Layers of an outline as shorthand, with the defaults that most of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from archviz.importers.compact.outline import LayerItem, Outline, layer_items
from archviz.importers.compact.outputs import BEGINS
from archviz.importers.compact.rows import TAKES
from archviz.importers.compact.structure import BLANK, NUMBER, OPTIONAL, sides_text
from archviz.language.options import FLAGS, OPTIONS
from archviz.language.shorthand import LABEL_LENGTH
from archviz.network.kinds import ACTIVATIONS, KINDS
from archviz.network.rules import dimensions

FLAG_OF = {setting: word for word, setting in FLAGS.items()}
FLAG_OF["act", "none"] = "linear"
OPTION_OF: Mapping[str, Mapping[str, str]] = {
    kind: {OPTIONS[option].field: option for option in row.options if option}
    for kind, row in KINDS.items()
}
UNSAID = {"pad": "valid", "norm": "none", "bias": "yes", "act": "none"}
"""What a layer has without a word."""
RENAMED = {"padding": "pad", "activation": "act", **dict.fromkeys(OPTIONAL, "when")}

Settings: TypeAlias = dict[str, str]


class LayerTexts:
    """Writes the layers of one outline."""

    def __init__(self, outline: Outline) -> None:
        self.defaults = find_defaults(outline)

    def layer(self, item: LayerItem) -> str:
        """A layer as shorthand; in braces where it has a label of several words."""
        begins = dict(item.fixed).get(BEGINS)
        if begins:
            return f"from {begins}"
        row = KINDS[item.kind]
        settings = settings_of(item)
        default = {**UNSAID, **self.defaults.get(item.kind, {})}
        words: list[str] = []
        if "kernel" in settings:
            words.append(_kernel(settings.pop("kernel"), dimensions(item.kind)))
        if row.main in settings and row.main != "pad":
            words.append(settings.pop(row.main))
        if "stride" in settings:
            stride = settings.pop("stride")
            if "ceil" not in row.options or words[0] != _kernel(stride, dimensions(item.kind)):
                words.append(f"/{stride}")
        label = settings.pop("label", "")
        if "takes" in settings:
            words.insert(0, settings.pop("takes"))
        for option in UNSAID:
            if option in settings:
                words.append(_word(option, settings.pop(option), default[option]))
        for option, value in settings.items():
            words.append(FLAG_OF.get((option, value), f"{option}={value}"))
        words = [word for word in words if word]
        if not label:
            return " ".join([item.kind, *words])
        if is_safe(label) and len(label) <= LABEL_LENGTH:
            return " ".join([item.kind, *words, f"label={label}"])
        return f"{{{item.kind}: {quoted(' '.join(words))}, label: {quoted(label[:LABEL_LENGTH])}}}"

    def lines(self) -> list[str]:
        """The defaults, a line a kind."""
        width = max(map(len, self.defaults), default=0) + 1
        found = []
        for kind, settings in sorted(self.defaults.items()):
            words = " ".join(FLAG_OF.get(pair, "=".join(pair)) for pair in settings.items())
            found.append(f"  {kind + ':':{width}} {words}")
        return found


def settings_of(item: LayerItem) -> Settings:
    """All options of a layer with their texts, in full."""
    row, options = KINDS[item.kind], OPTION_OF[item.kind]
    fields = {**dict(item.fixed), **dict(item.values)}
    if NUMBER in fields:
        number = str(fields.pop(NUMBER))
        fields["label"] = fields["label"].replace(
            BLANK, f"{{{number}}}" if is_name(number) else number
        )
    axes = [f"shape{axis}" for axis in range(len(fields))]
    shape = [fields.pop(name) for name in axes if name in fields]
    result: Settings = {}
    for field, value in fields.items():
        option = options.get(field, RENAMED.get(field, field))
        result[option] = " ".join(value) if field == TAKES else _plain(option, value)
    if "drawn" in result:
        result["hidden"] = "no" if result.pop("drawn") == "yes" else "yes"
    if shape:
        result["shape"] = "x".join(str(side) for side in shape)
    for option in ("norm", "act", "bias"):
        if option in row.options:
            result.setdefault(option, UNSAID[option])
    if result.get("stride") == "1" and "ceil" not in row.options:
        del result["stride"]
    if result.get("dilation") == "1":
        del result["dilation"]
    return result


def find_defaults(outline: Outline) -> dict[str, Settings]:
    """What most layers of a kind have."""
    seen: dict[str, list[Settings]] = {}
    for item in layer_items(outline):
        if "bias" in KINDS[item.kind].options:
            seen.setdefault(item.kind, []).append(settings_of(item))
    result: dict[str, Settings] = {}
    for kind, layers in seen.items():
        if len(layers) < (2 if "conv" in kind else 3):
            continue
        options = [option for option in UNSAID if option in KINDS[kind].options]
        words = {option: _majority(option, layers) for option in options}
        found = {option: word for option, word in words.items() if word != UNSAID[option]}
        if found:
            result[kind] = found
    return result


def _majority(option: str, layers: Sequence[Settings]) -> str:
    """The value of an option that most layers can have; else what comes without a word."""
    counts = Counter(word for layer in layers for word in _ways(option, layer.get(option, "")))
    words = [word for word in counts if (option, word) in FLAG_OF or word in ACTIVATIONS]
    best = max(words, key=lambda word: (counts[word], word == "same"), default="")
    return best if best and 2 * counts[best] > len(layers) else UNSAID[option]


def _word(option: str, value: str, default: str) -> str:
    """An option in a word; empty where it is the default."""
    ways = _ways(option, value)
    return "" if default in ways else FLAG_OF.get((option, ways[0]), f"{option}={ways[0]}")


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


def _kernel(text: str, sides: int) -> str:
    whole = "x" in text and text.replace("x", "").isdigit()
    return text if whole else "x".join([text] * sides)


def is_name(text: str) -> bool:
    """Whether a text is a parameter, not a number."""
    return not text[:1].isdigit()


def is_safe(text: str) -> bool:
    """Whether a text can stand in shorthand."""
    return text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def quoted(text: str) -> str:
    """A text for YAML, in quotes where it needs them."""
    plain = text.replace(" ", "").replace("-", "").replace("_", "").replace("/", "")
    if plain.isalnum() and text[:1].isalpha():
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
