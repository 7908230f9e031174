"""Predictions of an exported ONNX file in onnxruntime or OpenVINO; see peer.py.

Modes: onnxruntime, openvino. Both compute in float32; OpenVINO would take bfloat16 else.
"""

import peer

import numpy as np


def onnxruntime_step(a):
    import onnxruntime

    before = peer.peak()
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads, o.inter_op_num_threads = a.threads, 1
    session = onnxruntime.InferenceSession(a.graph, o, providers=["CPUExecutionProvider"])
    i = session.get_inputs()[0]
    return "onnxruntime " + onnxruntime.__version__, before, i.shape[1:], lambda x: session.run(None, {i.name: x})[0]


def openvino_step(a):
    import openvino

    before = peer.peak()
    core = openvino.Core()
    model = core.read_model(a.graph)
    shape = [d.get_length() for d in list(model.input(0).partial_shape)[1:]]
    model.reshape([-1 if a.check else a.batch, *shape])
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": a.threads, "NUM_STREAMS": 1})
    request = compiled.create_infer_request()
    version = "OpenVINO " + openvino.__version__.split("-")[0]
    return version, before, shape, lambda x: request.infer({0: x}, share_inputs=True, share_outputs=True)[0]


def main():
    a = peer.arguments()
    if not a.inference:
        raise SystemExit("inference only")
    version, before, shape, predict = {"onnxruntime": onnxruntime_step, "openvino": openvino_step}[a.mode](a)
    x, _ = peer.images(a, shape)
    peer.finish(a, lambda: predict(x), {"version": version}, before)


if __name__ == "__main__":
    main()
