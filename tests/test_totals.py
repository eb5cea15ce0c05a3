"""The bundled networks come to the totals of their papers and reference implementations."""

from __future__ import annotations

from itertools import groupby

import pytest

from archviz import catalog
from archviz.bundled import path_of
from archviz.language.expand import load_network, network_from_text
from archviz.network.analysis import Analysis, analyse, check_published
from archviz.network.model import Layer, ModuleCall, Network, Repeat, Residual, Towers
from archviz.network.report import info_text, macs_parts, published_data

# name: parameters, trainable, non-trainable, multiply-adds, depth
TOTALS = {
    "lenet5": (61_706, 61_706, 0, 416_520, 9),
    "alexnet": (60_965_224, 60_965_224, 0, 724_406_816, 17),
    "vgg16": (138_357_544, 138_357_544, 0, 15_470_264_320, 23),
    "inception_v1": (6_998_552, 6_998_552, 0, 1_582_671_872, 40),
    "inception_v3": (23_851_784, 23_817_352, 34_432, 5_713_216_096, 159),
    "resnet50": (25_636_712, 25_583_592, 53_120, 3_857_973_248, 169),
    "xception": (22_910_480, 22_855_952, 54_528, 8_357_403_496, 126),
    "inception_v4": (42_711_400, 42_648_232, 63_168, 12_253_974_624, 251),
    "inception_resnet_v2": (55_873_736, 55_813_192, 60_544, 13_155_794_016, 572),
    "resnext50": (25_097_128, 25_028_904, 68_224, 4_230_479_872, 169),
    "nin": (7_595_176, 7_595_176, 0, 1_100_188_800, 19),
    "retinanet": (34_121_239, 34_068_119, 53_120, 151_540_437_248, 178),
    "deeplabv3_plus": (26_740_037, 26_682_725, 57_312, 36_645_109_760, 185),
    "detr": (41_631_008, 41_524_768, 106_240, 81_167_232_000, 286),
    "unet": (31_030_658, 31_030_658, 0, 150_428_424_448, 36),
    "resnet50_v1_5": (25_610_152, 25_557_032, 53_120, 4_089_184_256, 167),
    "transformer": (63_082_496, 63_082_496, 0, 3_425_320_960, 103),
    "bert": (109_482_240, 109_482_240, 0, 48_318_971_904, 91),
    "gpt2": (124_439_808, 124_439_808, 0, 145_824_153_600, 89),
    "mobilenet_v3_large": (5_507_432, 5_483_032, 24_400, 216_589_760, 169),
    "ddpm": (35_746_307, 35_746_307, 0, 6_221_856_768, 221),
    "vit_b_16": (86_567_656, 86_567_656, 0, 17_563_828_224, 92),
    "clip_vit_b_32": (151_277_313, 151_277_313, 0, 7_388_582_400, 94),
    "yolov8n": (3_167_776, 3_157_184, 10_592, 4_371_456_000, 176),
    "mixtral_8x7b": (46_702_792_704, 46_702_792_704, 0, 56_616_258_895_872, 228),
    "llama3_8b": (8_030_261_248, 8_030_261_248, 0, 79_070_347_919_360, 228),
    "zfnet": (62_357_608, 62_357_608, 0, 1_168_032_896, 15),
    "vgg11": (132_863_336, 132_863_336, 0, 7_609_090_048, 18),
    "vgg19": (143_667_240, 143_667_240, 0, 19_632_062_464, 26),
    "inception_v2": (11_315_272, 11_295_240, 20_032, 2_032_600_064, 114),
    "inception_resnet_v1": (24_025_224, 23_995_624, 29_600, 6_308_235_360, 317),
    "resnet18": (11_699_112, 11_689_512, 9_600, 1_814_073_344, 63),
    "resnet34": (21_814_696, 21_797_672, 17_024, 3_663_761_408, 119),
    "resnet101": (44_707_176, 44_601_832, 105_344, 7_570_194_432, 339),
    "resnet152": (60_419_944, 60_268_520, 151_424, 11_282_415_616, 509),
    "resnet50_v2": (25_613_800, 25_568_360, 45_440, 3_482_255_360, 172),
    "wide_resnet28_10": (36_497_146, 36_479_194, 17_952, 5_243_328_768, 90),
    "wide_resnet50_2": (68_951_464, 68_883_240, 68_224, 11_398_021_120, 167),
    "resnext101": (44_315_560, 44_177_704, 137_856, 7_969_996_800, 337),
    "se_resnet50": (28_141_144, 28_088_024, 53_120, 3_860_488_192, 231),
    "squeezenet1_1": (1_235_496, 1_235_496, 0, 349_151_936, 33),
    "mobilenet_v1": (4_253_864, 4_231_976, 21_888, 568_740_352, 84),
    "mobilenet_v2": (3_538_984, 3_504_872, 34_112, 300_774_272, 153),
    "shufflenet_v2": (2_294_784, 2_278_604, 16_180, 144_907_992, 183),
    "mobilenet_v3_small": (2_554_968, 2_542_856, 12_112, 56_510_400, 138),
    "efficientnet_b0": (5_330_564, 5_288_548, 42_016, 385_814_752, 208),
    "densenet_bc_100": (793_150, 769_162, 23_988, 287_929_692, 350),
    "densenet121": (8_062_504, 7_978_856, 83_648, 2_834_161_664, 427),
    "densenet_bc_250": (15_582_382, 15_324_406, 257_976, 5_418_785_724, 875),
    "densenet201": (20_242_984, 20_013_928, 229_056, 4_291_365_888, 707),
    "densenet_bc_190": (25_881_390, 25_624_430, 256_960, 9_301_945_740, 665),
    "distilbert": (66_362_880, 66_362_880, 0, 24_159_191_040, 46),
    "regnet_y_400mf": (4_371_296, 4_344_144, 27_152, 401_842_848, 230),
    "repvgg_a0": (9_132_616, 9_108_968, 23_648, 1_512_581_120, 91),
    "convnext_tiny": (28_589_128, 28_589_128, 0, 4_455_531_264, 120),
    "swin_t": (28_288_354, 28_288_354, 0, 4_490_566_656, 99),
    "ssd300": (35_641_826, 35_641_826, 0, 34_858_153_472, 32),
    "fcn8s": (134_489_759, 134_489_759, 0, 190_366_583_952, 30),
    "segnet": (29_469_843, 29_453_971, 15_872, 325_545_099_264, 87),
    "pspnet": (46_774_997, 46_716_373, 58_624, 161_861_427_200, 183),
    "nasnet_mobile": (5_326_716, 5_289_978, 36_738, 563_638_816, 210),
    "hrnet_w18": (21_350_220, 21_299_004, 51_216, 4_283_537_072, 355),
    "mlp_mixer": (59_880_472, 59_880_472, 0, 12_601_767_936, 126),
    "mnist_mlp": (669_706, 669_706, 0, 668_672, 6),
    "mnist_cnn": (34_826, 34_826, 0, 2_440_960, 8),
    "dcgan": (6_345_984, 6_342_272, 3_712, 208_445_440, 25),
    "t5_small": (60_506_624, 60_506_624, 0, 35_802_578_944, 103),
    "whisper_tiny": (37_760_640, 37_184_640, 576_000, 35_541_098_496, 71),
}
# the same without depth, auxiliary classifiers included
WITH_AUXILIARY = {
    "inception_v1": (13_378_280, 13_378_280, 0, 1_591_044_096),
    "inception_v3": (27_179_376, 27_143_152, 36_224, 5_718_899_296),
    "inception_v4": (46_071_760, 46_006_800, 64_960, 12_260_477_024),
    "inception_resnet_v2": (59_242_288, 59_179_952, 62_336, 13_162_501_216),
    "pspnet": (49_140_714, 49_081_578, 59_136, 170_374_246_400),
}
TAIL = "title: T\nnetwork:\n  - input {}\n"


