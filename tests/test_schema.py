"""The JSON Schema accepts what the reader accepts and rejects gross mistakes."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from archviz import catalog
from archviz.bundled import path_of
from archviz.language.options import OPTIONS
from archviz.language.schema import schema
from archviz.language.spec import read_spec
from archviz.network.kinds import KINDS


@pytest.fixture(scope="module")
def validator() -> Any:
    rules = schema()
    jsonschema.Draft202012Validator.check_schema(rules)
    return jsonschema.Draft202012Validator(rules)


class Loader(yaml.SafeLoader):
    """Reads YAML as editors do, to whom a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(":timestamp")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("name", catalog.names())
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
    "title: T\ndefaults: {cnov: same}\nnetwork: [input 8, relu]",
    "title: T\nfigure: {hide-badges: cnov}\nnetwork: [input 8, relu]",
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
    "title: T\nmodules: {a: {color: blue, layers: relu}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {a: {color: green}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {a: {layers: relu, towers: [relu, relu]}}\nnetwork: [input 8, a]",
    "title: T\nmodules: {previous: {layers: relu}}\nnetwork: [input 8, previous]",
    "title: T\nmodules: {A: {layers: relu}}\nnetwork: [input 8, A]",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_specs_are_not_valid(text: str, validator: Any) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text)))
    with pytest.raises(Exception, match=r":\d+:\d+: "):
        read_spec(text, "f.yaml")  # what the schema rejects, the reader rejects


RIGHT = [
    "title: T\nnetwork: [input 8, relu]",
    "title: T\nnetwork: [input 8x8x3, {conv: 3x3 8, stride: 2, label: yes, bias: off}]",
    "title: T\nnetwork: [input 8x8x3, {repeat: 2, of: [relu, {flatten: }], each: {w: [1, 2.5]}}]",
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
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_specs_are_valid(text: str, validator: Any) -> None:
    read_spec(text, "f.yaml")
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


def test_every_kind_and_option_is_described() -> None:
    layer = schema()["$defs"]["layer"]["properties"]
    assert set(layer) == {*KINDS, *OPTIONS}
    assert all(entry["description"] for entry in layer.values())
