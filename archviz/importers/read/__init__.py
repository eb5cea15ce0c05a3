"""Models in their own terms: operators, shapes, and which tensor is a weight.

``onnx`` reads files, on ``onnx_wire`` (protobuf) and ``onnx_fields`` (what ONNX puts in it);
``keras`` reads JSON; ``torch`` exports a module to ONNX. ``order`` puts operators in order.
"""
