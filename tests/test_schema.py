"""The JSON Schema accepts what the reader accepts and rejects gross mistakes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from bundled import of_each
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archviz.bundled import path_of
from archviz.errors import ArchvizError
from archviz.language.head import MACS_OF
from archviz.language.options import OPTIONS
from archviz.language.schema import schema
from archviz.language.spec import read_spec
from archviz.network.kinds import KINDS
from tests.random_specs import WORDS, specs


@pytest.fixture(name="validator")
def given_validator() -> Any:
    return made()


@cache
def made() -> Any:
    rules = schema()
    jsonschema.Draft202012Validator.check_schema(rules)
    return jsonschema.Draft202012Validator(rules)


class Loader(yaml.SafeLoader):
    """Reads YAML 1.2 as editors do, to whom dates, 16:9 and yes are texts."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


@pytest.mark.parametrize("name", of_each())
def test_bundled_specs_are_valid(name: str, validator: Any) -> None:
    with open(path_of(name), encoding="utf-8") as file:
        data = yaml.load(file, Loader)
    assert [error.message for error in validator.iter_errors(data)] == []


WRONG = [
    "network: [input 8, relu]",
    "title: T",
    "title: T\ntitel: x\nnetwork: [input 8, relu]",
    "title: T\nnetwork: relu",
    "title: T\nnetwork: [input 8]",
    "title: T\nnetwork: [input 8, 3]",
    "title: T\nnetwork: [input 8, [relu]]",
    "title: T\nnetwork: [input 8, {repeat: 3}]",
    "title: T\nnetwork: [input 8, {repeat: 0, of: relu}]",
    "title: T\nnetwork: [input 8, {repeat: 3, off: relu}]",
    "title: T\nnetwork: [input 8, {towers: [relu]}]",
    "title: T\nnetwork: [input 8, {towers: [relu, relu], merge: relu}]",
    "title: T\nnetwork: [input 8, {residual: relu, shorcut: relu}]",
    "title: T\nnetwork: [input 8, {graph: {nodes: {a: relu}}}]",
    "title: T\nnetwork: [input 8, {auxiliary: relu, side: left}]",
    "title: T\nnetwork: [input 8, {conv: 3x3 8, gruops: 2}]",
    "title: T\nnetwork: [input 8, {conv: [3x3]}]",
    "title: T\nyear: soon\nnetwork: [input 8, relu]",
    "title: T\ndate: 2015-13\nnetwork: [input 8, relu]",
    "title: T\nlink: javascript:x\nnetwork: [input 8, relu]",
    "title: T\npublished: {parametres: 3}\nnetwork: [input 8, relu]",
    "title: T\ngallery: {keras: {top1: 74.9}}\nnetwork: [input 8, relu]",
    "title: T\naccuracy: {top1: 74.9, dataset: ImageNet}\nnetwork: [input 8, relu]",
    "title: T\naccuracy: {top1: 0.749}\nnetwork: [input 8, relu]",
    "title: T\naccuracy: {dataset: ImageNet}\nnetwork: [input 8, relu]",
    "title: T\ndefaults: {cnov: same}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {hide-badges: cnov}\nnetwork: [input 8, relu]",
    "title: T\nmodules: {a: {color: mauve, layers: relu}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {a: {color: green}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {a: {layers: relu, towers: [relu, relu]}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {previous: {layers: relu}}\nnetwork: [input 8, previous]",
    "title: T\nmodules: {A: {layers: relu}}\nnetwork: [input 8, A]",
    "title: null\nnetwork: [input 8, relu]",
    "title: T\nyear: [2015]\nnetwork: [input 8, relu]",
    "title: T\ngallery: {keras: {top1: 74.9}}\nnetwork: [input 8, relu]",
    "title: T\ngallery: {appendix: maybe}\nnetwork: [input 8, relu]",
    "title: T\npublished: {macs-of: everything}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {legend: perhaps}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {aspect: wide}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {aspect: 11}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {detail: all}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {theme: drak}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {title: ''}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {open: {a: b}}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {colors: {gren: Block}}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {colors: {green: [Block]}}\nnetwork: [input 8, relu]",
    "title: T\nbrought: All.\nnetwork: [input 8, relu]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, rate: 2}]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, dense: 3}]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, color: mauve}]",
    "title: T\nnetwork: [input 8, {repeat: 3, of: relu, merge: add}]",
    "title: T\nnetwork: [input 8, {repeat: 3, of: relu, hidden: maybe}]",
    "title: T\nnetwork: [input 8, {repeat: 2.5, of: relu}]",
    "title: T\nnetwork: [input 8, {towers: [relu, relu], merge: {relu: , name: x}}]",
    "title: T\nnetwork: [input 8, {stage: [x], of: relu}]",
    "title: T\nnetwork: [input 8, {outputs: {a: relu}}]",
    "title: T\nnetwork: [{input: 8}]",
    "title: T\nmodules: {a: {layers: relu, merge: add}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {a: {use: resnet50, takes: [k]}}\nnetwork: [input 224x224x3, a]",
    "title: T\nmodules: {in: {layers: relu}}\nnetwork: [input 8, in]",
    "title: T\nmodules: {a: {layers: relu, takes: [x]}}\nnetwork: [input 8, a]",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_specs_are_not_valid(text: str, validator: Any) -> None:
    assert list(validator.iter_errors(yaml.load(text, Loader)))
    with pytest.raises(Exception, match=r":\d+:\d+: "):
        read_spec(text, "f.yaml")  # what the schema rejects, the reader rejects


RIGHT = [
    "title: T\nnetwork: [input 8, relu]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, stride: 2, label: yes, bias: off}]",
    "title: T\nnetwork: [input 8x8x3, {repeat: 2, of: [scale when=w], each: {w: [1, 2.5]}}]",
    "title: T\nnetwork: [input 8x8x3, {towers: 4, of: relu, merge: add batch-norm}]",
    "title: T\nnetwork: [input 8x8x3, {towers: [[relu, fork: [relu, identity]], relu]}]",
    "title: T\nnetwork: [input 8x8x3, {residual: relu, merge: {add: relu, name: sum}}]",
    "title: T\nmodules: {a: {takes: w, layers: conv 1x1 w}}\n"
    "network: [input 8x8x3, a 3, {a: 4, name: b}, {a: {w: 4}}, {a: 3, when: 0}]",
    "title: T\npublished: {depth: '1,000', macs: 30}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {hide-badges: [conv], notes: [x]}\nnetwork: [input 8, relu]",
    "title: T\nmodules: {a: {color: '#8ac', layers: relu}}\nnetwork: [input 8, a]\n"
    "figure: {open: [a, attention], panels: a, title: yes, legend: off, theme: dark, detail: full,"
    " aspect: '16:9', transparent: no, colors: {green: Block, '#88AACC': Own}}",
    "title: T\nfigure: {open: none, aspect: natural, title: Mine}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {aspect: 1.5, open: modules}\nnetwork: [input 8, relu]",
    "title: T\ngallery: {brought: All., keras: {top1: 0.7}, appendix: yes}\n"
    "network: [input 8, relu]",
    "title: 2015\nyear: '2015'\npaper: yes\nauthors: 1.5\nvenue: true\nnetwork: [input 8, relu]",
    "title: T\ngallery: {appendix: Yes, keras: {top1: '0.7', top5: 1}}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {aspect: 16:9, legend: OFF, title: no}\nnetwork: [input 8, relu]",
    "title: T\nnetwork: [{towers: [[input 8, relu], input 8]}]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, act: relu, as: a, color: green}, from a, relu]",
    "title: T\nnetwork:\n- input 8\n- |\n  dense\n  3\n",
    "title: T\nmodules: {a: {takes: [stride=1, M=add], residual: relu, merge: M}}\n"
    "network: [input 8, {a: , stride: 2, hidden: yes}]",
    "title: T\nmodules: {a: {inputs: b, gives: [c], layers: [add b, relu as=c]}}\n"
    "network: [input 8, relu as=b, a, add c]",
    "title: T\nnetwork: [input 8, {stage: 4, of: [relu], as: q, name: 3}, add q, "
    "{outputs: {a: relu, b: {of: [tanh], label: 1}}}]",
    "title: T\nmodules: {m: {use: lenet5, until: '1'}}\nnetwork: [input 8, relu]",
][:-1]


@pytest.mark.parametrize("text", RIGHT)
def test_right_specs_are_valid(text: str, validator: Any) -> None:
    read_spec(text, "f.yaml")
    assert [error.message for error in validator.iter_errors(yaml.load(text, Loader))] == []


def test_every_kind_and_option_is_described() -> None:
    layer = schema()["$defs"]["layer"]["properties"]
    assert set(layer) == {*KINDS, *OPTIONS, "as"}
    assert all(entry["description"] for entry in layer.values())


# ---- reader and schema agree --------------------------------------------------------------


TEXT = st.one_of(WORDS, st.integers(1, 99), st.booleans(), st.just("yes"))
SWITCH = st.sampled_from([True, False, "yes", "No", "OFF"])
COLOR = st.sampled_from(["green", "conv", "#aabbcc", "#ABC"])
COUNT = st.sampled_from([0, 12, "1,234", "1_000"])
MACS = st.sampled_from([*MACS_OF])
HEAD = {
    "year": st.sampled_from([1998, "2015"]),
    "date": st.sampled_from(["2015-12", "2015-12-31"]),
    **dict.fromkeys(("paper", "authors", "venue", "source"), TEXT),
    "link": st.sampled_from(["https://a.b", "http://c"]),
    "gallery": st.fixed_dictionaries(
        {},
        optional={
            "brought": TEXT,
            "appendix": SWITCH,
            "keras": st.fixed_dictionaries(
                {},
                optional={"model": TEXT, "top1": st.sampled_from([0.5, 1, "0.7"]), "depth": COUNT},
            ),
        },
    ),
    "published": st.fixed_dictionaries(
        {}, optional={"macs": COUNT, "with-auxiliary": COUNT, "macs-of": MACS}
    ),
    "defaults": st.fixed_dictionaries(
        {}, optional={"conv": st.just("same relu"), "dropout": st.sampled_from([0.5, None, ""])}
    ),
}
FIGURE = {
    "notes": st.one_of(TEXT, st.lists(TEXT, max_size=2)),
    "hide-badges": st.sampled_from(["conv", ["conv", "dense"], []]),
    "colors": st.dictionaries(COLOR, TEXT, max_size=2),
    "legend": SWITCH,
    "title": st.one_of(SWITCH, TEXT),
    "theme": st.sampled_from(["dark", "print"]),
    "aspect": st.sampled_from(["16:9", 1.5, "4x3", "natural", "1.5"]),
    "detail": st.sampled_from(["full", "compact"]),
    "open": st.sampled_from(["none", ["modules"], "attention"]),
    "blank": st.one_of(SWITCH, st.sampled_from([["lines", "grey"], "empty", "numbers, badges"])),
    "transparent": SWITCH,
}
LOOKS = {
    "name": st.sampled_from(["a", "b-c", 3, "x.y"]),
    **dict.fromkeys(("label", "title", "caption"), TEXT),
    "color": COLOR,
    "hidden": SWITCH,
}


def some(draw: st.DrawFn, known: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    """Some of the keys, each with a value that it can have."""
    keys = draw(st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True))
    return {key: draw(known[key]) for key in keys}


def mappings(node: Any) -> Iterator[dict[str, Any]]:
    """All mappings in a spec."""
    if isinstance(node, dict):
        yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from mappings(child)


@st.composite
def dressed(draw: st.DrawFn) -> dict[str, Any]:
    """A valid spec with keys of every kind in it."""
    spec = draw(specs())
    spec |= some(draw, HEAD)
    if draw(st.booleans()):
        spec["figure"] = some(draw, FIGURE)
    for item in mappings(spec["network"]):
        if {*item} & {"repeat", "towers", "residual", "graph", "auxiliary"}:
            item |= some(draw, LOOKS)
    if draw(st.booleans()):
        spec["network"].append({"conv": "1x1 8", **some(draw, LAYER)})
    return spec


LAYER = {
    "stride": st.sampled_from([1, "1x1"]),
    "bias": st.sampled_from([True, False, "yes", 0]),
    "act": st.sampled_from(["relu", "none"]),
    "norm": st.sampled_from(["batch-norm", "none"]),
    "pad": st.sampled_from(["same", 0, "1x1"]),
    "label": TEXT,
    "name": st.sampled_from(["a", 3]),
    "color": COLOR,
    "depth": st.sampled_from([0, 1]),
}
WRONG_VALUES = [[], ["a"], {}, {"a": 1}, None, "", 3, 2.5, True, "maybe", "conv", "zzz", "-1"]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A spec with one thing in it that is likely wrong: a key, or a value."""
    spec = copy.deepcopy(draw(dressed()))
    node = draw(st.sampled_from(list(mappings(spec))))
    assume(node)
    key = draw(st.sampled_from(sorted(node)))
    if draw(st.booleans()):
        other = draw(st.sampled_from(["zzz", "merge", "label", "of", "year", "stride", "layers"]))
        node[other] = node.pop(key) if draw(st.booleans()) else node[key]
    else:
        node[key] = draw(st.sampled_from(WRONG_VALUES))
    return spec


def verdict(spec: dict[str, Any]) -> tuple[Any, list[str]]:
    """A spec as an editor reads it, and what the reader has against it."""
    text = yaml.safe_dump(spec, allow_unicode=True, sort_keys=False, width=60)
    try:
        read_spec(text, "f.yaml")
    except ArchvizError as error:
        return yaml.load(text, Loader), [problem.message for problem in error.problems]
    return yaml.load(text, Loader), []


@pytest.mark.long
@settings(max_examples=60)
@given(dressed())
def test_no_valid_spec_is_refused(spec: dict[str, Any]) -> None:
    data, problems = verdict(spec)
    assert problems == []
    assert [error.message for error in made().iter_errors(data)] == []


KEY_OR_TYPE = re.compile(
    r"(?<!parameter) has no (key|option) '|(where|is) (a|an|one) .*needed|^a key |is empty"
    r"|there is no color|no panel can open|is no aspect|neither yes nor no|^detail must|no theme"
    r"|^side is|needs a title|has (no|more than one) body|^year is '|^date is"
)
"""What the reader says of wrong keys, types and enumerated values."""


@pytest.mark.long
@settings(max_examples=120)
@given(mutated())
def test_reader_and_schema_agree_on_keys_and_types(spec: dict[str, Any]) -> None:
    data, problems = verdict(spec)
    wrong = [error.message for error in made().iter_errors(data)]
    if wrong:
        assert problems, "the schema refuses what the reader takes"
    elif problems:
        found = [words for words in problems if KEY_OR_TYPE.search(words)]
        found = [words for words in found if words.split()[0] not in OPTIONS]  # of shorthand
        assert not found, "the reader refuses a key or a type that the schema takes"
