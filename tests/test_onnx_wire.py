"""The bytes of ONNX files, against what the onnx package writes, and cut off at every place."""

from __future__ import annotations

import pytest

from archviz.errors import ArchvizError
from archviz.importers.read.onnx import read_onnx_data
from archviz.importers.read.onnx_wire import (
    MAX_RANK,
    MAX_REALS,
    MAX_VALUES,
    WireError,
    floats,
    numbers,
    only_payload,
    scan,
    signed,
    tensor,
    varint,
)

from models import TensorProto, helper  # isort: skip

INTEGERS = ("UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "UINT32", "UINT64")
REALS = ("FLOAT", "DOUBLE")


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("kind", [*INTEGERS, *REALS])
def test_values_of_every_type(kind: str, raw: bool) -> None:
    import numpy

    number = getattr(TensorProto, kind)
    values = numpy.array([3, 0, 7, 120], helper.tensor_dtype_to_np_dtype(number))
    given = values.tobytes() if raw else values.tolist()
    data = helper.make_tensor("weight", number, [2, 2], given, raw=raw).SerializeToString()
    found = tensor(data, 0, len(data))
    kept = raw or kind not in ("UINT32", "UINT64")  # their own list is one that steers nothing
    assert found == ("weight", (2, 2), number, (3, 0, 7, 120) if kept else None)


def test_numbers_below_zero() -> None:
    data = helper.make_tensor("k", TensorProto.INT64, [2], [-1, -(2**40)]).SerializeToString()
    assert tensor(data, 0, len(data)).values == (-1, -(2**40))
    assert [signed(2**63 - 1), signed(2**63), signed(2**64 - 1)] == [2**63 - 1, -(2**63), -1]


@pytest.mark.parametrize(
    ("kind", "most"), [("FLOAT", MAX_REALS), ("DOUBLE", MAX_REALS), ("INT64", MAX_VALUES)]
)
def test_of_large_tensors_only_the_shape_is_kept(kind: str, most: int) -> None:
    for count in (most, most + 1):
        number = getattr(TensorProto, kind)
        data = helper.make_tensor("k", number, [count], [1] * count).SerializeToString()
        found = tensor(data, 0, len(data))
        assert found.shape == (count,)
        assert (found.values is not None) == (count <= most)


def test_values_that_are_not_as_many_as_the_shape_says() -> None:
    made = TensorProto(data_type=TensorProto.INT64, dims=[3], int64_data=[1, 2])
    data = made.SerializeToString()
    assert tensor(data, 0, len(data)).values is None
    made.int64_data.extend([3, 4])
    data = made.SerializeToString()
    with pytest.raises(WireError, match="more values than its shape says"):
        tensor(data, 0, len(data))
    made = TensorProto(data_type=TensorProto.INT64, dims=[2], raw_data=b"\1" * 15)
    data = made.SerializeToString()
    assert tensor(data, 0, len(data)).values is None


def test_shapes_that_are_none() -> None:
    data = TensorProto(name="w", dims=[2, -3]).SerializeToString()
    with pytest.raises(WireError, match="the tensor 'w' has a negative side"):
        tensor(data, 0, len(data))
    for axes in (MAX_RANK, MAX_RANK + 1):
        data = TensorProto(dims=[1] * axes).SerializeToString()
        if axes == MAX_RANK:
            assert tensor(data, 0, len(data)).shape == (1,) * axes
        else:
            with pytest.raises(WireError, match=f"more than {MAX_RANK} axes"):
                tensor(data, 0, len(data))


def test_sides_that_are_packed() -> None:
    data = b"\x0a\x03\x05\x80\x01"  # field 1, bytes: 5 and 128
    assert tensor(data, 0, len(data)).shape == (5, 128)


FIELDS = b"\x08\x96\x01\x12\x02ab\x1d\0\0\x80\x3f\x21\0\0\0\0\0\0\xf0\x3f"


def test_fields_of_all_types() -> None:
    assert scan(FIELDS, 0, len(FIELDS)) == [
        (1, 0, 150, 0),
        (2, 2, 5, 7),
        (3, 5, 8, 0),
        (4, 1, 13, 0),
    ]
    found = scan(FIELDS, 0, len(FIELDS))
    assert floats(FIELDS, found[2]) == (1.0,)
    assert floats(FIELDS, found[3], "d") == (1.0,)
    assert list(numbers(FIELDS, found[0])) == [150]
    assert list(numbers(FIELDS, found[1])) == [97, 98]
    with pytest.raises(WireError, match="a list of numbers of an unknown type"):
        list(numbers(FIELDS, found[2]))
    with pytest.raises(WireError, match="a list of numbers is cut off"):
        floats(FIELDS, found[1])
    with pytest.raises(WireError, match="a list of numbers is cut off"):
        floats(FIELDS, found[0])


@pytest.mark.parametrize("field", [FIELDS[:3], FIELDS[3:7], FIELDS[7:12], FIELDS[12:]])
def test_a_field_that_is_cut_off_is_noticed_whatever_follows(field: bytes) -> None:
    for end in range(1, len(field)):
        for follows in (b"", b"\0" * 8, b"\x01" * 8):
            with pytest.raises(WireError, match="the file ends inside"):
                scan(field[:end] + follows, 0, end)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x00\x01", "a field with the number 0"),
        (b"\x0b", "a field of an unknown type"),
        (b"\x0c", "a field of an unknown type"),
        (b"\x08" + b"\xff" * 10, "a number of more than 64 bits"),
    ],
)
def test_what_is_no_field(data: bytes, said: str) -> None:
    with pytest.raises(WireError, match=said):
        scan(data, 0, len(data))


def test_numbers_of_several_bytes() -> None:
    for value, data in (
        (0, b"\0"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (2**63, b"\x80" * 9 + b"\1"),
    ):
        assert varint(data + b"\5", 0, len(data)) == (value, len(data))


def test_a_stretch_of_payload_says_nothing_of_the_head() -> None:
    payload = b"\x4a\x02ab" + b"\x25\0\0\x80\x3f"
    assert only_payload(payload, 0, len(payload))
    assert not only_payload(payload, 0, len(payload) - 1)
    for head in (b"\x08\x02", b"\x10\x01", b"\x42\x01a", b"\x0a\x01\x02"):
        assert not only_payload(payload + head, 0, len(payload) + len(head))
    long = b"\x4a\x80\x01" + b"a" * 128
    assert only_payload(long, 0, len(long))
    assert not only_payload(long + b"\x08\x01", 0, len(long) + 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "there is no graph in it"),
        (b"\x38\x05", "there is no graph in it"),  # a number where the graph should be
        (b"\x3a\x00\x3a\x00", "there is no graph in it"),
        (b"\x3a\x00", "has no operators"),
        (b"\x3a\x09\x0a\x07\x0a\x01x\x22\x02Ab", "names no output"),
    ],
)
def test_files_whose_graph_is_none(data: bytes, said: str) -> None:
    with pytest.raises(ArchvizError, match=said):
        read_onnx_data(data, "m.onnx")
