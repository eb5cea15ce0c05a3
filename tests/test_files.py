"""Files that must never be lost or torn, streams of every kind, and bounds on memory."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
import zlib
from pathlib import Path
from typing import Any

import model_seeds
import pptx
import pypdf
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import archviz
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.files import remove_left_over, windows_objection, write_file
from archviz.layout.graphviz_engine import _cache_is_ours
from archviz.marks import TEXTS, is_marked, marked
from archviz.write.formats import FORMATS
from archviz.write.pptx import write_pptx

SPEC = "title: T\nnetwork: [input 8x8x3, conv 3x3 4]\n"
GRAPH = """\
title: Graph
network:
  - input 8x8x4
  - graph: {nodes: {a: relu, b: relu, c: concat, d: add}, \
edges: [in -> a -> c -> out, in -> b -> c, a -> d, b -> d, d -> c]}
"""
KERAS = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 8], "name": "i"}},
            {"class_name": "Dense", "config": {"units": 3, "name": "d"}},
        ],
    },
}
WRITERS = {
    "render": ["render", "lenet5"],
    "compare": ["compare", "lenet5", "nin"],
    "timeline": ["timeline"],
    "table": ["table"],
    "chart": ["chart", "alexnet", "vgg16"],
    "legend": ["legend"],
    "themes": ["themes", "--network", "lenet5"],
    "schema": ["schema"],
    "import": ["import", "model.onnx"],
}
posix = pytest.mark.skipif(os.name != "posix", reason="files and streams of Unix")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def process(*arguments: str, shell: str = 'exec "$@"', **options: Any) -> Any:
    """The command as a process of its own, under a line of the shell."""
    command = [sys.executable, "-m", "archviz", *arguments]
    return subprocess.run(
        ["sh", "-c", shell, "sh", *command], capture_output=True, timeout=120, **options
    )


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- marks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_has_a_mark_that_an_edit_breaks(suffix: str) -> None:
    assert cli("render", "lenet5", "-o", f"x.{suffix}").exit_code == 0
    data = Path(f"x.{suffix}").read_bytes()
    assert is_marked(data)
    for place in range(0, len(data), max(len(data) // 50, 1)):
        edited = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert not is_marked(edited)
    for edited in (data + b"\n", data[1:], b"", data[:-5], data + data):
        assert not is_marked(edited)
    printed = CliRunner().invoke(main, ["render", "lenet5", "-f", suffix]).stdout_bytes
    assert printed == data


def png_chunks(data: bytes) -> list[bytes]:
    """The types of a PNG's chunks, which have their check and nothing between them."""
    at, found = 8, []
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        assert zlib.crc32(data[at + 4 : end]) == int.from_bytes(data[end : end + 4], "big")
        found.append(data[at + 4 : at + 8])
        at = end + 4
    return found


def test_marked_files_are_whole_for_other_programs() -> None:
    for suffix in FORMATS:
        assert cli("render", "lenet5", "-o", f"x.{suffix}").exit_code == 0
    with Image.open("x.png") as picture:
        picture.load()
        assert picture.info["Comment"].startswith("by archviz, sha256 ")
    assert png_chunks(Path("x.png").read_bytes())[-2:] == [b"tEXt", b"IEND"]
    assert len(pypdf.PdfReader("x.pdf", strict=True).pages) == 1
    assert Path("x.pdf").read_bytes().endswith(b"%%EOF\n")
    assert len(pptx.Presentation("x.pptx").slides) > 0
    with zipfile.ZipFile("x.pptx") as package:
        assert package.testzip() is None
    scene = json.loads(Path("x.json").read_text("utf-8"))
    assert scene.pop("mark").startswith("by archviz, sha256 ")
    assert list(scene)[-1] == "items"


@pytest.mark.parametrize("form", ["xml", "tex", "gv", "yaml"])
def test_line_ends_of_another_system_are_no_edit(form: str) -> None:
    data = marked(b"a\nb\n", form)
    assert is_marked(data.replace(b"\n", b"\r\n"))
    assert not is_marked(data.replace(b"a", b"A"))


def test_a_mark_that_is_quoted_is_none() -> None:
    mine = marked(b"picture\n", "tex")
    assert not is_marked(b"\\begin{document}\n" + mine + b"\\end{document}\n")
    assert is_marked(marked(b"text " + mine + b" more\n", "tex"))
    assert set(TEXTS) >= {row.mark for row in FORMATS.values()} - {"png", "zip"}


# ---- what is there already --------------------------------------------------------------------


