"""Maps cut into patches and windows, and rolled before that."""

from archviz.importers.fold import map_windows, reassembled, regroup
from archviz.importers.fold.rules.rule import Example, Rule, forked, regrouped

_MAP = """
x: 1 4 8 12
m = Transpose x perm=(0,2,3,1)
"""
_CUT = f"""{_MAP}
c = Reshape m [1 2 4 3 4 4]
d = Transpose c perm=(0,1,3,2,4,5)
w = Reshape d [6 16 4]
"""


def _projected(part: str, perm: str) -> str:
    return f"{part}1 = MatMul w <4 4>\n{part}2 = Reshape {part}1 [6 16 2 2]\n" + (
        f"{part} = Transpose {part}2 perm=({perm})\n"
    )


_ATTENDED = f"""
{_projected("q", "0,2,1,3")}
{_projected("k", "0,2,3,1")}
{_projected("u", "0,2,1,3")}
s = MatMul q k
p = Softmax s axis=-1
o = MatMul p u
o1 = Transpose o perm=(0,2,1,3)
o2 = Reshape o1 [6 16 4]
o3 = MatMul o2 <4 4>
"""

WINDOWS: tuple[Rule, ...] = (
    Rule(
        "Patches",
        "x ─ Reshape (blocks) ─ Transpose (their places to the end) ─ Reshape (rows)",
        "patches 2×2",
        "The values of each patch stand in a row of a sequence.",
        Example(
            regrouped("1 8 4 6", "1 8 2 2 3 2", "0,2,4,3,5,1", "1 6 32"),
            ("patches 2×2",),
        ),
        Example(
            regrouped("1 8 4 6", "1 8 2 2 3 2", "0,4,3,2,5,1", "1 6 32"),
            ("reshape", "rearrange"),
        ),
        "Places from other patches in a row.",
        ("Reshape",),
        regroup.patches,
    ),
    Rule(
        "Window partition",
        "x ─ Reshape (windows) ─ Transpose ─ Reshape",
        "window partition",
        "The channels of the map may be first or last.",
        Example(f"{_CUT}y = MatMul w <4 4>", ("window partition 4×4", "conv")),
        Example(
            f"{_MAP}c = Reshape m [1 2 4 3 4 4]\nd = Transpose c perm=(0,1,3,4,2,5)\n"
            "w = Reshape d [6 16 4]\ny = MatMul w <4 4>",
            ("reshape", "rearrange", "conv"),
        ),
        "The places in each window in another order.",
        ("Reshape",),
        map_windows.window_partition,
    ),
    Rule(
        "Window return",
        "windows ─ Reshape ─ Transpose ─ Reshape (map)",
        "window reverse",
        "The same order of axes, the other way.",
        Example(
            f"""{_CUT}
            v = MatMul w <4 4>
            e = Reshape v [1 2 3 4 4 4]
            f = Transpose e perm=(0,1,3,2,4,5)
            y = Reshape f [1 8 12 4]
            """,
            ("window partition 4×4", "conv", "window reverse 4×4"),
        ),
        Example(
            f"""{_CUT}
            v = MatMul w <4 4>
            e = Reshape v [1 2 3 4 4 4]
            f = Transpose e perm=(0,1,3,4,2,5)
            y = Reshape f [1 8 12 4]
            """,
            ("window partition 4×4", "conv", "reshape", "rearrange"),
        ),
        "Rows and columns in a window changed for each other.",
        ("Reshape",),
        map_windows.window_reverse,
    ),
    Rule(
        "Cyclic shift",
        forked("x", "rows behind the first n", "first n rows", end="Concat"),
        "cyclic shift",
        "A roll along an axis, or along both, which are one shift.",
        Example(
            """
            x: 1 6 8
            a = Slice x [2] [99] [1]
            b = Slice x [0] [2] [1]
            y = Concat a b axis=1
            """,
            ("cyclic shift −2 of rows",),
        ),
        Example(
            """
            x: 1 6 8
            a = Slice x [3] [99] [1]
            b = Slice x [0] [2] [1]
            y = Concat a b axis=1
            """,
            ("second half of rows", "rows, part 1 of 3", "concat"),
        ),
        "Parts that are not all of the value.",
        ("Concat",),
        reassembled.cyclic_shift,
    ),
    Rule(
        "Attention in windows",
        "x ─ window partition ─ attention ─ window return",
        "other-attention: window attention",
        "One box, also of windows that were shifted before and are shifted back.",
        Example(
            f"""{_CUT}{_ATTENDED}
            e = Reshape o3 [1 2 3 4 4 4]
            f = Transpose e perm=(0,1,3,2,4,5)
            y = Reshape f [1 8 12 4]
            """,
            ("other-attention: window attention",),
        ),
        Example(
            f"""{_CUT}{_ATTENDED}
            e = Reshape o3 [1 2 3 4 4 4]
            f = Transpose e perm=(0,1,3,2,4,5)
            y = Reshape f [1 8 12 4]
            z = Relu w
            out y z
            """,
            ("window partition 4×4", "other-attention: attention", "window reverse 4×4", "relu"),
        ),
        "Windows that are used elsewhere, too: partition and return are drawn.",
        ("Reshape",),
        map_windows.window_reverse,
    ),
)
