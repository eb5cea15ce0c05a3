"""``archviz fmt``: one form for what is said in many, with its comments, and nothing else."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.files import replace_file
from archviz.formatter import canonical as canonical_file
from archviz.formatter.canonical import canonical, canonical_text, same, same_network
from archviz.formatter.words import KEYS
from archviz.language import figure, head, spec
from archviz.language.expand import network_from_text
from archviz.language.item_keys import LOOK_KEYS
from archviz.language.items import FORMS
from archviz.language.options import OPTIONS
from archviz.marks import is_marked, marked
from tests.random_specs import specs

ROOT = Path(__file__).parents[1]
SPECS = sorted(ROOT.glob("specs/*.yaml")) + sorted(ROOT.glob("docs/examples/*.yaml"))
TINY = "title: T\n\nnetwork: [input 8, relu]\n"


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["fmt", *arguments], input=given)


# ---- any spec ---------------------------------------------------------------------------------


@st.composite
def written(draw: st.DrawFn) -> str:
    """A random spec in one of the many ways in which it can be written."""
    data: dict[str, Any] = draw(specs())
    if draw(st.booleans()):
        data = dict(draw(st.permutations(list(data.items()))))
    if draw(st.integers(0, 4)) == 0:
        return json.dumps(data, ensure_ascii=draw(st.booleans()), indent=draw(st.integers(0, 3)))
    text: str = yaml.dump(
        data,
        default_flow_style=draw(st.sampled_from([None, True, False])),
        default_style=draw(st.sampled_from([None, None, '"', "'"])),
        width=draw(st.sampled_from([30, 80, 10_000])),
        indent=draw(st.integers(2, 5)),
        sort_keys=draw(st.booleans()),
        allow_unicode=draw(st.booleans()),
    )
    return text


@st.composite
def commented(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A spec with comments wherever YAML takes them, and the comments."""
    text = draw(written())
    lines = text.splitlines()
    inside = {
        line
        for token in yaml.scan(text)
        if isinstance(token, yaml.ScalarToken)
        for line in range(token.start_mark.line, token.end_mark.line)
    }
    """Lines that end in the middle of a scalar."""
    comments: list[str] = []

    def comment() -> str:
        words = draw(st.sampled_from(["why", "a: b", "- x", "'", '"', "[", "# more", "é", "&a *b"]))
        comments.append(f"#{draw(st.sampled_from(['', ' ']))}{len(comments)} {words}")
        return comments[-1]

    result: list[str] = []
    for number, line in enumerate(lines):
        between = number - 1 not in inside
        if between and draw(st.integers(0, 5)) == 0:
            result += draw(st.sampled_from([[], [""]]))
            result.append(" " * draw(st.integers(0, 12)) + comment())
            result += draw(st.sampled_from([[], [""]]))
        if number not in inside and draw(st.integers(0, 5)) == 0:
            line += " " * draw(st.integers(1, 3)) + comment()
        result.append(line)
    if draw(st.booleans()):
        result.append(" " * draw(st.integers(0, 12)) + comment())
    return "\n".join(result) + "\n", comments


@pytest.mark.long
@settings(max_examples=80)
@given(commented())
def test_comments_and_networks_stay_and_what_is_canonical_is_left_alone(
    case: tuple[str, list[str]],
) -> None:
    text, comments = case
    result = canonical_text(text, "f.yaml")
    assert same_network(network_from_text(text), network_from_text(result))
    for comment in comments:
        assert len(re.findall(rf"(^|\s){re.escape(comment)}$", result, re.MULTILINE)) == 1
    assert canonical_text(result, "f.yaml") == result
    assert not re.search(r"[ \t]$|\n\n\n|\t", result, re.MULTILINE)


# ---- the rules, one by one --------------------------------------------------------------------

