"""The proof that layers are what was recorded: every call is in one, and they are wired as it ran.

It knows the recording, the layers, and which layer each value was said to belong to; nothing of
how that came about. A value that no layer has is transparent: what takes it takes what it is made
of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archviz.importers.graphs import LayerNode
from archviz.importers.record.recording import SHAPE_ONLY, Call, Recording, refs_in
from archviz.network.kinds import ACTIVATIONS

MAX_PROBLEMS = 6
_AS = frozenset({"expand_as", "view_as", "reshape_as", "type_as"})
"""Functions that take only shape or type of their second value."""
SAID: Mapping[str, str] = {
    "relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "hardswish": "hard-swish",
    "hardsigmoid": "hard-sigmoid", "leaky_relu": "leaky-relu", "elu": "elu", "gelu": "gelu",
    "silu": "silu", "selu": "selu", "mish": "mish", "softplus": "softplus", "relu6": "relu6",
    "prelu": "prelu", "batch_norm": "batch-norm", "layer_norm": "layer-norm",
    "group_norm": "group-norm", "instance_norm": "instance-norm", "rms_norm": "rms-norm",
    "lstm": "lstm", "gru": "gru",
}  # fmt: skip
"""Functions that a layer has to say: as its kind, its norm or its activation."""
_STEPS = ("tanh", "sigmoid", "softplus")
"""Steps of other activations: SiLU, GELU, mish."""
STATISTICS = ("batch-norm", "batch-norm-plain")
"""What an instance norm is that goes by moving statistics."""
_WHOLE = frozenset(
    {
        "attention",
        "other-attention",
        "other-embedding",
        "op",
        "op-merge",
        "op-split",
        "scale",
        "scaled-add",
    }
)
"""Layers that may be made of several steps, and are named for what they do."""
_SEVERAL = _WHOLE | {"lstm", "gru", "rnn"}
"""Layers of which the further results, such as a last state, may hang; parts of a split do not."""


def gaps(
    recording: Recording, nodes: Sequence[LayerNode], owners: Mapping[str, str]
) -> tuple[str, ...]:
    """Sentences on what was recorded and is not in the layers as it ran; empty where all is.

    ``owners`` gives the layer, by its id, that each value of the recording belongs to.
    """
    proof = _Proof(recording, nodes, owners)
    found = [*proof.wiring(), *proof.unsaid()]
    more = [f"and {len(found) - MAX_PROBLEMS} more"] if len(found) > MAX_PROBLEMS else []
    return (*found[:MAX_PROBLEMS], *more)


class _Proof:
    def __init__(
        self, recording: Recording, nodes: Sequence[LayerNode], owners: Mapping[str, str]
    ) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.makers: dict[str, Call] = {}
        for call in recording.calls:
            self.makers.update(dict.fromkeys(call.outputs, call))
        self.owners = {
            value: layer
            for value, layer in owners.items()
            if layer in self.nodes and (value in self.makers or value in recording.inputs)
        }
        self.order = [value for call in recording.calls for value in call.outputs]
        self.needed = recording.needed()
        self.sources = self._sources(recording.inputs)
        self.beside = self._beside()

    def _inputs(self, value: str) -> list[str]:
        call = self.makers.get(value)
        if call and call.function in SHAPE_ONLY:
            return []
        found = refs_in((call.args, call.kwargs)) if call else []
        return found[:1] if call and call.function in _AS else found

    def _sources(self, inputs: Iterable[str]) -> dict[str, frozenset[str]]:
        """The layers that a value comes from: its own, or those of what it is made of."""
        found: dict[str, frozenset[str]] = {}
        for value in inputs:
            own = self.owners.get(value)
            found[value] = frozenset({own}) if own else frozenset()
        for value in self.order:
            own = self.owners.get(value)
            below = [found.get(one, frozenset()) for one in self._inputs(value)]
            found[value] = frozenset({own}) if own else frozenset().union(*below)
        return found

    def _beside(self) -> dict[str, frozenset[str]]:
        """The layers of the calls that a value is a further result of, or is taken from one."""
        found: dict[str, frozenset[str]] = {}
        for value in self.order:
            first = self.owners.get(self.makers[value].outputs[0])
            below = [found.get(one, frozenset()) for one in self._inputs(value)]
            known = frozenset({first}) if first else frozenset().union(*below)
            found[value] = known
        return found

    def wiring(self) -> list[str]:
        """Layers that take something else than what was recorded."""
        taken: dict[str, set[str]] = {}
        hung: dict[str, set[str]] = {}  # what a call gives besides may hang from its first layer
        for value in self.order:
            layer = self.owners.get(value)
            if layer is None or value not in self.needed:
                continue
            own = taken.setdefault(layer, set())
            hung.setdefault(layer, set()).update(self.beside[value])
            for one in self._inputs(value):
                if one not in self.owners:
                    hung[layer] |= self.beside.get(one, frozenset())
                own |= self.sources.get(one, frozenset())
            own.discard(layer)
        problems = []
        for layer, wanted in taken.items():
            drawn = self._drawn(layer, taken.keys())
            beside = hung.get(layer, set()) - {layer}
            first = {one for one in beside if self.nodes[one].kind in _SEVERAL}
            if drawn not in (wanted, first, wanted | first) and (
                wanted or self.nodes[layer].kind != "input"
            ):
                lost, more = sorted(wanted - drawn), sorted(drawn - wanted)
                if not wanted:
                    continue  # made of nothing that goes in: it hangs from the input
                words = [f"lacks {one}" for one in lost] + [f"takes {one}" for one in more]
                problems.append(f"the {self.nodes[layer].kind} '{layer}' {', '.join(words)}")
        return problems

    def _drawn(self, layer: str, known: Iterable[str]) -> set[str]:
        """The layers that one takes; those without a call of their own are transparent."""
        seen = set(known) | {node.id for node in self.nodes.values() if node.kind == "input"}
        found: set[str] = set()
        todo = list(self.nodes[layer].inputs)
        while todo:
            one = todo.pop()
            if one in seen:
                found.add(one)
            else:
                todo += self.nodes[one].inputs
        found.discard(layer)
        return found

    def unsaid(self) -> list[str]:
        """Norms and activations that the layer which they belong to does not say."""
        users = self._users()
        problems = []
        for value in self.order:
            call = self.makers[value]
            word = SAID.get(call.function)
            if word is None or value not in self.needed or value != call.outputs[0]:
                continue
            if not self.sources[value] and value not in self.owners:
                continue  # of constants alone
            own = self.owners.get(value)
            layers = {own} if own else self._behind(value, users)
            if not any(layer and self._says(self.nodes[layer], word) for layer in layers):
                path = call.scopes[-1].path if call.scopes else ""
                problems.append(f"the {word} of '{path}' is in no layer")
        return problems

    def _says(self, node: LayerNode, word: str) -> bool:
        said = {node.kind, node.options.get("norm"), node.options.get("activation")}
        if any(isinstance(one, str) and one.startswith(word) for one in said):
            return True
        composed = word in _STEPS and (node.options.get("activation") or node.kind in ACTIVATIONS)
        by_statistics = word == "instance-norm" and str(node.options.get("norm", node.kind))
        return bool(node.kind in _WHOLE or composed or by_statistics in STATISTICS)

    def _users(self) -> dict[str, list[str]]:
        users: dict[str, list[str]] = {}
        for value in self.order:
            for one in self._inputs(value):
                users.setdefault(one, []).append(value)
        return users

    def _behind(self, value: str, users: Mapping[str, list[str]]) -> set[str]:
        """The layers that a value goes into without being in one."""
        found: set[str] = set()
        seen, todo = {value}, list(users.get(value, ()))
        while todo:
            one = todo.pop()
            own = self.owners.get(one)
            if own:
                found.add(own)
            elif one not in seen:
                seen.add(one)
                todo += users.get(one, ())
        return found