def bundled(name: str) -> tuple[Network, Analysis]:
    network = load_network(path_of(name))
    return network, analyse(network)


def of(shape: str, *items: str) -> Analysis:
    text = TAIL.format(shape) + "".join(f"  - {item}\n" for item in items)
    return analyse(network_from_text(text))


def test_every_bundled_network_is_listed_here() -> None:
    assert set(TOTALS) == set(catalog.names())


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    totals = bundled(name)[1].totals
    assert (
        totals.parameters,
        totals.trainable,
        totals.non_trainable,
        totals.macs,
        totals.depth,
    ) == TOTALS[name]


@pytest.mark.parametrize("name", TOTALS)
def test_totals_with_auxiliary(name: str) -> None:
    totals = bundled(name)[1].with_auxiliary
    if name not in WITH_AUXILIARY:
        assert totals is None
        return
    assert totals is not None
    assert (
        totals.parameters,
        totals.trainable,
        totals.non_trainable,
        totals.macs,
    ) == WITH_AUXILIARY[name]


@pytest.mark.parametrize("name", TOTALS)
def test_published_totals_are_reproduced(name: str) -> None:
    assert check_published(*bundled(name)) == []


@pytest.mark.parametrize("name", TOTALS)
def test_rows_sum_to_the_totals_and_have_a_path_each(name: str) -> None:
    analysis = bundled(name)[1]
    rows = analysis.rows
    assert sum(row.parameters for row in rows) == analysis.totals.parameters
    assert sum(row.macs for row in rows) == analysis.totals.macs
    paths = [row.path for row in (*rows, *analysis.auxiliary_rows)]
    assert len(set(paths)) == len(paths)
    assert rows[0].layer.kind == "input"
    if name in catalog.classics(appendix=True):
        assert rows[0].path == "input"
        assert rows[-1].output_shape == ((10,) if name == "lenet5" else (1000,))


