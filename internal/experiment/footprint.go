package experiment

import (
	"fmt"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/words"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// loaded is the number of batches that a loader has in memory, as read.
const loaded = 3

// A scalar is a weight of one value.
type scalar struct{ *tensor.Dense }

func (s scalar) Value() G.Value         { return s.Dense }
func (s scalar) Grad() (G.Value, error) { return s.Dense, nil }

// slots returns the number of values that the optimizer keeps for each value of a weight.
func (e *Experiment) slots() (int, error) {
	again, err := e.again() // State allocates
	if err != nil {
		return 0, err
	}
	state, err := again.Train.Optimizer.State([]G.ValueGrad{scalar{tensor.New(tensor.WithShape(1), tensor.Of(tensor.Float32))}})
	return len(state), err
}

// checkLeast rejects a model whose weights, gradients and optimizer state alone do not fit
// into the memory of this machine, before they are allocated.
func (e *Experiment) checkLeast(w comm.World) error {
	slots, err := e.slots()
	if err != nil {
		return err
	}
	trainable, frozen := e.Plan.Params()
	return e.checkFits(w, 4*int64(2*trainable+frozen)+e.optimizerBytes(w, slots))
}

// optimizerBytes is the size of the optimizer's state on one of the ranks, which share it.
func (e *Experiment) optimizerBytes(w comm.World, slots int) int64 {
	trainable, _ := e.Plan.Params()
	return 4 * int64(slots*share(w, trainable))
}

// needs returns the bytes that training takes on this rank, as the model's memory is laid out,
// beyond those of the program: weights, outputs, gradients, the optimizer's state and the
// batches that are read ahead. What kernels need for the time of a call comes on top.
func (e *Experiment) needs(w comm.World, m *builder.Model) (int64, error) {
	slots, err := e.slots()
	if err != nil {
		return 0, err
	}
	batch := share(w, e.Train.BatchSize)
	bytes, err := m.Memory(batch)
	return bytes + e.optimizerBytes(w, slots) + loaded*4*int64(batch*e.Plan.Input.Size()), err
}

// checkMemory rejects a model whose training does not fit into the memory of this machine,
// before it is allocated.
func (e *Experiment) checkMemory(w comm.World, m *builder.Model) error {
	need, err := e.needs(w, m)
	if err != nil {
		return err
	}
	return e.checkFits(w, need)
}

// checkFits compares what each rank needs with the memory of this machine, and with the limit on
// the addresses of this process.
func (e *Experiment) checkFits(w comm.World, need int64) error {
	refuse := func(by string, need int64, have string) error {
		return fmt.Errorf("training %s with batches of %d%s needs at least %s of memory, and %s; use a smaller batch_size or smaller layers",
			e.Spec.Name, e.Train.BatchSize, by, words.Size(need), have)
	}
	if free, limited := freeAddresses(); limited && need > free {
		return refuse("", need, fmt.Sprintf("the limit on addresses (ulimit -v) leaves %s", words.Size(free)))
	}
	here, by := int64(ranksHere(w)), ""
	if here > 1 {
		by = fmt.Sprintf(" on %d ranks of this machine", here)
	}
	if have := TotalMemory(); have > 0 && here*need > have {
		return refuse(by, here*need, fmt.Sprintf("this machine has %s", words.Size(have)))
	}
	return nil
}
