"""A line in the words of other programs, as it reads here: ``Conv2d(3, 64, 3, stride=2)``.

Nothing here knows whether the new line is right: who asks reads it, and says what came of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archviz.errors import nearest
from archviz.language.options import COMMON, FLAGS, OPTIONS
from archviz.language.reader import APART
from archviz.language.synonyms import CLASSES, letters, not_here, ours
from archviz.network.kinds import ACTIVATIONS, KINDS, NORMS
from archviz.network.rules import dimensions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_PUNCTUATION = "'\"`,;@"
_BETWEEN = frozenset({"+", "|", "&", "-", "->", "=>", "and", "with", ""})
_TIMES = frozenset({"x", "X", "×", "*", "by"})
_NO = frozenset({"no", "false", "none", "off", "0"})
_YES = frozenset({"yes", "true", "on"})
_BATCH = frozenset({"none", "batch", "n", "b", "bs", "?", "-1", "batchsize", "null"})
_PLAIN = re.compile(r"[a-z0-9_.*/+,×-]+")
_SIDES = re.compile(r"[(\[]?\s*\d+(?:\s*[,*×xX]\s*\d+)+\s*[)\]]?")


class Line(NamedTuple):
    """An item as it should read; ``texts`` need its long form."""

    words: tuple[str, ...]
    texts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        if not self.texts:
            return " ".join(self.words)
        pairs = [(self.words[0], " ".join(self.words[1:])), *self.texts]
        return "{" + ", ".join(f"{key}: {_quoted(value)}" for key, value in pairs) + "}"


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w][\w +./*=()-]*", text) else '"' + text.replace('"', "'") + '"'


def rewritten(words: Sequence[str], modules: Mapping[str, Collection[str]]) -> Line:
    """The words of an item as ours, as far as they can be told.

    ``modules``: the parameters of each.
    """
    words, texts = _texts(_joined(words))
    called = _called(" ".join(words))
    if called is None:
        head, colon, rest = words[0].strip(_PUNCTUATION).partition(":")
        words = [head, *([rest] if colon and rest else []), *words[1:]]
    else:
        words = called
    kind = _kind(words[0], modules)
    glued = re.fullmatch(r"([A-Za-z][A-Za-z-]*?)-?(\d+(?:x\d+)?)", kind)
    if glued and kind not in modules and kind not in KINDS:  # dense10, conv3x3
        kind, words = _kind(glued[1], modules), [glued[1], glued[2], *words[1:]]
    if kind in modules:
        options = tuple(modules[kind])
    elif kind in KINDS:
        options = (*filter(None, KINDS[kind].options), *COMMON)
    else:
        return Line(tuple(filter(None, words)) or ("",), texts)
    tokens = _Tokens(kind, options, words[1:], called is not None).all()
    if kind in KINDS and KINDS[kind].main == "shape":
        tokens = _shape(tokens)
    elif kind in KINDS and "kernel" in KINDS[kind].required and dimensions(kind) == 2:
        tokens = _with_kernel(kind, tokens)
    if called is not None:
        tokens.sort(key=_rank)
    return Line((kind, *tokens), texts)


def _joined(words: Sequence[str]) -> list[str]:
    """Words with what stands in brackets behind them: ``strides=(2,`` and ``2)`` are one."""
    found = [words[0]]
    for word in words[1:]:
        last = found[-1]
        if len(found) > 1 and last.endswith(",") and last.count("(") > last.count(")"):
            found[-1] += word
        else:
            found.append(word)
    return found


def _kind(word: str, modules: Collection[str]) -> str:
    if word in modules or word in KINDS:
        return word
    known = (*modules, *KINDS)
    return CLASSES.get(word, ("",))[0] or ours(word, known) or nearest(word, known, APART) or word


def _rank(token: str) -> int:
    """A kernel, a number, a stride, all else."""
    if token[0].isdigit():
        return not _SIDES.fullmatch(token)
    return 2 if token[0] == "/" else 3


def _called(text: str) -> list[str] | None:
    """The words of ``Name(a, b, key=c)``: the kind and, by their names, its arguments."""
    found = re.match(r"[@`]?([A-Za-z][\w.-]*)\s?\((.*)", text)
    glued = found and text[found.end(1)] == "("
    if not found or not (glued or ("," in text and text.endswith(")"))):
        return None
    inside, closed, behind = found[2].rpartition(")")
    inside, behind = (inside, behind) if closed else (behind, "")
    name = found[1].rpartition(".")[2]
    kind, names = CLASSES.get(name, (name, ""))
    parts = re.split(r",(?![^(\[]*[)\]])", inside)
    order, words = names.split(), [kind]
    if len(parts) == 1 < len(order):
        order = [name for name in order if name != "-"] or order
    for index, part in enumerate(parts):
        key, equals, value = "".join(part.split()).partition("=")
        if not equals and index < len(order):
            key, value = order[index], key
        if value and key != "-" and not not_here(key):
            words.append(f"{key}={value}")
        elif not value:
            words.append(key)
    return [*filter(None, words), *behind.split()]


def _texts(words: Sequence[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """The words without the labels and captions that have blanks or quotes, and those."""
    left = [words[0]]
    texts: list[tuple[str, str]] = []
    waiting = list(words[1:])
    while waiting:
        key, equals, first = waiting.pop(0).partition("=")
        if not equals or key not in ("label", "caption", "name") or not first:
            left.append(key + equals + first)
            continue
        end = {"'": "'", '"': '"', "[": "]"}.get(first[0], "")
        value = [first]
        while waiting and not (end and value[-1].endswith(end) and len(value[-1]) > 1):
            ahead = waiting[0]
            if not end and (ahead in FLAGS or not ahead[0].isalpha() or "=" in ahead):
                break
            value.append(waiting.pop(0))
        text = " ".join(value)
        text = text.strip(end) if end in ("'", '"') else text
        if key == "name":
            left.append(f"name={text.replace(' ', '-')}")
        elif " " in text or end == "]":
            texts.append((key, text))
        else:
            left.append(f"{key}={text}")
    return left, tuple(texts)


class _Tokens:
    """The words behind a kind or a module, one after another."""

    def __init__(
        self, kind: str, options: tuple[str, ...], words: Sequence[str], anew: bool
    ) -> None:
        self.kind = kind
        self.layer = KINDS.get(kind)
        self.options = options
        self.waiting = list(words)
        self.anew = anew
        """Whether options are to be written in our shortest words, right as they are."""

    def all(self) -> list[str]:
        found: list[str] = []
        while self.waiting:
            word = self.waiting.pop(0)
            clean = (
                word.strip(_PUNCTUATION) if word[:1] in "'\"`@" or word[-1:] in ",;'\"`" else word
            )
            if clean not in _BETWEEN:
                found += filter(None, self.one(clean))
        return found

    def one(self, word: str) -> list[str]:
        """What one word, perhaps with those behind it, is here."""
        ahead = self.waiting[0] if self.waiting else ""
        if word.isdigit() and ahead in _TIMES and len(self.waiting) > 1:
            self.waiting[:2] = [f"{word}x{self.waiting[1]}"]
            return []
        if ahead[:1] == "=" and not word.isdigit():
            rest = self.waiting.pop(0)[1:]
            value = rest or (self.waiting.pop(0) if self.waiting else "")
            return self.option(word, value, anew=True)
        behind = self.waiting[1:]
        if word.isdigit() and self.layer and self.name(ahead) and not behind:
            return self.option(self.waiting.pop(0), word, anew=True)
        key, sign, value = word.partition("=") if "=" in word else word.partition(":")
        if sign == ":" and not self.name(key):
            self.waiting[:0] = [] if value in _YES else [value]
            return self.one(key)
        if sign and key:
            return self.option(key, value or (self.waiting.pop(0) if self.waiting else ""))
        flag = self.flag(word)
        if flag:
            return [flag]
        name = self.name(word)
        if name and ahead and "=" not in ahead:
            return self.option(name, self.waiting.pop(0).strip(_PUNCTUATION), anew=True)
        found = re.fullmatch(r"([A-Za-z_]+)(\d+(?:x\d+)?)", word)
        if found and self.name(found[1]):
            return self.option(found[1], found[2], anew=True)
        return self.number(word)

    def flag(self, word: str) -> str:
        """The flag that a word is, in whatever case and with whatever brackets."""
        if word in FLAGS or not self.layer:
            return word if word in FLAGS else ""
        word = word.removesuffix("()")
        same = [name for name in FLAGS if letters(name) == letters(word)]
        return (same or [ours(word, FLAGS)])[0]

    def name(self, word: str) -> str:
        """The option that a word is."""
        if word in self.options:
            return word
        name = ours(word, self.options) if self.layer else ""
        return name if name in self.options else ""

    def number(self, word: str) -> list[str]:
        """Numbers and kernels."""
        part = re.fullmatch(r"(\d+(?:\.\d+)?)%", word)
        if part:
            return [f"{float(part[1]) / 100:g}"]
        if not self.layer or word.isdigit():
            return [word]
        if self.layer.main == "rate" and re.fullmatch(r"0,\d+", word):
            return [word.replace(",", ".")]
        if self.layer.main == "factor" and re.fullmatch(r"[xX×]\d+|\d+[xX×]", word):
            return [word.strip("xX×")]
        if "kernel" not in self.layer.options:
            return [word]
        at = re.fullmatch(r"(\d+)@(\d+x\d+)|(\d+x\d+)@(\d+)", word)
        if at:
            return [at[2] or at[3], at[1] or at[4]]
        stride = re.fullmatch(r"(\d+x\d+)(/\d+)", word)
        if stride:
            return [stride[1], stride[2]]
        if not _SIDES.fullmatch(word):
            return [word]
        sides = re.findall(r"\d+", word)
        wide = dimensions(self.kind)
        return ["x".join(sides[:wide]), *sides[wide:]]

    def option(self, key: str, value: str, anew: bool = False) -> list[str]:
        """``key=value`` in the shortest words for it; ``anew``: it was written in another way."""
        name = self.name(key)
        if not name or not self.layer:
            return [f"{name or key}={value}"] if not not_here(key) or not self.layer else []
        if OPTIONS[name].form == "text":
            return [f"{name}={value}"]
        word = value.strip(_PUNCTUATION + "()[] ").lower()
        known = {"act": ACTIVATIONS, "norm": NORMS}.get(name)
        kept = name == key and not anew and not self.anew and word not in (*_NO, *_YES)
        if kept and _PLAIN.fullmatch(value) and (known is None or value in known):
            return [f"{key}={value}"]
        if known is not None:
            return self.post(name, value, word, known)
        if OPTIONS[name].form == "bool":
            flag = name if word in _YES else f"no-{name}" if word in _NO else ""
            return [flag if flag in FLAGS else f"{name}={word}"]
        return self.size(name, word)

    def post(self, name: str, value: str, word: str, known: Collection[str]) -> list[str]:
        """A norm or an activation."""
        if word in _NO or letters(word) in ("linear", "identity"):
            return ["linear" if name == "act" else "no-norm"]
        bare = value.strip(_PUNCTUATION).removesuffix("()")
        same = [one for one in known if letters(one) == letters(bare)]
        found = (same or [ours(bare, known)])[0]
        return [found or f"{name}={value}"]

    def size(self, name: str, word: str) -> list[str]:
        """A number, or one a side."""
        assert self.layer is not None
        sides = re.findall(r"\d+", word) if _SIDES.fullmatch(word) else [word]
        if name == "kernel":
            wide = dimensions(self.kind)
            return ["x".join(sides * (wide if len(sides) == 1 else 1))]
        text = sides[0] if len(set(sides)) == 1 else "x".join(sides)
        if name == "stride":
            return [f"/{text}"]
        bare = name == self.layer.main or (name == "pad" and text in FLAGS)
        return [text if bare else f"{name}={text}"]


def _with_kernel(kind: str, tokens: list[str]) -> list[str]:
    """Bare numbers of which one is the kernel: ``conv 3 64``, ``max-pool 3 2``."""
    if any(_SIDES.fullmatch(token) or token.startswith("kernel=") for token in tokens):
        return tokens
    numbers = [token for token in tokens if token.isdigit()]
    rest = [token for token in tokens if not token.isdigit()]
    if "filters" in KINDS[kind].required:
        if len(numbers) == 3 and numbers[0] == numbers[1]:
            return ["x".join(numbers[:2]), numbers[2], *rest]
        if len(numbers) != 2:
            return tokens
        kernel, filters = sorted(numbers, key=int)
        return [f"{kernel}x{kernel}", filters, *rest]
    if not 1 <= len(numbers) <= 2:
        return tokens
    return [f"{numbers[0]}x{numbers[0]}", *(f"/{number}" for number in numbers[1:]), *rest]


def _shape(tokens: list[str]) -> list[str]:
    """The sides of a shape, however they are written, without a batch."""
    text = " ".join(token.removeprefix("shape=") for token in tokens if "=" not in token[6:])
    sides = [side for side in re.split(r"[xX×*,;()\[\]\s]+", text) if side]
    batch = bool(sides) and sides[0].lower() in _BATCH
    sides = sides[batch:]
    if not sides or not all(side.isdigit() for side in sides) or (len(sides) < 3 and not batch):
        return tokens
    return ["x".join(sides), *(token for token in tokens if "=" in token[6:])]