def test_wrong_published_totals_are_problems_at_their_place() -> None:
    text = (
        "title: T\npublished:\n  parameters: 1,000\n  depth: 3\n  macs: 30\n"
        "network: [input 3, dense 10]\n"
    )
    network = network_from_text(text, "wrong.yaml")
    problems = check_published(network, analyse(network))
    assert [str(problem) for problem in problems] == [
        "wrong.yaml:3:15: parameters come to 40, published are 1,000: 960 too few",
        "wrong.yaml:4:10: depth comes to 2, published is 3: 1 too few",
    ]


def test_paths_count_within_a_module_and_on_through_repeats() -> None:
    paths = {row.path: row for row in bundled("resnet50")[1].rows}
    assert paths["conv1"].output_shape == (112, 112, 64)
    assert paths["conv-block1/conv2"].output_shape == (56, 56, 64)
    assert paths["conv-block2/shortcut1/conv1"].output_shape == (28, 28, 512)
    assert paths["identity-block7/add1"].output_shape == (14, 14, 1024)
    assert "identity-block12/add1" in paths
    assert "identity-block13/add1" not in paths
    inception = {row.path for row in bundled("inception_v3")[1].rows}
    assert "inception-a2/tower3/conv1" in inception
    assert "inception-c1/tower1/branch2/conv1" in inception
    auxiliary = [row.path for row in bundled("inception_v1")[1].auxiliary_rows]
    assert auxiliary[1] == "auxiliary1/conv1"
    assert "auxiliary2/dense2" in auxiliary
    cardinal = {row.path: row for row in bundled("resnext50")[1].rows}
    grouped = cardinal["identity-block1/towers×32/conv2"]
    assert grouped.output_shape == (56, 56, 4)
    assert grouped.trainable == 32 * (3 * 3 * 4 * 4 + 2 * 4)


