"""Sequences: attention, tokens, positions, and both directions of a recurrent layer."""

from archviz.importers.fold import arithmetic, attention, concat, gather, recurrent
from archviz.importers.fold.rules.rule import Example, Rule, forked


def _projected(part: str, of: str, heads: int = 4, perm: str = "0,2,1,3") -> str:
    """Queries, keys or values of 6 rows, with their heads apart."""
    return f"""
    {part}1 = MatMul {of} <16 {4 * heads}>
    {part}2 = Add {part}1 <{4 * heads}>
    {part}3 = Reshape {part}2 [1 6 {heads} 4]
    {part} = Transpose {part}3 perm=({perm})
    """


def _repeated(part: str, dims: str) -> str:
    """Two heads as four, each twice."""
    first, _, last = dims.partition(" 4 ")
    return f"""
    {part}4 = Unsqueeze {part} [2]
    {part}5 = Expand {part}4 [{first} 2 2 {last}]
    {part}6 = Reshape {part}5 [{dims}]
    """


_ENDED = """
    o1 = Transpose o perm=(0,2,1,3)
    o2 = Reshape o1 [1 6 16]
    o3 = MatMul o2 <16 16>
    y = Add o3 <16>
"""
_ALL = f"""
    x: 1 6 16
    {_projected("q", "x")}
    {_projected("k", "x", perm="0,2,3,1")}
    {_projected("v", "x")}
    s = MatMul q k
    n = Div s 2.0
"""
_TWO = f"""
    x: 1 6 16
    m: 1 6 16
    {_projected("q", "x")}
    {_projected("k", "m", perm="0,2,3,1")}
    s = MatMul q k
    p = Softmax s axis=-1
"""
_SHARED = f"""
    x: 1 6 16
    {_projected("q", "x")}
    {_projected("k", "x", 2, perm="0,2,3,1")}
    {_projected("v", "x", 2)}
    {_repeated("k", "1 4 4 6")}
    {_repeated("v", "1 4 6 4")}
    s = MatMul q k6
"""
_PARTS = ("dense", "reshape") * 3
_LAST = "matrix product", "rearrange", "dense"
_MATCHED = ("MatMul", "Einsum"), attention.attention

