"""What a run of ``tests/prove_networks.py`` found, for the page that tells how networks are proven.

``docs/proofs.json`` has an entry for each network: the package, its version and what of it was
built; parameters, those that are trained, multiply-adds; how many layers were compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import live_layers
import networks
from torch import nn

import archviz

RECORD = Path(__file__).parents[1] / "docs" / "proofs.json"
MODELS: Mapping[str, tuple[str, str]] = {
    "dcgan": ("lightning-bolts", "DCGANGenerator and DCGANDiscriminator"),
    "mnist_mlp": ("keras", "the layers of mnist_mlp.py"),
    "mnist_cnn": ("keras", "the layers of mnist_convnet.py"),
    "retinanet": ("torchvision", "retinanet_resnet50_fpn"),
    "resnet50_v1_5": ("torchvision", "resnet50"),
    "vit_b_16": ("torchvision", "vit_b_16"),
    "mobilenet_v3_large": ("torchvision", "mobilenet_v3_large"),
    "deeplabv3_plus": ("segmentation_models_pytorch", "DeepLabV3Plus on resnet50"),
    "yolov8n": ("ultralytics", "yolov8n.yaml"),
}
"""Package and model where these are not what the reference is called with, or its class."""
REMARKS: Mapping[str, str] = {
    "inception_v4": "without the scales of its norms, which TensorFlow's slim has not",
    "yolov8n": "without the 16 fixed numbers that decode boxes",
    "transformer": "with the paper's sizes, and without its table of sines",
    "gpt2": "its code writes GELU with tanh",
    "clip_vit_b_32": "its code writes quick GELU with sigmoid",
    "ddpm": "with the sizes of the paper's network for CIFAR-10",
    "llama3_8b": "with the sizes of the 8B model",
    "detr": "with 91 classes",
    "retinanet": "the five levels of both heads, before boxes are picked",
    "mixtral_8x7b": "of eight experts two work on a word",
}
"""What a reader of the page has to know of how the model was built."""
PAPER = "networks"
"""The module of those that are written from papers and from definitions for Caffe."""


def described(name: str, build: Any, module: nn.Module) -> dict[str, str]:
    """Package, version and model of a reference, and a remark where there is one."""
    inner = getattr(module, "module", module)
    package, model = MODELS.get(name, ("", ""))
    package = package or type(inner).__module__.partition(".")[0]
    if not model:
        given = build.args if isinstance(build, partial) else ()
        model = str(given[0]) if given else type(inner).__name__
    if package == PAPER:
        package, known = "", ""
    else:
        known = version(package).partition("+")[0]
    return {"package": package, "version": known, "model": model, "remark": REMARKS.get(name, "")}


WRITTEN_OUT = {"gpt2": {"gelu": "tanh"}}
"""Activations that a model's code writes with others."""


def difference(name: str, watch: live_layers.Watch) -> list[str]:
    """Layers that the model has and the spec has not, and the other way round."""
    ours: Counter[Any] = Counter()
    other = WRITTEN_OUT.get(name, {})
    for key, times in live_layers.stated(archviz.load(name).analysis).items():
        ours["act", other.get(key[1], key[1]), *key[2:]] += times * (key[0] == "act")
        ours[key] += times * (key[0] != "act")
    told = [f"{times} x {key} in the model alone" for key, times in (watch.found - ours).items()]
    return told + [f"{times} x {key} in the spec" for key, times in (ours - watch.found).items()]


def proven(name: str, build: Any) -> dict[str, Any] | None:
    """Build a network, print what it comes to and what differs, and tell its entry of the record.

    None where something differs.
    """
    module, inputs = build()
    watch = live_layers.Watch(module)
    told = networks.measured(module, *inputs, watch=watch)
    ours, layers = networks.stated(name), difference(name, watch)
    line = " ".join(f"{number:>20,}" for number in (*told[:3], watch.found.total()))
    print(f"{name:20}{line}", "" if ours == told else f"{told} and not {ours}", flush=True)
    for text in layers:
        print(f"    {text}")
    if ours != told or layers:
        return None
    entry: dict[str, Any] = described(name, build, module)
    entry |= {key: getattr(told, key) for key in ("parameters", "trainable", "macs")}
    return {**entry, "layers": watch.found.total()}


def entries() -> dict[str, Any]:
    """The record as it is; empty where there is none."""
    return dict(json.loads(RECORD.read_text("utf-8"))) if RECORD.exists() else {}


def write(found: Mapping[str, Any], order: list[str]) -> None:
    """Take entries into the record: a line each, in the order of the gallery."""
    known = {**entries(), **found}
    rows = [
        f"{json.dumps(name)}: {json.dumps(known[name], ensure_ascii=False)}"
        for name in order
        if name in known
    ]
    text = "{\n" + ",\n".join(rows) + "\n}\n"
    RECORD.write_text(text, encoding="utf-8", newline="\n")
