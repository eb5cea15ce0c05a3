"""What becomes of maps: shuffles, blocks, paddings, and two convolutions that are one layer."""

from archviz.importers.fold import reassembled, regroup, windows
from archviz.importers.fold.rules.rule import Example, Rule, forked, regrouped

MAPS: tuple[Rule, ...] = (
    Rule(
        "Channel shuffle",
        "x ─ Reshape (groups apart) ─ Transpose ─ Reshape",
        "channel-shuffle",
        "Groups and channels in them change places, nothing else.",
        Example(
            regrouped("1 8 4 6", "1 2 4 4 6", "0,2,1,3,4", "1 8 4 6"),
            ("channel-shuffle",),
        ),
        Example(
            regrouped("1 8 4 6", "1 2 4 4 6", "0,2,1,4,3", "1 8 4 6"),
            ("reshape", "rearrange"),
        ),
        "Height and width change places too.",
        ("Reshape",),
        regroup.channel_shuffle,
    ),
    Rule(
        "Pixel shuffle",
        "x ─ Reshape (blocks from channels) ─ Transpose ─ Reshape",
        "pixel-shuffle",
        "Channels become the places of square blocks; so does `DepthToSpace`.",
        Example(
            regrouped("1 8 4 6", "1 2 2 2 4 6", "0,1,4,2,5,3", "1 2 8 12"),
            ("pixel-shuffle",),
        ),
        Example(
            regrouped("1 8 4 6", "1 2 4 1 4 6", "0,1,4,2,5,3", "1 2 16 6"),
            ("reshape", "rearrange"),
        ),
        "Blocks that are not square.",
        ("Reshape",),
        regroup.pixel_shuffle,
    ),
    Rule(
        "Space to depth",
        "x ─ Reshape (blocks) ─ Transpose (their places to the channels) ─ Reshape",
        "space to depth",
        "The places of each block become channels; so does `SpaceToDepth`.",
        Example(
            regrouped("1 8 4 6", "1 8 2 2 3 2", "0,1,3,5,2,4", "1 32 2 3"),
            ("space to depth",),
        ),
        Example(
            regrouped("1 8 4 6", "1 8 2 2 3 2", "0,1,2,4,3,5", "1 32 2 3"),
            ("reshape", "rearrange"),
        ),
        "Blocks whose places stay places.",
        ("Reshape",),
        regroup.space_to_depth,
    ),
    Rule(
        "Patch merging",
        forked(
            "x",
            "rows 0, 2, … ─ columns 0, 2, …",
            "rows 0, 2, … ─ columns 1, 3, …",
            "rows 1, 3, … ─ columns 0, 2, …",
            "rows 1, 3, … ─ columns 1, 3, …",
            end="Concat",
        ),
        "space to depth",
        "Every second row and column from each start, or every third.",
        Example(
            """
            x: 1 3 8 8
            r = Slice x [0] [99] [2] [2]
            s = Slice x [1] [99] [2] [2]
            a = Slice r [0] [99] [3] [2]
            b = Slice r [1] [99] [3] [2]
            c = Slice s [0] [99] [3] [2]
            d = Slice s [1] [99] [3] [2]
            y = Concat a b c d axis=1
            """,
            ("space to depth",),
        ),
        Example(
            """
            x: 1 3 8 8
            r = Slice x [0] [99] [2] [2]
            a = Slice r [0] [99] [3] [2]
            b = Slice r [1] [99] [3] [2]
            y = Concat a b axis=1
            """,
            ("every 2nd row", "every 2nd column", "every 2nd column", "concat"),
        ),
        "Some of the starts.",
        ("Concat",),
        reassembled.gathered_blocks,
    ),
    Rule(
        "Rescaled images",
        forked("x", *[f"channel {one} ─ Mul ─ Add" for one in range(3)], end="Concat"),
        "rescale",
        "What a model does to its images before all else.",
        Example(
            """
            x: 1 2 8 8
            a, b = Split x axis=1
            c = Mul a 0.5
            d = Add c -0.1
            e = Mul b 0.4
            f = Add e -0.2
            y = Concat d f axis=1
            """,
            ("rescale",),
        ),
        Example(
            """
            x: 1 2 8 8
            a, b = Split x axis=1
            c = Mul a 0.5
            d = Mul b 0.4
            y = Concat d c axis=1
            """,
            ("channel 0", "channel 1", "× 0.5", "× 0.4", "concat"),
        ),
        "The channels in another order.",
        ("Concat",),
        reassembled.rescaled,
    ),
    Rule(
        "Padding before a layer",
        "x ─ Pad ─ Conv",
        "conv",
        "Zeros belong to the convolution behind them.",
        Example("x: 1 3 8 8\np = Pad x [0 0 1 1 0 0 1 1]\ny = Conv p <4 3 3 3>", ("conv",)),
        Example(
            "x: 1 3 8 8\np = Pad x [0 0 1 1 0 0 1 1]\ny = MaxPool p kernel_shape=(3,3)",
            ("zero-pad", "max-pool"),
        ),
        "Zeros before a pooling, which takes their maximum.",
    ),
    Rule(
        "Separable convolution",
        "x ─ Conv (depthwise) ─ Conv 1×1",
        "sep-conv",
        "Nothing may lie between the two.",
        Example("x: 1 8 6 6\na = Conv x <8 1 3 3> group=8\ny = Conv a <4 8 1 1>", ("sep-conv",)),
        Example(
            "x: 1 8 6 6\na = Conv x <8 1 3 3> group=8\nb = Relu a\ny = Conv b <4 8 1 1>",
            ("depthwise-conv relu", "conv"),
        ),
        "An activation between them, as in MobileNet.",
    ),
    Rule(
        "Global pooling as a mean",
        "x ─ ReduceMean (height, width)",
        "global-avg-pool",
        "Over all places, also of a sequence or of a volume; a maximum as well.",
        Example("x: 1 8 6 6\ny = ReduceMean x axes=(2,3) keepdims=0", ("global-avg-pool",)),
        Example("x: 1 8 6 6\ny = ReduceMean x axes=(2,) keepdims=0", ("mean",)),
        "Over the rows alone.",
        ("ReduceMean", "ReduceMax"),
        windows.global_reduction,
    ),
)
