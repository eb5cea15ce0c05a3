"""``archviz lsp``, driven as an editor drives it: as a process, over its standard streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="without the extra 'lsp'")

URI = "file:///folder/net.yaml"
SPEC = """\
title: T
defaults:
  conv: same batch-norm
modules:
  block:
    takes: [width, stride=1]
    inputs: [memory]
    layers:
      - conv 3x3 width /stride
      - add memory
network:
  - input 32x32x3
  - conv 3x3 16 as=first
  - {repeat: 2, of: block 16 memory=first}
  - global-avg-pool
  - dense 10
"""


class Editor:
    """An editor with one file open."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "archviz", "lsp", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.told: list[dict[str, Any]] = []
        self.version = 0
        features = {"general": {"positionEncodings": ["utf-16"]}}
        given = {"processId": os.getpid(), "rootUri": None, "capabilities": features}
        self.capabilities = self.ask("initialize", given)["capabilities"]
        self.tell("initialized", {})

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server is gone"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (message := self.receive()).get("id") != self.number or "method" in message:
            self.told.append(message)
        assert "error" not in message, message
        return message["result"]

    def tell(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def open(self, text: str, uri: str = URI) -> list[dict[str, Any]]:
        """Open a file, and the problems in it."""
        self.version += 1
        document = {"uri": uri, "languageId": "yaml", "version": self.version, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        return self.problems()

    def type(self, *texts: str) -> list[dict[str, Any]]:
        """Replace the text, perhaps several times in a row, and the problems after a while."""
        for text in texts:
            self.version += 1
            document = {"uri": URI, "version": self.version}
            change = {"textDocument": document, "contentChanges": [{"text": text}]}
            self.tell("textDocument/didChange", change)
        return self.problems()

    def problems(self) -> list[dict[str, Any]]:
        """The next problems that are told."""
        waiting = iter(self.told)
        while True:
            message = next(waiting, None) or self.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                self.told.clear()
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                assert message["params"].get("version", self.version) == self.version
                return found

    def at(self, method: str, line: int, column: int) -> Any:
        place = {"line": line, "character": column}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": URI}, "position": place})

    def words(self, text: str) -> dict[str, dict[str, Any]]:
        """What is offered at the ``|`` in a text."""
        before, _, after = text.partition("|")
        self.type(before + after)
        line = before.count("\n")
        column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
        found = self.at("completion", line, column)
        return {item["label"]: item for item in found}

    def close(self) -> int:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def shared() -> Iterator[Editor]:
    editor = Editor()
    editor.open(SPEC)
    yield editor
    assert editor.close() == 0


@pytest.fixture
def editor(shared: Editor) -> Editor:
    shared.type(SPEC)
    return shared


def texts(problems: list[dict[str, Any]], text: str) -> list[tuple[str, str]]:
    """What each problem underlines, and its message."""
    lines = text.split("\n")
    found = []
    for problem in problems:
        start, end = problem["range"]["start"], problem["range"]["end"]
        assert start["line"] == end["line"]
        words = lines[start["line"]].encode("utf-16-le")
        part = words[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")
        found.append((part, problem["message"]))
    return found


@pytest.mark.parametrize(
    ("old", "new", "part", "message"),
    [
        ("dense 10", "dens 10", "dens", "no layer kind or module is called 'dens'\nhint: did you"),
        ("- conv 3x3 16", "- conv 3x3 16 reluu", "reluu", "'reluu' means nothing to conv\nhint: d"),
        ("title: T", "title: T\npublished: {depth: 3}", "3", "depth comes to 11, published is 3"),
        ("title: T", "title: [T]", "[", "title is a list where a text is needed"),
        ("title: T", "title: 𝕋 𝕋\nyear: [1]", "[", "year is a list where a whole number"),
        ("- dense 10", "- {dense: 10, label: 𝕋𝕋, gruops: 2}", "gruops", "dense has no option"),
        ("takes: [width,", "takes: [width, 'a b',", "'a b'", "'a b' cannot name a parameter"),
        ("network:", "network: [", "-", "not valid YAML"),
        ("title: T", "", "", "a spec needs a title\nhint: write title: My network"),
        ("- global-avg-pool", "", "dense", "dense needs a vector and gets a map"),
    ],
)
def test_problems_are_those_of_check(
    editor: Editor, tmp_path: Path, old: str, new: str, part: str, message: str
) -> None:
    text = SPEC.replace(old, new)
    problems = editor.type(text)
    found = texts(problems, text)
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "archviz", "check", str(path)]
    said = subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stderr
    lines = [line for line in said.split("\n") if line and not line.endswith(" problems")]
    assert [line.strip() for _, words in found for line in words.split("\n")] == [
        line.strip().removeprefix(f"{path}").split(": ", 1)[-1]
        if "hint" not in line
        else line.strip()
        for line in lines
    ]
    assert any(place == part and words.startswith(message) for place, words in found), found


def test_problems_go_when_they_are_mended_and_only_the_last_text_counts(editor: Editor) -> None:
    assert editor.type("title: T\nnetwork: []", "title: T\nnetwork: [x]", SPEC) == []


def test_a_warning_is_one(editor: Editor) -> None:
    text = SPEC.replace("- dense 10", "- dense 10\n    relu")
    found = editor.type(text)
    assert [problem["severity"] for problem in found] == [2]
    assert texts(found, text)[0][0] == "relu"


def test_what_is_wrong_in_a_spec_that_is_used_says_where(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "used.yaml").write_text("title: U\nnetwork: [input 8, dens 3]\n", encoding="utf-8")
    text = "title: T\nmodules: {m: {use: ./used.yaml}}\nnetwork: [input 8, m]\n"
    (tmp_path / "net.yaml").write_text("saved before", encoding="utf-8")
    (problem,) = editor.open(text, (tmp_path / "net.yaml").as_uri())
    assert f"{tmp_path / 'used.yaml'}:2:20: no layer kind" in problem["message"]


def test_what_is_no_spec_has_no_problems(shared: Editor) -> None:
    assert shared.open("version: 3\nservices: {a: {image: b}}\n", "file:///folder/b.yaml") == []
    assert shared.open("title: T\nnetwork: [input 8]\n", "untitled:Untitled-1")
    shared.tell("textDocument/didClose", {"textDocument": {"uri": "untitled:Untitled-1"}})
    assert shared.problems() == []


HEAD = (
    "title: T\nmodules:\n  block:\n    takes: [width, stride=1]\n    layers: [conv 1x1 8 as=low]\n"
)
OFFERED = {
    "|": ["network", "title", "published"],
    "title: T\n|": ["network", "modules", "year"],
    HEAD + "network:\n  - |": ["conv", "block", "repeat", "from"],
    HEAD + "network: [input 8, d|]": ["dense", "dropout"],
    HEAD + "network:\n  - conv 3x3 |": ["same", "relu", "batch-norm", "groups", "as", "when"],
    HEAD + "network:\n  - conv 3x3 act=|": ["relu", "linear", "none"],
    HEAD + "network:\n  - block |": ["width", "stride", "name", "shared"],
    HEAD + "network:\n  - from |": ["low"],
    HEAD + "network:\n  - {residual: relu, merge: |}": ["add", "concat"],
    HEAD + "network:\n  - repeat: 3\n    |": ["of", "each", "label"],
    HEAD + "network:\n  - {conv: 3x3 8, |}": ["stride", "name", "label", "as"],
    HEAD + "    |": ["inputs", "color", "title"],
    "title: T\nmodules:\n  a:\n    |": ["takes", "layers", "residual"],
    "title: T\nmodules:\n  a:\n    color: |": ["yellow", "green"],
    "title: T\nmodules:\n  a:\n    takes: [w]\n    layers: [conv 3x3 |]": ["w", "channels"],
    "title: T\ndefaults:\n  |": ["conv", "dense"],
    "title: T\ndefaults:\n  conv: |": ["same", "no-bias"],
    "title: T\nfigure:\n  |": ["notes", "legend", "theme"],
    "title: T\nfigure:\n  hide-badges: [|]": ["conv"],
    "title: T\nfigure: {theme: |}": ["article", "dark"],
    "title: T\npublished: {macs: 3, |}": ["parameters", "depth"],
    "title: T\naccuracy: {top1: 0.7, |}": ["top5", "dataset", "source"],
    "title: T\nfigure:\n  blank: |": ["numbers", "lines", "grey"],
}
NOT_OFFERED = {
    "title: T\n|": ["title"],
    HEAD + "    |": ["takes", "layers", "residual"],
    HEAD + "network:\n  - {residual: relu, merge: |}": ["conv", "repeat"],
    HEAD + "network:\n  - max-pool 3x3 |": ["relu", "groups"],
    HEAD + "network:\n  - {conv: 3x3 8, |}": ["relu", "of"],
    "title: T\n# network: |": ["conv", "input"],
    "title: T\nsource: >\n  conv |": ["same"],
}


@pytest.mark.parametrize("text", OFFERED)
def test_words_are_offered(editor: Editor, text: str) -> None:
    found = editor.words(text)
    assert {*OFFERED[text]} <= {*found}


@pytest.mark.parametrize("text", NOT_OFFERED)
def test_words_that_cannot_stand_there_are_not(editor: Editor, text: str) -> None:
    assert not {*NOT_OFFERED[text]} & {*editor.words(text)}


def test_what_is_offered_replaces_what_is_typed(editor: Editor) -> None:
    found = editor.words("title: 𝕋\nnetwork: [input 8, {dense: 8, label: 𝕋}, glob|]")
    edit = found["global-avg-pool"]["textEdit"]
    assert edit["newText"] == "global-avg-pool"
    assert [edit["range"][end]["character"] for end in ("start", "end")] == [42, 46]
    assert found["global-avg-pool"]["detail"].startswith("mean of each channel")
    assert (
        editor.words("title: T\nnetwork:\n  - rep|")["repeat"]["textEdit"]["newText"] == "repeat: "
    )
    assert (
        editor.words("title: T\nnetwork: [conv gr|]")["groups"]["textEdit"]["newText"] == "groups="
    )


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (12, 6, ["**conv**", "comes to: 32×32×16", "parameters: 512", "`conv`: convolution"]),
        (13, 22, ["**block**, 2 in the network", "comes to: 32×32×16", "parameters: 2,384"]),
        (13, 6, ["**repeat**", "times: 2"]),
        (8, 12, ["**conv**, 2 in the network", "multiply-adds: 2,359,296"]),
        (15, 5, ["**dense**", "parameters: 170"]),
        (2, 10, ["`same`: same, half, valid"]),
    ],
)
def test_hover_tells_shapes_and_numbers(
    editor: Editor, line: int, column: int, words: list[str]
) -> None:
    found = editor.at("hover", line, column)["contents"]["value"]
    for word in words:
        assert word in found, found


