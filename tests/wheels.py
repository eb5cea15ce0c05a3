"""Builds the wheel and installs it into fresh environments, for tests and the benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Unreachable(Exception):  # noqa: N818 (it says what is the matter)
    """pip could not fetch what it needs: there is no registry in reach, or no pip."""


def clean_environment() -> dict[str, str]:
    """The environment without what would let the checkout or another venv in."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if key not in hidden}


def pip(python: str | Path, *arguments: str | Path) -> None:
    """Run pip; :class:`Unreachable` where it fails for want of a network or of itself."""
    command = [str(python), "-m", "pip", *map(str, arguments), "--disable-pip-version-check"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), timeout=300
    )
    if done.returncode:
        said = done.stdout + done.stderr
        signs = (
            "No module named pip",
            "NewConnectionError",
            "No matching distribution",
            "Max retries",
            "Temporary failure in name resolution",
        )
        if any(sign in said for sign in signs):
            raise Unreachable(said.strip().splitlines()[-1])
        raise RuntimeError(f"pip {' '.join(map(str, arguments))}\n{said}")


def build(folder: Path) -> Path:
    """Build the wheel of this checkout into ``folder``."""
    pip(sys.executable, "wheel", ROOT, "--no-deps", "--quiet", "--wheel-dir", folder)
    (wheel,) = folder.glob("archviz-*.whl")
    return wheel


def install(wheel: Path, folder: Path, *extra: str) -> Path:
    """Install a wheel with its dependencies into a new venv; its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip(python, "install", "--quiet", wheel, *extra)
    return python
