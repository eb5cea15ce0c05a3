"""The specs that a spec is made of: which files it may name, each read once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from archviz import bundled
from archviz.errors import ArchvizError, did_you_mean
from archviz.language.syntax import Spec
from archviz.yamlnodes import ScalarNode, YamlNode, describe, leaves, read_spec_text, shorten

if TYPE_CHECKING:
    from archviz.language.reader import SpecReader

MAX_FILES = 32
MAX_BYTES = 2_000_000
MAX_DEPTH = 8
MAX_ITEMS = 200_000


class Library:
    """The specs that a spec in ``file`` uses, and those that they use in turn."""

    def __init__(
        self,
        file: str,
        allow_outside: bool,
        read: Callable[[str, str, bool, Library], Spec],
    ) -> None:
        self.folder = (os.path.dirname(file) or os.curdir) if os.path.isfile(file) else ""
        """Where files may be; nowhere for a spec that is no file."""
        self.allow_outside = allow_outside
        self.read = read
        self.specs: dict[str, Spec | None] = {}
        """Of every file its spec; None where it is wrong, which was said."""
        self.open = [os.path.realpath(file)]
        self.files: dict[str, Spec | None] = {}
        """By the path of every file, as it is given in messages, what is in it."""
        self.halved: set[str] = set()
        """Files whose networks are used without their auxiliary classifiers."""
        self.bytes = 0
        self.items = 0
        """Items that were copied out of specs into others."""

    def spec(self, reader: SpecReader, node: YamlNode) -> Spec | None:
        """The spec that a node names; None, with a problem noted, where it cannot be had."""
        path = self.path(reader, node)
        if path is None:
            return None
        real = os.path.realpath(path)
        if real in self.open:
            circle = [*self.open[self.open.index(real) :], real]
            names = " -> ".join(os.path.basename(file) for file in circle)
            reader.problem(node.mark, f"this spec uses itself: {shorten(names, 200)}")
        elif real not in self.specs and self.room(reader, node):
            self.specs[real] = None
            self.open.append(real)
            try:
                spec = self.read(self.text(path), path, self.allow_outside, self)
                self.specs[real] = self.files[path] = spec
            except ArchvizError as error:
                for problem in error.problems:
                    reader.problem(problem.mark, problem.message, problem.hint)
            self.open.pop()
        return self.specs.get(real)

    def path(self, reader: SpecReader, node: YamlNode) -> str | None:
        """The file of a bundled network, or the one that a path beside the spec leads to."""
        name = node.text.strip() if isinstance(node, ScalarNode) else ""
        if not bundled.is_path(name):
            if name in (known := bundled.file_names()):
                return bundled.path_of(name)
            hint = did_you_mean(name, known) or "'archviz list' shows the names; a file is ./x.yaml"
            reader.problem(node.mark, f"no bundled network is called {describe(node)}", hint)
            return None
        path = os.path.normpath(os.path.join(os.path.dirname(node.mark.file), name))
        message = hint = ""
        if not self.folder:
            message = f"{describe(node)} is a file, and this spec is none beside which it could be"
            hint = "use a bundled network, or save the spec"
        elif not name.lower().endswith(bundled.ENDINGS):
            message, hint = f"{describe(node)} is no spec", "the name of one ends with .yaml"
        elif not self.allow_outside and leaves(path, self.folder):
            message = f"{describe(node)} is outside of the spec's folder"
            hint = "put it beside the spec, or give --allow-outside"
        elif not os.path.isfile(path):
            message = f"there is no file {describe(node)}"
            hint = "a path is that from the spec's folder"
        if not message:
            return path
        reader.problem(node.mark, message, hint)
        return None

    def room(self, reader: SpecReader, node: YamlNode) -> bool:
        """Whether one file more may be read."""
        if len(self.specs) >= MAX_FILES:
            reader.problem(node.mark, f"more than {MAX_FILES} files in one spec")
        elif len(self.open) > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} files that each use the next"
            reader.problem(node.mark, message, "use fewer specs inside specs")
        elif self.bytes > MAX_BYTES:
            reader.problem(node.mark, f"more than {MAX_BYTES:,} bytes in the files of one spec")
        else:
            return True
        return False

    def text(self, path: str) -> str:
        """The text of a file; :class:`ArchvizError` where there is none."""
        self.files[path] = None
        text = read_spec_text(path)
        self.bytes += len(text)
        return text
