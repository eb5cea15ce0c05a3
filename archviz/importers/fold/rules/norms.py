"""Norms that are written out, and layers whose weights are computed from others."""

from archviz.importers.fold import written_norms
from archviz.importers.fold.rules.rule import Example, Rule, forked

_CENTRED = """
    x: 1 6 8
    m = ReduceMean x axes=(-1,)
    c = Sub x m
    s = Pow c 2.0
    v = ReduceMean s axes=(-1,)
    e = Add v 1e-5
    r = Sqrt e
"""

_HEADS = """
    x: 1 6 16 learned
    d = MatMul x <16 16>
    h = Reshape d [1 6 4 4]
    s = Pow h 2.0
"""
_DIVIDED = """
    e = Add v 1e-6
    r = Sqrt e
    n = Div h r
    y = Mul n <4>
"""

NORMS: tuple[Rule, ...] = (
    Rule(
        "Batch norm as arithmetic",
        "x ─ Sub mean ─ Mul scale ─ Add shift",
        "batch-norm",
        "In a file the four vectors may have become two or three; the layer has four.",
        Example(
            """
            x: 1 8 6 6
            a = Sub x <8 1 1>
            b = Mul a <8 1 1>
            c = Add b <8 1 1>
            y = Conv c <4 8 3 3>
            """,
            ("batch-norm", "conv"),
        ),
        Example(
            """
            x: 1 8 6 6 learned
            a = Mul x <8 1 1>
            b = Add a <8 1 1>
            y = Conv b <4 8 3 3>
            """,
            ("scale", "+ bias", "conv"),
        ),
        "A learned scale and shift in a PyTorch module, where a norm is one by its name.",
    ),
    Rule(
        "Layer norm written out",
        forked(
            "x ─ Sub mean", "", "Pow 2 ─ ReduceMean ─ Add ─ Sqrt", end="Div ─ Mul scale ─ Add shift"
        ),
        "layer-norm",
        "The square may be a product, the quotient a product with the reciprocal.",
        Example(
            f"""{_CENTRED}
            n = Div c r
            g = Mul n <8>
            y = Add g <8>
            """,
            ("layer-norm",),
        ),
        Example(
            f"""{_CENTRED}
            y = Div r c
            """,
            ("mean", "subtract", "power of 2", "mean", "+ 1e−05", "square root", "divide"),
        ),
        "The deviation divided by the value.",
        ("Mul", "Div"),
        written_norms.by_deviation,
    ),
    Rule(
        "RMS norm written out",
        forked("x", "", "Pow 2 ─ ReduceMean ─ Add ─ Sqrt", end="Div ─ Mul scale"),
        "rms-norm",
        "No mean is taken away before, and no shift follows.",
        Example(
            """
            x: 1 6 8
            s = Mul x x
            v = ReduceMean s axes=(-1,)
            e = Add v 1e-6
            r = Sqrt e
            i = Reciprocal r
            n = Mul i x
            y = Mul n <8>
            """,
            ("rms-norm",),
        ),
        Example(
            """
            x: 1 6 8
            s = Pow x 3.0
            v = ReduceMean s axes=(-1,)
            e = Add v 1e-6
            r = Sqrt e
            i = Reciprocal r
            n = Mul x i
            y = Mul n <8>
            """,
            ("power of 3", "mean", "+ 1e−06", "square root", "reciprocal", "multiply", "scale"),
        ),
        "A cube in place of the square.",
        ("Mul", "Div"),
        written_norms.by_deviation,
    ),
    Rule(
        "Norm of each head",
        forked(
            "x ─ Reshape (heads)", "", "Pow 2 ─ ReduceMean ─ Add ─ Sqrt", end="Div ─ Mul scale"
        ),
        "norm of each head",
        "The same norm for all heads, over the features of each; attention takes it in.",
        Example(
            f"{_HEADS}v = ReduceMean s axes=(-1,) keepdims=1{_DIVIDED}",
            ("dense", "reshape", "norm of each head"),
        ),
        Example(
            f"{_HEADS}v = ReduceMean s axes=(-2,) keepdims=1{_DIVIDED}",
            (
                *("dense", "reshape", "power of 2", "mean", "+ 1e−06", "square root", "divide"),
                "× learned table",
            ),
        ),
        "A mean over the heads.",
        ("Mul", "Div"),
        written_norms.by_deviation,
    ),
    Rule(
        "Group norm written out",
        "x ─ Reshape (groups) ─ InstanceNormalization ─ Reshape ─ Mul scale ─ Add shift",
        "group-norm",
        "The norm of the groups has numbers of the code, not weights.",
        Example(
            """
            x: 1 8 6 6
            a = Reshape x [0 2 -1]
            b = InstanceNormalization a [1.0 1.0] [0.0 0.0]
            c = Reshape b [1 8 6 6]
            d = Mul c <8 1 1>
            y = Add d <8 1 1>
            """,
            ("group-norm",),
        ),
        Example(
            """
            x: 1 8 6 6
            b = InstanceNormalization x <8> <8>
            y = Relu b
            """,
            ("instance-norm", "relu"),
        ),
        "A norm of each channel by itself.",
    ),
    Rule(
        "L2 normalisation",
        forked("x", "", "ReduceL2 ─ Clip ─ Expand", end="Div"),
        "L2 normalisation",
        "A value over its own length.",
        Example(
            """
            x: 1 6 8
            l = ReduceL2 x axes=(-1,) keepdims=1
            c = Clip l 1e-12
            y = Div x c
            """,
            ("L2 normalisation",),
        ),
        Example(
            """
            x: 1 6 8
            a = MatMul x <8 8>
            l = ReduceL2 a axes=(-1,) keepdims=1
            c = Clip l 1e-12
            y = Div x c
            """,
            ("dense", "L2 norm", "at least 1e−12", "divide"),
        ),
        "The length of another value.",
        ("Div",),
        written_norms.by_length,
    ),
    Rule(
        "Weight norm",
        forked("weight", "", "ReduceL2", end="Div ─ Mul length ─ Conv"),
        "weight-norm",
        "Of weights that are computed from others, each counts once.",
        Example(
            """
            x: 1 8 6 6 learned
            wv: 4 8 3 3
            l = ReduceL2 wv axes=(1,2,3) keepdims=1
            d = Div wv l
            k = Mul d <4 1 1 1>
            y = Conv x k <4>
            """,
            ("conv weight-norm",),
        ),
        Example(
            """
            x: 1 8 6 6 learned
            wv: 4 8 3 3
            m = ReduceMean wv axes=(1,2,3) keepdims=1
            k = Sub wv m
            y = Conv x k <4>
            """,
            ("conv",),
        ),
        "Weights that are only standardised: the layer has none beside its own.",
    ),
)  # fmt: skip