def test_names_make_paths_and_stay_distinct() -> None:
    analysis = of(
        "8x8x3",
        "{conv: 1x1 3, name: conv2}",
        "conv 1x1 3",
        "conv 1x1 3",
        "{repeat: 2, of: {relu: , name: act}}",
    )
    assert [row.path for row in analysis.rows] == [
        "input",
        "conv2",
        "conv1",
        "conv3",
        "act",
        "act-2",
    ]


@pytest.mark.parametrize(
    ("item", "shape", "trainable", "moving", "macs", "depth"),
    [
        ("conv 3x3 8", (6, 6, 8), 3 * 9 * 8 + 8, 0, 36 * 27 * 8, 1),
        ("conv 3x3 8 no-bias", (6, 6, 8), 216, 0, 36 * 216, 1),
        ("conv 3x3 8 same batch-norm relu", (8, 8, 8), 224 + 16, 16, 64 * 216, 3),
        ("conv 3x3 8 same batch-norm-unscaled", (8, 8, 8), 224 + 8, 16, 64 * 216, 2),
        ("conv 3x3 8 relu", (6, 6, 8), 224, 0, 36 * 216, 1),
        ("conv 3x3 8 prelu", (6, 6, 8), 224 + 8, 0, 36 * 216, 1),
        ("conv 3x3 8 norm=rms-norm act=gelu", (6, 6, 8), 224 + 8, 0, 36 * 216, 3),
        ("conv 3x3 8 /2 same", (4, 4, 8), 224, 0, 16 * 216, 1),
        ("conv 3x3 8 /2x1 same", (4, 8, 8), 224, 0, 32 * 216, 1),
        ("conv 3x3 8 pad=1x0", (8, 6, 8), 224, 0, 48 * 216, 1),
        ("conv 3x3 8 pad=1,0,0,1", (7, 7, 8), 224, 0, 49 * 216, 1),
        ("conv 3x3 8 dilation=2", (4, 4, 8), 224, 0, 16 * 216, 1),
        ("conv 1x7 6 groups=3", (8, 2, 6), 7 * 6 + 6, 0, 16 * 42, 1),
        ("sep-conv 3x3 8", (6, 6, 8), 27 + 24 + 8, 0, 36 * 51, 1),
        ("sep-conv 3x3 8 multiplier=2 batch-norm", (6, 6, 8), 54 + 48 + 8 + 16, 16, 36 * 102, 2),
        ("depthwise-conv 3x3", (6, 6, 3), 30, 0, 36 * 27, 1),
        ("depthwise-conv 3x3 2", (6, 6, 6), 60, 0, 36 * 54, 1),
        ("conv-transpose 2x2 4 /2", (16, 16, 4), 4 * 12 + 4, 0, 64 * 48, 1),
        ("conv-transpose 3x3 4 /2", (17, 17, 4), 4 * 27 + 4, 0, 64 * 108, 1),
        ("conv-transpose 3x3 4 /2 same", (16, 16, 4), 4 * 27 + 4, 0, 64 * 108, 1),
        ("conv-transpose 4x4 4 /2 pad=1", (16, 16, 4), 4 * 48 + 4, 0, 64 * 192, 1),
        ("max-pool 2x2", (4, 4, 3), 0, 0, 0, 1),
        ("max-pool 3x3", (2, 2, 3), 0, 0, 0, 1),
        ("max-pool 3x3 ceil", (3, 3, 3), 0, 0, 0, 1),
        ("max-pool 3x3 /2", (3, 3, 3), 0, 0, 0, 1),
        ("max-pool 3x3 /2 ceil", (4, 4, 3), 0, 0, 0, 1),
        ("max-pool 2x2 /2 ceil pad=1", (5, 5, 3), 0, 0, 0, 1),
        ("max-pool 1x1 /3 ceil pad=1", (3, 3, 3), 0, 0, 0, 1),
        ("avg-pool 3x3 /1 same", (8, 8, 3), 0, 0, 0, 1),
        ("global-avg-pool", (3,), 0, 0, 0, 1),
        ("global-max-pool", (3,), 0, 0, 0, 1),
        ("flatten", (192,), 0, 0, 0, 1),
        ("dropout 0.5", (8, 8, 3), 0, 0, 0, 1),
        ("lrn", (8, 8, 3), 0, 0, 0, 1),
        ("zero-pad pad=2", (12, 12, 3), 0, 0, 0, 1),
        ("zero-pad pad=0,1,0,1", (9, 9, 3), 0, 0, 0, 1),
        ("upsample 2", (16, 16, 3), 0, 0, 0, 1),
        ("reshape 4x16x3", (4, 16, 3), 0, 0, 0, 1),
        ("reshape 192", (192,), 0, 0, 0, 1),
        ("relu", (8, 8, 3), 0, 0, 0, 1),
        ("prelu", (8, 8, 3), 3, 0, 0, 1),
        ("batch-norm", (8, 8, 3), 6, 6, 0, 1),
        ("batch-norm-unscaled", (8, 8, 3), 3, 6, 0, 1),
        ("layer-norm", (8, 8, 3), 6, 0, 0, 1),
        ("conv 3x3 8 depth=0", (6, 6, 8), 224, 0, 36 * 216, 0),
        ("conv 3x3 8 when=0", (8, 8, 3), 0, 0, 0, 0),
    ],
)
def test_kinds(
    item: str, shape: tuple[int, ...], trainable: int, moving: int, macs: int, depth: int
) -> None:
    analysis = of("8x8x3", item)
    assert analysis.rows[-1].output_shape == shape
    totals = analysis.totals
    assert (totals.trainable, totals.non_trainable, totals.macs) == (trainable, moving, macs)
    assert totals.depth == 1 + depth


