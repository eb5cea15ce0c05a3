"""The numbers of protobuf's fields, against those of the package ``onnx``."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import pytest

from archviz.importers.read import onnx_fields

OTHER_NAMES = {
    ("AttributeProto", "FLOAT"): "f",
    ("AttributeProto", "INT"): "i",
    ("AttributeProto", "STRING"): "s",
    ("AttributeProto", "TENSOR"): "t",
    ("AttributeProto", "GRAPH"): "g",
    ("NodeProto", "METADATA"): "metadata_props",
    ("GraphProto", "METADATA"): "metadata_props",
    ("DataType", "FLOAT4"): "FLOAT4E2M1",
}
ELSEWHERE = {
    ("GraphProto", "METADATA_KEY"): onnx.StringStringEntryProto.DESCRIPTOR.fields_by_name["key"],
    ("GraphProto", "METADATA_VALUE"): onnx.StringStringEntryProto.DESCRIPTOR.fields_by_name[
        "value"
    ],
    ("NodeProto", "METADATA_VALUE"): onnx.StringStringEntryProto.DESCRIPTOR.fields_by_name["value"],
    ("TensorProto", "SPARSE_VALUES"): onnx.SparseTensorProto.DESCRIPTOR.fields_by_name["values"],
    ("TensorProto", "SPARSE_DIMS"): onnx.SparseTensorProto.DESCRIPTOR.fields_by_name["dims"],
    ("ValueInfoProto", "TENSOR_TYPE"): onnx.TypeProto.DESCRIPTOR.fields_by_name["tensor_type"],
    ("ValueInfoProto", "SHAPE"): onnx.TypeProto.Tensor.DESCRIPTOR.fields_by_name["shape"],
    ("ValueInfoProto", "DIM"): onnx.TensorShapeProto.DESCRIPTOR.fields_by_name["dim"],
    ("ValueInfoProto", "DIM_VALUE"): onnx.TensorShapeProto.Dimension.DESCRIPTOR.fields_by_name[
        "dim_value"
    ],
    ("ValueInfoProto", "DIM_PARAM"): onnx.TensorShapeProto.Dimension.DESCRIPTOR.fields_by_name[
        "dim_param"
    ],
}
"""Fields of messages that stand in others."""


def fields() -> Iterator[tuple[str, str, int]]:
    for message in vars(onnx_fields).values():
        if isinstance(message, type) and message is not onnx_fields.DataType:
            for name, number in vars(message).items():
                if isinstance(number, int) and name.isupper():
                    yield message.__name__, name, number


@pytest.mark.parametrize(("message", "name", "number"), list(fields()))
def test_a_field_has_its_number(message: str, name: str, number: int) -> None:
    wanted = ELSEWHERE.get((message, name))
    if wanted is None:
        known = getattr(onnx, message).DESCRIPTOR.fields_by_name
        wanted = known[OTHER_NAMES.get((message, name), name.lower())]
    assert number == wanted.number


def test_types_of_elements_have_their_numbers() -> None:
    for name, number in vars(onnx_fields.DataType).items():
        if isinstance(number, int) and name.isupper():
            assert number == getattr(onnx.TensorProto, OTHER_NAMES.get(("DataType", name), name))
