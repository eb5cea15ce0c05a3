"""Wrong specs, and what they are told: file, line, column, message and hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archviz.errors import ArchvizError, Problem
from archviz.language.expand import load_network, network_from_text
from archviz.network.analysis import analyse

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "title: T\n"
NET = "title: T\nnetwork:\n  - input 8x8x3\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ArchvizError) as caught:
        analyse(network_from_text(text, "f.yaml"))
    assert {problem.mark.file for problem in caught.value.problems} == {"f.yaml"}
    return caught.value.problems


def only(text: str) -> tuple[int, int, str, str]:
    (problem,) = problems_of(text)
    return problem.mark.line, problem.mark.column, problem.message, problem.hint


# what stands behind the input of a small network: column, message, hint; the line is 4
ITEMS = [
    ("cnov 3x3 8", 5, "no layer kind or module is called 'cnov'", "did you mean 'conv'?"),
    ("Conv 3x3 8", 5, "no layer kind or module is called 'Conv'", "did you mean 'conv'?"),
    ("zzz", 5, "no layer kind or module is called 'zzz'", ""),
    ("repeat", 5, "'repeat' needs a value", "write 'repeat: ...'"),
    ("identity", 5, "'identity' stands alone, as a whole tower or shortcut", ""),
    ("input 8x8x3", 5, "what comes before this leads nowhere",
     "give it a name that something takes (as: NAME), or remove it"),
    ("concat", 5, "'concat' brings several inputs together and gets one here",
     "name another one before and take it: concat NAME; or use it as 'merge:' of towers or a "
     "residual"),
    ("[relu]", 5, "a list inside a list", "parallel lists need 'towers:'"),
    ("{}", 5, "an empty item", "write a layer"),
    # shorthand
    ("conv 3x3", 5, "conv needs its filters", "such as: conv 3x3 64"),
    ("conv 64", 5, "conv needs its kernel", "such as: conv 3x3 64"),
    ("max-pool", 5, "max-pool needs its kernel", "such as: max-pool 3x3"),
    ("zero-pad", 5, "zero-pad needs its pad or to", "such as: zero-pad pad=1"),
    ("upsample", 5, "upsample needs its factor", "such as: upsample 2"),
    ("conv 3x3 8 9", 16, "'9': filters is already '8'", "a kernel is written 3x3"),
    ("conv 3x3 5x5 8", 14, "'5x5': kernel is already '3x3'", ""),
    ("conv 3x3 8 +w", 16, "'+w': filters is already '8'", "an expression has no blanks in it"),
    ("conv 3x3 8 rleu", 16, "'rleu' means nothing to conv", "did you mean 'relu'?"),
    ("conv 3x3 8 no-bais", 16, "'no-bais' means nothing to conv", "did you mean 'no-bias'?"),
    ("conv 3x3 8 relu tanh", 21, "'tanh': act is already 'relu'", ""),
    ("conv 3x3 8 same pad=1", 21, "'pad=1': pad is already 'same'", ""),
    ("conv 3x3 8 gruops=2", 16, "conv has no option 'gruops'", "did you mean 'groups'?"),
    ("conv 3x3 8 rate=2", 16, "conv takes no 'rate=2'",
     "conv takes: filters, kernel, stride, pad, dilation, groups, bias, norm, act"),
    ("max-pool 2x2 relu", 18, "max-pool takes no 'relu'",
     "max-pool takes: kernel, stride, pad, ceil"),
    ("flatten same", 13, "flatten takes no 'same'", "flatten takes: only common options"),
    ("relu 3", 10, "'3' means nothing to relu", ""),
    ("conv 3x3 8 pad=", 16, "pad needs a value", ""),
    ("conv 3x3 8 pad=smae", 16, "pad 'smae': 'smae' is not known here", "did you mean 'same'?"),
    ("conv 3x3 8 pad=foo", 16, "pad 'foo': 'foo' is not known here",
     "use one of same, half, valid"),
    ("conv 3x3 8 pad=relu", 16, "pad is 'relu'", "use same, half, valid, a number, HxW or T,B,L,R"),
    ("conv 3x3 8 pad=1,2", 16, "'1,2' is not a padding", "write top,bottom,left,right"),
    ("conv 3x3 8 act=rleu", 16, "act 'rleu': 'rleu' is not known here", "did you mean 'relu'?"),
    ("conv 3x3 8 act=layer-norm", 16, "act is 'layer-norm'",
     "use one of none, relu, tanh, softmax, sigmoid, gelu, silu, hard-swish, hard-sigmoid, "
     "relu6, leaky-relu, prelu, elu, selu, mish, quick-gelu, softplus, log-softmax"),
    ("conv 3x3 8 norm=relu", 16, "norm is 'relu'",
     "use one of none, batch-norm, batch-norm-unscaled, batch-norm-plain, batch-norm-frozen, "
     "batch-norm-unshifted, layer-norm, layer-norm-unscaled, layer-norm-unshifted, group-norm, "
     "group-norm-unscaled, group-norm-unshifted, group-norm-plain, instance-norm, "
     "layer-norm-plain, instance-norm-plain, "
     "rms-norm, weight-norm"),
    ("conv 3x3 8 bn", 16, "'bn' means nothing to conv", "here it is called batch-norm"),
    ("conv 3x3 8 no-bn", 16, "'no-bn' means nothing to conv", "here it is called no-norm"),
    ("conv 3x3 8 norm=batch", 16, "norm 'batch': 'batch' is not known here",
     "here it is called batch-norm"),
    ("conv 3x3 8 bias=maybe", 16, "bias 'maybe': 'maybe' is not known here",
     "use one of yes, no, true, false, on, off"),
    ("conv 3x3 8 bias=2", 16, "bias is '2'", "use yes or no"),
    ("conv 3x3 8 depth=2", 16, "depth is 2; it must be at most 1", ""),
    # numbers
    ("conv 3x3 0", 14, "filters is 0; it must be at least 1", ""),
    ("conv 3x3 -8", 14, "filters is -8; it must be at least 1", ""),
    ("conv 3x3 7/2", 14, "filters is 3.5 where a whole number is needed",
     "a division must come out even"),
    ("conv 3x3 1/0", 14, "filters '1/0': a division by zero", ""),
    ("conv 3x3 (8", 14, "filters '(8': a ')' is missing", ""),
    ("conv 3x3 w", 14, "'w' means nothing to conv", ""),
    ("conv 3x3 2*w", 14, "filters '2*w': 'w' is not known here",
     "there are no parameters here"),
    ("conv 3x3 9999999999", 14, "filters is 9999999999; it must be at most 1,000,000,000", ""),
    ("conv 3x3 1:30", 14, "filters '1:30': ':' is not expected here", ""),
    ("conv 3x3 yes", 14, "filters is 'yes' where a number is needed", ""),
    ("conv 0x3 8", 10, "kernel is 0; it must be at least 1", ""),
    ("conv kxk 8", 10, "kernel 'kxk': 'k' is not known here", "there are no parameters here"),
    ("max-pool 2x2 /0", 18, "stride is 0; it must be at least 1", ""),
    ("dropout 1.5", 13, "rate is 1.5; it must be at most 1", ""),
    ("upsample 1.5", 14, "factor is 1.5 where a whole number is needed",
     "a division must come out even"),
    ("reshape 1x2x3x4x5x6x7x8x9", 13, "'1x2x3x4x5x6x7x8x9' is not a shape",
     "write height x width x channels, such as 224x224x3, or one number for a vector"),
    # long form
    ("{foo: 1, name: x}", 6, "no layer kind or module is called 'foo'", ""),
    ("{conv: [3x3]}", 12, "conv is a list where a text is needed",
     "write {conv: 3x3 64, name: conv1}"),
    ("{conv: 3x3 8, strid: 2}", 19, "conv has no option 'strid'", "did you mean 'stride'?"),
    ("{flatten: , shown: yes}", 17, "'shown' is a flag, not an option",
     "write it in the text: {flatten: ... shown}"),
    ("{conv: 3x3 8, stride: [2]}", 27, "stride is a list where one value is needed", ""),
    ("{conv: 3x3 8, stride: 1:30}", 27, "stride '1:30': ':' is not expected here", ""),
    ("{conv: 3x3 8, filters: 9}", 28, "'filters=9': filters is already '8'", ""),
    ("{conv: 3x3 8, name: a/b}", 25, "name 'a/b'",
     "use letters, digits, '-', '_' and '.', at most 60 characters"),
    ("{conv: 3x3 8, label: }", 26, "label needs a value", ""),
    ("{max-pool: 2x2, ceil: 3}", 27, "ceil is '3'", "use yes or no"),
    # repeats
    ("{repeat: 3}", 5, "a repeat needs 'of'", "write {repeat: 3, of: conv 3x3 64}"),
    ("{repeat: 3, of: relu, ech: 1}", 27, "a repeat has no key 'ech'", "did you mean 'each'?"),
    ("{repeat: yes, of: relu}", 14, "repeat is 'yes' where a number is needed", ""),
    ("{repeat: 1:30, of: relu}", 14, "'1:30': ':' is not expected here", ""),
    ("{repeat: [2], of: relu}", 14, "repeat is a list where a number is needed", ""),
    ("{repeat: , of: relu}", 14, "repeat is empty where a number is needed", ""),
    ("{repeat: 0, of: relu}", 14, "repeat is 0; it must be at least 1", ""),
    ("{repeat: 1000000000, of: relu}", 14, "repeat is 1000000000; it must be at most 10,000", ""),
    ("{repeat: 2.5, of: relu}", 14, "repeat is 2.5 where a whole number is needed",
     "a division must come out even"),
    ("{repeat: 3, of: conv 1x1 w, each: {w: [1, 2]}}", 43,
     "each gives 2 values for 3 iterations",
     "give one value an iteration; '9 x 0.2' stands for nine"),
    ("{repeat: 3, of: conv 1x1 w, each: {w: [9 x 4]}}", 43,
     "each gives 9 values for 3 iterations",
     "give one value an iteration; '9 x 0.2' stands for nine"),
    ("{repeat: 3, of: conv 1x1 w, each: {w: [99999 x 4]}}", 44,
     "'99999 x 4': at most 10,000 times", ""),
    ("{repeat: 3, of: conv 1x1 w, each: {w: 4}}", 43, "each gives '4' where a list is needed",
     "list 3 values"),
    ("{repeat: 1, of: relu, each: {relu: [1]}}", 21,
     "'relu' is 1 where a layer kind is needed", "such as max-pool"),
    ("{repeat: 1, of: relu, each: {3c: [1]}}", 34, "'3c' cannot name a parameter",
     "use letters, digits and '_'"),
    ("{repeat: 2, of: relu, each: [1, 2]}", 21,
     "with a list in 'each', 'of' must be the name of one module",
     "or write each: {parameter: [values]}"),
    # towers, forks, residuals, auxiliary classifiers
    ("{towers: [relu]}", 14, "towers need at least two", "a lone series needs no towers"),
    ("{towers: 1, of: relu}", 14, "towers is 1; it must be at least 2", ""),
    ("{towers: 5000, of: relu}", 14, "towers is 5000; it must be at most 4,096", ""),
    ("{towers: 4}", 5, "a number of towers needs 'of'", "write {towers: 32, of: [...]}"),
    ("{towers: [relu, tanh], of: relu}", 32,
     "'of' goes with a number of towers, not with a list", ""),
    ("{towers: [relu, tanh], merge: cnocat}", 35, "no layer kind or module is called 'cnocat'",
     "did you mean 'concat'?"),
    ("{towers: [relu, tanh], merge: relu}", 35, "'merge' needs a merge",
     "use one of concat, append, add, scaled-add, multiply, mean, minimum, maximum, op-merge"),
    ("{fork: [relu, tanh]}", 5, "a fork may only end a tower",
     "use towers, which have a merge of their own"),
    ("{towers: [[fork: [relu, tanh], relu], tanh]}", 16, "a fork may only end a tower",
     "use towers, which have a merge of their own"),
    ("{towers: [[fork: [relu]], tanh]}", 22, "a fork needs a list of at least two series", ""),
    ("{residual: relu, shorcut: relu}", 22, "a residual has no key 'shorcut'",
     "did you mean 'shortcut'?"),
    ("{repeat: 2, of: {auxiliary: relu}}", 21,
     "an auxiliary classifier may only stand in the network itself", ""),
    ("{auxiliary: relu, side: left}", 29, "side is 'left'", "use above or below"),
    # shapes
    ("dense 10", 5, "dense needs a vector and gets a map of 8×8×3",
     "put `flatten` or `global-avg-pool` before it; for each place of a map, write conv 1x1"),
    ("conv 9x9 4", 5, "a kernel of 9 does not fit on a map of 8",
     "use `same`, add `pad=`, or pool less before it"),
    ("conv 3x3 4 dilation=4", 5, "a kernel of 9 does not fit on a map of 8",
     "use `same`, add `pad=`, or pool less before it"),
    ("conv 3x3 8 groups=2", 5, "3 input channels cannot be divided into 2 groups", ""),
    ("conv 3x3 8 groups=3", 5, "8 filters cannot be divided into 3 groups", ""),
    ("reshape 5x5x5", 5, "8×8×3 has 192 values, 5×5×5 has 125", ""),
    ("conv-transpose 1x1 4 pad=4", 5, "the output would be 0×0×4", "stride and pool less"),
    ("{towers: [conv 3x3 4, relu]}", 5,
     "concat needs maps of one height and width: tower 1 gives 6×6×4, tower 2 gives 8×8×3",
     "compare their strides, paddings and filters"),
    ("{towers: [conv 1x1 4, relu], merge: add}", 41,
     "add needs equal shapes, or one value a channel: tower 1 gives 8×8×4, tower 2 gives 8×8×3",
     "compare their strides, paddings and filters"),
    ("{towers: [relu, conv 1x1 3 /2], merge: multiply}", 44,
     "multiply needs equal shapes, or one value a channel: "
     "tower 1 gives 8×8×3, tower 2 gives 4×4×3",
     "compare their strides, paddings and filters"),
    ("{residual: conv 3x3 3}", 5,
     "add needs equal shapes, or one value a channel: the main path gives 6×6×3, "
     "the shortcut gives 8×8×3",
     "compare their strides, paddings and filters"),
    ("{towers: [relu, [global-avg-pool]]}", 5,
     "concat needs maps of one height and width: tower 1 gives 8×8×3, tower 2 gives 3",
     "compare their strides, paddings and filters"),
    # graphs
    ("{graph: relu}", 13, "a graph is 'relu'", "it has 'nodes:' and 'edges:'"),
    ("{graph: {nodes: {a: relu}}}", 13, "a graph needs a mapping 'nodes' and a list 'edges'",
     "such as edges: [in -> a -> out]"),
    ("{graph: {nodes: {in: relu}, edges: [in -> out]}}", 22, "'in' is the input of the graph",
     "give the node another name"),
    ("{graph: {nodes: {a/: relu}, edges: [in -> out]}}", 22, "'a/' cannot name a node",
     "use letters, digits, '-' and '_'"),
    ("{graph: {nodes: {a: relu}, edges: [in -> b -> out]}}", 46, "the graph has no node 'b'",
     "known are: a, in, out"),
    ("{graph: {nodes: {a: relu}, edges: [in a out]}}", 40, "'in a out' is no edge",
     "names with ' -> ' between them: in -> a -> out"),
    ("{graph: {nodes: {a: relu}, edges: [in -> a -> out, in -> a]}}", 62,
     "the edge in -> a is given twice", ""),
    ("{graph: {nodes: {a: add}, edges: [in -> a -> out, in -> a, in -> a]}}", 70,
     "the edge in -> a is given more than twice", "merge it with itself twice"),
    ("{graph: {nodes: {a: relu}, edges: [in -> a -> out, a -> in]}}", 61,
     "no edge can go from 'a' to 'in'", ""),
    ("{graph: {nodes: {a: add, b: relu}, edges: [in -> a -> b -> out, b -> a]}}", 13,
     "the graph goes round in a circle through a, b", ""),
    ("{graph: {nodes: {a: relu, b: relu}, edges: [in -> a -> out]}}", 31,
     "node 'b' cannot be reached from 'in'", ""),
    ("{graph: {nodes: {a: relu, b: relu}, edges: [in -> a -> out, in -> b]}}", 31,
     "no way leads from node 'b' to 'out'", ""),
    ("{graph: {nodes: {a: relu}, edges: [in -> a]}}", 13, "no way leads from 'in' to 'out'", ""),
    ("{graph: {nodes: {a: relu, b: relu}, edges: [in -> a -> b -> out, in -> b]}}", 31,
     "node 'b' has 2 inputs and no merge", "begin it with concat, add or another merge"),
    ("{graph: {nodes: {a: add}, edges: [in -> a -> out]}}", 22,
     "node 'a' begins with a merge and has one input", ""),
    ("{graph: {nodes: {a: relu, b: relu}, edges: [in -> a -> out, in -> b -> out]}}", 76,
     "2 edges go to 'out'", "bring them together in a merge first"),
    ("{graph: {nodes: {a: conv 3x3 4, b: concat}, edges: [in -> a -> b -> out, in -> b]}}", 40,
     "concat needs maps of one height and width: a gives 6×6×4, in gives 8×8×3",
     "compare their strides, paddings and filters"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "column", "message", "hint"), ITEMS)
def test_items(item: str, column: int, message: str, hint: str | None) -> None:
    line, at, text, advice = only(f"{NET}  - {item}\n")
    assert (line, at, text) == (4, column, message)
    assert hint is None or advice == hint


# whole specs with one problem: line, column, message, hint
SPECS = [
    ("[]", 1, 1, "a spec is a mapping, this is a list", "begin with title: My network"),
    ("conv 3x3", 1, 1, "a spec is a mapping, this is 'conv 3x3'", "begin with title: My network"),
    (HEAD, 1, 1, "a spec needs a network", "write network: and a list of layers"),
    ("network: [input 8, relu]", 1, 1, "a spec needs a title", "write title: My network"),
    (HEAD + "network: relu", 2, 10, "network is 'relu' where a list is needed", ""),
    (HEAD + "network: []", 2, 10, "a network begins with its input",
     "write - input 224x224x3 first"),
    (HEAD + "network: [relu]", 2, 11, "a network begins with its input",
     "write - input 224x224x3 first"),
    (NET, 3, 5, "the network has no layers behind its input", ""),
    (HEAD + "network: [input 8 9, relu]", 2, 19, "'9': shape is already '8'", ""),
    (HEAD + "network: [input 0x8x3, relu]", 2, 17,
     "a side of the shape is 0; it must be at least 1", ""),
    (HEAD + "titel: x\nnetwork: [input 8, relu]", 2, 1, "a spec has no key 'titel'",
     "did you mean 'title'?"),
    (HEAD + "<<: {}\nnetwork: [input 8, relu]", 2, 1, "a spec has no key '<<'", ""),
    (NET + "  - flatten\n  - conv 3x3 8\n", 5, 5,
     "conv needs a map (height×width×channels) and gets a vector of 192",
     "put it before `flatten`, `dense` or a global pooling"),
    (NET + "  - upsample 1024\n" * 5, 7, 5, "the output would have a side of more than 10^12", ""),
    # head
    (HEAD + "year: nineteen\n" + NET[9:] + "  - relu", 2, 7,
     "year is 'nineteen' where a whole number is needed", ""),
    (HEAD + "year: 3000\n" + NET[9:] + "  - relu", 2, 7,
     "year is 3000; it must be from 1,900 to 2,100", ""),
    (HEAD + "date: 2015-13\n" + NET[9:] + "  - relu", 2, 7, "date is '2015-13'",
     "write year-month, such as 2015-12"),
    (HEAD + "link: javascript:alert(1)\n" + NET[9:] + "  - relu", 2, 7,
     "a link begins with https:// or http://", ""),
    (HEAD + "gallery: {brought: [a]}\n" + NET[9:] + "  - relu", 2, 20,
     "brought is a list where a text is needed", ""),
    (HEAD + "venue: ''\n" + NET[9:] + "  - relu", 2, 8, "venue is empty",
     "write a text or remove the key"),
    ("title: " + "x" * 101 + "\n" + NET[9:] + "  - relu", 1, 8,
     "title has 101 characters; at most 100 fit", ""),
    (HEAD + "published: 3\n" + NET[9:] + "  - relu", 2, 12,
     "published is '3' where a mapping is needed",
     "its keys are parameters, trainable, non-trainable, macs, macs-of, depth, with-auxiliary"),
    (HEAD + "published: {parametres: 3}\n" + NET[9:] + "  - relu", 2, 13,
     "published has no key 'parametres'", "did you mean 'parameters'?"),
    (HEAD + "published: {macs-of: some}\n" + NET[9:] + "  - relu", 2, 22,
     "macs-of is 'some'", "use all or layers"),
    (HEAD + "published: {depth: 1:30}\n" + NET[9:] + "  - relu", 2, 20,
     "depth is '1:30' where a whole number is needed", ""),
    (HEAD + "gallery: {keras: {top1: 74.9}}\n" + NET[9:] + "  - relu", 2, 25, "top1 is '74.9'",
     "write a share such as 0.749"),
    (HEAD + "gallery: {keras: {top1: 1.5}}\n" + NET[9:] + "  - relu", 2, 25, "top1 is '1.5'",
     "write a share such as 0.749"),
    (HEAD + "gallery: {keras: {top1: 0.7.4}}\n" + NET[9:] + "  - relu", 2, 25, "top1 is '0.7.4'",
     "write a share such as 0.749"),
    (HEAD + "accuracy: {top1: 76.1, dataset: ImageNet}\n" + NET[9:] + "  - relu", 2, 18,
     "top1 is '76.1'", "write a share such as 0.749"),
    (HEAD + "accuracy: {top1: 0.761}\n" + NET[9:] + "  - relu", 2, 11,
     "accuracy does not say of what", "write dataset: ImageNet"),
    (HEAD + "accuracy: {dataset: ImageNet}\n" + NET[9:] + "  - relu", 2, 11,
     "accuracy says no share", "write top1: 0.761, or top5"),
    (HEAD + "accuracy: {top1: 0.7, top5: 0.6, dataset: A}\n" + NET[9:] + "  - relu", 2, 29,
     "top5 is below top1, which is a part of it", ""),
    (HEAD + "scores: {top1: 0.7, dataset: A}\n" + NET[9:] + "  - relu", 2, 1,
     "a spec has no key 'scores'", "here it is called accuracy"),
    (HEAD + "gallery: {appendix: perhaps}\n" + NET[9:] + "  - relu", 2, 21, "appendix is 'perhaps'",
     "use true or false"),
    (HEAD + "brought: All.\n" + NET[9:] + "  - relu", 2, 1, "brought stands under gallery",
     "write gallery: {brought: ...}"),
    (HEAD + "keras: {}\n" + NET[9:] + "  - relu", 2, 1, "keras stands under gallery",
     "write gallery: {keras: ...}"),
    (HEAD + "appendix: true\n" + NET[9:] + "  - relu", 2, 1, "appendix stands under gallery",
     "write gallery: {appendix: ...}"),
    # figure and defaults
    (HEAD + "figure: {note: x}\n" + NET[9:] + "  - relu", 2, 10, "figure has no key 'note'",
     "did you mean 'notes'?"),
    (HEAD + "figure: {hide-badges: [cnov]}\n" + NET[9:] + "  - relu", 2, 24,
     "no layer kind is called 'cnov'", "did you mean 'conv'?"),
    (HEAD + "figure: {notes: [[x]]}\n" + NET[9:] + "  - relu", 2, 18,
     "a note is a list where a text is needed", ""),
    (HEAD + "defaults: [conv]\n" + NET[9:] + "  - relu", 2, 11,
     "defaults is a list where a mapping is needed", ""),
    (HEAD + "defaults: {cnov: same}\n" + NET[9:] + "  - relu", 2, 12,
     "defaults: no layer kind is called 'cnov'", "did you mean 'conv'?"),
    (HEAD + "defaults: {conv: [same]}\n" + NET[9:] + "  - relu", 2, 18,
     "the defaults of conv are a list", "write them as one text: same no-bias relu"),
    (HEAD + "defaults: {conv: same smae}\n" + NET[9:] + "  - relu", 2, 23,
     "'smae' means nothing to conv", "did you mean 'same'?"),
    (HEAD + "defaults: {conv: name=a}\n" + NET[9:] + "  - relu", 2, 18,
     "name cannot be a default", ""),
    # modules
    (HEAD + "modules: [a]\n" + NET[9:] + "  - relu", 2, 10,
     "modules is a list where a mapping is needed", ""),
    (HEAD + "modules: {a: {layers: relu}}\n" + NET[9:] + "  - relu", 2, 11,
     "module a is never called", "remove it or call it"),
    (HEAD + "modules: {Ab: {layers: relu}}\n" + NET[9:] + "  - Ab", 2, 11,
     "'Ab' cannot name a module", "use small letters, digits and '-', a letter first"),
    (HEAD + "modules: {previous: {layers: relu}}\n" + NET[9:] + "  - relu", 2, 11,
     "'previous' has a meaning of its own and cannot name a module", ""),
    (HEAD + "modules: {a: }\n" + NET[9:] + "  - a", 2, 14, "module a is empty",
     "it is a mapping with one of layers, towers, residual, graph, use"),
    (HEAD + "modules: {a: {color: green}}\n" + NET[9:] + "  - a", 2, 11, "module a has no body",
     "give it one of layers, towers, residual, graph, use"),
    (HEAD + "modules: {a: {layers: relu, graph: {}}}\n" + NET[9:] + "  - a", 2, 11,
     "module a has more than one body", "give it one of layers, towers, residual, graph, use"),
    (HEAD + "modules: {a: {layers: relu, merge: add}}\n" + NET[9:] + "  - a", 2, 29,
     "module a has no key 'merge'", None),
    (HEAD + "modules: {a: {layers: relu, color: mauve}}\n" + NET[9:] + "  - a", 2, 36,
     "there is no color 'mauve'", "use one of input, conv, pool, merge, dense, recurrent, "
     "embedding, attention, other, yellow, green, orange, blue, violet, pink, brown, grey, "
     "activation, function, or \"#rrggbb\" in quotes"),
    (HEAD + "modules: {a: {layers: relu, takes: [act=relu, w]}}\n" + NET[9:] + "  - a w=1", 2, 47,
     "'w' needs a default, as 'act' before it has one", "put parameters with a default last"),
    (HEAD + "modules: {a: {layers: relu, takes: [w=1, w=2]}}\n" + NET[9:] + "  - a", 2, 42,
     "'w' is taken twice", ""),
    (HEAD + "modules: {a: {layers: relu, takes: [x]}}\n" + NET[9:] + "  - a 1", 2, 37,
     "'x' has a meaning of its own and cannot name a parameter", ""),
    (HEAD + "modules: {a: {layers: dense widht, takes: width}}\n" + NET[9:] + "  - a 1", 2, 29,
     "'widht' means nothing to dense", "did you mean 'width'?"),
    (HEAD + "modules: {a: {layers: conv 1x1 2*widht, takes: width}}\n" + NET[9:] + "  - a 1", 2, 32,
     "filters '2*widht': 'widht' is not known here", "did you mean 'width'?"),
    (HEAD + "modules: {a: {layers: conv 1x1 w, takes: w}}\n" + NET[9:] + "  - a", 5, 5, "a needs w",
     "it takes: w"),
    (HEAD + "modules: {a: {layers: conv 1x1 w, takes: w}}\n" + NET[9:] + "  - a 1 2", 5, 9,
     "a takes 1 argument; '2' is too many", "it takes: w"),
    (HEAD + "modules: {a: {layers: conv 1x1 w, takes: w}}\n" + NET[9:] + "  - a 1 w=2", 5, 9,
     "w is already '1'", ""),
    (HEAD + "modules: {a: {layers: conv 1x1 width, takes: width}}\n" + NET[9:]
     + "  - a: {widht: 2}", 5, 9, "a has no parameter 'widht'", "did you mean 'width'?"),
    (HEAD + "modules: {a: {layers: conv 1x1 w, takes: w}}\n" + NET[9:] + "  - a rleu", 5, 7,
     "'rleu': 'rleu' is not known here", "did you mean 'relu'?"),
    (HEAD + "modules: {a: {layers: conv 1x1 w, takes: w}}\n" + NET[9:] + "  - a relu", 2, 32,
     "'w': filters is 'relu' where a number is needed", ""),
    (HEAD + "modules: {a: {layers: conv 1x1 w/2, takes: w}}\n" + NET[9:] + "  - a 5", 2, 32,
     "'w/2': filters is 2.5 where a whole number is needed", "a division must come out even"),
    (HEAD + "modules: {a: {layers: conv 1x1 2*w, takes: w}}\n" + NET[9:] + "  - a relu", 2, 32,
     "'2*w': filters: 'w' is the word 'relu' here, not a number", ""),
    (HEAD + "modules: {a: {layers: a}}\n" + NET[9:] + "  - a", 2, 23,
     "module a calls itself: a -> a", ""),
    (HEAD + "modules: {a: {layers: b}, b: {layers: c}, c: {layers: [relu, b]}}\n"
     + NET[9:] + "  - a", 2, 62, "module b calls itself: b -> c -> b", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), SPECS)
def test_specs(text: str, line: int, column: int, message: str, hint: str | None) -> None:
    found = only(text)
    assert found[:3] == (line, column, message)
    assert hint is None or found[3] == hint


def test_all_problems_come_together_in_order() -> None:
    text = (
        "title: T\nyear: x\nmodules:\n  a: {layers: [cnov 3x3, dense w]}\n"
        "network:\n  - input 8\n  - a 3\n  - dense 0\n  - max-pool 2\n"
    )
    places = [(problem.mark.line, problem.mark.column) for problem in problems_of(text)]
    assert places == [(2, 7), (4, 16), (4, 32), (7, 7), (8, 11), (9, 14)]


def test_one_problem_a_place_not_a_call() -> None:
    text = (
        "title: T\nmodules:\n  a: {takes: w, layers: [conv 1x1 w/2, conv 9x9 w]}\n"
        "network:\n  - input 8x8x3\n  - a 1\n  - a 3\n  - a 5\n"
    )
    assert only(text)[:3] == (3, 35, "'w/2': filters is 0.5 where a whole number is needed")


def test_shapes_behind_a_problem_are_not_complained_about() -> None:
    items = "  - conv 9x9 4\n  - dense 3\n  - {towers: [conv 9x9 4, relu]}\n  - dense 4\n"
    assert only(NET + items)[:2] == (4, 5)


def test_every_tower_is_looked_at() -> None:
    towers = "  - {towers: [conv 9x9 4, relu, dense 3]}\n"
    assert [problem.mark.column for problem in problems_of(NET + towers)] == [15, 33]


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("title: T\nnetwork: [input 8, cnov]\n")
    with pytest.raises(ArchvizError) as caught:
        load_network(str(path))
    assert str(caught.value) == (
        f"{path}:2:20: no layer kind or module is called 'cnov'\n    hint: did you mean 'conv'?"
    )
