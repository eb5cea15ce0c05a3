"""Which layers of a Keras model are one, though its configuration has them in several places.

A layer that stands in two models, or alone and in a wrapper, is written out in each. ``.keras``
files, and Keras 2 from 2.5 on, number what they write a second time; other sources do not, and
there layers of one name, class and configuration may be one or several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from archviz.importers.conservation import SHOWN, listed
from archviz.importers.fold.keras_values import class_of
from archviz.importers.graphs import LayerGraph
from archviz.importers.read.keras_graph import MAX_NESTING, config_of, is_model, is_row, name_of

_NUMBER = "shared_object_id"
_MAX_INNER = 8
"""Layers in one another that are no models."""
_CELLS = "RNN"
_COPIES = "Bidirectional"
"""A wrapper that works with copies of the layer that it is given."""
_NUMBERING = (2, 5), (2, 16)
"""The first release of Keras that numbers layers of the old form, and the first without that."""

Key: TypeAlias = tuple[Any, ...]


class Standing(NamedTuple):
    """A layer in one of its places, and what its weights are of: itself, or what it wraps."""

    layer: dict[str, Any]
    source: Mapping[str, Any]
    places: tuple[str, ...]
    """The models and wrappers around it."""
    region: int
    """Equal numbers are of one object only where this is equal, too."""
    whole: bool
    """Whether the layer has no other weights than those of its source."""


class Alike(NamedTuple):
    """Layers that have the same weights, or may have."""

    layers: tuple[Standing, ...]
    known: bool
    """Whether it is known that they have, though each counts them."""

    @property
    def words(self) -> str:
        """Which they are, and what is known."""
        places = [f"in '{at.places[-1][:60]}'" if at.places else "outside" for at in self.layers]
        return f"'{name_of(self.layers[0].source)[:60]}' {' and '.join(places[:SHOWN])}"


class Sharing(NamedTuple):
    """What is known of layers that stand in several places."""

    same: dict[int, Key]
    """What such a layer is known by, for the identity of its dictionary."""
    alike: list[Alike]
    """What counts twice, or may."""

    settled: list[str]
    """What has been found to be one by its numbers."""

    def settle(self, samples: Callable[[Standing], tuple[bytes, ...] | None]) -> None:
        """Compare what is held of layers that may be one: equal numbers are of one layer.

        ``samples`` gives some of the numbers of each array of a layer; None where they are not
        known, or the same in any layer.
        """
        for group in list(self.alike):
            if group.known or not all(at.whole for at in group.layers):
                continue
            equal: dict[tuple[bytes, ...], list[Standing]] = {}
            for at in group.layers:
                found = samples(at)
                if found is None:
                    break
                equal.setdefault(found, []).append(at)
            else:
                self.alike.remove(group)
                for layers in equal.values():
                    self.found_one(layers)

    def found_one(self, layers: list[Standing]) -> None:
        """Take down that some are one."""
        if len(layers) > 1:
            key = "equal", id(layers[0].layer)
            self.same.update({id(at.layer): key for at in layers})
            self.settled.append(Alike(tuple(layers), True).words)


def nothing_shared() -> Sharing:
    """Of a source in which each layer is known by its weights."""
    return Sharing({}, [], [])


def sharing_of(model: Mapping[str, Any], complete: bool, version: str = "") -> Sharing:
    """Which layers of a configuration are one.

    ``complete`` says that the source numbers all that it writes twice; ``version`` is the release
    of Keras that wrote it.
    """
    found = list(_standing(model, (), 0, 0, _is_old(model) and is_row(model)))
    groups: dict[tuple[str, str], list[Standing]] = {}
    for at in found:
        if at.source.get("name") or config_of(at.source).get("name"):
            groups.setdefault((class_of(at.source), name_of(at.source)), []).append(at)
    complete = complete or any(_NUMBER in at.source for at in found)
    since, until = _NUMBERING
    complete = complete or (_is_old(model) and since <= _release(version) < until)
    sharing = Sharing({}, [], [])
    for group in groups.values():
        for alike in _equal(group) if len(group) > 1 else ():
            _share(sharing, alike, complete)
    return sharing


def _equal(group: list[Standing]) -> Iterator[list[Standing]]:
    """Layers with the same configuration, built for the same where that stands there."""
    texts: dict[str, list[Standing]] = {}
    for at in group:
        texts.setdefault(_text(at.source.get("config")), []).append(at)
    for alike in texts.values():
        built = {id(at): _text(at.source.get("build_config")) for at in alike}
        known = sorted(set(built.values()) - {"null"}) or ["null"]
        for one in known:
            wanted = (one, "null") if one == known[0] else (one,)
            yield [at for at in alike if built[id(at)] in wanted]


def with_sharing(graph: LayerGraph, sharing: Sharing, first: Mapping[int, str]) -> LayerGraph:
    """The graph with a word on layers that may be one; ``first`` has what each gives first."""
    counting = {node.id for node in graph.nodes if node.parameters and "shared" not in node.options}
    told: dict[bool, list[str]] = {True: [], False: []}
    for group in sharing.alike:
        values = [first.get(id(at.layer), "") for at in group.layers]
        if len({graph.owners.get(one) for one in values} & counting) > 1:
            told[group.known].append(group.words)
    held = graph.held._replace(twice=tuple(told[True]))
    if held.source == "file":
        held = held._replace(alike=tuple(told[False]))
    if sharing.settled:
        said = f"one layer, since they have the same numbers: {listed(sharing.settled)}"
        held = held._replace(warnings=(*held.warnings, said))
    return graph._replace(held=held)


def _share(sharing: Sharing, alike: list[Standing], complete: bool) -> None:
    """Tell layers that look alike apart by their numbers, the first of which is often missing."""
    one: dict[Key, list[Standing]] = {}
    unnumbered: list[Standing] = []
    for at in alike:
        number = at.source.get(_NUMBER)
        if not isinstance(number, int):
            unnumbered.append(at)
            continue
        key = "number", at.region, number
        before = [other for other in unnumbered if other.region == at.region]
        if key not in one and before:
            one[key] = [before[0]]
            unnumbered.remove(before[0])
        one.setdefault(key, []).append(at)
    for key, group in one.items():
        if all(at.whole for at in group):
            sharing.same.update({id(at.layer): key for at in group})
        elif len(group) > 1:
            sharing.alike.append(Alike(tuple(group), True))
    if complete and len({at.region for at in alike}) == 1:
        return
    left = [*[group[0] for group in one.values()], *unnumbered]
    if len(left) > 1:
        sharing.alike.append(Alike(tuple(left), False))


def _standing(
    model: Mapping[str, Any], models: tuple[str, ...], depth: int, region: int, split: bool
) -> Iterator[Standing]:
    """The layers of a model and of the models in it, in the order in which they are written."""
    layers = config_of(model).get("layers")
    for number, layer in enumerate(layers if isinstance(layers, list) else ()):
        if not isinstance(layer, dict) or depth > MAX_NESTING:
            continue
        own = number if split else region
        inner = _repeated(layer)
        if is_model(inner):
            name = name_of(layer)
            yield from _standing(inner, (*models, name), depth + 1, own, False)
        else:
            sources = list(_sources(inner, 0))
            whole = sources == [inner] or (class_of(inner) == _CELLS and len(sources) == 1)
            for source in sources:
                wrapped = source is not layer
                places = (*models, name_of(layer)) if wrapped else models
                yield Standing(inner, source, places, own, whole)


def _repeated(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer without what repeats it at each step."""
    for _ in range(MAX_NESTING):
        config = layer.get("config")
        inner = config.get("layer") if isinstance(config, dict) else None
        if class_of(layer) != "TimeDistributed" or not isinstance(inner, dict):
            break
        layer = inner
    return layer


