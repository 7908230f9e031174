"""Shows what TensorBoard itself reads from event files.

    python read.py RUN|FILE...                          the scalars, a line each
    python read.py --golden ../../internal/train/callback/testdata/tfevents

--golden writes, with TensorBoard's own writer, the bytes that the Go test demands.
"""

import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def show(path):
    events = EventAccumulator(path).Reload()
    for tag in events.Tags()["scalars"]:
        for e in events.Scalars(tag):
            print(path, tag, e.step, f"{e.value:.7g}", f"{e.wall_time:.3f}", sep="\t")


def golden(path):
    """Writes what TestTensorBoard in tensorboard_test.go makes its callback write."""
    with open(path, "wb") as file:
        out = RecordWriter(file)
        out.write(Event(wall_time=1700000000.5, step=0, file_version="brain.Event:2").SerializeToString())
        for epoch, loss in ((1, 1.25), (300, 0.1)):
            values = [
                Summary.Value(tag="loss", simple_value=loss),
                Summary.Value(tag="val_accuracy", simple_value=0.5),
                Summary.Value(tag="learning_rate", simple_value=0.001),
            ]
            out.write(Event(wall_time=1700000000.5, step=epoch, summary=Summary(value=values)).SerializeToString())


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if sys.argv[1] == "--golden":
        golden(sys.argv[2])
    else:
        for path in sys.argv[1:]:
            show(path)
