"""Activations that are written out, and gates.

An expression of one value is computed at a few places and compared with the curves that are known
(``fold.activations``), so that the order of its operands does not matter.
"""

from archviz.importers.fold import arithmetic
from archviz.importers.fold.rules.rule import Example, Rule, forked

ACTIVATIONS: tuple[Rule, ...] = (
    Rule(
        "SiLU",
        forked("x", "", "Sigmoid", end="Mul"),
        "silu",
        "An activation is known by its values at a few places, whatever the order of the operands.",
        Example("x: 1 8\nd = MatMul x <8 8>\ns = Sigmoid d\ny = Mul s d", ("dense silu",)),
        Example(
            "x: 1 8\nd = MatMul x <8 8>\ns = Sigmoid x\ny = Mul d s",
            ("dense", "sigmoid", "multiply"),
        ),
        "A gate from another value.",
    ),
    Rule(
        "Hard swish",
        forked("x", "", "Add 3 ─ Clip 0 to 6", end="Mul ─ Div 6"),
        "hard-swish",
        "Also with the sixth before the product.",
        Example(
            """
            x: 1 8
            d = MatMul x <8 8>
            a = Add 3.0 d
            c = Clip a 0.0 6.0
            p = Mul c d
            y = Div p 6.0
            """,
            ("dense hard-swish",),
        ),
        Example(
            """
            x: 1 8
            d = MatMul x <8 8>
            a = Add 3.0 d
            c = Clip a 0.0 6.0
            p = Mul c d
            y = Div p 5.0
            """,
            ("dense", "+ 3", "relu6", "multiply", "÷ 5"),
        ),
        "A fifth in place of a sixth.",
    ),
    Rule(
        "GELU",
        forked("x", "", "Div √2 ─ Erf ─ Add 1", end="Mul ─ Mul ½"),
        "gelu",
        "By the error function or, nearly the same, the hyperbolic tangent.",
        Example(
            """
            x: 1 8
            d = MatMul x <8 8>
            a = Div d 1.4142135
            e = Erf a
            f = Add 1.0 e
            h = Mul 0.5 d
            y = Mul f h
            """,
            ("dense gelu",),
        ),
        Example(
            """
            x: 1 8
            d = MatMul x <8 8>
            e = Erf d
            f = Add 1.0 e
            h = Mul 0.5 d
            y = Mul f h
            """,
            ("dense", "erf", "+ 1", "× 0.5", "multiply"),
        ),
        "The same without the root of two.",
    ),
    Rule(
        "Mish",
        forked("x", "", "Softplus ─ Tanh", end="Mul"),
        "mish",
        "The curve of the hyperbolic tangent of `softplus`, times its input.",
        Example(
            "x: 1 8\nd = MatMul x <8 8>\ns = Softplus d\nt = Tanh s\ny = Mul t d",
            ("dense mish",),
        ),
        Example(
            "x: 1 8\nd = MatMul x <8 8>\ns = Sigmoid d\nt = Tanh s\ny = Mul t d",
            ("dense", "sigmoid", "tanh", "multiply"),
        ),
        "Another curve below the tangent.",
    ),
    Rule(
        "Gated linear unit",
        forked("x ─ Split", "first half", "second half ─ Sigmoid", end="Mul"),
        "GLU",
        "The first half passes, the second is the gate.",
        Example(
            "x: 1 6 8\na, b = Split x axis=2\ns = Sigmoid b\ny = Mul s a",
            ("GLU",),
        ),
        Example(
            "x: 1 6 8\na, b = Split x axis=2\ns = Sigmoid a\ny = Mul b s",
            ("first half", "second half", "sigmoid", "multiply"),
        ),
        "The halves the other way round.",
        ("Mul",),
        arithmetic.gated,
    ),
    Rule(
        "Scaled sum",
        forked("x", "", "a path ─ Mul 0.2", end="Add"),
        "scaled-add",
        "The path with the number is the first of the two.",
        Example(
            "x: 1 8\nd = MatMul x <8 8>\ns = Mul d 0.2\ny = Add x s",
            ("dense", "scaled-add"),
        ),
        Example(
            "x: 1 8\nd = MatMul x <8 8>\ns = Sub d 0.2\ny = Add x s",
            ("dense", "− 0.2", "add"),
        ),
        "A number that is taken away.",
        ("Add", "Sum"),
        arithmetic.scaled_sum,
    ),
    Rule(
        "Channel gate",
        forked("x", "", "GlobalAveragePool ─ Conv ─ … ─ Sigmoid", end="Mul"),
        "multiply",
        "One number for each channel of a map; a module of it is squeeze-and-excitation where "
        "something is squeezed.",
        Example(
            """
            x: 1 8 6 6
            p = GlobalAveragePool x
            a = Conv p <2 8 1 1> <2>
            r = Relu a
            b = Conv r <8 2 1 1> <8>
            s = Sigmoid b
            y = Mul s x
            """,
            ("global-avg-pool", "dense relu", "dense sigmoid", "multiply"),
        ),
        Example(
            """
            x: 1 8 6 6
            p = GlobalAveragePool x
            a = Conv p <8 8 1 1> <8>
            y = Add x a
            """,
            ("global-avg-pool", "dense", "add"),
        ),
        "One number for each channel, added.",
    ),
)