def _sources(layer: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The layers whose weights a layer has: what stands in its configuration, or itself."""
    config = layer.get("config")
    if not isinstance(config, dict) or depth > _MAX_INNER:
        return
    inner: list[Any] = []
    if class_of(layer) != _COPIES:
        for value in config.values():
            inner += value if isinstance(value, list) else [value]
    wrapped = [one for one in inner if _is_layer(one)]
    if not wrapped:
        yield layer
    for one in wrapped:
        yield from _sources(one, depth + 1)


def _is_layer(value: Any) -> bool:
    config = value.get("config") if isinstance(value, dict) else None
    return isinstance(config, dict) and "class_name" in value and "trainable" in config


def _text(value: Any) -> str:
    """A configuration without the numbers of what it shares."""
    return json.dumps(_bare(value, 0), sort_keys=True)


def _bare(value: Any, depth: int) -> Any:
    if depth > MAX_NESTING:
        return None
    if isinstance(value, dict):
        return {str(key): _bare(one, depth + 1) for key, one in value.items() if key != _NUMBER}
    return [_bare(one, depth + 1) for one in value] if isinstance(value, list) else value


def _is_old(model: Mapping[str, Any]) -> bool:
    """Whether a model is written as Keras 2 did, without the modules of its classes."""
    return "module" not in model


def _release(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