@pytest.mark.parametrize("command", WRITERS)
def test_no_command_replaces_what_is_not_ours(command: str, folder: Path) -> None:
    Path("model.onnx").write_bytes(model_seeds.residual())
    name = {"schema": "x.json", "import": "x.yaml"}.get(command, "x.tex")
    arguments = [*WRITERS[command], "-o", name]
    Path(name).write_text("a thesis", "utf-8")
    result = cli(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{name}: exists, and archviz did not write it")
    assert "--force" in result.stderr
    assert Path(name).read_text("utf-8") == "a thesis"
    assert cli(*arguments, "--force").exit_code == 0
    ours = Path(name).read_bytes()
    assert is_marked(ours)
    assert cli(*arguments).exit_code == 0  # ours, and as it was
    Path(name).write_bytes(ours[:20] + b"edit" + ours[20:])
    assert cli(*arguments).exit_code == 1
    assert not any(one.name.startswith(".archviz") for one in folder.iterdir())


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_format_replaces_what_is_not_ours(suffix: str) -> None:
    for command, path in ((["render"], f"x.{suffix}"), (["export", "-d", "."], f"lenet5.{suffix}")):
        path = f"archviz.{suffix}" if command[0] == "export" and FORMATS[suffix].together else path
        words = ["-o", path] if command == ["render"] else ["-f", suffix]
        Path(path).write_bytes(b"mine")
        result = cli(*command, "lenet5", *words)
        assert (result.exit_code, Path(path).read_bytes()) == (1, b"mine")
        assert f"{path}: exists" in result.stderr
        assert cli(*command, "lenet5", *words, "--force").exit_code == 0
        assert is_marked(Path(path).read_bytes())


def test_save_asks_for_force_too() -> None:
    net = archviz.load("lenet5")
    Path("x.svg").write_text("mine", "utf-8")
    with pytest.raises(ArchvizError, match="force=True"):
        net.save("x.svg")
    net.save("x.svg", force=True)
    net.save("x.svg", title=True)
    assert is_marked(Path("x.svg").read_bytes())


def test_an_empty_file_holds_nothing_to_lose() -> None:
    Path("x.svg").touch()
    assert cli("render", "lenet5", "-o", "x.svg").exit_code == 0


@posix
@pytest.mark.parametrize("data", [b"mine", b"", marked(b"<svg/>\n", "xml")])
def test_a_read_only_file_is_kept(data: bytes) -> None:
    Path("x.svg").write_bytes(data)
    Path("x.svg").chmod(0o444)
    result = cli("render", "lenet5", "-o", "x.svg")
    assert (result.exit_code, Path("x.svg").read_bytes()) == (1, data)
    assert "x.svg: is read-only" in result.stderr
    assert cli("render", "lenet5", "-o", "x.svg", "--force").exit_code == 0


def test_an_old_list_of_an_export_does_no_harm() -> None:
    Path("out").mkdir()
    Path("out/.archviz-export").write_bytes(b"\xff")
    Path("out/lenet5.svg").write_text("mine", "utf-8")
    assert cli("export", "lenet5", "-f", "svg", "-d", "out").exit_code == 1
    assert cli("export", "nin", "-f", "svg", "-d", "out").exit_code == 0
    assert Path("out/.archviz-export").read_bytes() == b"\xff"


def test_specs_whose_names_differ_in_case_alone_get_files_that_differ_in_more() -> None:
    for name in ("a/net", "b/NET", "c/net"):
        Path(name).parent.mkdir()
        Path(f"{name}.yaml").write_text(SPEC, "utf-8")
    sources = ["a/net.yaml", "b/NET.yaml", "c/net.yaml"]
    assert cli("export", *sources, "-f", "svg", "-d", "out").exit_code == 0
    assert sorted(os.listdir("out")) == ["NET-2.svg", "net-3.svg", "net.svg"]


# ---- an output is never an input --------------------------------------------------------------


def inputs() -> list[tuple[str, list[str]]]:
    """(file, command that reads it and is told to write it)."""
    return [
        ("s.yaml", ["render", "s.yaml", "-f", "svg"]),
        ("s.yaml", ["compare", "lenet5", "s.yaml", "-f", "svg"]),
        ("s.yaml", ["timeline", "lenet5", "s.yaml", "-f", "svg"]),
        ("k.json", ["render", "k.json"]),
        ("k.json", ["import", "k.json"]),
        ("m.onnx", ["import", "m.onnx"]),
        ("t.yaml", ["render", "lenet5", "--theme", "t.yaml", "-f", "svg"]),
        ("base.yaml", ["legend", "--theme", "t.yaml", "-f", "svg"]),
        ("house.pptx", ["render", "lenet5", "--template", "house.pptx"]),
    ]


@pytest.mark.parametrize("way", ["name", "other", "symlink", "hardlink"])
@pytest.mark.parametrize(("file", "command"), inputs())
def test_an_output_is_never_an_input(file: str, command: list[str], way: str, folder: Path) -> None:
    Path("s.yaml").write_bytes(marked(SPEC.encode(), "yaml"))  # it is read, be it ours or not
    Path("k.json").write_text(json.dumps(KERAS), "utf-8")
    Path("m.onnx").write_bytes(model_seeds.residual())
    Path("t.yaml").write_text("extends: base.yaml\n", "utf-8")
    Path("base.yaml").write_text("extends: article\n", "utf-8")
    Path("house.pptx").write_bytes(write_pptx([]))
    before = Path(file).read_bytes()
    output = {"name": file, "other": str(folder / "." / file)}.get(way, f"l{Path(file).suffix}")
    if way == "symlink":
        Path(output).symlink_to(file)
    elif way == "hardlink":
        os.link(file, output)
    for force in ([], ["--force"]):
        result = cli(*command, "-o", output, *force)
        assert result.exit_code == 1, result.output
        assert f"{output}: is read here" in result.stderr
        assert Path(file).read_bytes() == before


def test_neither_export_nor_save_writes_over_what_they_read() -> None:
    Path("net.json").write_text(json.dumps(KERAS), "utf-8")
    assert cli("export", "net.json", "-f", "json", "-d", ".", "--force").exit_code == 1
    with pytest.raises(ArchvizError, match="is read here"):
        archviz.load("net.json").save("net.json", force=True)
    assert json.loads(Path("net.json").read_text("utf-8")) == KERAS


# ---- whole or as it was -----------------------------------------------------------------------

SAVING = """
import sys, threading, archviz
nets = [archviz.load(name) for name in ("lenet5", "vgg16", "nin")]
def save(net):
    for _ in range(15): net.save("one.svg")
threads = [threading.Thread(target=save, args=(net,)) for net in nets]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
"""


def test_threads_and_processes_that_write_one_file() -> None:
    whole = {
        b"",
        *(marked(archviz.load(n).svg().encode(), "xml") for n in ("lenet5", "vgg16", "nin")),
    }
    Path("one.svg").touch()
    runs = [subprocess.Popen([sys.executable, "-c", SAVING], stderr=subprocess.PIPE) for _ in "12"]
    while any(run.poll() is None for run in runs):
        assert Path("one.svg").read_bytes() in whole
    assert [run.communicate()[1] for run in runs] == [b"", b""]
    assert os.listdir(".") == ["one.svg"]


def test_two_exports_into_one_folder() -> None:
    pairs = (["lenet5", "vgg16"], ["vgg16", "nin"])
    command = [sys.executable, "-m", "archviz", "export", "-f", "svg,json", "-d", "both"]
    runs = [subprocess.Popen([*command, *names], stdout=subprocess.DEVNULL) for names in pairs]
    assert [run.wait(timeout=120) for run in runs] == [0, 0]
    assert cli("export", "lenet5", "vgg16", "nin", "-f", "svg,json", "-d", "both").exit_code == 0
    assert len(os.listdir("both")) == 6


@posix
def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(folder: Path) -> None:
    code = (
        "import sys, time; from archviz import files\n"
        "file, name = files._new_file('.')\n"
        "print(name, flush=True); time.sleep(60)"
    )
    alive, dead = (
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in "12"
    )
    assert alive.stdout is not None
    assert dead.stdout is not None
    names = [Path(run.stdout.readline().decode().strip()) for run in (alive, dead)]  # type: ignore[union-attr]
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    Path(".archviz-notes").write_text("mine", "utf-8")
    write_file("x.txt", b"x")
    assert [name.exists() for name in names] == [True, False]
    alive.kill()
    alive.wait()
    alive.stdout.close()
    dead.stdout.close()
    remove_left_over(".")
    assert sorted(os.listdir(".")) == [".archviz-notes", "x.txt"]


@posix
def test_names_up_to_the_limit_of_the_file_system() -> None:
    for name in ("n" * 251 + ".svg", "é" * 125 + ".svg"):
        result = cli("render", "lenet5", "-o", name)
        assert (result.exit_code, os.path.exists(name)) == (0, True), result.output
        assert cli("render", "lenet5", "-o", name).exit_code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_names_the_file() -> None:
    Path("full.svg").symlink_to("/dev/full")
    result = cli("render", "lenet5", "-o", "full.svg")
    assert result.stderr == "full.svg: cannot be written: no space left on device\n"


@pytest.mark.parametrize(
    "name",
    [
        "CON.svg",
        "aux.tex",
        "a/NUL",
        "com1.x.svg",
        "a. ",
        "x.svg.",
        "ab:c.svg",
        "q?.svg",
        "con .svg",
    ],
)
def test_names_that_windows_has_no_file_for(name: str) -> None:
    assert "indows" in windows_objection(name)


@pytest.mark.parametrize(
    "name",
    [
        "x.svg",
        "C:\\a\\x.svg",
        "C:x.svg",
        "..\\x.svg",
        "./x.svg",
        "console.svg",
        "com.svg",
        "\\\\h\\s\\x",
    ],
)
def test_names_that_windows_has_files_for(name: str) -> None:
    assert windows_objection(name) == ""


# ---- streams ----------------------------------------------------------------------------------


@posix
def test_a_fifo_and_open_files_are_written_through() -> None:
    os.mkfifo("x.svg")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(Path("x.svg").read_bytes()))
    reader.start()
    assert cli("render", "lenet5", "-o", "x.svg").exit_code == 0
    reader.join(timeout=60)
    assert read == [marked(archviz.load("lenet5").svg().encode(), "xml")]
    if os.path.exists("/dev/fd"):
        Path("log").write_text("before\n", "utf-8")
        line = '"$@" -f svg -o /dev/stdout >> log && echo after >> log'
        assert process("render", "lenet5", shell=line).returncode == 0
        assert Path("log").read_bytes() == b"before\n" + read[0] + b"after\n"
    assert process("render", "lenet5", "-f", "svg", "-o", "/dev/null").returncode == 0