@pytest.mark.parametrize(
    ("merge", "shape", "trainable", "depth"),
    [
        ("concat", (8, 8, 6), 0, 1),
        ("add", (8, 8, 3), 0, 1),
        ("add relu", (8, 8, 3), 0, 2),
        ("add batch-norm relu", (8, 8, 3), 6, 3),
        ("add batch-norm depth=0", (8, 8, 3), 6, 1),
        ("scaled-add 0.1 relu", (8, 8, 3), 0, 2),
        ("multiply", (8, 8, 3), 0, 1),
    ],
)
def test_merges(merge: str, shape: tuple[int, ...], trainable: int, depth: int) -> None:
    analysis = of("8x8x3", f"{{towers: [identity, relu], merge: {merge}}}")
    assert analysis.rows[-1].output_shape == shape
    assert analysis.totals.trainable == trainable
    assert analysis.totals.depth == 2 + depth


def test_a_gate_multiplies_each_channel() -> None:
    squeeze = "[global-avg-pool, dense 2 relu, dense 4 sigmoid]"
    analysis = of("8x8x4", f"{{residual: {squeeze}, merge: multiply}}")
    assert analysis.rows[-1].output_shape == (8, 8, 4)
    assert analysis.totals.trainable == (4 + 1) * 2 + (2 + 1) * 4


def test_graph_follows_its_edges() -> None:
    nodes = "{a: conv 1x1 4, b: conv 3x3 4 same, sum: add, both: [concat, relu]}"
    edges = "[in -> a -> b -> sum -> both -> out, a -> sum, in -> both]"
    analysis = of("8x8x3", f"{{graph: {{nodes: {nodes}, edges: {edges}}}}}")
    assert [row.path for row in analysis.rows] == [
        "input",
        "a/conv1",
        "b/conv1",
        "sum/add1",
        "both/concat1",
        "both/relu1",
    ]
    assert analysis.rows[-1].output_shape == (8, 8, 7)
    assert analysis.totals.depth == 6