def test_hover_has_no_numbers_where_there_is_no_network(editor: Editor) -> None:
    editor.type(SPEC.replace("input 32x32x3", "input"))
    assert editor.at("hover", 12, 6)["contents"]["value"].startswith("`conv`")
    assert editor.at("hover", 0, 7) is None


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [(13, 22, (4, 2, 7)), (13, 37, (12, 19, 24)), (9, 13, None), (0, 1, None)],
)
def test_a_name_leads_to_where_it_is_given(
    editor: Editor, line: int, column: int, place: tuple[int, int, int] | None
) -> None:
    found = editor.at("definition", line, column)
    if place is None:
        assert found is None
        return
    start, end = found["range"]["start"], found["range"]["end"]
    assert (start["line"], start["character"], end["character"]) == place
    assert found["uri"] == URI


def test_it_formats_what_is_right_and_leaves_what_is_not(editor: Editor) -> None:
    options = {"tabSize": 2, "insertSpaces": True}
    given = {"textDocument": {"uri": URI}, "options": options}
    editor.type("network: [input  8, relu]\ntitle: T\n")
    (edit,) = editor.ask("textDocument/formatting", given)
    assert edit["newText"] == "title: T\n\nnetwork: [input 8, relu]\n"
    assert edit["range"]["start"] == {"line": 0, "character": 0}
    assert edit["range"]["end"]["line"] >= 2
    editor.type("network: [input  8]\n")
    assert editor.ask("textDocument/formatting", given) is None


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "- [", "\t", "title: [\n\n\n{", "network:\r\n  - ", "'"]
)
def test_nothing_that_is_typed_ends_it(editor: Editor, text: str) -> None:
    editor.type(text)
    for line in range(text.count("\n") + 2):
        for method in ("completion", "hover", "definition"):
            editor.at(method, line, 3)
    assert editor.type(SPEC) == []


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls/__init__.py").write_text("raise ModuleNotFoundError(name='pygls')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "archviz", "lsp"]
    found = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, check=False
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == (
        "archviz lsp: the package pygls is missing\n"
        "    hint: install it: pip install 'archviz[lsp]'\n"
    )
