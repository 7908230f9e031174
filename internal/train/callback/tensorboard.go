package callback

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// TensorBoard writes the loss and metrics of each epoch, and its last learning rate, as
// scalars of a TensorBoard event file. Each epoch is flushed; now returns the time.
//
// The file is a sequence of TFRecords (tensorflow/core/lib/io/record_writer.h), each an
// Event (tensorflow/core/util/event.proto) encoded as a protocol buffer.
func TensorBoard(w io.Writer, now func() time.Time) Callback {
	write := func(event []byte) error {
		if _, err := w.Write(tfRecord(event)); err != nil {
			return fmt.Errorf("writing the events for TensorBoard: %w", err)
		}
		return nil
	}
	return Callback{
		Start: func(*State) error {
			return write(protoBytes(tfEvent(now(), 0), eventFileVersion, []byte("brain.Event:2")))
		},
		Epoch: func(s *State) error {
			var summary []byte
			for _, l := range append(s.Logs[:len(s.Logs):len(s.Logs)], Log{"learning_rate", s.StepRate}) {
				summary = protoBytes(summary, summaryValue, tfScalar(l))
			}
			return write(protoBytes(tfEvent(now(), s.Epoch), eventSummary, summary))
		},
	}
}

// Field numbers and types: number<<3 | wire type.
const (
	wireVarint, wire64, wireBytes, wire32 = 0, 1, 2, 5

	eventWallTime    = 1<<3 | wire64
	eventStep        = 2<<3 | wireVarint
	eventFileVersion = 3<<3 | wireBytes
	eventSummary     = 5<<3 | wireBytes
	summaryValue     = 1<<3 | wireBytes
	valueTag         = 1<<3 | wireBytes
	valueSimple      = 2<<3 | wire32
)

// tfEvent returns the start of an event with a time, in seconds since 1970, and a step.
func tfEvent(at time.Time, step int) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{eventWallTime}, math.Float64bits(float64(at.UnixNano())/1e9))
	if step == 0 {
		return b // protocol buffers omit zeros
	}
	return binary.AppendUvarint(append(b, eventStep), uint64(step))
}

// tfScalar returns one value of a summary.
func tfScalar(l Log) []byte {
	b := protoBytes(nil, valueTag, []byte(l.Name))
	return binary.LittleEndian.AppendUint32(append(b, valueSimple), math.Float32bits(float32(l.Value)))
}

// protoBytes appends a field of type bytes to b.
func protoBytes(b []byte, field byte, data []byte) []byte {
	return append(binary.AppendUvarint(append(b, field), uint64(len(data))), data...)
}

// tfRecord returns a record: length, masked CRC of the length, data, masked CRC of the
// data.
func tfRecord(data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, maskedCRC(b))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, maskedCRC(data))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is a masked CRC-32C, because the CRC of data that contains CRCs is weak.
func maskedCRC(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}