LONG = " ".join(["word"] * 30)
FOLDED = f"  {LONG[:94]}\n  {LONG[95:]}"
RULES = {
    "keys have an order": (
        "network: [input 8, relu]\nyear: 2015\ntitle: T\n",
        "title: T\nyear:  2015\n\nnetwork: [input 8, relu]\n",
    ),
    "of items and modules, too": (
        "title: T\nnetwork:\n- input 8x8x3\n- {of: m 8, repeat: 2}\n- {name: a, conv: 1x1 4}\n"
        "modules:\n  m: {merge: add, residual: relu, takes: [w]}\n",
        "title: T\n\nmodules:\n  m: {takes: [w], residual: relu, merge: add}\n\nnetwork:\n"
        "  - input 8x8x3\n  - {repeat: 2, of: m 8}\n  - {conv: 1x1 4, name: a}\n",
    ),
    "a dash is indented": (
        "title: T\nnetwork:\n- input 8\n-   repeat: 2\n    of:\n     - relu\n     - tanh\n",
        "title: T\n\nnetwork:\n  - input 8\n  - repeat: 2\n    of:\n      - relu\n      - tanh\n",
    ),
    "words have an order": (
        "title: T\nnetwork: [input 8×8×3, conv  relu same name=a rms-norm 3×3 groups=1 /2 8]\n",
        "title: T\n\nnetwork: [input 8x8x3, conv 3x3 8 /2 same rms-norm relu groups=1 name=a]\n",
    ),
    "parameters may look like anything": (
        "title: T\nmodules: {m: {takes: [s, kx], layers: ['conv s kx×kx']}}\n"
        "network: [input 8x8x3, m kx=1 4]\n",
        "title: T\n\nmodules: {m: {takes: [s, kx], layers: [conv kx×kx s]}}\n\n"
        "network: [input 8x8x3, m 4 kx=1]\n",
    ),
    "quotes stand where they are needed": (
        "title: \"T\"\npaper: 'A: b'\nauthors: \"yes\"\nvenue: 'say \"a: b\"'\nsource: '# it''s'\n"
        "network: ['input 8', \"relu\", {'dense': '3', label: 'a, b'}, {dense: 3, label: \"1\"}]\n",
        'title:   T\npaper:   "A: b"\nauthors: "yes"\nvenue:   \'say "a: b"\'\n'
        'source:  "# it\'s"\n\n'
        'network: [input 8, relu, {dense: "3", label: "a, b"}, {dense: 3, label: "1"}]\n',
    ),
    "a long text is folded, a short one is not": (
        f"title: >\n  A\n  b\nsource: {LONG}\nnetwork: [input 8, relu]\n",
        f"title:  A b\nsource: >\n{FOLDED}\n\nnetwork: [input 8, relu]\n",
    ),
    "brackets stay where they fit": (
        f"title: T\nnetwork: [input 8, {'relu, ' * 14}]\n",
        "title: T\n\nnetwork:\n  - input 8\n" + "  - relu\n" * 14,
    ),
    "comments stay with what they are about": (
        "# file\ntitle: T # it\nnetwork: # all\n# in\n- input 8 # first\n- relu # second\n"
        "# last\n\n\n  # end\n",
        "# file\n\ntitle: T  # it\n\nnetwork:  # all\n  # in\n  - input 8  # first\n"
        "  - relu     # second\n# last\n\n# end\n",
    ),
    "brackets with comments in them go": (
        "title: T\nnetwork: [ # a\n  input 8, # b\n  {repeat: 2, # c\n   of: [relu, relu]} # d\n"
        "  # e\n] # f\n",
        "title: T\n\n# f\nnetwork:     # a\n  - input 8  # b\n  # d\n  - repeat: 2  # c\n"
        "    of: [relu, relu]\n  # e\n",
    ),
    "a block scalar's comment": (
        f"title: T\nsource: > # why\n  {LONG}\nnetwork: [input 8, relu]\n",
        f"title:  T\nsource: >  # why\n{FOLDED}\n\nnetwork: [input 8, relu]\n",
    ),
    "anchors": (
        "title: T\nnetwork:\n- input 8\n- &a\n  residual: &b [relu, relu]\n- *a\n"
        "- {residual: *b, merge: &c add}\n",
        "title: T\n\nnetwork:\n  - input 8\n  - &a\n    residual: &b [relu, relu]\n  - *a\n"
        "  - {residual: *b, merge: &c add}\n",
    ),
    "an anchor before its alias": (
        "title: T\nnetwork: [input 8, m, &r relu]\nmodules: {m: {layers: *r}}\n",
        "title: T\n\nnetwork: [input 8, m, &r relu]\n\nmodules: {m: {layers: *r}}\n",
    ),
    "documents, tabs and tags": (
        "%YAML 1.1\n---\ntitle: !!str T\t# tab\nnetwork: [input\t8,\trelu]\n...\n",
        "title: !!str T  # tab\n\nnetwork: [input 8, relu]\n",
    ),
    "names of a spec's own win over words of the language": (
        "title: T\nmodules: {conv: {takes: [relu, same], layers: [dense same act=relu]}}\n"
        "network: [input 8, conv tanh 8 as=mish, relu, add   mish relu name=a]\n",
        "title: T\n\nmodules: {conv: {takes: [relu, same], layers: [dense same act=relu]}}\n\n"
        "network: [input 8, conv tanh 8 as=mish, relu, add mish relu name=a]\n",
    ),
    "a text in several lines, which may be a mistake": (
        "title: T\nnetwork:\n  - input 8\n  - dense 3\n    relu\n",
        "title: T\n\nnetwork:\n  - input 8\n  - dense 3 relu\n",
    ),
    "values keep their order": (
        "title: T\nnetwork: [input 8, relu as=b, {as: a, relu: }, from a b, concat relu b a]\n",
        "title: T\n\nnetwork: [input 8, relu as=b, {relu: , as: a}, from a b, concat b a relu]\n",
    ),
    "empty lines of the author": (
        "title: T\n\n\nyear: 2015\nnetwork:\n\n  - input 8\n\n\n  - relu\n  - relu\n",
        "title: T\nyear:  2015\n\nnetwork:\n  - input 8\n\n  - relu\n  - relu\n",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_form_is(rule: str) -> None:
    text, result = RULES[rule]
    assert canonical_text(text, "f.yaml") == result
    assert canonical_text(result, "f.yaml") == result


def test_every_key_that_the_reader_knows_has_its_place() -> None:
    assert {*head.KEYS, *spec.SECTIONS} <= {*KEYS["spec"]}
    assert {*figure.KEYS} == {*KEYS["figure"]}
    companions = {key for keys in spec.COMPANIONS.values() for key in keys}
    assert {*spec.MODULE_KEYS, *spec.BODIES, *companions} <= {*KEYS["module"]}
    assert {*FORMS, *LOOK_KEYS, *OPTIONS, "of", "each", "merge", "side", "as"} <= {*KEYS["series"]}


def test_ends_of_lines_stay_and_a_byte_order_mark_goes() -> None:
    text = (
        b"\xef\xbb\xbftitle:   T\r\nsource: >\r\n  a\r\n  b\r\n# c\r\nnetwork: [input 8, relu]\r\n"
    )
    result = b"title:  T\r\nsource: a b\r\n\r\n# c\r\nnetwork: [input 8, relu]\r\n"
    assert canonical(text, "f.yaml") == result == canonical(result, "f.yaml")


def test_a_file_of_archviz_stays_one() -> None:
    result = canonical(marked(b"title:   T\nnetwork: [input 8, relu]\n", "yaml"), "f.yaml")
    assert is_marked(result)
    assert result.startswith(TINY.encode())
    edited = canonical(result.replace(b"relu", b"tanh"), "f.yaml")  # theirs, with its comments
    assert not is_marked(edited)
    assert edited == result.replace(b"relu", b"tanh")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: T\nnetwork: [input 8, rellu]\n", "f.yaml:2:20: no layer kind or module is called"),
        ("title: T\n---\ntitle: U\n", "f.yaml:2:1: a spec is one document"),
        ("title: T\n\tyear: 2015\n", "f.yaml:2:1: a tab stands where YAML wants blanks"),
        ("", "f.yaml: the file is empty"),
    ],
)
def test_what_is_no_spec_is_refused_with_its_problems(text: str, message: str) -> None:
    with pytest.raises(ArchvizError, match=re.escape(message)):
        canonical(text.encode(), "f.yaml")


