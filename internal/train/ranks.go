package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/train/optimizer"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A team is what training on several ranks adds to training on one: each computes its
// share of a batch; the gradients become one while others are still being computed; each
// rank updates its shard of the weights and sends it to the others. After a step all of
// them have the same weights.
type team struct {
	world   comm.World
	weights *comm.Shards
	moving  *comm.Shards // averages that steps change by themselves
	params  []G.ValueGrad
	tensors [][]float32 // that moving has shards of
	share   []float64   // of the current batch, by rank
	shapes  []tensor.Shape
}

// newTeam joins a model and an optimizer to those of the other ranks. It is nil for one rank.
func newTeam(w comm.World, m Model, o optimizer.Optimizer) (*team, error) {
	if w.Size() == 1 {
		return nil, nil
	}
	t := &team{world: w, share: make([]float64, w.Size()), tensors: m.Moving()}
	var weights [][]float32
	n := 0
	for _, p := range m.Params() {
		v := p.Value().(*tensor.Dense)
		weights = append(weights, v.Float32s())
		t.shapes = append(t.shapes, v.Shape())
		n += v.DataSize()
	}
	if n > 0 && n < w.Size() {
		return nil, comm.Same(w, fmt.Errorf("%d weights are too few for %d ranks", n, w.Size()))
	}
	t.weights, t.moving = comm.NewShards(w, weights), comm.NewShards(w, t.tensors)
	for i := range t.weights.Pieces() {
		of, from, to := t.weights.Piece(i)
		t.params = append(t.params, &piece{shards: t.weights, number: i, value: vector(weights[of][from:to])})
	}
	m.Join(t.mean, t.weights.Ready)
	o.Join(t.weights.Norms, t.weights.Updated)
	return t, nil
}

// vector is the memory of values as a tensor.
func vector(values []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(values)), tensor.WithBacking(values))
}

// A piece is a part of a weight, for the optimizer of the rank that owns it.
type piece struct {
	shards *comm.Shards
	number int
	value  *tensor.Dense
}

func (p *piece) Value() G.Value { return p.value }

// Grad waits for what the other ranks send.
func (p *piece) Grad() (G.Value, error) {
	return vector(p.shards.Gradient(p.number)), nil
}

// begin begins the step of a batch of which this rank has a share.
func (t *team) begin(whole int) {
	for r := range t.share {
		s, _ := data.ShareOf(whole, r, len(t.share))
		t.share[r] = s.Weight()
	}
	t.weights.Begin(t.share)
	t.moving.Begin(t.share)
}

// mean replaces values by their mean over the ranks, each with its share of the batch.
func (t *team) mean(values []float64) {
	for i := range values {
		values[i] *= t.share[t.world.Rank()]
	}
	comm.Sum(t.world, values)
}

// update lets o update this rank's shard, and waits for those of the others.
func (t *team) update(o optimizer.Optimizer) error {
	for i := len(t.tensors) - 1; i >= 0; i-- {
		t.moving.Ready(i, t.tensors[i])
	}
	err := o.Step(t.params)
	t.weights.End()
	for i := range t.moving.Pieces() {
		t.moving.Gradient(i) // which lies where the average does
		t.moving.Updated(i)
	}
	t.moving.End()
	var bad *optimizer.NonFiniteError
	if errors.As(err, &bad) {
		of, _, _ := t.weights.Piece(bad.Index)
		return &optimizer.NonFiniteError{Index: of, Gradient: bad.Gradient}
	}
	return err
}

// state returns, on rank 0, what o remembers of whole weights, as if it had updated all of
// them; nil on the others.
func (t *team) state(o optimizer.Optimizer) (whole []checkpoint.Tensor, err error) {
	pieces, err := o.State(t.params)
	if err != nil {
		return nil, err
	}
	for ; len(pieces) > 0; pieces = pieces[len(t.params):] {
		var values [][]float32
		for _, p := range pieces[:len(t.params)] {
			values = append(values, p.Data)
		}
		name, _, _ := strings.Cut(pieces[0].Name, "/")
		for i, v := range t.weights.Collect(values) {
			whole = append(whole, checkpoint.Tensor{Name: fmt.Sprintf("%s/%d", name, i), Shape: t.shapes[i], Data: v})
		}
	}
	return whole, nil
}

