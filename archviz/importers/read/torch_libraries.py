"""Models of libraries by their names, without weights; nothing is downloaded."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from archviz.errors import did_you_mean, fail

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


class Made(NamedTuple):
    """A module that was made, and the size of its input where its library states one."""

    module: Any
    size: tuple[int, ...] | None = None


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Libraries that would ask a hub do not."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def library_model(source: str, library: str, name: str) -> Made:
    """A model of a library: its module, and the size of its input where only the library knows.

    Raises:
        ArchvizError: the library is not there, or has no such model.
    """
    try:
        package = importlib.import_module(library)
    except ModuleNotFoundError:
        message = f"needs {library}, which is not installed"
        raise fail(source, message, f"pip install {library}") from None
    return Made(*LIBRARIES[library](package, source, name))


def _unknown(source: str, name: str, known: Any) -> Exception:
    """Why a name is none of a library's own."""
    if "/" in name or ":" in name:
        return fail(source, "is no model of the library itself", "nothing is downloaded from hubs")
    return fail(source, f"there is no model '{name}'", did_you_mean(name, list(known)))


def _timm(timm: Any, source: str, name: str) -> tuple[Any, None]:
    if not timm.is_model(name) or "/" in name or ":" in name:
        raise _unknown(source, name, timm.list_models())
    return timm.create_model(name, pretrained=False), None


def _torchvision(torchvision: Any, source: str, name: str) -> tuple[Any, Any]:
    models = torchvision.models
    if name not in models.list_models():
        raise _unknown(source, name, models.list_models())
    taken = inspect.signature(models.get_model_builder(name)).parameters
    blank = {word: None for word in ("weights", "weights_backbone") if word in taken}
    crop = None
    with contextlib.suppress(AttributeError, KeyError, ValueError):
        crop = models.get_model_weights(name).DEFAULT.transforms().crop_size[0]
    video = name in getattr(models.video, "__all__", ())
    return models.get_model(name, **blank), (1, 3, crop, crop) if crop and not video else None


def _transformers(transformers: Any, source: str, name: str) -> tuple[Any, None]:
    mapping = transformers.CONFIG_MAPPING
    if os.path.isfile(os.path.join(name, "config.json")):
        config = _local_config(transformers, source, name)
    elif name in mapping:
        config = mapping[name]()
    else:
        raise _unknown(source, name, mapping.keys())
    return transformers.AutoModel.from_config(config, trust_remote_code=False), None


def _local_config(transformers: Any, source: str, folder: str) -> Any:
    """The configuration in a folder; code that it brings along is not run."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as stream:
        facts = json.load(stream)
    if not isinstance(facts, dict) or "auto_map" in facts:
        advice = "name its class instead, as file.py:Name, if you trust it"
        raise fail(source, "brings code of its own (auto_map), which is not run", advice)
    return transformers.AutoConfig.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )


LIBRARIES: Mapping[str, Callable[[Any, str, str], tuple[Any, Any]]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "transformers": _transformers,
}
