"""Holds the bundled networks against the public code that each names as its source.

    python tests/prove_networks.py [--record] [NAME...]

prints a line a network: parameters, those that are trained, multiply-adds, how many layers were
compared, and what differs: totals, the shapes of the outputs, the layers as multisets. Those that
nobody has published as a package are written from their papers, or from definitions for Caffe, in
``tests/networks.py``. ``--record`` writes what was found to ``docs/proofs.json``, of which
``python docs/tools/build.py`` makes a page. It needs torch and, for each network, the package that
is named below. Nothing is downloaded: weights are random, or not there at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import networks
import proof_record
import torch
from torch import Tensor, nn

import archviz
import archviz.catalog

Case = tuple[nn.Module, tuple[Tensor, ...]]


class Wrapped(nn.Module):
    """A module that is called in a way of its own."""

    def __init__(self, module: nn.Module, call: Callable[..., Any]) -> None:
        super().__init__()
        self.module, self.call = module, call

    def forward(self, *inputs: Tensor) -> Any:
        return self.call(self.module, *inputs)


def words(number: int, device: str = "cpu") -> Tensor:
    return torch.zeros(1, number, dtype=torch.long, device=device)


def picture(height: int, width: int = 0) -> Tensor:
    return torch.zeros(1, 3, height, width or height)


def language_model(name: str, length: int, **sizes: Any) -> Case:
    import transformers
    from transformers import masking_utils

    # looks at numbers, which tensors without storage do not have
    masking_utils.find_packed_sequence_indices = lambda positions: None
    config = getattr(transformers, f"{name}Config")(use_cache=False, **sizes)
    with torch.device("meta"):
        model = getattr(transformers, f"{name}ForCausalLM")(config)
    if name == "Mixtral":
        model.set_experts_implementation("batched_mm")
    return Wrapped(model, lambda model, ids: model(ids).logits), (words(length, "meta"),)


def llama3_8b() -> Case:
    sizes = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32}
    heads = {"num_attention_heads": 32, "num_key_value_heads": 8}
    return language_model("Llama", 8192, vocab_size=128256, **sizes, **heads)


def transformer() -> Case:
    import transformers

    layers = {f"{side}_layers": 6 for side in ("encoder", "decoder")}
    heads = {f"{side}_attention_heads": 8 for side in ("encoder", "decoder")}
    inner = {f"{side}_ffn_dim": 2048 for side in ("encoder", "decoder")}
    ids = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    sizes = {"vocab_size": 37000, "d_model": 512, "activation_function": "relu"}
    config = transformers.MarianConfig(**layers, **heads, **inner, **ids, **sizes, use_cache=False)
    model = transformers.MarianMTModel(config)
    for side in (model.model.encoder, model.model.decoder):
        table = side.embed_positions.weight  # of sines: no parameters
        del side.embed_positions.weight
        side.embed_positions.register_buffer("weight", table.data)

    def call(model: Any, source: Tensor, target: Tensor) -> Tensor:
        return model(source, decoder_input_ids=target).logits

    return Wrapped(model, call), (words(60), words(50))


def bert() -> Case:
    import transformers

    model = transformers.BertModel(transformers.BertConfig())
    return Wrapped(model, lambda model, ids: model(ids).pooler_output), (words(512),)


def gpt2() -> Case:
    import transformers

    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(use_cache=False))
    return Wrapped(model, lambda model, ids: model(ids).logits), (words(1024),)


def clip_vit_b_32() -> Case:
    import transformers

    def call(model: Any, image: Tensor, text: Tensor) -> Tensor:
        return model(input_ids=text, pixel_values=image).logits_per_image

    model = transformers.CLIPModel(transformers.CLIPConfig())
    return Wrapped(model, call), (picture(224), words(77))


def detr() -> Case:
    import transformers

    def call(model: Any, image: Tensor) -> tuple[Tensor, Tensor]:
        given = model(image)
        return given.logits, given.pred_boxes

    model = transformers.DetrForObjectDetection(transformers.DetrConfig(num_labels=91))
    return Wrapped(model, call), (picture(800, 1066),)


def torchvision_model(name: str) -> Case:
    import torchvision

    return getattr(torchvision.models, name)(), (picture(224),)


def timm_model(name: str) -> Case:
    import timm

    return timm.create_model(name), (picture(224),)


def inception_v4() -> Case:
    """As in TensorFlow's slim, where the norms do not scale."""
    module, _ = timm_model("inception_v4")
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight = None  # type: ignore[assignment]
    return module, (picture(299),)


def pytorchcv_model(name: str, side: int = 224, width: int = 0, **options: Any) -> Case:
    from pytorchcv.model_provider import get_model

    return get_model(name, **options), (picture(side, width),)


