"""The networks whose exports are held against live modules: thirty families of timm, fifteen of
torchvision, fifteen of transformers, one network of each.

What a class allows is small: fewer blocks, small images, narrow widths. The structure is that of
the family. Weights are drawn at random, since exporters write equal ones once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Network(NamedTuple):
    """What a network is built from."""

    size: int = 224
    """Side of its image, or how many words it reads."""
    options: Mapping[str, Any] = {}
    """What its class is told."""


class Called(nn.Module):
    """A model of transformers that takes tensors and gives its last rows, and nothing else."""

    def __init__(self, model: nn.Module, *names: str, **options: Any) -> None:
        super().__init__()
        self.model, self.names, self.options = model, names, options

    def forward(self, *inputs: Tensor) -> Any:
        given = dict(zip(self.names, inputs, strict=True))
        return self.model(**given, **self.options).last_hidden_state


class Built(NamedTuple):
    """A module in inference mode and what it is called with."""

    module: Any
    example: tuple[Any, ...]


_WORDS = {
    "hidden_size": 96, "d_model": 96, "n_embd": 96, "dim": 96, "embed_dim": 96,
    "intermediate_size": 192, "encoder_ffn_dim": 192, "decoder_ffn_dim": 192, "d_ff": 192,
    "hidden_dim": 192, "embedding_size": 48,
    "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4,
    "encoder_attention_heads": 4, "decoder_attention_heads": 4, "d_kv": 24, "head_dim": 24,
    "num_key_value_heads": 2, "num_hidden_layers": 3, "n_layer": 3, "n_layers": 3,
    "num_layers": 3, "encoder_layers": 3, "decoder_layers": 3, "num_decoder_layers": 3,
    "vocab_size": 500, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
"""Small sizes of language models, where a configuration has such a field."""

TIMM: Mapping[str, Network] = {
    "resnet18": Network(),
    "mobilenetv3_small_100": Network(),
    "vit_tiny_patch16_224": Network(options={"depth": 4}),
    "convnext_atto": Network(),
    "efficientnet_b0": Network(),
    "swinv2_tiny_window8_256": Network(256, {"depths": (2, 2, 2, 2), "embed_dim": 48}),
    "coatnet_pico_rw_224": Network(),
    "mixer_s32_224": Network(),
    "deit_tiny_distilled_patch16_224": Network(options={"depth": 4}),
    "cait_xxs24_224": Network(options={"depth": 4}),
    "xcit_nano_12_p16_224": Network(options={"depth": 4}),
    "levit_128s": Network(),
    "poolformer_s12": Network(),
    "efficientformer_l1": Network(),
    "edgenext_xx_small": Network(),
    "mobilevit_xxs": Network(256),
    "repvgg_a0": Network(),
    "hrnet_w18_small": Network(),
    "dla34": Network(),
    "dpn68": Network(),
    "inception_v4": Network(299),
    "nf_regnet_b0": Network(),
    "res2net50_14w_8s": Network(),
    "resnest14d": Network(),
    "ghostnet_100": Network(),
    "fastvit_t8": Network(256),
    "twins_pcpvt_small": Network(),
    "pvt_v2_b0": Network(),
    "convit_tiny": Network(options={"depth": 4, "local_up_to_layer": 2}),
    "davit_tiny": Network(options={"depths": (1, 1, 2, 1)}),
}  # fmt: skip
TORCHVISION: Mapping[str, Network] = {
    "alexnet": Network(),
    "densenet121": Network(),
    "efficientnet_v2_s": Network(),
    "googlenet": Network(options={"init_weights": False}),
    "inception_v3": Network(299, {"init_weights": False}),
    "maxvit_t": Network(),
    "mnasnet0_5": Network(),
    "mobilenet_v2": Network(),
    "regnet_y_400mf": Network(),
    "resnext50_32x4d": Network(),
    "shufflenet_v2_x0_5": Network(),
    "squeezenet1_0": Network(),
    "swin_t": Network(),
    "vgg11_bn": Network(),
    "lraspp_mobilenet_v3_large": Network(options={"weights_backbone": None}),
}
TRANSFORMERS: Mapping[str, Network] = {
    "albert": Network(16, _WORDS),
    "bart": Network(16, _WORDS),
    "bert": Network(16, _WORDS),
    "bloom": Network(16, _WORDS),
    "deberta-v2": Network(16, _WORDS),
    "distilbert": Network(16, _WORDS),
    "gpt2": Network(16, _WORDS),
    "gpt_neox": Network(16, _WORDS),
    "llama": Network(16, _WORDS),
    "mixtral": Network(16, {**_WORDS, "num_local_experts": 4}),
    "t5": Network(16, _WORDS),
    "qwen3": Network(16, _WORDS),
    "segformer": Network(),
    "dinov2": Network(options={"num_hidden_layers": 3, "hidden_size": 96, "image_size": 224}),
    "mobilevit": Network(256),
}
VISION = frozenset({"segformer", "dinov2", "mobilevit"})
"""Those of transformers that look at images."""
SHARING = frozenset({"llama", "mixtral", "qwen3"})
"""Those whose heads share keys, which the older exporter cannot write but in single steps."""
NETWORKS: Mapping[str, Network] = {
    **{f"timm:{word}": network for word, network in TIMM.items()},
    **{f"torchvision:{word}": network for word, network in TORCHVISION.items()},
    **{f"transformers:{word}": network for word, network in TRANSFORMERS.items()},
}


def built(name: str) -> Built:
    """A network by its name; of any other of the libraries, with nothing told to its class."""
    library, _, word = name.partition(":")
    torch.manual_seed(1)
    network = NETWORKS.get(name) or Network(
        options=_WORDS if library == "transformers" and word not in VISION else {}
    )
    found = _BUILDERS[library](word, network)
    with torch.no_grad():
        for value in (*found.module.parameters(), *found.module.buffers()):
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.1)
    return found._replace(module=found.module.eval())


def _of_timm(word: str, network: Network) -> Built:
    import timm

    module = timm.create_model(word, **network.options)
    sides = (3, network.size, network.size)
    if f"timm:{word}" not in NETWORKS:
        sides = module.default_cfg["input_size"]
    return Built(module, (torch.rand(1, *sides),))


def _of_torchvision(word: str, network: Network) -> Built:
    import torchvision

    module = torchvision.models.get_model(word, weights=None, **network.options)
    return Built(module, (torch.rand(1, 3, network.size, network.size),))


def _of_transformers(word: str, network: Network) -> Built:
    import transformers
    from transformers import masking_utils

    # looks for several texts in a row, by an operator that the older exporter lacks
    masking_utils.find_packed_sequence_indices = lambda positions: None
    config = transformers.AutoConfig.for_model(word)
    slight = {key: value for key, value in network.options.items() if hasattr(config, key)}
    config = transformers.AutoConfig.for_model(word, **slight)
    given = {"attn_implementation": "eager"} if word in SHARING else {}
    model = transformers.AutoModel.from_config(config, **given)
    if word == "mixtral":  # sorts words by experts, with operators that the older exporter lacks
        model.set_experts_implementation("batched_mm")
    if word in VISION:
        image = torch.rand(1, 3, network.size, network.size)
        return Built(Called(model, "pixel_values"), (image,))
    words = torch.randint(3, 500, (1, network.size))
    if config.is_encoder_decoder:
        asked = ("input_ids", "decoder_input_ids")
        return Built(Called(model, *asked, use_cache=False), (words, words.flip(1)))
    cache = {"use_cache": False} if hasattr(config, "use_cache") else {}
    return Built(Called(model, "input_ids", **cache), (words,))


_BUILDERS = {"timm": _of_timm, "torchvision": _of_torchvision, "transformers": _of_transformers}