@posix
@pytest.mark.parametrize(
    "command", [["render", "lenet5"], ["list"], ["info", "lenet5"], ["check", "lenet5"], ["schema"]]
)
def test_what_cannot_be_printed_is_a_failure(command: list[str]) -> None:
    done = process(*command, shell='exec "$@" >&-')
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, b"standard output: is closed")
    assert b"Traceback" not in done.stderr


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm_to_files(closed: str) -> None:
    done = process("export", "lenet5", "-f", "svg,png", "-d", "out", shell=f'exec "$@" {closed}')
    assert done.returncode == 0
    assert is_marked(Path("out/lenet5.svg").read_bytes())
    with Image.open("out/lenet5.png") as picture:
        picture.load()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_standard_output_does_not_end_an_export() -> None:
    done = process(
        "export", "lenet5", "nin", "-f", "svg", "-d", "out", shell='exec "$@" >/dev/full'
    )
    assert (done.returncode, sorted(os.listdir("out"))) == (1, ["lenet5.svg", "nin.svg"])
    assert done.stderr == b"standard output: cannot be written: no space left on device\n"


@posix
def test_pictures_that_are_no_text_are_not_printed_on_a_terminal() -> None:
    import pty

    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "archviz", "render", "lenet5", "-f", "png"]
    done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, timeout=60)
    os.close(terminal)
    os.close(master)
    assert done.returncode == 2
    assert b"not for a terminal" in done.stderr


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "{}.yaml"],
        ["check", "{}.yaml", "{}.yml"],
        ["check", "good{}.yaml"],
        ["info", "title.yaml"],
        ["render", "{}"],
        ["{}"],
        ["--{}"],
        ["render", "lenet5", "--{}"],
        ["render", "lenet5", "-f", "{}"],
        ["render", "lenet5", "--theme", "{}"],
        ["render", "lenet5", "-o", "{}/x.svg"],
        ["render", "lenet5", "-o", "x.{}"],
        ["render", "lenet5", "-f", "pptx", "--template", "{}", "-o", "x.pptx"],
        ["import", "{}.onnx"],
        ["export", "good{}.yaml", "-f", "svg", "-d", "{}"],
    ],
)
def test_control_characters_never_reach_a_terminal(arguments: list[str]) -> None:
    nasty = "t\x1b]0;x\x07\x9b31m\u202e\udce9"
    Path(f"{nasty}.yaml").write_text("title: [", "utf-8")
    Path(f"good{nasty}.yaml").write_text(SPEC, "utf-8")
    Path("title.yaml").write_text(SPEC.replace("T", '"a\\e]0;x\\x9b\\a"'), "utf-8")
    words = [os.fsencode(word.format(nasty)) for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "archviz", *words], capture_output=True, timeout=60
    )
    text = done.stdout + done.stderr
    assert text
    assert b"Traceback" not in text
    assert all(letter.isprintable() or letter == "\n" for letter in text.decode("utf-8"))