def keras_model(name: str, side: int = 224) -> Case:
    """A network of Keras, which is a module where Keras runs on PyTorch."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    return getattr(keras.applications, name)(weights=None), (torch.zeros(1, side, side, 3),)


def keras_layers(shape: tuple[int, ...], *layers: tuple[str, dict[str, Any]]) -> Case:
    """A network of Keras by its layers: class and options of each."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    built = [getattr(keras.layers, name)(**options) for name, options in layers]
    return keras.Sequential([keras.Input(shape), *built]), (torch.zeros(1, *shape),)


def mnist_mlp() -> Case:
    """examples/mnist_mlp.py of Keras 2."""
    hidden = ("Dense", {"units": 512, "activation": "relu"}), ("Dropout", {"rate": 0.2})
    return keras_layers((784,), *hidden, *hidden, ("Dense", {"units": 10}))


def mnist_cnn() -> Case:
    """examples/vision/mnist_convnet.py of keras.io."""
    sizes = [{"filters": filters, "kernel_size": 3, "activation": "relu"} for filters in (32, 64)]
    blocks = [(("Conv2D", size), ("MaxPooling2D", {"pool_size": 2})) for size in sizes]
    end = ("Flatten", {}), ("Dropout", {"rate": 0.5}), ("Dense", {"units": 10})
    return keras_layers((28, 28, 1), *blocks[0], *blocks[1], *end)


def dcgan() -> Case:
    """Of lightning-bolts the one file that needs nothing but PyTorch."""
    from importlib.metadata import distribution
    from runpy import run_path

    path = distribution("lightning-bolts").locate_file("pl_bolts/models/gans/dcgan/components.py")
    found = run_path(str(path))
    generator, judge = found["DCGANGenerator"](100, 64, 3), found["DCGANDiscriminator"](64, 3)

    def call(model: Any, noise: Tensor) -> Tensor:
        return model[1].disc(model[0](noise))

    return Wrapped(nn.Sequential(generator, judge), call), (torch.zeros(1, 100, 1, 1),)


def encoder_decoder(name: str, source: Tensor, length: int) -> Case:
    """A model of transformers that reads a source and the words so far."""
    import transformers

    config = getattr(transformers, f"{name}Config")(use_cache=False)
    model = getattr(transformers, f"{name}ForConditionalGeneration")(config)

    def call(model: Any, source: Tensor, target: Tensor) -> Tensor:
        return model(source, decoder_input_ids=target).logits

    return Wrapped(model, call), (source, words(length))


def nasnet_mobile() -> Case:
    """What NASNetMobile of Keras builds; by that name it is refused on PyTorch."""
    os.environ["KERAS_BACKEND"] = "torch"
    from keras.src.applications.nasnet import NASNet

    sizes = {"input_shape": (224, 224, 3), "penultimate_filters": 1056, "num_blocks": 4}
    options = {"stem_block_filters": 32, "skip_reduction": False, "filter_multiplier": 2}
    return NASNet(**sizes, **options, weights=None), (torch.zeros(1, 224, 224, 3),)


def distilbert() -> Case:
    import transformers

    model = transformers.DistilBertModel(transformers.DistilBertConfig())
    return Wrapped(model, lambda model, ids: model(ids).last_hidden_state), (words(512),)


def retinanet() -> Case:
    import torchvision

    def call(model: Any, image: Tensor) -> list[Tensor]:
        return list(model.head(list(model.backbone(image).values())).values())

    build = torchvision.models.detection.retinanet_resnet50_fpn
    return Wrapped(build(weights=None, weights_backbone=None), call), (picture(800),)


def ssd300() -> Case:
    import torchvision

    def call(model: Any, image: Tensor) -> list[Tensor]:
        return list(model.head(list(model.backbone(image).values())).values())[::-1]

    build = torchvision.models.detection.ssd300_vgg16
    return Wrapped(build(weights=None, weights_backbone=None), call), (picture(300),)


def fcn8s() -> Case:
    found = find_spec("torchfcn")
    if found is None:
        raise ModuleNotFoundError("torchfcn")
    package = ModuleType("torchfcn")  # without what trains, and fetches weights
    package.__path__ = found.submodule_search_locations or []
    sys.modules |= {"torchfcn": package, "fcn": ModuleType("fcn")}
    from torchfcn.models import FCN8s

    return FCN8s(), (picture(512),)


def deeplabv3_plus() -> Case:
    import segmentation_models_pytorch

    build = segmentation_models_pytorch.DeepLabV3Plus
    return build("resnet50", encoder_weights=None, classes=21), (picture(512),)


def ddpm() -> Case:
    import diffusers

    down = ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"]
    up = ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"]
    sizes = {"sample_size": 32, "block_out_channels": (128, 256, 256, 256)}
    options = {"freq_shift": 1, "flip_sin_to_cos": False, "downsample_padding": 0}
    blocks = {"down_block_types": down, "up_block_types": up, "attention_head_dim": None}
    model = diffusers.UNet2DModel(**sizes, **options, **blocks)
    inputs = (torch.ones(1, dtype=torch.long), picture(32))
    return Wrapped(model, lambda model, time, image: model(image, time).sample), inputs


