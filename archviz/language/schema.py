"""The JSON Schema of specs, made from the tables that the reader itself uses.

It refuses no valid spec, and every wrong key, type and enumerated value, as far as these can be
told without the names that a spec gives itself; what stands inside a shorthand text, shapes and
parameters are for ``archviz check``. An editor offers what it lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archviz.bundled import TASKS
from archviz.language.calls import OWN_KEYS as CALL_KEYS
from archviz.language.figure import OWN_KEYS
from archviz.language.head import ACCURACY, GALLERY, KERAS, MACS_OF, PUBLISHED, TEXTS
from archviz.language.item_keys import FORM_KEYS, OUTPUT_KEYS
from archviz.language.items import FORMS
from archviz.language.options import COMMON, FLAGS, OPTIONS, WORDS
from archviz.language.repeats import MAX_COPIES, MAX_TIMES
from archviz.language.spec import BODIES, COMPANIONS, MODULE_KEYS, USE_KEYS
from archviz.language.values import TAKEN_WORDS
from archviz.looks import HEX_COLOR, LOOKS, NATURAL, ROLES, SCHEMAS, SWITCH, theme_names
from archviz.network.kinds import KINDS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _any(*ways: Schema, **more: Any) -> Schema:
    return {"anyOf": [*ways], **more}


def _either_case(words: Iterable[str]) -> str:
    """A pattern of words in small or large letters."""
    letters = ["".join(f"[{c.upper()}{c}]" for c in word) for word in words]
    return f"^({'|'.join(letters)})$"


_TEXT: Schema = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
"""Whatever YAML takes a word for, it is a text here."""
_VALUE: Schema = {"type": ["string", "number", "boolean"]}
_SWITCH = _any(
    {"type": "boolean"},
    {"enum": ["yes", "no"]},
    {"type": "string", "pattern": _either_case(SWITCH)},
)
_COLOR = _any({"enum": [*ROLES]}, {"type": "string", "pattern": HEX_COLOR})
_DIGITS: Schema = {
    "type": ["integer", "string"],
    "minimum": 0,
    "pattern": "^[0-9_,]*[0-9][0-9_,]*$",
}
_STATED = {"required": ["dataset"], "anyOf": [{"required": [key]} for key in ("top1", "top5")]}
_SHARE = _any(
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "string", "pattern": r"^([01]\.?|0*\.[0-9]+|1\.0+)$"},
)
_NAME: Schema = {
    "type": ["string", "number"],
    "pattern": "^[A-Za-z0-9_.-]*[A-Za-z0-9][A-Za-z0-9_.-]*$",
}
_VALUE_NAME: Schema = {
    "type": ["string", "integer"],
    "pattern": r"^\s*[A-Za-z0-9_-]*[A-Za-z0-9][A-Za-z0-9_-]*\s*$",
}
_PARAMETER = "[A-Za-z][A-Za-z0-9_]*"
_OVERLAP = [kind for kind in KINDS if kind in OPTIONS]
"""Kinds that are called like an option, which goes with other kinds."""
_LOOKS: Mapping[str, Schema] = {
    **dict.fromkeys(("label", "title", "caption"), _TEXT),
    **dict.fromkeys(("hidden", "shared"), _SWITCH),
    "name": _NAME,
    "color": _COLOR,
    "as": {**_VALUE_NAME, "description": "a name for the value behind it"},
    "when": {**_VALUE, "description": OPTIONS["when"].about},
}
"""What every item may say."""


def schema() -> Schema:
    """The schema of a whole spec."""
    return {
        "$schema": DIALECT,
        "title": "archviz network spec",
        **_object({**_head(), **_sections()}, "a neural network", "title", "network"),
        "$defs": {
            "series": _any(
                _ref("item"),
                {"type": "array", "items": _ref("item")},
                description="items one after another, or one item; 'identity' for nothing",
            ),
            "item": _any(_ref("text"), *(_ref(name) for name in (*FORM_KEYS, "layer", "call"))),
            "text": _shorthand(),
            "merge": _merge(),
            **{form: _form(form) for form in FORM_KEYS},
            "layer": _layer(),
            "call": _call(),
            "module": _module(),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Mapping[str, Any], about: str, *required: str) -> Schema:
    return {
        "type": "object",
        "description": about,
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _several(one: Schema) -> Schema:
    return _any(one, {"type": "array", "items": one})


def _short(about: str) -> str:
    """What is said of something, up to a list of what it can be."""
    return about.partition(": ")[0]


def _head() -> Schema:
    texts = {key: {**_TEXT, "description": about} for key, (_, about) in TEXTS.items()}
    texts["link"] |= {"type": "string", "pattern": r"^\s*https?://"}
    keras = _table(KERAS, GALLERY["keras"], {"model": _TEXT, "top1": _SHARE, "top5": _SHARE})
    gallery = {
        "brought": _TEXT,
        "family": _TEXT,
        "names": _several(_TEXT),
        "keras": keras,
        "task": {"enum": [*TASKS]},
        **dict.fromkeys(("classic", "appendix"), _SWITCH),
    }
    scores = {**dict.fromkeys(ACCURACY, _TEXT), "top1": _SHARE, "top5": _SHARE}
    macs = {"macs-of": {"enum": [*MACS_OF]}}
    years = {"type": "integer", "minimum": 1900, "maximum": 2100}
    digits = {"type": "string", "pattern": _DIGITS["pattern"]}
    return {
        **texts,
        "year": _any(years, digits, description="its year, where no date is known"),
        "date": {
            "type": "string",
            "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$",
            "description": "first public, year-month or year-month-day; figures say the year",
        },
        "published": _table(PUBLISHED, "published totals that the network must reproduce", macs),
        "accuracy": {**_table(ACCURACY, "how often it is right, as stated", scores), **_STATED},
        "gallery": _table(GALLERY, "what only a collection of networks shows", gallery),
    }


def _table(keys: Mapping[str, str], about: str, types: Mapping[str, Schema]) -> Schema:
    rows = {key: {**types.get(key, _DIGITS), "description": text} for key, text in keys.items()}
    return _object(rows, about)


def _sections() -> Schema:
    defaults = {
        name: {
            "type": ["string", "number", "null"],
            "description": kind.about,
            "examples": [flag for flag, (option, _) in FLAGS.items() if option in kind.options],
        }
        for name, kind in KINDS.items()
    }
    inputs_only = {"type": "object", "not": {"required": ["input"]}}
    return {
        "take": {
            "type": "object",
            "description": "modules of other specs: {resnet50: [conv-block]}",
            "additionalProperties": _several(_TEXT),
        },
        "defaults": _object(defaults, "flags and options that all layers of a kind have"),
        "modules": {
            "type": "object",
            "description": "named groups of layers, each drawn as a box and opened once below",
            "propertyNames": {"pattern": "^[a-z][a-z0-9-]*$", "not": {"enum": [*TAKEN_WORDS]}},
            "additionalProperties": _ref("module"),
        },
        "network": {
            "type": "array",
            "minItems": 1,
            "description": "the main row, from its input on",
            "items": _ref("item"),
            "anyOf": [{"minItems": 2}, {"items": inputs_only}],
        },
        "figure": _figure(),
    }


def _figure() -> Schema:
    """Keys of its own, and the options of the command line."""
    name = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
    ratio = {"type": "string", "pattern": rf"^([0-9.]+([:x][0-9.]+)?|{NATURAL})$"}
    rows: dict[str, Schema] = {
        "notes": _several(_TEXT),
        "hide-badges": _several({"type": "string", "enum": [*KINDS]}),
        "colors": {"type": "object", "propertyNames": _COLOR, "additionalProperties": _TEXT},
        "title": _any({"type": "boolean"}, _TEXT),
        "theme": _any(
            {"enum": theme_names()}, {"type": "string", "pattern": r"\.[Yy][Aa]?[Mm][Ll]$"}
        ),
        "aspect": _any({"type": "number", "minimum": 0.1, "maximum": 10}, ratio),
        **SCHEMAS,
        "open": _several(name),
        "panels": _several(name),
    }
    abouts = {**OWN_KEYS, **{key: row.about for key, row in LOOKS.items()}}
    keys = {key: {**rows.get(key, _SWITCH), "description": abouts[key]} for key in abouts}
    return _object(keys, "how the figure looks; the command line wins")


def _shorthand() -> Schema:
    """The text of an item; its snippets are offered with a line each."""
    snippets = [
        {"label": name, "description": kind.about, "bodyText": name} for name, kind in KINDS.items()
    ]
    return {
        "type": "string",
        "pattern": r"^\s*[A-Za-z][A-Za-z0-9_-]*(\s[\s\S]*)?$",
        "description": "layer kind or module, then its arguments: conv 3x3 64 /2 relu",
        "defaultSnippets": snippets,
    }


def _merge() -> Schema:
    """A merge, or a parameter that is one; no other kind."""
    merges = [name for name, kind in KINDS.items() if kind.join]
    others = "|".join(name for name in KINDS if name not in merges)
    text = {
        "type": "string",
        "pattern": rf"^\s*(?!({others})(\s|$))[A-Za-z][A-Za-z0-9_-]*(\s[\s\S]*)?$",
        "description": "the merge with its flags: add batch-norm relu",
        "examples": merges,
    }
    return _any(text, {"allOf": [_ref("layer"), _any(*_required(merges))]}, _ref("call"))


def _required(keys: Iterable[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]


def _form(form: str) -> Schema:
    """One of the forms of an item, such as a repeat."""
    parts: dict[str, tuple[str, dict[str, Schema], tuple[str, ...]]] = {
        "repeat": ("brackets with ×N", {"repeat": _count(1, MAX_TIMES), "each": _each()}, ("of",)),
        "towers": ("parallel towers and their merge", {}, ()),
        "fork": ("at the end of a tower: its ends go to the merge of the towers", {}, ()),
        "residual": ("a main path and a shortcut", {}, ()),
        "graph": ("a wiring of named nodes", {}, ()),
        "auxiliary": ("a classifier that is tapped off the main row", {}, ()),
        "stage": ("a stretch of the main row, with its title", {"stage": _TEXT}, ("of",)),
        "outputs": ("several outputs of equal rank", {}, ()),
    }
    about, own, required = parts[form]
    keys = {**_bodies(), **_LOOKS, **own}
    return _object({key: keys[key] for key in (*FORM_KEYS[form], "as")}, about, form, *required)


def _bodies() -> dict[str, Schema]:
    """The keys under which series stand, and what goes with them."""
    lists = {"type": "array", "minItems": 2, "items": _ref("series")}
    nodes = {"type": "object", "additionalProperties": _ref("series")}
    edges = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"\s->\s"}}
    looks = {key: _LOOKS[key] for key in OUTPUT_KEYS if key in _LOOKS}
    output = _object({"of": _ref("series"), **looks}, "an output", "of")
    return {
        "layers": {**_ref("series"), "description": "its layers, one after another"},
        "towers": _any(lists, _count(2, MAX_COPIES), description="the towers, or how many"),
        "of": {**_ref("series"), "description": "what is in it, or in each of them"},
        "merge": {**_ref("merge"), "description": "concat of towers, add of residuals without"},
        "fork": lists,
        "residual": {**_ref("series"), "description": "the main path"},
        "shortcut": {**_ref("series"), "description": "the shortcut; the input itself without"},
        "graph": _object({"nodes": nodes, "edges": edges}, "nodes and edges", "nodes", "edges"),
        "auxiliary": {**_ref("series"), "description": "its layers"},
        "side": {"enum": ["above", "below"], "description": "where it is drawn"},
        "outputs": {
            "type": "object",
            "minProperties": 2,
            "description": "by name, a series each",
            "additionalProperties": _any(_ref("series"), output),
        },
        "use": {**_TEXT, "description": "a bundled network, or ./FILE.yaml, that is its body"},
        "until": {**_TEXT, "description": "the place behind which that network is cut"},
    }


def _count(low: int, high: int) -> Schema:
    return {"type": ["integer", "string"], "minimum": low, "maximum": high, "pattern": r"\S"}


def _each() -> Schema:
    values = {"type": "array", "items": _VALUE}
    variables = {
        "type": "object",
        "propertyNames": {"pattern": f"^{_PARAMETER}$", "not": {"const": "x"}},
        "additionalProperties": values,
    }
    about = "what differs: values of variables, or one text of arguments an iteration"
    return _any(values, variables, description=about)


def _option(name: str) -> Schema:
    """One option in the long form of a layer; a word may be a parameter."""
    option = OPTIONS[name]
    about = {"description": _short(option.about)}
    if option.form == "color":
        return {**_COLOR, **about}
    if option.form in ("value", "gives"):
        return {**_VALUE_NAME, **about}
    if option.form == "text":
        return {**(_NAME if name == "name" else _TEXT), **about}
    numbers = {"type": ["number", "string"], "pattern": r"\S"}
    if option.form == "bool":
        return _any({"enum": ["yes", "no"]}, {"type": "boolean"}, numbers, **about)
    words = list(WORDS.get(option.form, ()))
    return _any({"enum": words}, numbers, **about) if words else {**numbers, **about}


def _layer() -> Schema:
    """One key is the kind, the others are options that go with it."""
    kinds = {
        name: {"type": ["string", "number", "null"], "description": kind.about}
        for name, kind in KINDS.items()
    }
    options = {name: _option(name) for name in OPTIONS if name not in KINDS}
    for name in _OVERLAP:
        about = f"{KINDS[name].about}; or {OPTIONS[name].about}"
        kinds[name] = _any({"type": "null"}, _option(name), description=about)
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, kind in KINDS.items():
        if name not in _OVERLAP:
            groups.setdefault(tuple(sorted(filter(None, kind.options))), []).append(name)
    plain = [name for names in groups.values() for name in names]
    rules = [_rule(_any(*_required(names)), names, keys) for keys, names in groups.items()]
    none_else = {"not": _any(*_required(plain))}
    for name in _OVERLAP:
        rules.append(_rule({"required": [name], **none_else}, [name], KINDS[name].options))
    one_of = [*_required(plain), *({"required": [name], **none_else} for name in _OVERLAP)]
    properties = {**kinds, **options, "as": _LOOKS["as"]}
    return {**_object(properties, "a layer in its long form"), "oneOf": one_of, "allOf": rules}


def _rule(condition: Schema, kinds: Iterable[str], options: Iterable[str]) -> Schema:
    """Where a kind is given, only its options can be."""
    keys = [*kinds, *filter(None, options), *COMMON, "as"]
    return {"if": condition, "then": {"propertyNames": {"enum": [*dict.fromkeys(keys)]}}}


def _call() -> Schema:
    """A module call: its name is a key that no kind, form or option has."""
    arguments = {
        "type": ["string", "number", "boolean", "null", "object"],
        "additionalProperties": _VALUE,
    }
    taken = [kind for kind in (*KINDS, *FORMS) if kind not in _OVERLAP]
    words = [*dict.fromkeys((*KINDS, *FORMS, *OPTIONS, *CALL_KEYS, "as"))]
    options = {name: _VALUE for name in OPTIONS if name not in (*KINDS, *CALL_KEYS)}
    return {
        "type": "object",
        "description": "a module call: its name, its arguments, and how it looks",
        "properties": {**options, **{key: _LOOKS[key] for key in (*CALL_KEYS, "as")}},
        "propertyNames": {"not": {"enum": taken}},
        "additionalProperties": arguments,
        "not": {"propertyNames": {"enum": words}},
    }


def _module() -> Schema:
    names = {"type": "string", "pattern": rf"^\s*(?!x\s*(=|$)){_PARAMETER}\s*(=[\s\S]*)?$"}
    keys = {
        **_bodies(),
        **_LOOKS,
        "takes": _several(names),
        **dict.fromkeys(("inputs", "gives"), _several(_VALUE_NAME)),
    }
    abouts = {
        "takes": "its parameters in order, with or without default: [width, stride=1]",
        "inputs": "values that it takes by name, besides what comes in",
        "gives": "names of values that it gives, besides what goes out",
        "color": "green, or by families where more than six say none",
        "label": "text of its box, {k} in it for parameter k; its name without",
        "title": "title of its panel",
    }
    companions = {key for keys in COMPANIONS.values() for key in keys}
    every = dict.fromkeys((*MODULE_KEYS, *BODIES, *sorted(companions)))
    properties = {key: dict(keys[key]) for key in every}
    for key, about in abouts.items():
        properties[key]["description"] = about
    bodies = [
        {"required": [body], "propertyNames": {"enum": [*own, body, *COMPANIONS[body]]}}
        for body, own in ((body, USE_KEYS if body == "use" else MODULE_KEYS) for body in BODIES)
    ]
    return {**_object(properties, "a module"), "oneOf": bodies}
