"""``.pt2`` files: archives of exported PyTorch programs, read without PyTorch.

Of the zip only the JSON of the graph and the list of weights are read, never the weights, and
nothing of what is pickled in it.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from typing import Any

from archviz.errors import ArchvizError, fail
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.exported import UnreadError, check_sizes, program_of
from archviz.importers.read.recorded import layers_of_recording
from archviz.importers.sizes import Sizes

MAX_JSON = 128 * 2**20
MAX_BRACKETS = 8_000_000
"""In memory a pair of brackets takes up to thirty times as much as in the file."""
OLD = "serialized_exported_program.json"
HINT = "write it with torch.export.save(torch.export.export(module, args), 'net.pt2')"


def read_pt2(path: str, sizes: Sizes = ()) -> LayerGraph:
    """The layers of the program in a ``.pt2`` file.

    Raises:
        ArchvizError: it is none, or ``sizes`` are others than it was exported for.
    """
    model, weights = _parts(path)
    try:
        program = program_of(model, weights, path)
    except UnreadError as error:
        raise fail(path, f"cannot be read: {error}", HINT) from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError,
            ArithmeticError) as error:  # fmt: skip
        what = f"{type(error).__name__}: {str(error)[:120]}"
        raise fail(path, f"is not the JSON of a program that can be read ({what})", HINT) from None
    check_sizes(program, sizes, path)
    try:
        return layers_of_recording(program.recording, program.facts, path)
    except ArchvizError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError,
            ArithmeticError) as error:  # fmt: skip
        what = f"{type(error).__name__}: {str(error)[:120]}"
        raise fail(path, f"makes no sense ({what})", "the file seems to be damaged") from None


def _parts(path: str) -> tuple[Any, Any]:
    """The JSON of the program, and that of the list of its weights."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            models = [name for name in names if "/models/" in f"/{name}" and name.endswith(".json")]
            models = models or [name for name in names if name.endswith(OLD)]
            if not models:
                raise fail(path, "is a zip file without a program in it, as of AOTInductor", HINT)
            if len(models) > 1:
                found = ", ".join(name.rpartition("/")[2] for name in models[:5])
                raise fail(path, f"holds several programs: {found}", "save one to a file")
            model = _json(archive, models[0], path)
            wanted = (
                models[0]
                .replace("models/", "data/weights/")
                .replace(".json", "_weights_config.json")
            )
            return model, _json(archive, wanted, path) if wanted in names else None
    except OSError as error:
        raise fail(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            ValueError) as error:  # fmt: skip
        reason = str(error).lower()[:200]
        raise fail(path, f"is no archive of an exported program: {reason}", HINT) from None


def _json(archive: zipfile.ZipFile, name: str, path: str) -> Any:
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise fail(path, "is encrypted", "save the program without a password")
    large = f"holds more than {MAX_JSON // 2**20} MB of JSON: this is no program"
    if info.file_size > MAX_JSON:
        raise fail(path, large)
    with archive.open(info) as member:
        text = member.read(MAX_JSON + 1)
    if len(text) > MAX_JSON:
        raise fail(path, large)
    if text.count(b"{") + text.count(b"[") > MAX_BRACKETS:
        raise fail(path, "has millions of lists in it: this is no program")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise fail(path, f"is no JSON: {reason}", HINT) from None