def yolov8n() -> Case:
    from ultralytics.nn.tasks import DetectionModel

    model = DetectionModel("yolov8n.yaml", verbose=False)
    del model.model[-1].dfl  # decodes the boxes, with numbers that are fixed

    def call(model: Any, image: Tensor) -> list[Tensor]:
        model.model[-1].training = True
        return model(image)

    return Wrapped(model, call), (picture(640),)


REFERENCES: dict[str, Callable[[], Case]] = {
    "transformer": transformer,
    "bert": bert,
    "gpt2": gpt2,
    "llama3_8b": llama3_8b,
    "mixtral_8x7b": lambda: language_model("Mixtral", 4096),
    "vit_b_16": lambda: torchvision_model("vit_b_16"),
    "clip_vit_b_32": clip_vit_b_32,
    "detr": detr,
    "ddpm": ddpm,
    "yolov8n": yolov8n,
    "retinanet": retinanet,
    "ssd300": ssd300,
    "fcn8s": fcn8s,
    "resnet50_v1_5": lambda: torchvision_model("resnet50"),
    "deeplabv3_plus": deeplabv3_plus,
    "mobilenet_v3_large": lambda: torchvision_model("mobilenet_v3_large"),
    **{
        name: partial(torchvision_model, name)
        for name in (
            *("vgg11", "resnet18", "resnet34", "wide_resnet50_2", "densenet121", "densenet201"),
            *("mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "efficientnet_b0"),
            *("regnet_y_400mf", "convnext_tiny", "swin_t"),
        )
    },
    "shufflenet_v2": partial(torchvision_model, "shufflenet_v2_x1_0"),
    "mobilenet_v1": partial(timm_model, "mobilenetv1_100"),
    "hrnet_w18": partial(timm_model, "hrnet_w18"),
    "repvgg_a0": partial(timm_model, "repvgg_a0"),
    "mlp_mixer": partial(timm_model, "mixer_b16_224"),
    "zfnet": partial(pytorchcv_model, "zfnet"),
    "resnext101": partial(pytorchcv_model, "resnext101_32x4d"),
    "se_resnet50": partial(pytorchcv_model, "seresnet50"),
    "inception_v2": partial(pytorchcv_model, "bninception"),
    "inception_resnet_v1": partial(pytorchcv_model, "inceptionresnetv1", 299),
    "wide_resnet28_10": partial(pytorchcv_model, "wrn28_10_cifar10", 32),
    "densenet_bc_100": partial(pytorchcv_model, "densenet100_k12_bc_cifar10", 32),
    "densenet_bc_190": partial(pytorchcv_model, "densenet190_k40_bc_cifar10", 32),
    "densenet_bc_250": partial(pytorchcv_model, "densenet250_k24_bc_cifar10", 32),
    "segnet": partial(pytorchcv_model, "segnet_cityscapes", 512, 1024),
    "pspnet": partial(pytorchcv_model, "pspnet_resnetd50b_voc", 480, aux=False),
    "nasnet_mobile": nasnet_mobile,
    "vgg19": partial(keras_model, "VGG19"),
    "vgg16": partial(keras_model, "VGG16"),
    "inception_v3": partial(keras_model, "InceptionV3", 299),
    "resnet50": partial(keras_model, "ResNet50"),
    "inception_resnet_v2": partial(keras_model, "InceptionResNetV2", 299),
    "xception": partial(keras_model, "Xception", 299),
    "resnext50": partial(torchvision_model, "resnext50_32x4d"),
    "inception_v4": inception_v4,
    "resnet101": partial(keras_model, "ResNet101"),
    "resnet152": partial(keras_model, "ResNet152"),
    "resnet50_v2": partial(keras_model, "ResNet50V2"),
    "distilbert": distilbert,
    "mnist_mlp": mnist_mlp,
    "mnist_cnn": mnist_cnn,
    "dcgan": dcgan,
    "t5_small": lambda: encoder_decoder("T5", words(512), 512),
    "lenet5": lambda: (networks.LeNet5(), (torch.zeros(1, 1, 32, 32),)),
    "alexnet": lambda: (networks.AlexNet(), (picture(224),)),
    "inception_v1": lambda: (networks.GoogLeNet(), (picture(224),)),
    "nin": lambda: (networks.NetworkInNetwork(), (picture(224),)),
    "unet": lambda: (networks.UNet(), (torch.zeros(1, 1, 572, 572),)),
    "whisper_tiny": lambda: encoder_decoder("Whisper", torch.zeros(1, 80, 3000), 448),
}


def main(words: list[str]) -> int:
    wrong = 0
    order = list(archviz.catalog.names())
    for name in [word for word in words if word != "--record"] or REFERENCES:
        entry = proof_record.proven(name, REFERENCES[name])
        wrong += entry is None
        if entry and "--record" in words:
            proof_record.write({name: entry}, order)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
