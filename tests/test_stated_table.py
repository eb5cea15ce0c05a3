"""The table of any networks: what is counted, what is stated and by whom, a dash for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundled import loaded
from click.testing import CliRunner, Result
from invariants import violations

from archviz import catalog
from archviz.cli.commands import main
from archviz.errors import ArchvizError
from archviz.layout.page import Options, Place
from archviz.layout.stated_table import stated_figure, stated_slides, table_of
from archviz.network.head import Accuracy, Head
from archviz.network.numbers import NUMBERS, Proven, stated_by, written
from archviz.scene.scene import Scene, texts_in
from archviz.scene.slide_form import own_form
from archviz.scene.theme import load_theme

THEME = load_theme()
INCH = 96.0


def nets(*names: str) -> list[Proven]:
    return [*map(loaded, names)]


ALL = nets(*catalog.names())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def rows(scene: Scene) -> list[list[str]]:
    """The words of a table, row by row."""
    found: dict[float, list[str]] = {}
    for text in texts_in(scene.items):
        if text.role == "cell":
            found.setdefault(text.y, []).append(text.text)
    return [*found.values()]


def said(scene: Scene) -> str:
    return " ".join(text.text for text in texts_in(scene.items) if text.role == "note")


def test_a_row_has_what_is_counted_and_what_is_stated() -> None:
    scene = stated_figure(table_of(nets("resnet50", "lenet5")), Options(THEME))
    assert rows(scene) == [
        ["network", "year", "input", "parameters", "multiply-adds", "depth", "top-1", "top-5"],
        ["ResNet-50", "2015", "224×224×3", "25,636,712", "3,857,973,248", "169", "74.9 %",
         "92.1 %"],
        ["LeNet-5", "1998", "32×32×1", "61,706", "416,520", "9", "-", "-"],
    ]  # fmt: skip
    assert said(scene) == "Accuracy on ImageNet as stated by the documentation of Keras."


def test_columns_in_which_nothing_stands_are_left_out_unless_asked_for() -> None:
    assert "top-1" not in rows(stated_figure(table_of(nets("lenet5")), Options(THEME)))[0]
    asked = stated_figure(table_of(nets("lenet5"), ("top1", "size")), Options(THEME))
    assert rows(asked)[1:] == [["LeNet-5", "-", "-"]]


@pytest.mark.parametrize("name", NUMBERS)
def test_every_column_can_be_asked_for_and_sorted_by(name: str) -> None:
    up, down = (
        [row[-1] for row in rows(stated_figure(table_of(ALL, (name,), way), Options(THEME)))[1:]]
        for way in (name, f"-{name}")
    )
    assert len(up) == len(ALL)
    assert len(set(up)) > 1
    known = [cell for cell in up if cell != "-"]
    assert up[len(known) :] == ["-"] * (len(ALL) - len(known)) == down[len(known) :]
    values = [NUMBERS[name].of(*net) for net in table_of(ALL, (name,), name).nets]
    told = [value for value in values if value is not None]
    assert told == sorted(told)
    if name == "parameters":
        counts = [entry["parameters"] for entry in catalog.entries()]
        assert (up[0], down[0]) == (f"{min(counts):,}", f"{max(counts):,}")


def test_who_states_an_accuracy_is_said_of_each() -> None:
    def head(title: str, source: str, dataset: str = "ImageNet") -> Head:
        return Head(title, title, accuracy=Accuracy(0.5, None, dataset, source))

    heads = [head("A", "one: x"), head("B", "two"), head("C", "one: y"), head("D", "two", "CIFAR")]
    assert stated_by([*heads, Head("E", "E")]) == [
        "Accuracy on ImageNet as stated by one; by two: B.",
        "Accuracy on CIFAR as stated by two: D.",
    ]


def test_bundled_accuracies_say_of_what_they_are_and_who_states_them() -> None:
    stated = {network.head.name: network.head.scores for network, _ in ALL}
    known = {name for name, scores in stated.items() if scores.top1}
    assert len(known) >= 36
    assert all(stated[name].dataset and stated[name].source for name in known)
    assert not any(network.head.accuracy.top1 and network.head.keras for network, _ in ALL)
    assert stated["resnet18"] == Accuracy(
        0.69758, 0.89078, "ImageNet", "torchvision 0.29.1: ResNet18_Weights.IMAGENET1K_V1"
    )


def test_counts_of_three_figures() -> None:
    assert written(NUMBERS["parameters"], 25_636_712, short=True) == "25.6M"
    scene = stated_figure(table_of(nets("vgg16"), ("macs",), short=True), Options(THEME))
    assert rows(scene)[1] == ["VGG-16", "15.5G"]


@pytest.mark.parametrize("width", [1280.0, 960.0])
def test_slides_have_all_rows_under_their_header(width: float) -> None:
    slides = stated_slides(table_of(ALL), THEME, own_form(width / 720))
    names = [row[0] for slide in slides for row in rows(slide)]
    assert names.count("network") == len(slides) > 1
    assert [name for name in names if name != "network"] == [net.head.title for net, _ in ALL]
    for slide in slides:
        assert violations(slide) == []
        assert min(text.size for text in texts_in(slide.items)) >= 16


def test_a_table_for_a_column_has_letters_as_large_as_they_must_be() -> None:
    place = Place(3.5 * INCH, 7 * INCH / 72)
    table = table_of(nets("resnet50", "vgg16"), ("year", "parameters", "top1"))
    scene = stated_figure(table, Options(THEME, place=place))
    assert violations(scene) == []
    assert scene.width == place.width
    assert min(text.size for text in texts_in(scene.items)) >= place.least_text - 0.01
    with pytest.raises(ArchvizError, match="ask for fewer --columns"):
        stated_figure(table_of(ALL), Options(THEME, place=Place(1.5 * INCH, 9.0)))


def test_the_command(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("title: Mine\nnetwork: [input 8x8x1, conv 3x3 4, flatten, dense 2]\n", "utf-8")
    done = run("table", str(own), "resnet18", "--columns", "parameters,Top-1,multiply-adds")
    assert done.exit_code == 0
    for word in ("Mine", "ResNet-18", "69.8 %", "11,699,112"):
        assert f">{word}<" in done.stdout
    assert "Keras" not in done.stdout
    assert run("table", "--all", "--columns", "year").stdout.count("20") > 50
    assert "InceptionResNetV2" in run("table").stdout  # by its name in Keras
    assert "Inception-ResNet-v2" in run("table", "--short").stdout


def test_what_is_no_column_is_wrong_usage() -> None:
    for option in ("--columns", "--sort"):
        wrong = run("table", "vgg16", option, "macz")
        assert (wrong.exit_code, wrong.stdout) == (2, "")
        assert "nothing of networks is called 'macz'; did you mean 'macs'?" in wrong.stderr
