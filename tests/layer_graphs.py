"""Layer graphs for tests: bundled specs written out, generated families, and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archviz.importers.compact.prepare import prepare
from archviz.importers.graphs import LayerGraph, LayerNode
from archviz.language.expand import load_network, network_from_text
from archviz.network.kinds import KINDS
from archviz.network.model import (
    Auxiliary,
    From,
    Graph,
    Layer,
    ModuleCall,
    Named,
    Network,
    Node,
    Outputs,
    Repeat,
    Residual,
    Series,
    Towers,
)

PLAIN = Layer._field_defaults
IGNORED = {"kind", "where", "mark", "name", "present", "drawn", "counts_in_depth", "takes"}


def options_of(layer: Layer) -> dict[str, Any]:
    """What a layer states that is not the default."""
    values = {
        field: value
        for field, value in layer._asdict().items()
        if field not in IGNORED and value != PLAIN[field]
    }
    if layer.kind == "scaled-add":
        values["value"] = layer.value
    return values


class Unroll:
    """Writes a network out as layers; merges of forks are transparent."""

    def __init__(self, network: Network, with_auxiliary: bool = True) -> None:
        self.nodes: list[LayerNode] = []
        self.outputs: list[str] = []
        self.named: dict[str, list[str]] = {}
        self.with_auxiliary = with_auxiliary
        self.called: dict[str, str] = {}
        end = self.series(network.body, [])
        self.outputs.insert(0, end[0])

    def layer(self, layer: Layer, sources: Sequence[str]) -> list[str]:
        if not layer.present or (layer.kind == "dropout" and not layer.value and not layer.drawn):
            return list(sources)
        sources = [*sources, *(end for name in layer.takes for end in self.named[name])]
        name = f"n{len(self.nodes)}"
        self.nodes.append(LayerNode(name, layer.kind, tuple(sources), options_of(layer)))
        return [name]

    def series(self, series: Series, ends: Sequence[str]) -> list[str]:
        ends = list(ends)
        return self.walk(series, ends, ends)[0]

    def walk(
        self, series: Series, ends: list[str], before: list[str]
    ) -> tuple[list[str], list[str]]:
        """Where a series ends, and what its last item took in."""
        for node in series.nodes:
            if isinstance(node, Series):
                ends, before = self.walk(node, ends, before)
            elif isinstance(node, Repeat):
                for body in node.bodies * (node.times if len(node.bodies) == 1 else 1):
                    ends, before = self.walk(body, ends, before)
            elif isinstance(node, Named):
                self.named[node.name] = ends
            elif isinstance(node, ModuleCall) and node.present:
                self.named |= {name: self.named[given] for name, given in node.inputs}
                ends, before = self.walk(node.body, ends, before)[0], ends
            elif isinstance(node, Graph):
                ends, before = self.graph(node, ends, before), ends
            else:
                after = self.node(node, ends)
                ends, before = after, before if after == ends else ends
            before = before or ends  # behind inputs there is nothing before
        return ends, before

    def node(self, node: Node, ends: list[str]) -> list[str]:
        if isinstance(node, Layer):
            return self.layer(node, [] if node.kind == "input" else ends)
        if isinstance(node, ModuleCall):
            return ends
        if isinstance(node, Towers):
            branches = node.branches * node.copies
            merged = [end for branch in branches for end in self.series(branch, ends)]
            return merged if node.joined else self.layer(node.merge, merged)
        if isinstance(node, Residual):
            main, shortcut = self.series(node.main, ends), self.series(node.shortcut, ends)
            return self.layer(node.merge, [*main, *shortcut])
        if isinstance(node, Auxiliary):
            if self.with_auxiliary:
                self.outputs += self.series(node.body, ends)
                self.called[self.outputs[-1]] = "auxiliary"
            return ends
        if isinstance(node, From):
            return self.named[node.name]
        if isinstance(node, Outputs):
            found = [self.series(series, ends) for _, series in node.branches]
            self.outputs += [end for some in found[:-1] for end in some]
            return found[-1]
        raise AssertionError(node)

    def graph(self, node: Graph, ends: list[str], before: list[str]) -> list[str]:
        states = {"in": ends, "previous": before}
        sources: dict[str, list[str]] = {}
        for source, target in node.edges:
            sources.setdefault(target, []).append(source)
        for name, body in node.nodes:
            names = sources.get(name, [])
            if len(names) < 2:
                states[name] = self.series(body, states[names[0]] if names else [])
                continue
            first = body.nodes[0]
            assert isinstance(first, Layer)
            joined = self.layer(first, [end for name in names for end in states[name]])
            states[name] = self.series(Series(body.nodes[1:]), joined)
        return states[sources["out"][0]]


def expected(graph: LayerGraph) -> LayerGraph:
    """The graph that the spec of a model unrolls to, but for merges of forks."""
    prepared = prepare(graph)
    hanging = [node for shoot in prepared.offshoots for node in shoot.nodes]
    return graph._replace(nodes=(*prepared.nodes, *hanging))


def unroll(network: Network, with_auxiliary: bool = True) -> LayerGraph:
    """A network written out as a layer graph."""
    made = Unroll(network, with_auxiliary)
    ends = tuple(made.outputs)
    return LayerGraph(network.head.title, tuple(made.nodes), ends, called=made.called)


def bundled(name: str) -> LayerGraph:
    """A bundled network as a layer graph."""
    return unroll(load_network(f"specs/{name}.yaml"))


class Make:
    """Builds a layer graph line by line; every call gives the id of its node."""

    def __init__(self, name: str, shape: tuple[int, ...] = (224, 224, 3)) -> None:
        self.name = name
        self.nodes: list[LayerNode] = []
        self.last = self.add("input", (), shape=shape)

    def add(self, kind: str, inputs: Sequence[str], **options: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(LayerNode(name, kind, tuple(inputs), options))
        self.last = name
        return name

    def conv(self, x: str, width: int, kernel: int = 3, stride: int = 1, **more: Any) -> str:
        options: dict[str, Any] = {
            "kernel": (kernel, kernel),
            "filters": width,
            "bias": False,
            "norm": "batch-norm",
            "padding": "same",
        }
        if stride > 1:
            options["stride"] = stride, stride
            options["padding"] = (kernel // 2,) * 4 if kernel > 1 else "valid"
        options |= more
        kind = options.pop("kind", "conv")
        if kind == "depthwise-conv":
            del options["filters"]
        return self.add(kind, [x], **options)

    def pool(
        self, x: str, kernel: int = 2, stride: int = 2, kind: str = "max-pool", **more: Any
    ) -> str:
        return self.add(kind, [x], kernel=(kernel, kernel), stride=(stride, stride), **more)

    def graph(self, *outputs: str) -> LayerGraph:
        return LayerGraph(self.name, tuple(self.nodes), outputs or (self.last,))


def densenet(blocks: Sequence[int] = (6, 12, 24, 16), merged: bool = True) -> LayerGraph:
    """DenseNet; ``merged``: each concat has all inputs at once, as an older exporter has it."""
    net = Make("DenseNet")
    x = net.conv(net.last, 64, 7, 2, activation="relu")
    x = net.pool(x, 3, 2, padding=(1, 1, 1, 1))
    width = 64
    for number, layers in enumerate(blocks):
        features = [x]
        for _ in range(layers):
            y = net.add("relu", [net.add("batch-norm", [x])])
            y = net.conv(y, 128, 1, activation="relu")
            y = net.conv(y, 32, 3, norm="none")
            features.append(y)
            x = net.add("concat", features if merged else [x, y])
        width += 32 * layers
        x = net.add("relu", [net.add("batch-norm", [x])])
        if number < len(blocks) - 1:
            width //= 2
            x = net.conv(x, width, 1, norm="none", padding="valid")
            x = net.pool(x, 2, 2, "avg-pool")
    return classified(net, x)


def classified(net: Make, x: str, classes: int = 1000) -> LayerGraph:
    """The graph with the usual head."""
    net.add("dense", [net.add("global-avg-pool", [x])], filters=classes, activation="softmax")
    return net.graph()


def mobilenet_v2() -> LayerGraph:
    """Inverted residuals."""
    net = Make("MobileNet-v2")
    x = net.conv(net.last, 32, 3, 2, activation="relu6")
    before = 32
    rows = [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]
    for expansion, width, times, first in rows:
        for number in range(times):
            stride = 1 if number else first
            y = x
            if expansion > 1:
                y = net.conv(y, before * expansion, 1, activation="relu6", padding="valid")
            y = net.conv(y, 0, 3, stride, kind="depthwise-conv", activation="relu6")
            y = net.conv(y, width, 1, padding="valid")
            x = net.add("add", [x, y]) if stride == 1 and before == width else y
            before = width
    x = net.conv(x, 1280, 1, activation="relu6", padding="valid")
    return classified(net, x)


def excite(net: Make, x: str, width: int, squeezed: int) -> str:
    """A squeeze-and-excitation gate."""
    y = net.add("global-avg-pool", [x])
    y = net.add("dense", [y], filters=squeezed, activation="silu")
    y = net.add("dense", [y], filters=width, activation="sigmoid")
    return net.add("multiply", [y, x])


def efficientnet() -> LayerGraph:
    """MBConv blocks with gates."""
    net = Make("EfficientNet-B0")
    x = net.conv(net.last, 32, 3, 2, activation="silu")
    before = 32
    rows = [
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ]
    for expansion, width, times, first, kernel in rows:
        for number in range(times):
            stride = 1 if number else first
            y = x
            if expansion > 1:
                y = net.conv(y, before * expansion, 1, activation="silu", padding="valid")
            y = net.conv(y, 0, kernel, stride, kind="depthwise-conv", activation="silu")
            y = excite(net, y, before * expansion, before // 4)
            y = net.conv(y, width, 1, padding="valid")
            x = net.add("add", [y, x]) if stride == 1 and before == width else y
            before = width
    return classified(net, net.conv(x, 1280, 1, activation="silu", padding="valid"))


def convnext() -> LayerGraph:
    """ConvNeXt-Tiny."""
    net = Make("ConvNeXt-Tiny")
    x = net.add("conv", [net.last], kernel=(4, 4), stride=(4, 4), filters=96, norm="layer-norm")
    for number, (width, times) in enumerate([(96, 3), (192, 3), (384, 9), (768, 3)]):
        if number:
            x = net.add("layer-norm", [x])
            x = net.add("conv", [x], kernel=(2, 2), stride=(2, 2), filters=width)
        for _ in range(times):
            y = net.add("depthwise-conv", [x], kernel=(7, 7), padding="same", norm="layer-norm")
            y = net.add("conv", [y], kernel=(1, 1), filters=4 * width, activation="gelu")
            y = net.add("conv", [y], kernel=(1, 1), filters=width)
            y = net.add("scale", [y])
            x = net.add("add", [y, x])
    x = net.add("global-avg-pool", [x])
    net.add("dense", [net.add("layer-norm", [x])], filters=1000)
    return net.graph()


def vit() -> LayerGraph:
    """ViT-B/16."""
    net = Make("ViT-B/16")
    x = net.add("conv", [net.last], kernel=(16, 16), stride=(16, 16), filters=768)
    x = net.add("reshape", [x], shape=(196, 768))
    x = net.add("position", [net.add("class-token", [x], count=1)])
    for _ in range(12):
        y = net.add("attention", [net.add("layer-norm", [x])], count=12)
        x = net.add("add", [y, x])
        y = net.add("dense", [net.add("layer-norm", [x])], filters=3072, activation="gelu")
        x = net.add("add", [x, net.add("dense", [y], filters=768)])
    x = net.add("select", [net.add("layer-norm", [x])])
    net.add("dense", [x], filters=1000)
    return net.graph()


def unet(levels: int = 4) -> LayerGraph:
    """U-Net."""
    net = Make("U-Net", (256, 256, 3))
    x, skips = net.last, []
    for level in range(levels):
        x = net.conv(net.conv(x, 64 << level, activation="relu"), 64 << level, activation="relu")
        skips.append(x)
        x = net.pool(x)
    width = 64 << levels
    x = net.conv(net.conv(x, width, activation="relu"), width, activation="relu")
    for level in reversed(range(levels)):
        width = 64 << level
        x = net.add("conv-transpose", [x], kernel=(2, 2), stride=(2, 2), filters=width)
        x = net.add("concat", [skips[level], x])
        x = net.conv(net.conv(x, width, activation="relu"), width, activation="relu")
    net.add("conv", [x], kernel=(1, 1), filters=2)
    return net.graph()


def nasnet(cells: int = 6, width: int = 32) -> LayerGraph:
    """Cells that take the results of the two cells before them."""
    net = Make("NASNet")
    before = x = net.conv(net.last, width, 3, 2)

    def separable(y: str, kernel: int) -> str:
        for _ in range(2):
            y = net.conv(net.add("relu", [y]), width, kernel, kind="sep-conv")
        return y

    for _ in range(cells):
        p = net.conv(net.add("relu", [before]), width, 1)
        h = net.conv(net.add("relu", [x]), width, 1)
        sums = [
            net.add("add", [separable(h, 5), separable(p, 3)]),
            net.add("add", [separable(p, 5), separable(p, 3)]),
            net.add("add", [net.pool(h, 3, 1, "avg-pool", padding="same"), p]),
            net.add("add", [separable(h, 3), h]),
        ]
        before, x = x, net.add("concat", [p, *sums])
    return classified(net, net.add("relu", [x]))


def chain(blocks: int, width: int = 64) -> LayerGraph:
    """Residual blocks of three convolutions in a row."""
    net = Make("Chain", (32, 32, width))
    x = net.last
    for _ in range(blocks):
        y = net.conv(x, width // 4, 1, activation="relu")
        y = net.conv(y, width // 4, 3, activation="relu")
        y = net.conv(y, width, 1)
        x = net.add("add", [y, x], activation="relu")
    return net.graph()


FAMILIES = {
    "densenet": densenet,
    "mobilenet_v2": mobilenet_v2,
    "efficientnet": efficientnet,
    "convnext": convnext,
    "vit": vit,
    "unet": unet,
    "nasnet": nasnet,
}
SPECS = (
    "resnet50",
    "inception_v3",
    "inception_v4",
    "inception_resnet_v2",
    "xception",
    "vgg16",
    "inception_v1",
    "alexnet",
    "nin",
    "lenet5",
)


def resnext50() -> LayerGraph:
    """ResNeXt-50 with grouped convolutions."""
    net = Make("ResNeXt-50")
    x = net.add("zero-pad", [net.last], padding=(3, 3, 3, 3))
    x = net.conv(x, 64, 7, 2, padding="valid", activation="relu")
    x = net.add("zero-pad", [x], padding=(1, 1, 1, 1))
    x = net.pool(x, 3, 2)
    for width, times, first in [(128, 3, 1), (256, 4, 2), (512, 6, 2), (1024, 3, 2)]:
        for number in range(times):
            stride = 1 if number else first
            y = net.conv(x, width, 1, activation="relu")
            y = net.conv(y, width, 3, stride, groups=32, activation="relu")
            y = net.conv(y, 2 * width, 1)
            side = x if number else net.conv(x, 2 * width, 1, stride)
            x = net.add("add", [y, side], activation="relu")
    return classified(net, x)


# ---- comparing ----------------------------------------------------------------------------


def same_graph(first: LayerGraph, second: LayerGraph) -> str:
    """Why two graphs are not isomorphic; empty where they are."""
    import networkx as nx
    from networkx.algorithms.isomorphism import categorical_node_match

    one, two = drawn_graph(first), drawn_graph(second)
    labels = [sorted(data["label"] for _, data in g.nodes(data=True)) for g in (one, two)]
    if labels[0] != labels[1]:
        left = list(labels[0])
        more = []
        for label in labels[1]:
            if label in left:
                left.remove(label)
            else:
                more.append(label)
        return f"only in the first: {left[:4]}; only in the second: {more[:4]}"
    same = nx.is_isomorphic(one, two, node_match=categorical_node_match("label", ""))
    return "" if same else "the wiring differs"


def drawn_graph(graph: LayerGraph) -> Any:
    """A graph of networkx with all that matters as labels; every edge is a node of its own."""
    import networkx as nx

    made = nx.DiGraph()
    kinds = {node.id: node.kind for node in graph.nodes}
    made.add_node("end", label="end")
    for node in graph.nodes:
        options = {k: v for k, v in node.options.items() if (node.kind, k) != ("input", "label")}
        made.add_node(node.id, label=f"{node.kind} {sorted_options(node.kind, options)}")
        ordered = node.kind in ("scaled-add", "op-merge")
        for place, source in enumerate(node.inputs):
            edge = f"{source}-{node.id}-{place}"
            made.add_node(edge, label=f"edge {place if ordered else ''}")
            made.add_edges_from([(source, edge), (edge, node.id)])
    for output in graph.outputs:
        made.add_edge(output, "end")
    assert kinds
    return made


def sorted_options(kind: str, options: Mapping[str, Any]) -> str:
    """Options in a fixed order, and ways of padding that come to the same."""
    values = {key: value for key, value in options.items() if value != PLAIN[key]}
    kernel, stride = values.get("kernel", (1, 1)), values.get("stride", (1, 1))
    dilation, padding = values.get("dilation", (1, 1)), values.get("padding", "valid")
    if "kernel" in KINDS[kind].options and kind != "conv-transpose":
        spans = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        halves = tuple(side for span in spans for side in (span // 2, span // 2))
        odd = not any(span % 2 for span in spans)
        if kernel == (1, 1) and padding in ("same", "valid"):
            padding = (0, 0, 0, 0)
        if odd and stride == (1, 1) and padding == "same":
            padding = halves
        if padding == "valid":
            padding = (0, 0, 0, 0)
        values["padding"] = padding
    return str(sorted(values.items(), key=str))


def loaded(text: str) -> Network:
    """The network of a written spec."""
    return network_from_text(text)


# ---- figures ------------------------------------------------------------------------------


def sketch(network: Network, exported: bool = False) -> tuple[Any, ...]:
    """The main row and the modules of a figure, without names, numbers and order of paths.

    ``exported``: without auxiliary classifiers, and without activations and normalisations that
    stand in the row, since a file does not tell them from those written on the layer before.
    """
    modules: dict[str, int] = {}
    bodies: list[Any] = []

    def series(inner: Series) -> tuple[Any, ...]:
        return tuple(found for node in inner.nodes if (found := part(node)) is not None)

    def part(node: Node) -> Any:
        if isinstance(node, Layer):
            if exported and KINDS[node.kind].glyph == "circle":
                return None
            return (node.kind, node.kernel) if KINDS[node.kind].drawn else None
        if isinstance(node, ModuleCall):
            if node.module not in modules:
                modules[node.module] = len(modules)
                bodies.append(None)
                longest = node.body
                bodies[modules[node.module]] = series(longest)
            return "module", modules[node.module]
        if isinstance(node, Repeat):
            return "repeat", node.times, series(node.bodies[0])
        if isinstance(node, Towers):
            return "towers", node.joined, sorted(map(str, map(series, node.branches)))
        if isinstance(node, Residual):
            return "residual", node.merge.kind, series(node.main), series(node.shortcut)
        if isinstance(node, Auxiliary):
            return None if exported else ("auxiliary", series(node.body))
        if isinstance(node, Series):
            return series(node)
        return "graph", sorted(str(series(body)) for _, body in node.nodes)

    return series(network.body), bodies


def boxes(network: Network) -> int:
    """Boxes in the main row and in the panels; of a repeat those of one iteration."""
    seen: set[str] = set()

    def count(node: Node) -> int:
        if isinstance(node, Layer):
            return int(node.drawn)
        if isinstance(node, ModuleCall):
            new = node.module not in seen
            seen.add(node.module)
            return 1 + (count(node.body) if new else 0)
        if isinstance(node, Repeat):
            return count(node.bodies[0])
        if isinstance(node, Towers):
            return sum(map(count, node.branches)) + int(not node.joined)
        if isinstance(node, Residual):
            return count(node.main) + count(node.shortcut) + 1
        if isinstance(node, Graph):
            return sum(count(body) for _, body in node.nodes)
        if isinstance(node, Outputs):
            return sum(count(body) for _, body in node.branches)
        if isinstance(node, From):
            return 0
        return sum(map(count, node.nodes)) if isinstance(node, Series) else count(node.body)

    return count(network.body)
