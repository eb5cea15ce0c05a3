"""What a file says of a language model, whichever of the two kinds of files it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from archviz.errors import ArchvizError, did_you_mean, fail, one_line
from archviz.importers.families.table import Family, Keys, table
from archviz.importers.read.gguf import Gguf, Length

MOST = 10**9
_TENSORS: Mapping[str, tuple[str, ...]] = {
    "qkv-bias": ("attn_q.bias", "attn_qkv.bias"),
    "out-bias": ("attn_output.bias",),
    "inner-bias": ("ffn_up.bias", "ffn_up_exps.bias"),
    "qk-normed": ("attn_q_norm.weight",),
    "shared-gate": ("ffn_gate_inp_shexp.weight",),
    "new_decoder_architecture": ("attn_norm_2.weight",),
}
"""Which tensors of the first block tell, in GGUF, that the family's trait is there."""


class Source:
    """Facts by their names in the table; what the family had to add is kept in ``assumed``."""

    head = ""
    """The class in ``architectures``, where the file names one."""

    def __init__(self, file: str, family: Family) -> None:
        self.file = file
        self.family = family
        self.assumed: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """A fact as the file has it, else the family's; None where there is none."""
        raise NotImplementedError

    def flag(self, trait: str) -> bool:
        """Whether the family has a trait, or the file says so."""
        decides = self.family.traits.get(trait, False)
        return decides if isinstance(decides, bool) else self.switch(decides)

    def switch(self, key: str) -> bool:
        """A key that says yes or no."""
        raise NotImplementedError

    @property
    def tied(self) -> bool:
        """Whether the matrix of the last layer is that of the embedding."""
        raise NotImplementedError

    def wrong(self, name: str, value: Any) -> ArchvizError:
        """What to say of a fact that cannot be."""
        shown = one_line(str(value), 40)
        message = f"states '{shown}' as its {name.replace('-', ' ')}, which cannot be"
        return fail(self.file, message, f"that is one of {', '.join(self.keys(name))}")

    def keys(self, name: str) -> list[str]:
        """Under which keys of the file a fact may stand."""
        raise NotImplementedError

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number from 1 on."""
        value = self.value(name)
        if value is None:
            if default is not None:
                return default
            message = f"does not state its {name.replace('-', ' ')}"
            raise fail(self.file, message, f"it is expected as {' or '.join(self.keys(name))}")
        return self.whole(name, value)

    def whole(self, name: str, value: Any, least: int = 1) -> int:
        """A value, if it is a whole number."""
        if type(value) is not int or not least <= value <= MOST:
            raise self.wrong(name, value)
        return int(value)

    def factor(self, name: str) -> float:
        """A number; 0 where there is none."""
        value = self.value(name)
        if value is None:
            return 0.0
        if type(value) not in (int, float) or not isfinite(value) or abs(value) > MOST:
            raise self.wrong(name, value)
        return float(value)

    def each(self, name: str, count: int, default: int | None = None) -> list[int]:
        """A whole number for each block."""
        value = self.value(name)
        if not isinstance(value, list):
            return [self.number(name, default)] * count
        if len(value) != count:
            raise fail(self.file, f"has {count} blocks, and {len(value)} values as {name}")
        return [self.whole(name, one) for one in value]


class Configuration(Source):
    """A ``config.json``."""

    def __init__(self, file: str, family: Family, data: Mapping[str, Any]) -> None:
        super().__init__(file, family)
        self.data = data

    def keys(self, name: str) -> list[str]:
        """Those of the table that the family's class knows, first the one that wins."""
        named = table().facts.get(name, Keys((), "")).config
        return [key for key in named if key in self.family.defaults]

    def value(self, name: str) -> Any:
        """What the file states, else the default of the family's class."""
        return self.first(self.keys(name))

    def first(self, keys: list[str]) -> Any:
        """What stands under the first of some keys that has something; defaults come behind."""
        found = [self.data[key] for key in keys if key in self.data]
        for value in found:
            if value is not None:
                return value
        for key in keys if not found else ():
            value = self.family.defaults.get(key)
            if value is not None:
                self.assumed[key] = value
                return value
        return None

    def switch(self, key: str) -> bool:
        """A key that says yes or no."""
        value = self.first([key])
        if value is not None and not isinstance(value, bool):
            raise fail(self.file, f"states '{one_line(str(value), 40)}' as {key}", "true or false")
        return bool(value)

    @property
    def tied(self) -> bool:
        """As the file says, or the family's class where it is silent."""
        return self.switch("tie_word_embeddings")


class Metadata(Source):
    """The head of a GGUF file, whose tensors tell what its facts do not."""

    def __init__(self, file: str, family: Family, gguf: Gguf) -> None:
        super().__init__(file, family)
        self.gguf = gguf
        self.architecture = str(gguf.facts["general.architecture"])

    def keys(self, name: str) -> list[str]:
        """The one key, behind the name of the architecture."""
        key = table().facts.get(name, Keys((), "")).gguf
        return [key if "." in key and key.startswith("tokenizer") else f"{self.architecture}.{key}"]

    def value(self, name: str) -> Any:
        """What the file states; of what GGUF never does, the family's."""
        found = self.gguf.facts.get(self.keys(name)[0])
        if name == "vocab":
            tokens = self.gguf.facts.get("tokenizer.ggml.tokens")
            shape = self.gguf.tensors.get("token_embd.weight")
            if shape and len(shape) == 2:
                return shape[1]
            return found if found is not None or not isinstance(tokens, Length) else tokens.length
        if found is None and not table().facts.get(name, Keys((), "x")).gguf:
            defaults = self.family.defaults  # of what GGUF never says
            keys = [key for key in table().facts[name].config if defaults.get(key)]
            return defaults[keys[0]] if keys else None
        return found

    def flag(self, trait: str) -> bool:
        """Whether the tensors of the first block have it; without tensors, what the table says."""
        if self.gguf.tensors and trait in _TENSORS:
            return self.switch(trait)
        if self.gguf.tensors and trait == "head-bias":
            return self.has("output.bias")
        return super().flag(trait)

    def switch(self, key: str) -> bool:
        """What tensors of the first block tell, else a fact, else the family."""
        if self.gguf.tensors and key in _TENSORS:
            return any(self.has(f"blk.0.{name}") for name in _TENSORS[key])
        found = self.gguf.facts.get(f"{self.architecture}.{key}")
        return bool(self.family.defaults.get(key, False) if found is None else found)

    def has(self, name: str) -> bool:
        """Whether the file lists a tensor."""
        return name in self.gguf.tensors

    @property
    def tied(self) -> bool:
        """Whether the last layer has no matrix of its own."""
        if self.gguf.tensors:
            return not self.has("output.weight")
        return bool(self.family.defaults.get("tie_word_embeddings", False))


def unknown_family(file: str, key: str, name: Any, known: Mapping[str, Family]) -> ArchvizError:
    """What to say of a model of no family of the table."""
    word = name if isinstance(name, str) else ""
    near = did_you_mean(word, list(known))
    shown = one_line(str(name), 60)
    message = f"is of the family '{shown}', which is not known" if word else f"states no {key}"
    listed = ", ".join(sorted(known))
    advice = f"{near}; known: {listed}" if near else f"known: {listed}"
    return fail(file, message, advice)


NUMBERED = re.compile(r"^blk\.(\d{1,6})\.")
"""The name of a tensor of a block."""