def test_towers_of_copies_count_every_copy() -> None:
    analysis = of("8x8x3", "{towers: 5, of: [conv 1x1 4, relu], merge: concat}")
    assert analysis.rows[-1].output_shape == (8, 8, 20)
    assert analysis.totals.trainable == 5 * 16
    assert analysis.totals.macs == 5 * 64 * 12
    assert analysis.facts["network/1/of/0"].calls == 5
    assert analysis.facts["network/1/of/0"].parameters == (16,)


def test_facts_gather_what_a_place_stands_for() -> None:
    network, analysis = bundled("resnet50")
    first = analysis.facts["modules/conv-block/main/0"]
    assert first.calls == 4
    assert [layer.filters for layer in first.layers] == [64, 128, 256, 512]
    assert [layer.stride for layer in first.layers] == [(1, 1), (2, 2), (2, 2), (2, 2)]
    assert {layer.kernel for layer in first.layers} == {(1, 1)}
    rows = [row for row in analysis.rows if row.layer.where == "modules/conv-block/main/0"]
    assert rows[1].input_shape == (56, 56, 256)
    assert first.shapes[1] == (28, 28, 128)
    merge = analysis.facts["modules/identity-block/merge"]
    assert merge.calls == 12
    assert merge.shapes == ((56, 56, 256), (28, 28, 512), (14, 14, 1024), (7, 7, 2048))
    repeat = next(node for node in network.body.nodes if isinstance(node, Repeat))
    call = repeat.bodies[0].nodes[0]
    assert isinstance(call, ModuleCall)
    assert analysis.facts[call.where].parameters == (71_552,)
    assert analysis.facts[call.where].calls == 2
    assert analysis.facts[repeat.where].parameters == (2 * 71_552,)
    head = analysis.facts["network/0"]
    assert head.shapes == ((224, 224, 3),)


def test_every_place_has_facts_even_where_nothing_runs() -> None:
    text = (
        "title: T\nmodules:\n  a: {residual: [relu, {repeat: 2, of: relu}]}\n"
        "network: [input 8, a when=0, relu]\n"
    )
    facts = analyse(network_from_text(text)).facts
    assert facts["modules/a/merge"].calls == 0
    assert facts["modules/a/main/1/of/0"].shapes == ()


def test_a_repeat_may_have_a_parameter_for_its_number() -> None:
    text = (
        "title: T\nmodules: {a: {takes: n, layers: [{repeat: 2*n, of: relu}]}}\n"
        "network: [input 8, a 1, a 3]\n"
    )
    network = network_from_text(text)
    analysis = analyse(network)
    assert analysis.totals.depth == 1 + 2 + 6
    call = network.body.nodes[1]
    assert isinstance(call, ModuleCall)
    repeat = call.body.nodes[0]
    assert isinstance(repeat, Repeat)
    assert analysis.facts[repeat.where].times == (2, 6)


def test_a_layer_that_one_call_leaves_out_keeps_its_place() -> None:
    network, analysis = bundled("xception")
    lead = analysis.facts["modules/entry/main/0"]
    assert lead.calls == 2
    repeat = next(node for node in network.body.nodes if isinstance(node, Repeat))
    present = []
    for body in repeat.bodies:
        call = body.nodes[0]
        assert isinstance(call, ModuleCall)
        residual = call.body.nodes[0]
        assert isinstance(residual, Residual)
        layer = residual.main.nodes[0]
        assert isinstance(layer, Layer)
        present.append(layer.present)
    assert present == [False, True, True]


def test_a_fork_joins_the_merge_around_it() -> None:
    network, _ = bundled("inception_v3")
    repeat = network.body.nodes[-3]
    assert isinstance(repeat, Repeat)
    call = repeat.bodies[0].nodes[0]
    assert isinstance(call, ModuleCall)
    towers = call.body.nodes[0]
    assert isinstance(towers, Towers)
    fork = towers.branches[0].nodes[-1]
    assert isinstance(fork, Towers)
    assert fork.joined
    assert not fork.merge.drawn
    assert (fork.merge.kind, fork.merge.norm, fork.merge.activation) == ("concat", "none", "none")


