"""From the text of a spec to a :class:`Spec`: all that is written, checked word by word.

text ──parse_yaml──▶ nodes ──▶ defaults, parameters ──▶ modules, network, figure ──▶ Spec
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from archviz.errors import ArchvizError, Mark, Problem
from archviz.language.figure import colors_unsaid, read_color, read_figure
from archviz.language.forms import read_residual, read_towers
from archviz.language.head import GALLERY, KEYS, read_head, read_text
from archviz.language.items import READERS, read_series
from archviz.language.lines import listed
from archviz.language.open_names import open_names
from archviz.language.places import Place, begins, check_keys, find, meant
from archviz.language.reader import SpecReader, TooManyProblems, Value, Values
from archviz.language.repeats import MAX_VARIABLES, check_parameter
from archviz.language.shapes import SHAPE_NAMES, with_shapes
from archviz.language.shorthand import read_defaults, read_value
from archviz.language.syntax import ItemSpec, LayerSpec, ModuleSpec, SeriesSpec, Spec
from archviz.language.values import NAME_LENGTH, TAKEN_WORDS, check_taken, is_value_name
from archviz.language.wiring import read_graph
from archviz.network.kinds import KINDS
from archviz.network.labels import parameters_in
from archviz.network.model import COMING_IN, PREVIOUS
from archviz.yamlnodes import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    YamlNode,
    describe,
    parse_yaml,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archviz.language.expression import Expression
    from archviz.language.library import Library
    from archviz.language.reuse import Parts

SECTIONS = ("take", "defaults", "modules", "network", "figure")
BODIES = ("layers", "towers", "residual", "graph", "use")
COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "layers": (),
    "towers": ("of", "merge"),
    "residual": ("shortcut", "merge"),
    "graph": (),
    "use": ("until",),
}
"""Keys that go with each body of a module."""
USE_KEYS = ("gives", "color", "label", "title")
MODULE_KEYS = ("takes", "inputs", *USE_KEYS)


def read_spec(text: str, file: str, allow_outside: bool = False) -> Spec:
    """Read a spec; :class:`ArchvizError` holds everything that is wrong with it.

    ``allow_outside``: files that it names may be outside of its folder.
    """
    return _read(text, file, allow_outside)


def _read(text: str, file: str, allow_outside: bool, library: Library | None = None) -> Spec:
    """``library``: of the spec that this one is a part of."""
    root, problems = parse_yaml(text, file)
    if not isinstance(root, MappingNode):
        reader = SpecReader(problems)
        if root is not None:
            reader.problem(
                root.mark,
                f"a spec is a mapping, this is {describe(root)}",
                "begin with title: My network",
            )
        raise ArchvizError(reader.problems)
    reader = SpecReader(problems, allow_outside)
    asks = frozenset(name for name in SHAPE_NAMES if name in text)
    reader.open = open_names(text, find(root, "network"))
    spec = None
    with suppress(TooManyProblems):
        spec = _read_root(reader, root, file, asks, library)
    if reader.problems or spec is None:
        raise ArchvizError(sorted(reader.problems, key=lambda problem: _place(problem, file)))
    return spec


def _place(problem: Problem, file: str) -> tuple[bool, Mark]:
    return problem.mark.file != file, problem.mark


def _read_root(
    reader: SpecReader, root: MappingNode, file: str, asks: frozenset[str], library: Library | None
) -> Spec | None:
    """``asks``: names of sides that a module may ask for."""
    keys = (*KEYS, *SECTIONS, *GALLERY)
    check_keys(reader, root, keys, "a spec")
    root = meant(root, keys)
    pairs = {key.text: (key, value) for key, value in root.pairs}
    head, published_marks = read_head(reader, pairs, file)
    sections = {name: pairs[name][1] for name in SECTIONS if name in pairs}
    modules = _section(reader, sections.get("modules"), "modules")
    _read_takes(reader, modules)
    parts, taken = None, dict[str, Mark]()
    if "take" in sections or any(find(node, "use") for node in modules.values()):
        parts = _parts(reader, file, library)
        taken = parts.take(sections["take"]) if "take" in sections else taken
    for key, node in _section(reader, sections.get("defaults"), "defaults").items():
        _read_default(reader, key, node)
    specs = {
        name.text: spec
        for name, node in modules.items()
        if isinstance(node, MappingNode) and (spec := _read_module(reader, name, node, parts))
    }
    unsaid = [name for name, spec in specs.items() if not spec.color]
    for name, tone in colors_unsaid(unsaid, {spec.color for spec in specs.values()}).items():
        specs[name] = specs[name]._replace(color=tone)
    series = _read_network(reader, sections.get("network"), file)
    if parts:
        specs |= parts.modules
        asks = frozenset(SHAPE_NAMES)  # the texts of others are not known here
    figure = read_figure(reader, _section(reader, sections.get("figure"), "figure"), specs)
    _check_calls(reader, {name.text: name.mark for name in modules} | taken)
    if asks:
        specs = with_shapes(specs, reader.calls, asks)
    warnings = tuple(reader.warnings)
    names = tuple(reader.open)
    whole = Spec(head, series, specs, figure, published_marks, warnings=warnings, open=names)
    return parts.added_to(whole) if parts and not library else whole


def _parts(reader: SpecReader, file: str, library: Library | None) -> Parts:
    """What comes into a spec from others; loaded only where something does."""
    from archviz.language.library import Library
    from archviz.language.reuse import Parts

    return Parts(reader, library or Library(file, reader.allow_outside, _read))


def _section(reader: SpecReader, node: YamlNode | None, what: str) -> dict[ScalarNode, YamlNode]:
    if node is None:
        return {}
    if isinstance(node, MappingNode):
        return dict(node.pairs)
    reader.problem(node.mark, f"{what} is {describe(node)} where a mapping is needed")
    return {}


def _read_takes(reader: SpecReader, modules: Mapping[ScalarNode, YamlNode]) -> None:
    """The parameters of all modules, before any call is read."""
    for name, node in modules.items():
        plain = name.text.replace("-", "").isalnum() and name.text.isascii()
        if not plain or not name.text[0].isalpha() or name.text != name.text.lower():
            reader.problem(
                name.mark,
                f"'{shorten(name.text)}' cannot name a module",
                "use small letters, digits and '-', a letter first",
            )
        elif len(name.text) > NAME_LENGTH:
            reader.problem(name.mark, f"a name has at most {NAME_LENGTH} characters")
        elif name.text in TAKEN_WORDS:
            message = f"'{name.text}' has a meaning of its own and cannot name a module"
            reader.problem(name.mark, message)
        reader.takes[name.text] = {}
        if not isinstance(node, MappingNode):
            reader.problem(
                node.mark,
                f"module {shorten(name.text)} is {describe(node)}",
                f"it is a mapping with one of {', '.join(BODIES)}",
            )
            continue
        takes = find(meant(node, (*MODULE_KEYS, *BODIES)), "takes")
        if takes is not None:
            reader.takes[name.text] = _parameters(reader, takes)
        reader.inputs[name.text] = _value_names(reader, node, "inputs")
        reader.gives[name.text] = _value_names(reader, node, "gives")
        for twice in {*reader.inputs[name.text]} & {*reader.takes[name.text]}:
            message = f"'{twice}' is a parameter and an input"
            reader.problem(name.mark, message, "give one of them another name")


def _value_names(reader: SpecReader, node: MappingNode, key: str) -> tuple[str, ...]:
    """The values that a module takes, or gives, by name."""
    value = find(node, key)
    if value is None:
        return ()
    items = value.items if isinstance(value, SequenceNode) else (value,)
    names: dict[str, None] = {}
    for item in items:
        name = item.text.strip() if isinstance(item, ScalarNode) else ""
        if not is_value_name(name) or name in TAKEN_WORDS or name in names:
            message = f"{key} is {describe(item)}" if name not in names else f"'{name}' comes twice"
            reader.problem(item.mark, message, f"names of values: {key}: [memory]")
        else:
            names[name] = None
    return tuple(names)


def _parameters(reader: SpecReader, node: YamlNode) -> dict[str, Expression | None]:
    if isinstance(node, ScalarNode):
        node = SequenceNode((node,), node.mark)
    if not isinstance(node, SequenceNode):
        reader.problem(node.mark, "takes is a mapping", "write a list: [width, stride=1]")
        return {}
    if len(node.items) > MAX_VARIABLES:
        reader.problem(node.mark, f"a module takes at most {MAX_VARIABLES} parameters")
        return {}
    parameters: dict[str, Expression | None] = {}
    optional = ""
    for item in node.items:
        if not isinstance(item, ScalarNode):
            reader.problem(item.mark, f"takes holds {describe(item)}", "write [width, stride=1]")
            continue
        name, equals, default = item.text.partition("=")
        check_parameter(reader, ScalarNode(name.strip(), item.plain, item.mark))
        if name.strip() in parameters:
            reader.problem(item.mark, f"'{shorten(name)}' is taken twice")
        known = {**reader.open, **SHAPE_NAMES, **parameters}
        value = read_value(reader, default.strip(), item.mark, known) if equals else None
        if optional and not equals:
            message = f"'{shorten(name)}' needs a default, as '{optional}' before it has one"
            reader.problem(item.mark, message, "put parameters with a default last")
        optional = shorten(name) if equals else ""
        parameters[name.strip()] = value
    return parameters


def _read_default(reader: SpecReader, key: ScalarNode, node: YamlNode) -> None:
    if key.text not in KINDS:
        reader.unknown(key.mark, "defaults: no layer kind is called", key.text, KINDS)
    elif not isinstance(node, ScalarNode):
        reader.problem(
            node.mark,
            f"the defaults of {key.text} are {describe(node)}",
            "write them as one text: same no-bias relu",
        )
    else:
        read_defaults(reader, key.text, node)


def _read_module(
    reader: SpecReader, name: ScalarNode, node: MappingNode, parts: Parts | None
) -> ModuleSpec | None:
    written = node
    node = meant(node, (*MODULE_KEYS, *BODIES))
    bodies = [key for key, _ in node.pairs if key.text in BODIES]
    if len(bodies) != 1:
        what = "no body" if not bodies else "more than one body"
        reader.problem(
            name.mark, f"module {name.text} has {what}", f"give it one of {', '.join(BODIES)}"
        )
        if not bodies:
            check_keys(reader, node, (*MODULE_KEYS, *BODIES), f"module {name.text}")
            return None
    form = bodies[0].text
    keys = MODULE_KEYS if form != "use" else USE_KEYS
    allowed = (*keys, form, *COMPANIONS[form], *(key.text for key in bodies))
    check_keys(reader, written, allowed, f"module {name.text}")
    reader.caller = name.text
    takes = reader.takes[name.text]
    inputs, gives = reader.inputs[name.text], reader.gives[name.text]
    values = dict.fromkeys((*inputs, PREVIOUS, COMING_IN), Value(name.mark))
    reader.values = Values(values)
    before = len(reader.problems)
    if form == "use" and parts:
        body = parts.use(node, name.text, gives)
    else:
        scope = {**reader.open, **SHAPE_NAMES, **takes}
        body = _read_body(reader, node, form, f"modules/{name.text}", scope)
    if len(reader.problems) == before:
        _check_gives(reader, node, gives)
        check_taken(reader, gives)
    texts: dict[str, Any] = {
        key: read_text(reader, value, key, 100)
        for key in ("label", "title")
        if (value := find(node, key)) is not None
    }
    for parameter in parameters_in(texts.get("label", "")):
        if parameter not in takes:
            mark = next(value.mark for key, value in node.pairs if key.text == "label")
            reader.unknown(mark, f"module {name.text} takes no", parameter, takes)
    color = find(node, "color")
    tone = "" if color is None else read_color(reader, color)
    texts["whole"] = form == "use"
    return ModuleSpec(name.text, name.mark, body, takes, tone, **texts, inputs=inputs, gives=gives)


def _check_gives(reader: SpecReader, node: MappingNode, gives: tuple[str, ...]) -> None:
    """Note what a module says that it gives and does not, or gives many times."""
    for name in gives:
        value = reader.values.known.get(name)
        if value is None:
            mark = next(part.mark for key, part in node.pairs if key.text == "gives")
            hint = f"name it where it arises: as={name}"
            reader.problem(mark, f"no value of the module is called '{shorten(name)}'", hint)
        elif value.many:
            message = f"'{name}' is a value of each iteration of a repeat"
            reader.problem(value.mark, message, "bring them together in a merge, and give that")


def _read_body(
    reader: SpecReader, node: MappingNode, form: str, where: str, scope: Mapping[str, object]
) -> SeriesSpec:
    value = find(node, form)
    assert value is not None  # the caller found it
    item: ItemSpec | None = None
    if form == "layers":
        return read_series(reader, value, f"{where}/layers", Place(scope))
    if form == "towers":
        item = read_towers(READERS, reader, node, value, where, scope)
    elif form == "residual":
        item = read_residual(READERS, reader, node, value, where, scope)
    else:
        item = read_graph(reader, value, where, Place(scope), read_series)
    return (item,) if item else ()


def _read_network(reader: SpecReader, node: YamlNode | None, file: str) -> SeriesSpec:
    reader.caller = ""
    if node is None:
        reader.problem(
            Mark(file, 1, 1), "a spec needs a network", "write network: and a list of layers"
        )
        return ()
    node = listed(reader, node)
    if not isinstance(node, SequenceNode):
        hint = "" if isinstance(node, ScalarNode) else "write each layer as an item: - conv 3x3 64"
        reader.problem(node.mark, f"network is {describe(node)} where a list is needed", hint)
        return ()
    before = len(reader.problems)
    reader.values = Values()
    series = read_series(reader, node, "network", Place(reader.open, top=True, own=True, ends=True))
    if len(reader.problems) > before:
        return series
    check_taken(reader)
    first = series[0] if series else None
    alone = isinstance(first, LayerSpec) and first.kind != "input"
    if first is None or alone or not begins(first):
        mark = first.mark if first else node.mark
        reader.problem(mark, "a network begins with its input", "write - input 224x224x3 first")
    elif len(series) == 1 and isinstance(first, LayerSpec):
        reader.problem(first.mark, "the network has no layers behind its input")
    return series


def _check_calls(reader: SpecReader, modules: Mapping[str, Mark]) -> None:
    """Note modules that nobody calls, and modules that call themselves."""
    called = {module for calls in reader.calls.values() for module in calls}
    wrong = {problem.mark for problem in reader.problems}
    for name, mark in modules.items():
        if name not in called and mark not in wrong:
            reader.problem(mark, f"module {name} is never called", "remove it or call it")
    done: set[str] = set()
    for start in modules:
        path: dict[str, None] = {}
        stack = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                del path[name]
                done.add(name)
                continue
            if name in done or name in path:
                continue
            path[name] = None
            stack.append((name, True))
            for target, mark in reader.calls.get(name, {}).items():
                if target in path:
                    names = list(path)
                    circle = [*names[names.index(target) :], target]
                    if len(circle) > 8:
                        circle[4:-2] = ["..."]
                    reader.problem(mark, f"module {target} calls itself: {' -> '.join(circle)}")
                stack.append((target, False))
