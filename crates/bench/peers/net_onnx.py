"""Writes an ONNX file of the net 784-128-64-10 with softmax: python net_onnx.py FILE

The weights are drawn, for the time does not depend on them.
"""

import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

SIZES = [784, 128, 64, 10]


def nodes():
    draw = np.random.default_rng(0)
    at = "x"
    for layer, (inputs, outputs) in enumerate(zip(SIZES, SIZES[1:])):
        weights = draw.normal(0, inputs**-0.5, (inputs, outputs)).astype("f4")
        tensors = [numpy_helper.from_array(weights, f"w{layer}"), numpy_helper.from_array(np.zeros(outputs, "f4"), f"b{layer}")]
        yield helper.make_node("Gemm", [at, f"w{layer}", f"b{layer}"], [f"z{layer}"]), tensors
        last = layer + 2 == len(SIZES)
        at = "p" if last else f"a{layer}"
        yield helper.make_node("Softmax" if last else "Relu", [f"z{layer}"], [at]), []


def main(path):
    made = list(nodes())
    rows = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
    initializers = [tensor for _, tensors in made for tensor in tensors]
    graph = helper.make_graph([node for node, _ in made], "net", [rows("x", SIZES[0])], [rows("p", SIZES[-1])], initializers)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


if __name__ == "__main__":
    main(sys.argv[1])
