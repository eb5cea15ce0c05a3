"""The wheel, built and installed as a user gets it: nothing is missing, and tests pass on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import wheels
from jinja2 import ModuleLoader

from archviz import catalog
from archviz.looks import bundled_themes

CORE = ("test_totals.py", "test_cli.py")
"""The tests that know only the installed package."""


def check_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        metadata = next(name for name in inside if name.endswith(".dist-info/METADATA"))
        stated = archive.read(metadata).decode()
    wanted = {f"archviz/specs/{name}.yaml" for name in catalog.names()} | {
        "archviz/specs/index.json",
        "archviz/importers/families/families.yaml",
        "archviz/fonts/Arimo-Regular.ttf",
        "archviz/fonts/Arimo-Bold.ttf",
        "archviz/py.typed",
    }
    wanted |= {f"archviz/themes/{name}.yaml" for name in bundled_themes()}
    wanted |= {
        path.relative_to(wheels.ROOT).as_posix() for path in wheels.ROOT.glob("archviz/**/*.py")
    }
    assert wanted - inside == set()
    sources = [path.name for path in (wheels.ROOT / "templates").glob("*.j2")]
    modules = {f"archviz/templates/{ModuleLoader.get_module_filename(name)}" for name in sources}
    assert {name for name in inside if name.startswith("archviz/templates/")} == modules
    licences = {name.partition(".dist-info/licenses/")[2] for name in inside}
    assert {"LICENSE", "archviz/fonts/OFL.txt"} <= licences
    assert not any(name.startswith(("tests/", "docs/", ".ci/")) for name in inside)
    assert "License-Expression: MIT AND OFL-1.1" in stated
    assert "Requires-Python: >=3.11" in stated
    assert wheel.stat().st_size < 1_500_000


def check_commands(python: Path, folder: Path) -> None:
    folder.mkdir()
    script = python.with_name("archviz")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(script), *arguments],
            cwd=folder,
            env=wheels.clean_environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
        return done.stdout

    listed = [line.split()[0] for line in run("list").splitlines()[1:] if "  " in line]
    assert listed == list(catalog.names())
    assert run("render", "resnet50", "-o", "resnet50.svg") == ""
    for suffix in ("svg", "html", "tex"):  # from templates: compiled here, sources in the checkout
        arguments = ["render", "resnet50", "--theme", "print", "-f", suffix]
        checkout = subprocess.run(
            [wheels.sys.executable, "-m", "archviz", *arguments], capture_output=True, check=True
        )
        assert run(*arguments).encode() == checkout.stdout
    assert [path.name for path in folder.iterdir()] == ["resnet50.svg"]
    assert "proven" in run("check", *catalog.names())


def check_tests(python: Path, folder: Path) -> None:
    """The tests of the core pass on the installed package, from outside of the checkout."""
    folder.mkdir()
    for name in (*CORE, "bundled.py"):
        shutil.copy(Path(__file__).with_name(name), folder)
    strict = ["-W", "error", "-W", "ignore::pytest.PytestUnknownMarkWarning"]  # no conftest here
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", *strict, "-p", "no:cacheprovider", "."],
        cwd=folder,
        env=wheels.clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    where = subprocess.run(
        [str(python), "-c", "import archviz; print(archviz.__file__)"],
        cwd=folder,
        env=wheels.clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert wheels.ROOT not in Path(where).parents


def check_sdist(python: Path, wheel: Path, folder: Path) -> None:
    """The source distribution builds, and gives the same wheel."""
    build = [str(python), "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)]
    subprocess.run(
        build, cwd=wheels.ROOT, env=wheels.clean_environment(), check=True, capture_output=True
    )
    (sdist,) = folder.glob("*.tar.gz")
    wheels.pip(python, "wheel", sdist, "--no-deps", "--quiet", "--wheel-dir", folder)
    assert (folder / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.mark.long
@pytest.mark.timeout(900)  # pip fetches and builds
@pytest.mark.skipif(os.name != "posix", reason="calls the scripts of a Unix venv")
def test_the_wheel(tmp_path: Path) -> None:
    try:
        wheel = wheels.build(tmp_path / "dist")
        python = wheels.install(wheel, tmp_path / "venv", "pytest", "pytest-timeout", "hatchling")
    except wheels.Unreachable as error:
        pytest.skip(f"pip cannot fetch packages here: {error}")
    check_contents(wheel)
    check_commands(python, tmp_path / "empty")
    check_tests(python, tmp_path / "tests")
    check_sdist(python, wheel, tmp_path / "sdist")
