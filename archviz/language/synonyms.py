"""Words of other programs and of papers for what has another name here.

Messages answer with ours: of several the first that is known where the word stands. Letters and
digits alone count, so that ``Batch_Norm`` is ``batchnorm``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_THEIRS: Mapping[str, str] = {
    # keys
    "network": "layers model net architecture body structure graph backbone sequential",
    "title": "name",
    "modules": "blocks functions cells components definitions submodules",
    "published": "totals expected parameters",
    "accuracy": "score scores performance metrics results",
    "dataset": "data benchmark testset",
    "link": "url",
    "venue": "journal conference",
    "figure": "style look",
    "layers": "body network sequence series",
    "takes": "params parameters args arguments",
    "gives": "returns outputs",
    "of": "layers body network block do",
    "shortcut": "skip bypass identity downsample projection",
    "merge": "join combine",
    "each": "with values",
    # layers
    "conv": "convolution convolutional conv2d convolution2d convlayer cnn",
    "conv-1d": "convolution1d",
    "conv-3d": "convolution3d",
    "sep-conv": "separableconv2d separableconv sepconv2d separableconvolution depthwiseseparable",
    "depthwise-conv": "depthwiseconv2d depthwiseconvolution depthwise dwconv",
    "conv-transpose": "convtranspose2d conv2dtranspose deconv deconv2d deconvolution transposeconv "
    "transposedconv transposedconvolution convtransposed tconv upconv",
    "dense": "linear fc fullyconnected fclayer denselayer linearlayer innerproduct affine",
    "max-pool": "maxpooling maxpool2d maxpooling2d",
    "avg-pool": "averagepool averagepooling averagepooling2d avgpool2d avgpooling meanpool",
    "max-pool|avg-pool": "pool pooling pool2d",
    "global-avg-pool": "gap globalpool globalpooling globalaveragepool globalaveragepooling "
    "globalaveragepooling2d globalavgpool2d adaptiveavgpool2d adaptiveavgpool",
    "global-max-pool": "gmp globalmaxpooling globalmaxpooling2d adaptivemaxpool2d",
    "upsample": "upsampling upsampling2d upsamplingnearest2d upsamplingbilinear2d "
    "interpolate resize",
    "max-unpool": "maxunpool2d maxunpooling unpool unpooling",
    "pixel-shuffle": "depthtospace subpixel",
    "reshape": "view unflatten",
    "flatten": "ravel",
    "dropout": "dropout2d spatialdropout2d drop",
    "lrn": "localresponsenorm localresponsenormalization responsenorm",
    "zero-pad": "zeropad2d zeropadding2d padding pad",
    "attention": "selfattention multiheadattention multiheadselfattention mha mhsa msa",
    "embedding": "embed wordembedding tokenembedding",
    "position": "positionalencoding positionalembedding positionembedding posembed",
    "class-token": "cls clstoken",
    "feed-forward": "mlp ffn",
    "mixture-of-experts": "moe",
    "lstm": "lstmcell bilstm recurrent",
    "hidden": "invisible",
    "gru": "grucell bigru",
    "rnn": "simplernn rnncell",
    "recurrent": "lstm lstmcell bilstm gru grucell bigru rnn simplernn rnncell",
    "input": "inputlayer inputs placeholder",
    # merges and forms
    "concat": "concatenate concatenation cat",
    "add": "sum plus eltwise addition elementwiseadd elementwisesum",
    "multiply": "mul product elementwisemultiply",
    "residual": "skip skipconnection resblock residualblock",
    "towers": "branches parallel",
    "repeat": "loop",
    "auxiliary": "aux",
    # norms and activations
    "batch-norm": "bn batch batchnorm batchnormalization batchnormalisation batchnorm2d "
    "batchnorm1d",
    "batch-norm-unscaled": "bnunscaled batchunscaled",
    "batch-norm-unshifted": "bnunshifted batchunshifted",
    "layer-norm": "ln layer layernormalization layernormalisation",
    "layer-norm-unscaled": "layerunscaled",
    "layer-norm-unshifted": "layerunshifted",
    "layer-norm-plain": "layerplain",
    "group-norm": "gn group groupnormalization groupnormalisation",
    "instance-norm": "instance instancenorm2d instancenormalization",
    "instance-norm-plain": "instanceplain",
    "rms-norm": "rms rmsnormalization",
    "batch-norm|layer-norm": "norm normalization normalisation normalize",
    "no-norm": "nobn nobatchnorm",
    "relu": "rectifier rectified rectifiedlinear",
    "silu": "swish",
    "hard-swish": "hswish hardsilu",
    "hard-sigmoid": "hsigmoid",
    "leaky-relu": "lrelu leaky",
    "prelu": "parametricrelu",
    "sigmoid": "logistic sigm",
    "softmax": "softmax2d",
    "linear": "identity noact",
    # flags and options
    "same": "samepadding padsame",
    "valid": "validpadding nopadding nopad",
    "no-bias": "biasfree withoutbias",
    "kernel": "kernelsize kernelshape ksize k ks poolsize filtersize windowsize window size",
    "stride": "strides s step subsample subsampling",
    "pad": "padding pads paddings p",
    "filters": "outchannels out outputchannels channels numfilters nfilters nbfilter filter f "
    "outplanes planes numoutput c",
    "units": "outfeatures neurons nodes numunits nunits unit hiddensize outputdim outputsize "
    "features outputs out n",
    "dilation": "dilationrate dilations atrous d",
    "groups": "group numgroups cardinality g",
    "multiplier": "depthmultiplier channelmultiplier",
    "bias": "usebias withbias",
    "act": "activation activationfunction nonlinearity actfn",
    "norm": "normalization normalisation normlayer",
    "ceil": "ceilmode",
    "rate": "p prob probability dropprob dropoutrate droprate",
    "factor": "scalefactor scale size",
    "shape": "size inputshape targetshape outputshape",
    "heads": "numheads nheads nhead h",
    "head-width": "keydim headdim dhead",
    "width": "embeddim embeddingdim dmodel dim outputdim",
    "words": "vocabsize numembeddings inputdim vocab",
    "last": "returnstate",
    "weights": "params parameters",
    "macs": "multiplyadds multadds madds",
    "color": "colour",
    "label": "text title",
    "name": "id",
}
"""Theirs by ours; an ours with ``|`` in it is one of several."""

_ALL = f" {' '.join(_THEIRS.values())} "

CLASSES: Mapping[str, tuple[str, str]] = {
    "Conv2d": ("conv", "- filters kernel stride pad dilation groups bias"),
    "Conv2D": ("conv", "filters kernel stride pad"),
    "ConvTranspose2d": ("conv-transpose", "- filters kernel stride pad"),
    "Conv2DTranspose": ("conv-transpose", "filters kernel stride pad"),
    "DepthwiseConv2D": ("depthwise-conv", "kernel stride pad"),
    "SeparableConv2D": ("sep-conv", "filters kernel stride pad"),
    "Linear": ("dense", "- units bias"),
    "Dense": ("dense", "units act"),
    "MaxPool2d": ("max-pool", "kernel stride pad"),
    "MaxPooling2D": ("max-pool", "kernel stride pad"),
    "MaxPool2D": ("max-pool", "kernel stride pad"),
    "AvgPool2d": ("avg-pool", "kernel stride pad"),
    "AveragePooling2D": ("avg-pool", "kernel stride pad"),
    "AdaptiveAvgPool2d": ("global-avg-pool", "-"),
    "AdaptiveMaxPool2d": ("global-max-pool", "-"),
    "BatchNorm2d": ("batch-norm", "-"),
    "BatchNorm1d": ("batch-norm", "-"),
    "BatchNormalization": ("batch-norm", ""),
    "LayerNorm": ("layer-norm", "-"),
    "RMSNorm": ("rms-norm", "-"),
    "InstanceNorm2d": ("instance-norm", "-"),
    "GroupNorm": ("group-norm", "- -"),
    "Flatten": ("flatten", "- -"),
    "Softmax": ("softmax", "-"),
    "LeakyReLU": ("leaky-relu", "-"),
    "Dropout": ("dropout", "rate"),
    "Embedding": ("embedding", "words width"),
    "MultiheadAttention": ("attention", "width heads"),
    "LSTM": ("lstm", "- units"),
    "GRU": ("gru", "- units"),
}
"""Classes of PyTorch and Keras, and which options their arguments set in turn; ``-``: none here."""

_NOT_HERE = """
in inchannels infeatures inputsize inplace paddingmode eps momentum dim axis numfeatures
normalizedshape name dtype device kernelinitializer inputshape startdim batchfirst dataformat
negativeslope alpha kernelregularizer biasregularizer biasinitializer kernelconstraint trainable
"""
"""Arguments of those classes that say what is known here without a word, or is not drawn."""

_ELSEWHERE = """
celu glu geglu reglu swiglu rrelu crelu hardtanh hardshrink softshrink softsign softmin tanhshrink
logsigmoid threshold maxout squareplus snake sine sin cos exp erf sqrelu relusquared serf aconc
metaacon funnelrelu frelu pelu pau hardmax sparsemax entmax gumbelsoftmax spectralnorm
syncbatchnorm adain filterresponsenorm frn cosinesimilarity bilinear
fractionalmaxpool lppool stochasticpool dropconnect droppath stochasticdepth alphadropout lambda
permute transpose
"""
"""Functions that have no name here; nothing of like letters is meant by them."""


def letters(word: str) -> str:
    """A word without what programs write differently: case, hyphens, what stands before a dot."""
    last = word.rpartition(".")[2]
    return "".join(filter(str.isalnum, (last if last[:1].isalpha() else word).lower()))


def ours(word: str, known: Collection[str]) -> str:
    """What a word of others is called among what is ``known``: ``max-pool or avg-pool``; or ""."""
    word = letters(word)
    if f" {word} " not in _ALL:
        return ""
    for name, theirs in _THEIRS.items():
        if word in theirs.split() and all(
            one in known or f"{one}=" in known for one in name.split("|")
        ):
            return name.replace("|", " or ")
    return ""


def not_here(word: str) -> bool:
    """Whether an argument of a class elsewhere says nothing that has to be said here."""
    return letters(word) in _NOT_HERE.split()


def elsewhere(word: str) -> bool:
    """Whether a word names a function that has no name here."""
    return letters(word) in _ELSEWHERE.split()
