package callback

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"
)

// The golden file was written by TensorBoard's own writer: bench/tensorboard.
func TestTensorBoardWritesTheBytesOfTensorBoard(t *testing.T) {
	want, err := os.ReadFile("testdata/tfevents")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	cb := TensorBoard(&b, func() time.Time { return time.Unix(1700000000, 500_000_000) })
	err = cb.Start(&State{})
	for _, s := range []State{
		{Epoch: 1, StepRate: 0.001, Logs: Logs{{"loss", 1.25}, {"val_accuracy", 0.5}}},
		{Epoch: 300, StepRate: 0.001, Logs: Logs{{"loss", 0.1}, {"val_accuracy", 0.5}}},
	} {
		err = errors.Join(err, cb.Epoch(&s))
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("got  %x\nwant %x", b.Bytes(), want)
	}
}

func TestTensorBoardReportsAFullDisk(t *testing.T) {
	cb := TensorBoard(full{}, time.Now)
	if err := cb.Start(&State{}); err == nil {
		t.Errorf("got %v", err)
	}
}

// full fails like a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