SEQUENCES: tuple[Rule, ...] = (
    Rule(
        "Attention",
        "x ─┬─ MatMul (queries) ─┬─ MatMul ─ Softmax ─┬─ MatMul ─ MatMul\n"
        "   ├─ MatMul (keys) ────┘                    │\n"
        "   └─ MatMul (values) ───────────────────────┘",
        "attention",
        "Heads, scales and rotations by position are a part of it, and the projection behind it.",
        Example(f"{_ALL}p = Softmax n axis=-1\no = MatMul p v{_ENDED}", ("attention",)),
        Example(
            f"{_ALL}p = Sigmoid n\no = MatMul p v{_ENDED}",
            (*_PARTS, "matrix product", "÷ 2", "sigmoid", *_LAST),
        ),
        "Scores without a softmax.",
        *_MATCHED,
    ),
    Rule(
        "Masked attention",
        "x ─┬─ MatMul (queries) ─┬─ MatMul ─ Add mask ─ Softmax ─┬─ MatMul ─ MatMul\n"
        "   ├─ MatMul (keys) ────┘                               │\n"
        "   └─ MatMul (values) ──────────────────────────────────┘",
        "attention",
        "A mask, added or chosen by `Where`, has no weights.",
        Example(
            f"{_ALL}t = Add n <1 1 6 6>\np = Softmax t axis=-1\no = MatMul p v{_ENDED}",
            ("attention",),
        ),
        Example(
            f"{_ALL}t = Add n <1 4 6 6>\np = Softmax t axis=-1\no = MatMul p v{_ENDED}",
            ("other-attention: attention",),
        ),
        "Learned numbers for each head, which count.",
        *_MATCHED,
    ),
    Rule(
        "Attention to another sequence",
        "x ─── MatMul (queries) ─┬─ MatMul ─ Softmax ─┬─ MatMul ─ MatMul\n"
        "m ─┬─ MatMul (keys) ────┘                    │\n"
        "   └─ MatMul (values) ───────────────────────┘",
        "attention",
        "Keys and values come from one sequence, its second input.",
        Example(
            f"{_TWO}{_projected('v', 'm')}o = MatMul p v{_ENDED}", ("input", "attention")
        ),
        Example(
            f"{_TWO}{_projected('v', 'x')}o = MatMul p v{_ENDED}",
            ("input", *_PARTS[:4], "matrix product", "softmax", *_PARTS[:2], *_LAST),
        ),
        "Keys and values of two sequences.",
        *_MATCHED,
    ),
    Rule(
        "Heads that share their keys",
        "x ─┬─ MatMul (queries) ───────────┬─ MatMul ─ Softmax ─┬─ MatMul ─ MatMul\n"
        "   ├─ MatMul (few keys) ── Expand ┘                    │\n"
        "   └─ MatMul (few values) ─ Expand ────────────────────┘",
        "attention",
        "Keys and values of fewer heads, each repeated for several heads of queries.",
        Example(f"{_SHARED}p = Softmax s axis=-1\no = MatMul p v6{_ENDED}", ("attention",)),
        Example(
            f"{_SHARED}p = Softmax s axis=2\no = MatMul p v6{_ENDED}",
            (*_PARTS, *("repeat", "reshape") * 2, "matrix product", "softmax", *_LAST),
        ),
        "A softmax over the queries.",
        *_MATCHED,
    ),
    Rule(
        "Class token",
        "learned row ─┬─ Concat\n"
        "          x ─┘",
        "class-token",
        "One learned row or several before a sequence.",
        Example("x: 1 6 8\ny = Concat <1 1 8> x axis=1", ("class-token",)),
        Example("x: 1 6 8\nd = MatMul x <8 8>\ny = Concat d x axis=2", ("dense", "concat")),
        "Values beside the features.",
        ("Concat",),
        concat.class_token,
    ),
    Rule(
        "Positions",
        "x ─ Add table",
        "position",
        "Learned numbers for each row and feature; of tables that a model picks from, all counts.",
        Example("x: 1 6 8\ny = Add x <1 6 8>", ("position",)),
        Example("x: 1 6 8\nd = MatMul x <8 8>\ny = Add d <8>", ("dense",)),
        "One number for each feature: a bias.",
        ("Add", "Sum"),
        arithmetic.positions,
    ),
    Rule(
        "Rows of a small table",
        "table ─ Gather rows ─┬─ Add\n"
        "                  x ─┘",
        "segment embedding",
        "A table of fewer rows than the sequence says what a row is, not where; all of it counts.",
        Example(
            "x: 1 6 8\nw: 2 8\nt = Gather w [0 0 0 0 1 1] axis=0\ny = Add x t",
            ("segment embedding",),
        ),
        Example(
            "x: 1 6 8\nw: 64 8\nt = Gather w [0 1 2 3 4 5] axis=0\ny = Add x t",
            ("position",),
        ),
        "A table of as many rows or more: positions.",
        ("Add", "Sum"),
        arithmetic.positions,
    ),
    Rule(
        "Positions that are counted in the words",
        "words ─ Equal padding ─ Not ─ CumSum ─ Mul ─ Add ─ Gather table",
        "position embedding",
        "Padding has no place; the table has rows to spare, and all of it counts.",
        Example(
            """
            x: 1 6
            w: 64 8
            e = Equal x 1
            n = Not e
            c = CumSum n 1
            m = Mul c n
            p = Add m 1
            y = Gather w p axis=0
            """,
            ("position embedding",),
        ),
        Example(
            """
            x: 1 6
            w: 64 8
            e = Equal x 1
            n = Not e
            y = Gather w n axis=0
            """,
            ("Equal", "not", "embedding"),
        ),
        "Nothing is counted: rows for a mask.",
        ("Gather",),
        gather.counted_positions,
    ),
    Rule(
        "Both directions of a recurrent layer",
        forked("x ─ LSTM", "forward state", "backward state", end="Concat"),
        "lstm",
        "The last states of a layer, side by side in their order.",
        Example(
            """
            x: 6 1 8
            s, h = LSTM x <2 16 8> <2 16 4> <2 32> hidden_size=4 direction='bidirectional'
            f = Gather h 0 axis=0
            b = Gather h 1 axis=0
            y = Concat f b axis=1
            """,
            ("lstm",),
        ),
        Example(
            """
            x: 6 1 8
            s, h = LSTM x <2 16 8> <2 16 4> <2 32> hidden_size=4 direction='bidirectional'
            f = Gather h 0 axis=0
            b = Gather h 1 axis=0
            y = Concat b f axis=1
            """,
            ("lstm", "forward state", "backward state", "concat"),
        ),
        "The other order.",
        ("Concat", "Reshape"),
        recurrent.both_directions,
    ),
)  # fmt: skip