def test_another_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fault of the printer is known; so one is made."""
    monkeypatch.setattr(canonical_file, "print_tree", lambda *_, **__: TINY)
    with pytest.raises(ArchvizError, match="would be another network"):
        canonical_text("title: T\nnetwork: [input 8, tanh]\n", "f.yaml")


MODULE = (
    "title: T\nmodules: {{m: {{takes: [w], layers: [conv {} w]}}}}\nnetwork: [input 8x8x3, m {}]"
)


def test_networks_differ_in_more_than_their_places() -> None:
    one = network_from_text(MODULE.format("3x3", 4))
    assert same(one, network_from_text("# further down\n" + MODULE.format("3×3", 4)))
    assert not same(one, network_from_text(MODULE.format("3x3", 5)))
    assert not same(one, network_from_text(MODULE.format("3x1", 4)))
    assert not same(one, network_from_text(MODULE.format("3x3", "4, relu")))
    assert not same({"a": 1}, {"b": 1})
    assert not same({"a": 1}, [1])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_specs_of_this_repository_are_canonical(path: Path) -> None:
    assert canonical(path.read_bytes(), str(path)) == path.read_bytes()


# ---- the command ------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"network: [input 8, relu]\ntitle: T\n")
    return path


def test_it_prints(file: Path) -> None:
    assert run(str(file)).stdout == TINY
    assert run("-", given=file.read_bytes()).stdout == TINY
    assert run("lenet5").stdout_bytes == canonical((ROOT / "specs/lenet5.yaml").read_bytes(), "")
    assert file.read_bytes() != TINY.encode()


def test_it_writes_what_differs(file: Path) -> None:
    os.chmod(file, 0o640)
    result = run("--write", str(file))
    assert (result.exit_code, result.stdout) == (0, f"{file}: in its canonical form now\n")
    assert file.read_text(encoding="utf-8") == TINY
    assert file.stat().st_mode & 0o777 == 0o640 or os.name == "nt"
    before = file.stat()
    result = run("--write", str(file))
    assert (result.exit_code, result.output) == (0, "")
    assert file.stat() == before
    assert os.listdir(file.parent) == [file.name]


def test_it_checks_all_and_tells_all(file: Path) -> None:
    good, bad = file.with_name("good.yaml"), file.with_name("bad.yaml")
    good.write_text(TINY, encoding="utf-8")
    bad.write_text("title: T\n", encoding="utf-8")
    assert run("--check", str(good)).exit_code == 0
    result = run("--check", str(bad), str(file), str(good))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{bad}:1:1: a spec needs a network",
        "    hint: write network: and a list of layers",
        f"{file}: is not in its canonical form",
        "    hint: 'archviz fmt --write' puts it into it",
        "2 problems",
    ]
    assert file.read_bytes() != TINY.encode()
    assert run("--write", str(bad), str(file)).exit_code == 1
    assert file.read_bytes() == TINY.encode()
    assert bad.read_text(encoding="utf-8") == "title: T\n"


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        (("--write", "lenet5"), 1, "lenet5: is no file of yours"),
        (("--write", "-"), 1, "-: is no file"),
        (("none.yaml",), 1, "none.yaml: there is no such file"),
        (("lenet5", "nin"), 2, "one spec at a time is printed"),
        (("--write", "--check", "nin"), 2, "--write and --check exclude each other"),
        ((), 2, "Missing argument"),
    ],
)
def test_what_it_does_not_do(given: tuple[str, ...], status: int, message: str) -> None:
    result = run(*given, given=TINY.encode())
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no links, no modes")
def test_what_must_not_be_replaced_is_not(file: Path) -> None:
    link = file.with_name("link.yaml")
    link.symlink_to(file)
    os.chmod(file, 0o444)
    result = run("--write", str(link))
    assert result.exit_code == 1
    assert f"{link}: is read-only" in result.stderr
    os.chmod(file, 0o644)
    assert run("--write", str(link)).exit_code == 0
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == TINY
    with pytest.raises(ArchvizError, match="was changed by another program meanwhile"):
        replace_file(str(file), b"before", b"after")
    with pytest.raises(ArchvizError, match="is no file that could be replaced"):
        replace_file(os.devnull, b"", b"after")
    assert file.read_text(encoding="utf-8") == TINY