def test_modules_come_in_order_of_first_use() -> None:
    assert list(bundled("inception_v4")[0].modules) == [
        "stem",
        "inception-a",
        "reduction-a",
        "inception-b",
        "reduction-b",
        "inception-c",
    ]


@pytest.mark.timeout(60)
def test_ten_thousand_layers_are_worked_out() -> None:
    lines = "".join(
        f"  - conv 3x3 {8 + index % 9} same batch-norm relu\n" for index in range(10_000)
    )
    analysis = analyse(network_from_text(TAIL.format("8x8x3") + lines))
    assert len(analysis.rows) == 10_001


def test_the_index_is_current() -> None:
    assert catalog.index_text() == catalog.build_index(), "run: python -m archviz.catalog"


def test_the_index_is_in_order_of_publication() -> None:
    rows = catalog.entries()
    classics = [row for row in rows if row["classic"]]
    appendix = [row for row in rows if row["appendix"]]
    others = [row for row in rows if not (row["classic"] or row["appendix"])]
    assert rows == [*classics, *appendix, *others]
    families = [[*group] for _, group in groupby(others, key=lambda row: row["family"])]
    assert len(families) == len({row["family"] for row in others})  # each stands together
    for part in (classics, *families):
        assert [row["date"] for row in part] == sorted(row["date"] for row in part)
    assert len(classics) == 10
    assert [row["name"] for row in appendix] == ["nin"]
    assert catalog.classics() == tuple(row["name"] for row in classics)
    assert catalog.classics(appendix=True) == tuple(row["name"] for row in (*classics, *appendix))


@pytest.mark.parametrize(
    "spelling", ["resnet50", "ResNet-50", "RESNET50", "res_net.50", "ResNet 50"]
)
def test_names_may_be_spelt_freely(spelling: str) -> None:
    assert catalog.resolve(spelling) == path_of("resnet50")


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(catalog.UnknownNetwork, match="did you mean 'resnet50'"):
        catalog.resolve("resnet-5")
    with pytest.raises(catalog.UnknownNetwork, match="archviz list"):
        catalog.resolve("")


PARTS = """
title: T
published: {{macs: {macs}, macs-of: {which}}}
network:
  - input 8x8x3
  - conv 3x3 8
  - reshape 36x8
  - attention 2
  - lstm 4
  - dense 2
"""
CONV, PROJECTIONS, PRODUCTS, LSTM, DENSE = 36 * 216, 36 * 256, 2 * 36 * 36 * 8, 36 * 192, 36 * 8


def test_the_parts_of_the_multiply_adds() -> None:
    network = network_from_text(PARTS.format(macs=1, which="all"))
    assert macs_parts(analyse(network).rows) == {
        "scores and values of attention": PRODUCTS,
        "projections of attention": PROJECTIONS,
        "convolutions": CONV,
        "recurrent layers": LSTM,
        "dense layers": DENSE,
    }


def test_published_multiply_adds_say_what_they_are_of() -> None:
    layers = CONV + PROJECTIONS + LSTM + DENSE
    for which, macs in (("layers", layers), ("all", layers + PRODUCTS)):
        network = network_from_text(PARTS.format(macs=macs, which=which))
        analysis = analyse(network)
        assert check_published(network, analysis) == []
        data = published_data(network)
        assert data == {"macs": macs, **({"macs_of": which} if which == "layers" else {})}
        lines = info_text(network, analysis, False).splitlines()
        named = "  with weights" if which == "layers" else "multiply-adds"
        assert [line.split()[-2:] for line in lines if line.startswith(named)] == [
            [f"{macs:,}", f"{macs:,}"]
        ]
        wrong = network_from_text(PARTS.format(macs=macs + 1, which=which))
        (problem,) = check_published(wrong, analyse(wrong))
        assert f"macs come to {macs:,}" in problem.message
