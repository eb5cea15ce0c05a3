"""The numbers that onnx.proto gives to the fields of its messages, and to types of elements.

Only what is read stands here. In a file, a field begins with its :func:`key`.
"""

from __future__ import annotations

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""How a field is written: the wire types of protobuf."""


def key(field: int, wire: int = BYTES) -> int:
    """The number of a field, together with how it is written."""
    return field << 3 | wire


class ModelProto:
    """A file."""

    GRAPH, FUNCTIONS = 7, 25


class GraphProto:
    """Operators and weights: the model, or the body of an operator."""

    NODE, NAME, INITIALIZER = 1, 2, 5
    INPUT, OUTPUT, VALUE_INFO, SPARSE_INITIALIZER, METADATA = 11, 12, 13, 15, 16
    METADATA_KEY, METADATA_VALUE = 1, 2


class FunctionProto:
    """A function of the model's own: operators that others call by its name."""

    NAME, INPUT, OUTPUT, ATTRIBUTE, NODE, DOMAIN, ATTRIBUTE_PROTO = 1, 4, 5, 6, 7, 10, 11


class NodeProto:
    """An operator."""

    INPUT, OUTPUT, NAME, OP_TYPE, ATTRIBUTE, DOMAIN, METADATA = 1, 2, 3, 4, 5, 7, 9
    METADATA_VALUE = 2


class AttributeProto:
    """What an operator is given beside its inputs."""

    NAME, FLOAT, INT, STRING, TENSOR, GRAPH = 1, 2, 3, 4, 5, 6
    FLOATS, INTS, STRINGS, TENSORS, GRAPHS, REF_ATTR_NAME = 7, 8, 9, 10, 11, 21


class TensorProto:
    """A constant; a sparse one has the values and the shape of a dense one in it."""

    DIMS, DATA_TYPE, NAME = 1, 2, 8
    FLOAT_DATA, INT32_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA = 4, 5, 7, 9, 10
    SPARSE_VALUES, SPARSE_DIMS = 1, 3
    EXTERNAL_DATA = 13


class ValueInfoProto:
    """A value with its type, in which is that of a tensor, with its shape, with its sides."""

    NAME, TYPE = 1, 2
    TENSOR_TYPE, SHAPE, DIM, DIM_VALUE, DIM_PARAM = 1, 2, 1, 1, 2


class DataType:
    """Types of the elements of a tensor."""

    FLOAT, UINT8, INT8, UINT16, INT16, INT32, INT64 = 1, 2, 3, 4, 5, 6, 7
    BOOL, FLOAT16, DOUBLE, UINT32, UINT64, BFLOAT16 = 9, 10, 11, 12, 13, 16
    FLOAT8, FLOAT4 = (17, 18, 19, 20), 23
    FLOATING = frozenset({FLOAT, FLOAT16, DOUBLE, BFLOAT16, *FLOAT8, FLOAT4})
    """Floating-point numbers of some precision."""
