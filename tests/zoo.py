"""Imports real models of the libraries that are installed, and prints what came of each.

    python tests/zoo.py [PREFIX …] [-o results.jsonl] [-d FOLDER] [--limit SECONDS]

One or two models of every family of timm, torchvision and transformers, with random weights and
small configurations; nothing is downloaded. Each is imported in a process of its own. Keys are
``timm:resnet18``, ``torchvision:swin_t``, ``transformers:llama``. Measured from the report, the
totals and the scene:

exact    parameters and moving statistics are those of the live module; unused ones stand apart
proven   the report says ``faithful``
shown    the report has nothing to add
macs     multiply-adds are those that PyTorch counts itself, within one in a thousand
small    at most 40 boxes in the row and the panels, at most 2,400 units wide
named    at least half of the modules bear the name of a class of the code
apart    no two panels look alike
words    no box is called by an operator's raw name

A ``lie`` is a report that says ``faithful`` of a total that is not the module's.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

MARKS = ("exact", "proven", "shown", "macs", "small", "named", "apart", "words")
MOST_BOXES, MOST_WIDE = 40, 2400
RAW = re.compile(r"[A-Z][a-z]+([A-Z][a-z]+)+|Gather|Where|Expand|Slice|Concat|[a-z]+_[a-z_]+")
"""What operators are called in files and in code, and no reader of a figure calls them."""
SMALL = ("tiny", "nano", "xxs", "_xs", "pico", "femto", "atto", "18", "_s_", "small", "b0", "050")
"""Words for the small ones of a family."""
SLIGHT: Mapping[str, Any] = {
    "hidden_size": 128, "d_model": 128, "n_embd": 128, "dim": 128, "embed_dim": 128,
    "intermediate_size": 256, "encoder_ffn_dim": 256, "decoder_ffn_dim": 256, "d_ff": 256,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "num_key_value_heads": 2,
    "encoder_attention_heads": 4, "decoder_attention_heads": 4, "head_dim": 32, "d_kv": 32,
    "num_hidden_layers": 4, "n_layer": 4, "n_layers": 4, "num_layers": 4, "encoder_layers": 4,
    "decoder_layers": 4, "num_decoder_layers": 4, "vocab_size": 1000, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
"""Small sizes of configurations, where they have such a field."""
LANGUAGE = (
    "albert", "bart", "bert", "bloom", "codegen", "deberta-v2", "distilbert", "electra", "falcon",
    "gemma", "gemma2", "gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "mixtral", "mpnet", "mpt",
    "olmo2", "opt", "phi", "phi3", "qwen2", "qwen3", "roberta", "t5",
)  # fmt: skip
VISION = ("beit", "convnext", "deit", "dinov2", "mobilevit", "resnet", "segformer", "vit")


class Model(NamedTuple):
    """A live module and what it is called with."""

    module: Any
    size: tuple[int, ...]


def timm_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """The smallest of every family of timm."""
    import timm

    for family in timm.list_modules():
        names = [name for name in timm.list_models(module=family) if "test_" not in name]
        if names:
            best = min(names, key=lambda name: (not any(w in name for w in SMALL), len(name)))
            yield f"timm:{best}", lambda name=best: _of_timm(name)


def _of_timm(name: str) -> Model:
    import timm

    module = timm.create_model(name, pretrained=False)
    return Model(module, (1, *module.default_cfg["input_size"]))


def torchvision_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """The first of every family of torchvision."""
    import torchvision

    seen = set()
    for name in torchvision.models.list_models():
        build = torchvision.models.get_model_builder(name)
        if build.__module__ in seen or "quantization" in build.__module__:
            continue
        seen.add(build.__module__)
        size = (1, 3, 8, 112, 112) if "video" in build.__module__ else (1, 3, 224, 224)
        size = (1, 3, 299, 299) if "inception" in name else size
        given = {"weights": None, **({"weights_backbone": None} if "." in _kind(build) else {})}
        yield f"torchvision:{name}", lambda b=build, g=given, s=size: Model(b(**g), s)


def _kind(build: Any) -> str:
    """The part of torchvision's models that a builder is in: ``segmentation.fcn``."""
    kind = build.__module__.partition("torchvision.models.")[2]
    return kind if kind.startswith(("detection", "segmentation")) else ""


def transformers_models() -> Iterator[tuple[str, Callable[[], Model]]]:
    """Small ones of many families of transformers."""
    for kind in (*LANGUAGE, *VISION):
        yield f"transformers:{kind}", lambda kind=kind: _of_transformers(kind)


def _of_transformers(kind: str) -> Model:
    import transformers

    config = transformers.AutoConfig.for_model(kind)
    slight = {key: value for key, value in SLIGHT.items() if hasattr(config, key)}
    if kind in VISION:
        return Model(transformers.AutoModelForImageClassification.from_config(config), IMAGE)
    config = transformers.AutoConfig.for_model(kind, **slight)
    return Model(transformers.AutoModel.from_config(config), (1, 32))


IMAGE = (1, 3, 224, 224)
LIBRARIES = (timm_models, torchvision_models, transformers_models)


def zoo(prefixes: list[str]) -> Iterator[tuple[str, Callable[[], Model]]]:
    """The models whose keys begin so; those of a library that is absent are left out, and said."""
    for library in LIBRARIES:
        name = library.__name__.removesuffix("_models")
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed: its models are left out", file=sys.stderr)
            continue
        for key, build in library():
            if not prefixes or any(key.startswith(prefix) for prefix in prefixes):
                yield key, build


# ---- one model --------------------------------------------------------------------------------


