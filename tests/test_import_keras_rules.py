"""Classes of Keras one by one: what they are, give and count; the numbers are those of Keras 3.15.

``tests/benchmark_keras_layers.py`` draws options for all of them, where Keras is at hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from archviz.importers.graphs import LayerGraph
from archviz.importers.imported import import_layers
from archviz.importers.read.keras import read_keras_text

from models import keras_input, keras_layer, keras_model  # isort: skip

LAYERS = [
    # class, input, its configuration -> kind, label, shape, parameters, untrained ones, products
    ("Conv3D", (6, 7, 8, 4),
     {"filters": 5, "kernel_size": [3, 2, 1], "strides": 2, "padding": "same"},
     "conv-3d", "", (3, 4, 4, 5), 125, 0, 5760),
    ("Conv1DTranspose", (12, 6), {"filters": 5, "kernel_size": 3, "strides": 2},
     "conv-transpose-1d", "", (25, 5), 95, 0, 1080),
    ("Conv3DTranspose", (6, 7, 8, 4),
     {"filters": 5, "kernel_size": 2, "strides": 2, "use_bias": False},
     "conv-transpose-3d", "", (12, 14, 16, 5), 160, 0, 53760),
    ("Conv2DTranspose", (10, 9, 4),
     {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0},
     "conv-transpose", "", (19, 17, 5), 185, 0, 16200),
    ("Conv2DTranspose", (10, 9, 4),
     {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "valid", "output_padding": 1},
     "other-conv", "conv T 3×3", (22, 20, 5), 185, 0, 16200),
    ("DepthwiseConv1D", (12, 6), {"kernel_size": 3, "depth_multiplier": 2},
     "depthwise-conv-1d", "", (10, 12), 48, 0, 360),
    ("SeparableConv1D", (12, 6), {"filters": 5, "kernel_size": 3},
     "sep-conv-1d", "", (10, 5), 53, 0, 480),
    ("MaxPooling3D", (6, 7, 8, 4), {"pool_size": 2, "padding": "same"},
     "max-pool-3d", "", (3, 4, 4, 4), 0, 0, 0),
    ("AveragePooling1D", (12, 6), {"pool_size": 3, "strides": 1},
     "avg-pool-1d", "", (10, 6), 0, 0, 0),
    ("GlobalMaxPooling3D", (6, 7, 8, 4), {},
     "global-max-pool", "", (4,), 0, 0, 0),
    ("GlobalAveragePooling1D", (12, 6), {"keepdims": True},
     "global-avg-pool", "", (1, 6), 0, 0, 0),
    ("AdaptiveAveragePooling2D", (10, 9, 4), {"output_size": [4, 3]},
     "other-pool", "adaptive average pooling", (4, 3, 4), 0, 0, 0),
    ("ZeroPadding3D", (6, 7, 8, 4), {"padding": [[1, 2], [0, 1], [1, 1]]},
     "op", "zero padding", (9, 8, 10, 4), 0, 0, 0),
    ("Cropping1D", (12, 6), {"cropping": [1, 2]},
     "op", "crop", (9, 6), 0, 0, 0),
    ("Cropping2D", (10, 9, 4), {"cropping": [[1, 2], [0, 3]]},
     "op", "crop", (7, 6, 4), 0, 0, 0),
    ("Cropping3D", (6, 7, 8, 4), {"cropping": [1, 1, 2]},
     "op", "crop", (4, 5, 4, 4), 0, 0, 0),
    ("UpSampling1D", (12, 6), {"size": 3},
     "upsample", "", (36, 6), 0, 0, 0),
    ("UpSampling2D", (10, 9, 4), {"size": [2, 3]},
     "op", "upsampling 2×3", (20, 27, 4), 0, 0, 0),
    ("UpSampling2D", (10, 9, 4), {"size": 2, "interpolation": "bilinear"},
     "op", "bilinear upsampling 2×2", (20, 18, 4), 0, 0, 0),
    ("UpSampling3D", (6, 7, 8, 4), {"size": [2, 2, 2]},
     "upsample", "", (12, 14, 16, 4), 0, 0, 0),
    ("ConvLSTM2D", (4, 6, 7, 3), {"filters": 5, "kernel_size": [3, 3]},
     "other-recurrent", "ConvLSTM 3×3, 5", (4, 5, 5), 1460, 0, 115200),
    ("ConvLSTM1D", (4, 8, 3),
     {"filters": 5, "kernel_size": 3, "padding": "same", "return_sequences": True},
     "other-recurrent", "ConvLSTM 3, 5", (4, 8, 5), 500, 0, 15360),
    ("ConvLSTM3D", (3, 5, 5, 6, 2), {"filters": 2, "kernel_size": 2},
     "other-recurrent", "ConvLSTM 2×2×2, 2", (4, 4, 5, 2), 264, 0, 61440),
    ("EinsumDense", (12, 6),
     {"equation": "abc,cde->abde", "output_shape": [None, 2, 3], "bias_axes": "de"},
     "op", "dense abc,cde→abde", (12, 2, 3), 42, 0, 432),
    ("EinsumDense", (10, 9, 4), {"equation": "...x,xy->...y", "output_shape": 5},
     "op", "dense ...x,xy→...y", (10, 9, 5), 20, 0, 1800),
    ("Dense", (2, 3, 4, 5, 6), {"units": 3},
     "op", "dense", (2, 3, 4, 5, 3), 21, 0, 2160),
    ("Dense", (6, 7, 8, 4), {"units": 3},
     "conv-3d", "", (6, 7, 8, 3), 15, 0, 4032),
    ("PReLU", (10, 9, 4), {},
     "op", "PReLU", (10, 9, 4), 360, 0, 0),
    ("PReLU", (10, 9, 4), {"shared_axes": [1, 2]},
     "prelu", "", (10, 9, 4), 4, 0, 0),
    ("PReLU", (10, 9, 4), {"shared_axes": [1, 2, 3]},
     "op", "PReLU", (10, 9, 4), 1, 0, 0),
    ("LayerNormalization", (10, 9, 4), {"axis": [1, 2, 3]},
     "op", "layer norm over axes 1, 2, 3", (10, 9, 4), 720, 0, 0),
    ("BatchNormalization", (10, 9, 4), {"axis": 1},
     "op", "batch norm over axis 1", (10, 9, 4), 40, 20, 0),
    ("BatchNormalization", (10, 9, 4), {"renorm": True},
     "op", "batch norm", (10, 9, 4), 28, 20, 0),
    ("RMSNormalization", (10, 9, 4), {"axis": [2, 3]},
     "op", "rms norm over axes 2, 3", (10, 9, 4), 36, 0, 0),
    ("UnitNormalization", (10, 9, 4), {"axis": 1},
     "op", "unit normalisation", (10, 9, 4), 0, 0, 0),
    ("Normalization", (10, 9, 4), {"axis": -1},
     "op", "normalisation", (10, 9, 4), 9, 9, 0),
    ("Normalization", (10, 9, 4), {"axis": None},
     "op", "normalisation", (10, 9, 4), 3, 3, 0),
    ("Normalization", (10, 9, 4), {"mean": [0.0, 0.0, 0.0, 0.0], "variance": [1.0, 1.0, 1.0, 1.0]},
     "op", "normalisation", (10, 9, 4), 0, 0, 0),
    ("CategoryEncoding", (7,), {"num_tokens": 9, "output_mode": "multi_hot"},
     "op", "category encoding", (9,), 0, 0, 0),
    ("Discretization", (7,), {"bin_boundaries": [0.0, 1.0], "output_mode": "one_hot"},
     "op", "discretization", (7, 3), 0, 0, 0),
    ("Resizing", (10, 9, 4), {"height": 5, "width": 6},
     "op", "resizing 5×6", (5, 6, 4), 0, 0, 0),
    ("CenterCrop", (10, 9, 4), {"height": 5, "width": 6},
     "op", "center crop 5×6", (5, 6, 4), 0, 0, 0),
    ("RepeatVector", (7,), {"n": 3},
     "op", "repeat 3×", (3, 7), 0, 0, 0),
    ("Masking", (12, 6), {},
     "op", "masking", (12, 6), 0, 0, 0),
    ("Rescaling", (10, 9, 4), {"scale": 0.5, "offset": 0.0},
     "op", "rescale", (10, 9, 4), 0, 0, 0),
    ("MelSpectrogram", (16000,), {"sequence_stride": 256, "num_mel_bins": 128},
     "op", "mel spectrogram", (128, 63), 0, 0, 0),
    ("Embedding", (), {"input_dim": 20, "output_dim": 6},
     "other-embedding", "embedding", (6,), 120, 0, 0),
    ("Embedding", (4, 9), {"input_dim": 20, "output_dim": 6},
     "embedding", "", (4, 9, 6), 120, 0, 0),
    ("ReversibleEmbedding", (9,), {"input_dim": 20, "output_dim": 6, "tie_weights": False},
     "other-embedding", "reversible embedding", (9, 6), 240, 0, 0),
    ("Softmax", (12, 6), {"axis": 1},
     "op", "softmax over axis 1", (12, 6), 0, 0, 0),
    ("ReLU", (10, 9, 4), {"max_value": 3.0, "threshold": 1.0},
     "op", "ReLU to 3 from 1", (10, 9, 4), 0, 0, 0),
    ("Activation", (10, 9, 4), {"activation": "exponential"},
     "op", "exp", (10, 9, 4), 0, 0, 0),
    ("GRU", (12, 6), {"units": 5, "reset_after": False, "return_sequences": True},
     "gru", "", (12, 5), 180, 0, 1980),
    ("SimpleRNN", (12, 6), {"units": 5, "activation": "relu"},
     "other-recurrent", "RNN 5, relu", (5,), 60, 0, 660),
    ("RNN", (12, 6), {"cell": {"class_name": "StackedRNNCells",
      "config": {"cells": [
          {"class_name": "LSTMCell", "config": {"units": 3}},
          {"class_name": "GRUCell", "config": {"units": 5}}]}}},
     "gru", "", (5,), 270, 0, 2736),
    ("RNN", (12, 6),
     {"cell": {"class_name": "GRUCell", "config": {"units": 5}}, "return_sequences": True},
     "gru", "", (12, 5), 195, 0, 1980),
    ("Bidirectional", (12, 6), {"layer": {"class_name": "LSTM",
      "config": {"units": 5, "return_sequences": True}}, "merge_mode": "concat"},
     "lstm", "", (12, 10), 480, 0, 5280),
    ("Bidirectional", (12, 6), {"layer": {"class_name": "LSTM",
      "config": {"units": 5, "return_sequences": True}}, "merge_mode": "sum"},
     "other-recurrent", "bidirectional LSTM 5, summed", (12, 5), 480, 0, 5280),
    ("Bidirectional", (12, 6), {"layer": {"class_name": "LSTM",
      "config": {"units": 5, "return_sequences": True}}, "merge_mode": "mul"},
     "other-recurrent", "bidirectional LSTM 5, multiplied", (12, 5), 480, 0, 5280),
    ("Bidirectional", (12, 6), {"layer": {"class_name": "LSTM",
      "config": {"units": 5, "return_sequences": True}}, "merge_mode": "ave"},
     "other-recurrent", "bidirectional LSTM 5, averaged", (12, 5), 480, 0, 5280),
    ("SpectralNormalization", (10, 9, 4), {"layer": {"class_name": "Conv2D",
      "config": {"filters": 5, "kernel_size": 3}}},
     "op", "conv 3×3, spectral norm", (8, 7, 5), 190, 5, 10080),
    ("TimeDistributed", (3, 12, 6), {"layer": {"class_name": "LSTM",
      "config": {"units": 5}}},
     "other-recurrent", "LSTM 5, each step", (3, 5), 240, 0, 7920),
    ("TimeDistributed", (3, 10, 9, 4), {"layer": {"class_name": "Conv2D",
      "config": {"filters": 5, "kernel_size": 3, "strides": 2}}},
     "conv-3d", "", (3, 4, 4, 5), 185, 0, 8640),
    ("TimeDistributed", (3, 10, 9, 4), {"layer": {"class_name": "Flatten",
      "config": {}}},
     "reshape", "", (3, 360), 0, 0, 0),
    ("TimeDistributed", (3, 10, 9, 4), {"layer": {"class_name": "GlobalMaxPooling2D",
      "config": {}}},
     "other-pool", "global max pooling, each step", (3, 4), 0, 0, 0),
    ("TimeDistributed", (3, 10, 9, 4), {"layer": {"class_name": "BatchNormalization",
      "config": {}}},
     "batch-norm", "", (3, 10, 9, 4), 16, 8, 0),
]  # fmt: skip


def read(kind: str, shape: tuple[int, ...], config: dict[str, Any]) -> LayerGraph:
    layers = [keras_input(*shape), keras_layer(kind, "one", "in", **config)]
    return read_keras_text(keras_model(layers, "one"), "model.json")


@pytest.mark.parametrize("row", LAYERS, ids=lambda row: f"{row[0]}-{row[4] or row[3]}-{row[5]}")
def test_classes(row: tuple[Any, ...]) -> None:
    name, given, config, kind, label, shape, parameters, fixed, macs = row
    graph = read(name, given, config)
    assert import_layers(graph, "test", "test").plain
    node, layers = graph.nodes[-1], graph.nodes
    assert (node.kind, str(node.options.get("label", "")), node.shape) == (kind, label, shape)
    assert sum(layer.parameters for layer in layers) == parameters
    assert sum(layer.fixed for layer in layers) == fixed
    assert sum(layer.macs for layer in layers) == macs