// blank returns what state does, on every rank and with no values yet.
func (t *team) blank(o optimizer.Optimizer) (whole []checkpoint.Tensor, err error) {
	pieces, err := o.State(t.params)
	if err != nil {
		return nil, err
	}
	for ; len(pieces) > 0; pieces = pieces[len(t.params):] {
		name, _, _ := strings.Cut(pieces[0].Name, "/")
		for i, s := range t.shapes {
			whole = append(whole, checkpoint.Tensor{Name: fmt.Sprintf("%s/%d", name, i), Shape: s, Data: make([]float32, s.TotalSize())})
		}
	}
	return whole, nil
}

// restore makes o remember this rank's shard of what state returned.
func (t *team) restore(o optimizer.Optimizer, whole []checkpoint.Tensor) error {
	pieces, err := o.State(t.params)
	if err != nil {
		return err
	}
	for i, p := range pieces {
		slot := i / len(t.params)
		of, from, to := t.weights.Piece(i % len(t.params))
		copy(p.Data, whole[slot*len(t.shapes)+of].Data[from:to])
	}
	return nil
}

// agree makes what went wrong on any rank known to all. What is not finite anywhere is so
// for all of them.
func agree(w comm.World, err error) error {
	if w.Size() == 1 {
		return err
	}
	var bad *NonFiniteError
	isBad := 0.0
	what := err
	if errors.As(err, &bad) {
		isBad, what = 1, errors.New(bad.What)
	}
	kinds := []float64{isBad, 0, 0, 0}
	if bad != nil {
		kinds[1], kinds[2], kinds[3] = float64(bad.Epoch), float64(bad.Step), number(bad.here)
	}
	agreed := comm.Agree(w, what)
	if agreed == nil {
		return nil
	}
	all := make([]float64, len(kinds)*w.Size())
	w.AllGather(all, kinds)
	e := agreed.(*comm.RankError)
	if k := all[len(kinds)*e.Rank:]; k[0] > 0 {
		said := e.Err.Error()
		if e.Alone && k[3] > 0 {
			said += fmt.Sprintf(", on rank %d,", e.Rank)
		}
		return &NonFiniteError{What: said, Epoch: int(k[1]), Step: int(k[2])}
	}
	return agreed
}

// header is all of a Saved but the values.
type header struct {
	Epoch   int
	Within  bool
	State   string
	Tensors []checkpoint.Tensor // without Data
}

// spread gives every rank what rank 0 has saved. s is nil on the others, and on rank 0
// where there is nothing.
func spread(w comm.World, s *Saved) (*Saved, error) {
	if w.Size() == 1 {
		return s, nil
	}
	var text []byte
	if s != nil {
		h := header{s.Epoch, s.Within, s.State, nil}
		for _, t := range s.Tensors {
			h.Tensors = append(h.Tensors, checkpoint.Tensor{Name: t.Name, Shape: t.Shape})
		}
		var err error
		if text, err = json.Marshal(h); err != nil {
			return nil, err
		}
	}
	text = comm.Share(w, text)
	if len(text) == 0 {
		return nil, nil
	}
	if s == nil {
		var h header
		if err := json.Unmarshal(text, &h); err != nil {
			return nil, err
		}
		s = &Saved{h.Epoch, h.Within, h.State, h.Tensors}
		for i, t := range s.Tensors {
			s.Tensors[i].Data = make([]float32, tensor.Shape(t.Shape).TotalSize())
		}
	}
	for _, t := range s.Tensors {
		comm.ShareValues(w, t.Data)
	}
	return s, nil
}

// A decision is what callbacks have changed of the training.
type decision struct {
	Stopped      string
	LearningRate float64
}

// decide makes rank 0's decision that of all: they saw the same figures, but so it cannot
// matter where a rank rounds otherwise.
func (f *fitting) decide() error {
	if f.world.Size() == 1 {
		return nil
	}
	text, err := json.Marshal(decision{f.state.Stopped, f.state.LearningRate})
	if err != nil {
		return err
	}
	var d decision
	err = json.Unmarshal(comm.Share(f.world, text), &d)
	f.state.Stopped, f.state.LearningRate = d.Stopped, d.LearningRate
	return err
}