def measured(key: str, build: Callable[[], Model], folder: Path | None) -> dict[str, Any]:
    """What an import came to."""
    import torch

    import archviz
    from archviz.errors import ArchvizError

    torch.set_num_threads(1)
    module, size = build()
    module.eval()
    start = time.perf_counter()
    try:
        net = archviz.from_torch(module, size)
    except ArchvizError as error:
        return {"model": key, "status": "refused", "why": str(error)[:300]}
    seconds = round(time.perf_counter() - start, 2)
    report, totals = net.imported, net.info()["totals"]
    scene = scene_of(net)
    unused = sum(number for _, number in report.unused)
    classes = {type(part).__name__.lstrip("_") for part in module.modules()}
    titles = [title.partition(",")[0] for title in titles_of(scene)]
    boxes, labels = boxes_of(scene)
    marks = {
        "exact": totals["parameters"] + unused == held_by(module),
        "proven": report.faithful,
        "shown": report.plain,
        "macs": close(totals["macs"], counted(module, size)),
        "small": boxes <= MOST_BOXES and scene["width"] <= MOST_WIDE,
        "named": 2 * sum(title in classes for title in titles) >= len(titles),
        "apart": len(set(panels := panels_of(scene))) == len(panels),
        "words": not any(RAW.fullmatch(label) and label not in classes for label in labels),
    }
    if folder:
        net.save(folder / f"{key.replace(':', '-').replace('/', '-')}.svg", force=True)
    return {
        "model": key, "status": "imported", "seconds": seconds, "boxes": boxes,
        "width": round(scene["width"]), "marks": marks,
        "lie": report.faithful and not marks["exact"], "why": report.report[:300],
    }  # fmt: skip


def scene_of(net: Any) -> dict[str, Any]:
    """The figure as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.json"
        net.save(path)
        return dict(json.loads(path.read_text("utf-8")))


def held_by(module: Any) -> int:
    """Parameters, each once, and moving statistics."""
    moving = ("running_mean", "running_var")
    buffers = [one for name, one in module.named_buffers() if name.endswith(moving)]
    return sum(one.numel() for one in (*module.parameters(), *buffers))


def counted(module: Any, size: tuple[int, ...]) -> int:
    """The multiply-adds that PyTorch counts itself, with attention as its plain products."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    whole = len(size) == 2
    example = torch.zeros(size, dtype=torch.int64 if whole else torch.float32)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as count, torch.no_grad():
            module(example)
    except Exception:  # whatever a model's own code raises: then there is nothing to compare
        return 0
    return int(count.get_total_flops() // 2)


def close(found: int, wanted: int) -> bool:
    """Whether multiply-adds agree, or there is nothing to compare them with."""
    return not wanted or abs(found / wanted - 1) <= 1e-3


def groups(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All groups in a scene, outer before inner."""
    for item in items:
        if item.get("type") == "group":
            yield item
            yield from groups(item["items"])


def panels_of(scene: Mapping[str, Any]) -> list[str]:
    """What each panel shows, wherever it stands: its texts and boxes."""
    panels = [one for one in groups(scene["items"]) if one.get("role") == "panel"]
    return ["|".join(sorted(texts_in(one["items"], False))) for one in panels]


def titles_of(scene: Mapping[str, Any]) -> list[str]:
    """The titles of the panels."""
    panels = [one for one in groups(scene["items"]) if one.get("role") == "panel"]
    return [text for one in panels for text in texts_in(one["items"], True)]


def texts_in(items: list[dict[str, Any]], bold: bool) -> Iterator[str]:
    """The texts in some items: those that are bold, which are titles, or the others."""
    for item in items:
        if item.get("type") == "group":
            yield from texts_in(item["items"], bold)
        elif item.get("type") == "text" and bool(item.get("bold")) == bold:
            yield str(item["text"])
        yield from texts_in(item.get("texts", []), bold)


def boxes_of(scene: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many boxes there are in the row and the panels, and what they say."""
    found = [one for one in groups(scene["items"]) if one.get("role") in ("layer", "module")]
    kept = [one for one in found if "items" in one]
    return len(kept), [" ".join(texts_in(one["items"], False)) for one in kept]


# ---- all of them ------------------------------------------------------------------------------


def in_child(key: str, build: Callable[[], Model], folder: Path | None, limit: int) -> Any:
    """The row of a model, imported in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        signal.alarm(limit)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            row = measured(key, build, folder)
        except BaseException as error:
            why = f"{type(error).__name__}: {error}"
            row = {"model": key, "status": "broken", "why": why[:300]}
        with os.fdopen(write, "w") as file:
            file.write(json.dumps(row))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"model": key, "status": "stopped", "why": f"{limit} s"}


def main() -> None:
    """Import them all, a line each, and sum up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("prefixes", nargs="*", metavar="PREFIX")
    parser.add_argument("-o", "--output", type=Path, help="a JSON line for each model")
    parser.add_argument("-d", "--folder", type=Path, help="where the figures go")
    parser.add_argument("--limit", type=int, default=180, help="seconds for a model")
    args = parser.parse_args()
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for key, build in zoo(args.prefixes):
        row = in_child(key, build, args.folder, args.limit)
        rows.append(row)
        marks = [mark for mark in MARKS if row.get("marks", {}).get(mark)]
        missing = [f"no {mark}" for mark in MARKS if mark not in marks and "marks" in row]
        print(key, row["status"], ", ".join(missing) or row.get("why", "")[:80], flush=True)
        if args.output:
            with args.output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    done = [row for row in rows if row["status"] == "imported"]
    counts = Counter(mark for row in done for mark in MARKS if row["marks"][mark])
    print(f"\n{len(rows)} tried, {len(done)} imported; of these", end=" ")
    print(", ".join(f"{counts[mark]} {mark}" for mark in MARKS), end="; ")
    print(f"{sum(row['lie'] for row in done)} lies")


if __name__ == "__main__":
    main()