def test_json_stays_json_whatever_a_title_holds() -> None:
    title = "a\u202eb\u200dé"
    Path("t.yaml").write_text(SPEC.replace("T", json.dumps(title)), "utf-8")
    printed = cli("info", "t.yaml", "--json").stdout
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    assert json.loads(printed)["title"] == archviz.load("t.yaml").network.head.title


# ---- what is read, and what memory there is ---------------------------------------------------


def bomb(kind: str) -> bytes:
    """A template that is a bomb."""
    file = io.BytesIO(write_pptx([]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as package:
        if kind == "media":
            with package.open("ppt/media/x.png", "w", force_zip64=True) as member:
                for _ in range(300):
                    member.write(bytes(2**20))
        elif kind == "tags":
            package.writestr("ppt/x.bin", b"<a>" + b"<b/>" * 3_000_000 + b"</a>")
        elif kind == "members":
            for number in range(11_000):
                package.writestr(f"{number}.xml", b"")
    return file.getvalue()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20,) * 2)
sys.argv = ["archviz", *sys.argv[2:]]
from archviz.__main__ import main
main()
"""


def limited(megabytes: int, *arguments: str) -> Any:
    command = [sys.executable, "-c", LIMITED, str(megabytes), *arguments]
    return subprocess.run(command, capture_output=True, timeout=300)


@pytest.mark.long
@linux
@pytest.mark.parametrize("kind", ["media", "tags", "members"])
def test_a_template_that_is_a_bomb_takes_little_memory(kind: str) -> None:
    data = bomb(kind)
    assert len(data) < 2 * 2**20
    Path("bomb.pptx").write_bytes(data)
    done = limited(300, "render", "lenet5", "--template", "bomb.pptx", "-o", "x.pptx")
    assert done.returncode == 1
    assert done.stderr.startswith(b"bomb.pptx: this template is larger than a presentation can be")
    assert not os.path.exists("x.pptx")


def test_entities_of_a_template_are_not_expanded() -> None:
    entities = "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_pptx([]))) as given, zipfile.ZipFile(file, "w") as out:
        for name in given.namelist():
            data = given.read(name)
            if name == "ppt/presentation.xml":
                start = f'<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa">{entities}]>'.encode()
                data = start + data.partition(b"?>")[2].replace(
                    b"<p:sldMasterIdLst>", b"&j;<p:sldMasterIdLst>"
                )
            out.writestr(name, data)
    Path("laughs.pptx").write_bytes(file.getvalue())
    result = cli("render", "lenet5", "--template", "laughs.pptx", "-o", "x.pptx")
    assert b"a" * 1000 not in (Path("x.pptx").read_bytes() if os.path.exists("x.pptx") else b"")
    assert result.exit_code in (0, 1)


@linux
def test_a_graph_where_addresses_are_few() -> None:
    Path("graph.yaml").write_text(GRAPH, "utf-8")
    done = limited(400, "render", "graph.yaml")
    assert done.stderr == b""
    assert done.stdout == cli("render", "graph.yaml").stdout_bytes
    done = limited(100, "render", "graph.yaml")
    if done.returncode:  # where Python itself takes less, there is room
        assert b"needs more memory" in done.stderr
        assert b"reinstall" not in done.stderr


@posix
def test_code_is_not_taken_from_a_folder_that_others_may_write_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    folder.chmod(0o755)
    assert _cache_is_ours()
    (folder / "cache").mkdir()
    (folder / "cache").chmod(0o777)
    assert not _cache_is_ours()
    (folder / "cache" / "wasmtime").mkdir(mode=0o700)
    assert _cache_is_ours()
    (folder / "cache" / "wasmtime").chmod(0o777)
    assert not _cache_is_ours()


@pytest.mark.long
@posix
@pytest.mark.parametrize("how", ["damaged", "planted"])
def test_a_cache_that_is_damaged_or_planted_stops_no_figure(how: str, folder: Path) -> None:
    Path("graph.yaml").write_text(GRAPH, "utf-8")
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    first = process("render", "graph.yaml", env=environment)
    for path in (folder / "cache").rglob("*"):
        if path.is_file() and how == "damaged":
            path.write_bytes(path.read_bytes()[:20])
    if how == "planted":
        (folder / "cache" / "archviz").mkdir(parents=True, exist_ok=True)
        (folder / "cache" / "archviz" / "x.cache").write_bytes(b"j2 cos\nsystem\n")
    again = process("render", "graph.yaml", env=environment)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert again.stdout
