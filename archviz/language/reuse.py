"""A spec as a part of another: a network as a module (``use``), modules by name (``take``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archviz.errors import ArchvizError, Mark, Problem
from archviz.language.library import MAX_ITEMS, Library
from archviz.language.open_names import names_taken
from archviz.language.places import find
from archviz.language.reader import Value
from archviz.language.rows import Row, numbered, row_of, taken_by, values_of, within
from archviz.language.syntax import (
    CallSpec,
    ChoiceSpec,
    FromSpec,
    ItemSpec,
    LayerSpec,
    ModuleSpec,
    NamedSpec,
    OutputsSpec,
    SeriesSpec,
    Spec,
)
from archviz.network.labels import title_of
from archviz.yamlnodes import MappingNode, ScalarNode, SequenceNode, YamlNode, describe, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from archviz.language.reader import SpecReader


class Parts:
    """What comes into one spec from others, under names of its own."""

    def __init__(self, reader: SpecReader, library: Library) -> None:
        self.reader = reader
        self.library = library
        self.modules: dict[str, ModuleSpec] = {}
        self.names: dict[Mark, str] = {}
        """By the place where a module is written: its name here."""
        self.given: set[str] = set()
        self.waiting: list[tuple[str, ModuleSpec, Spec]] = []
        """Modules that have a name here, and are still to be put in."""
        self.rows: dict[int, Row] = {}
        """By the identity of a spec, which the library keeps."""
        self.sources: set[str] = set()
        """Files of which something is in this spec."""

    def added_to(self, spec: Spec) -> Spec:
        """The spec with the files that it is made of, and what their figures say of their parts."""
        notes, parts = [*spec.figure.notes], {}
        for file, used in self.library.files.items():
            if used and file in self.sources:
                notes += [f"{used.head.title}: {note}" for note in used.figure.notes]
                if file in self.library.halved:
                    notes.append(f"{used.head.title} is used without its auxiliary classifiers.")
                parts[file] = used.figure.hide_badges
        figure = spec.figure._replace(notes=tuple(notes), parts=parts)
        return spec._replace(figure=figure, files=tuple(self.library.files))

    # ---- modules by name -------------------------------------------------------------

    def take(self, node: YamlNode) -> dict[str, Mark]:
        """The modules that ``take: {resnet50: [conv-block]}`` names, and where it does."""
        found: dict[str, Mark] = {}
        if not isinstance(node, MappingNode):
            hint = "write take: {resnet50: [conv-block]}"
            message = f"take is {describe(node)} where a mapping is needed"
            self.reader.problem(node.mark, message, hint)
            return found
        for source, names in node.pairs:
            spec = self.library.spec(self.reader, source)
            items = names.items if isinstance(names, SequenceNode) else (names,)
            for item in items if spec else ():
                assert spec is not None  # there are no items otherwise
                if module := self.named(item, spec):
                    found[module.name] = item.mark
        self.bring()
        return found

    def named(self, item: YamlNode, spec: Spec) -> ModuleSpec | None:
        """A module that is taken by its name, which is known from here on."""
        reader = self.reader
        name = item.text.strip() if isinstance(item, ScalarNode) else ""
        module = spec.modules.get(name)
        if module is None:
            message = f"{spec.head.name} has no module called {describe(item)}"
            reader.problem(item.mark, message, self.choice(name, spec.modules))
        elif name in reader.takes:
            hint = "give the one of this spec another name"
            reader.problem(item.mark, f"two modules are called '{name}'", hint)
        else:
            reader.takes[name] = dict(module.takes)
            reader.inputs[name], reader.gives[name] = module.inputs, module.gives
            self.names[module.mark] = name
            self.waiting.append((name, module, spec))
            return module
        return None

    def bring(self) -> None:
        """Put the modules in that were named, and all that they call."""
        while self.waiting:
            name, module, spec = self.waiting.pop()
            old, here = f"modules/{module.name}", f"modules/{name}"
            body, called = self.moved(module.body, old, here, spec, module.mark)
            title, label = module.title, module.label
            if name != module.name:
                label = label or module.name
                title = title or title_of(label) or module.name
                title = f"{title} of {spec.head.title}"
            self.modules[name] = module._replace(name=name, body=body, label=label, title=title)
            self.reader.calls[name] = called

    def name_of(self, module: ModuleSpec, spec: Spec) -> str:
        """The name of a module here: its own, unless another module has it."""
        if module.mark not in self.names:
            whose = "".join(letter if letter.isalnum() else "-" for letter in spec.head.name)
            name, number = module.name, 0
            while name in self.reader.takes or name in self.given:
                number += 1
                name = f"{whose.lower()}-{module.name}" + f"-{number}" * (number > 1)
            self.given.add(name)
            self.names[module.mark] = name
            self.waiting.append((name, module, spec))
        return self.names[module.mark]

    # ---- a network as a module -------------------------------------------------------

    def use(self, node: MappingNode, name: str, gives: Sequence[str]) -> SeriesSpec:
        """The body of a module that ``use`` makes of a network; empty, with a problem, if none."""
        source = find(node, "use")
        assert source is not None  # the caller found it
        reader = self.reader
        spec = self.library.spec(reader, source)
        if spec is None:
            return ()
        row = self.row(spec, source.mark)
        end = len(row.items)
        until = find(node, "until")
        if until is not None:
            end = self.place(until, row, spec) or 0
        items = [item for number, item in numbered(row.items) if number <= end]
        if not end or not self.usable(source, items, spec):
            return ()
        if 0 < row.auxiliary <= end:
            self.library.halved.add(items[0].mark.file)
        if until is not None:
            self.check_strands(until, items, gives)
        items = self.with_gives(node, items, gives, row, spec)
        body, called = self.moved(
            tuple(items[1:]), "network", f"modules/{name}/use", spec, source.mark
        )
        reader.calls[name] = called
        self.bring()
        return body

    def row(self, spec: Spec, mark: Mark) -> Row:
        """The row of a network, found once; :class:`ArchvizError` if there are too many."""
        row = self.rows[id(spec)] = self.rows.get(id(spec)) or row_of(spec.network)
        self.count(len(row.items), mark)
        return row

    def place(self, node: YamlNode, row: Row, spec: Spec) -> int | None:
        """The place that ``until`` names, or a problem that lists what could be named."""
        name = " ".join(node.text.split()) if isinstance(node, ScalarNode) else ""
        if name not in row.places:
            self.no_place(node.mark, name or describe(node), row, spec, row.places)
        return row.places.get(name)

    def no_place(
        self, mark: Mark, name: str, row: Row, spec: Spec, known: Collection[str], cut: str = ""
    ) -> None:
        """Note that a name is that of no place, or of several, and list what there is."""
        message = f"no place of {spec.head.name} is called '{shorten(name)}'{cut}"
        if name in row.twice:
            message = f"several places of {spec.head.name} are called '{shorten(name)}'"
        self.reader.problem(mark, message, self.choice(name, known))

    def usable(self, source: YamlNode, items: Sequence[ItemSpec], spec: Spec) -> bool:
        """Whether a network has one input and one output, and something between them."""
        first, name, message, hint = items[0], spec.head.name, "", ""
        inputs = sum(
            isinstance(part, LayerSpec) and part.kind == "input" for part in within(tuple(items))
        )
        if inputs > 1 or not (isinstance(first, LayerSpec) and first.kind == "input"):
            message = f"{name} has several inputs, and cannot be a module"
            hint = "take modules of it by name"
        elif isinstance(items[-1], OutputsSpec):
            message, hint = f"{name} has several outputs", "cut it before them: until: NAME"
        elif all(isinstance(item, NamedSpec) for item in items[1:]):
            message, hint = f"nothing is left of {name} but its input", "cut it later"
        if message:
            self.reader.problem(source.mark, message, hint)
        return not message

    def check_strands(
        self, until: YamlNode, items: Sequence[ItemSpec], gives: Sequence[str]
    ) -> None:
        """Note a strand that ends in a value which only something behind the cut takes."""
        taken = {name for item in within(tuple(items)) for name in taken_by(item)} | {*gives}
        ends: dict[int, set[str]] = {}
        for number, item in numbered(items):
            names = {name for part in within(item) for name in values_of(part)}
            ends.setdefault(number, set()).update(names)
            if isinstance(item, FromSpec) and not ends.get(number - 1, taken) & taken:
                name = min(ends[number - 1])
                message = f"nothing before the cut takes '{name}', which a row of layers leads to"
                self.reader.problem(until.mark, message, f"let it out: gives: [{name}]")

    def with_gives(
        self,
        node: MappingNode,
        items: Sequence[ItemSpec],
        gives: Sequence[str],
        row: Row,
        spec: Spec,
    ) -> list[ItemSpec]:
        """Items with names for the values at places that the module gives."""
        mark = next((part.mark for key, part in node.pairs if key.text == "gives"), node.mark)
        known = {value for item in within(tuple(items)) for value in values_of(item)}
        here = {number for number, _ in numbered(items)}
        new: dict[int, list[ItemSpec]] = {}
        for name in gives:
            place = row.places.get(name) or row.inner.get(name, 0)
            self.reader.values.known[name] = Value(mark)
            if place not in here:
                cut = " before the cut" if place else ""
                self.no_place(mark, name, row, spec, {**row.places, **row.inner}, cut)
            elif name not in known:
                new.setdefault(place, []).append(NamedSpec(name, "network/as", mark))
        found: list[ItemSpec] = []
        for number, item in numbered(items):
            found.append(item)
            found += new.pop(number, ())
        return found

    # ---- both ------------------------------------------------------------------------

    def count(self, items: int, mark: Mark) -> None:
        """Stop before the parts of a spec are too large; :class:`ArchvizError`."""
        self.library.items += items
        if self.library.items > MAX_ITEMS:
            message = f"more than {MAX_ITEMS:,} items come from other specs"
            raise ArchvizError([Problem(mark, message)])

    def choice(self, name: str, known: Collection[str]) -> str:
        """A hint at what there is."""
        if not known:
            return "nothing in it has a name; give one there: name: NAME"
        near = self.reader.near(name, known) if len(known) <= 1000 else ""
        some = [one for one in known if "," not in one][:20]  # a title's first part will do
        return f"{near}{' ' if near else ''}there are: {shorten(', '.join(some), 300)}"

    def moved(
        self, body: SeriesSpec, old: str, here: str, spec: Spec, mark: Mark
    ) -> tuple[SeriesSpec, dict[str, Mark]]:
        """A body of another spec in its place here, and the modules that it calls, as named here.

        Raises:
            ArchvizError: the parts of the spec are too large.
        """
        called: dict[str, Mark] = {}
        for name in names_taken(spec, body) if spec.open else ():
            message = f"a part of {spec.head.name} depends on its open side '{name}'"
            self.reader.problem(mark, message, "height, width and length are what comes in here")

        def move(part: Any) -> Any:
            if type(part) is tuple:
                return tuple([move(inner) for inner in part])
            if not isinstance(part, ItemSpec):
                return part
            self.count(1, mark)
            self.sources.add(part.mark.file)
            part = part._replace(where=here + part.where[len(old) :])
            if isinstance(part, LayerSpec):
                return part
            if isinstance(part, ChoiceSpec):
                return part._replace(read=_reading(part))
            if isinstance(part, CallSpec):
                name = self.name_of(spec.modules[part.module], spec)
                called.setdefault(name, part.mark)
                return part._replace(module=name)
            return part._make(map(move, part))

        return move(body), called


def _reading(choice: ChoiceSpec) -> Callable[[str], tuple[LayerSpec, Sequence[Problem]]]:
    def read(kind: str) -> tuple[LayerSpec, Sequence[Problem]]:
        layer, problems = inner(kind)
        return layer._replace(where=choice.where), problems

    inner = choice.read
    return read
