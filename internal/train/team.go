package train

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// FitOn is Fit on the ranks of w, which must have the same model, sets and config, and
// share each batch of c.BatchSize. keep and more are used only on rank 0. Training stops on
// all ranks if ctx is done on any. An error is returned on all ranks if [comm.Known] says
// so; otherwise the other ranks are blocked, and the job must be ended.
func FitOn(ctx context.Context, w comm.World, m Model, sets *data.Sets, c *Config, keep *Keep, more ...callback.Callback) (*callback.State, error) {
	return fitAmong(ctx, peersOn(w), m, sets, c, keep, more...)
}

// EvaluateOn is Evaluate on the ranks of w, each of which computes its share of every
// batch; all get the result. It stops on all ranks if ctx is done on any.
func EvaluateOn(ctx context.Context, w comm.World, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	return evaluateAmong(ctx, peersOn(w), m, examplesOf(m, examples, pixels, batch), metrics)
}

func peersOn(w comm.World) peers {
	if w.Size() == 1 {
		return &alone{}
	}
	return &team{world: w}
}

// A team is the implementation of peers for several ranks. Each rank computes the gradients
// of its share of a batch; they are reduced while others are still being computed; each
// rank updates its shard of the weights and sends it to the others. After a step all ranks
// have the same weights.
type team struct {
	world     comm.World
	optimizer optimizer.Optimizer
	weights   *comm.Shards
	moving    *comm.Shards // averages that Step itself updates
	params    []G.ValueGrad
	tensors   [][]float32 // shards of moving
	batch     []float64   // each rank's share of the current batch
	shapes    []tensor.Shape
}

// join connects a model and an optimizer with those of the other ranks.
func (t *team) join(m Model, o optimizer.Optimizer) error {
	w := t.world
	t.optimizer, t.tensors, t.batch = o, m.Moving(), make([]float64, w.Size())
	t.params, t.shapes = nil, nil // those of an earlier phase
	var weights [][]float32
	n := 0
	for _, p := range m.Params() {
		v := p.Value().(*tensor.Dense)
		weights = append(weights, v.Float32s())
		t.shapes = append(t.shapes, v.Shape())
		n += v.DataSize()
	}
	if n > 0 && n < w.Size() {
		return comm.Same(w, fmt.Errorf("%d weights are too few for %d ranks", n, w.Size()))
	}
	t.weights, t.moving = comm.NewShards(w, weights), comm.NewShards(w, t.tensors)
	var names []string
	for i := range t.weights.Pieces() {
		of, from, to := t.weights.Piece(i)
		names = append(names, m.ParamName(of))
		t.params = append(t.params, &piece{shards: t.weights, number: i, value: vector(weights[of][from:to])})
	}
	m.Join(t.mean, t.weights.Ready)
	o.Named(names)
	parts := optimizer.Parts{
		Of: func(i int) (weight, from int) {
			weight, from, _ = t.weights.Piece(i)
			return weight, from
		},
		Norms: t.weights.Norms, Updated: t.weights.Updated,
		Sum: func(values []float64) { comm.Sum(w, values) },
	}
	for _, s := range t.shapes {
		parts.Shapes = append(parts.Shapes, s)
	}
	o.Join(parts)
	return nil
}

// vector returns values as a tensor, without copying.
func vector(values []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(values)), tensor.WithBacking(values))
}

// A piece is a section of a weight, for the optimizer of the rank that owns it.
type piece struct {
	shards *comm.Shards
	number int
	value  *tensor.Dense
}

func (p *piece) Value() G.Value { return p.value }

// Grad blocks until the gradient has been reduced.
func (p *piece) Grad() (G.Value, error) {
	return vector(p.shards.Gradient(p.number)), nil
}

// begin begins the step of a batch of which this rank has a share.
func (t *team) begin(whole int) {
	for r := range t.batch {
		s, _ := data.ShareOf(whole, r, len(t.batch))
		t.batch[r] = s.Weight()
	}
	t.weights.Begin(t.batch)
	t.moving.Begin(t.batch)
}

// mean replaces values by their mean over the ranks, weighted by their shares of the batch.
func (t *team) mean(values []float64) {
	for i := range values {
		values[i] *= t.batch[t.world.Rank()]
	}
	comm.Sum(t.world, values)
}

// update updates this rank's shard and waits for those of the other ranks.
func (t *team) update() error {
	t.sendMoving()
	err := t.optimizer.Step(t.params)
	t.weights.End()
	t.meanMoving()
	var bad *optimizer.NonFiniteError
	if errors.As(err, &bad) {
		of, _, _ := t.weights.Piece(bad.Index)
		return &optimizer.NonFiniteError{Index: of, Gradient: bad.Gradient}
	}
	return err
}

// sendMoving and meanMoving replace the moving statistics by their means over the ranks.
func (t *team) sendMoving() {
	for i := len(t.tensors) - 1; i >= 0; i-- {
		t.moving.Ready(i, t.tensors[i])
	}
}

func (t *team) meanMoving() {
	for i := range t.moving.Pieces() {
		t.moving.Gradient(i) // sections of the moving averages
		t.moving.Updated(i)
	}
	t.moving.End()
}

func (t *team) observe() {
	t.sendMoving()
	t.meanMoving()
}

func (t *team) endEpoch(epoch int) error { return t.optimizer.EndEpoch(t.params, epoch) }

// swap exchanges this rank's shard of the weights and waits for those of the other ranks.
func (t *team) swap() error {
	swapped, err := t.optimizer.Swap(t.params)
	if swapped {
		t.weights.Spread()
	}
	return err
}

// whole returns the optimizer's state for whole weights; data converts the tensors of this
// rank's pieces to whole ones.
func (t *team) whole(data func(pieces [][]float32) [][]float32) (all []checkpoint.Tensor, err error) {
	pieces, err := t.optimizer.State(t.params)
	if err != nil {
		return nil, err
	}
	for ; len(pieces) > 0; pieces = pieces[len(t.params):] {
		var values [][]float32
		for _, p := range pieces[:len(t.params)] {
			values = append(values, p.Data)
		}
		name, _, _ := strings.Cut(pieces[0].Name, "/")
		for i, v := range data(values) {
			all = append(all, checkpoint.Tensor{Name: fmt.Sprintf("%s/%d", name, i), Shape: t.shapes[i], Data: v})
		}
	}
	return all, nil
}

func (t *team) state() ([]checkpoint.Tensor, error) { return t.whole(t.weights.Collect) }

// setState sets this rank's shard of the optimizer's state to what fill writes.
func (t *team) setState(fill func([]checkpoint.Tensor) error) error {
	whole, err := t.whole(func([][]float32) (blank [][]float32) {
		for _, s := range t.shapes {
			blank = append(blank, make([]float32, s.TotalSize()))
		}
		return blank
	})
	if err == nil {
		err = fill(whole)
	}
	if err != nil {
		return err
	}
	pieces, err := t.optimizer.State(t.params)
	for i, p := range pieces {
		slot := i / len(t.params)
		of, from, to := t.weights.Piece(i % len(t.params))
		copy(p.Data, whole[slot*len(t.shapes)+of].Data[from:to])
	}
	return err
}

// spread copies the state saved on rank 0 to all ranks.
func (t *team) spread(s *Saved) (*Saved, error) {
	var shared *Saved // without data
	if s != nil {
		shared = &Saved{Epoch: s.Epoch, Within: s.Within, State: s.State}
		for _, t := range s.Tensors {
			shared.Tensors = append(shared.Tensors, checkpoint.Tensor{Name: t.Name, Shape: t.Shape})
		}
	}
	if err := t.tell(&shared); err != nil || shared == nil {
		return nil, err
	}
	if s == nil {
		s = shared
		for i, t := range s.Tensors {
			s.Tensors[i].Data = make([]float32, tensor.Shape(t.Shape).TotalSize())
		}
	}
	for _, values := range s.Tensors {
		comm.ShareValues(t.world, values.Data)
	}
	return s, nil
}

func (t *team) leads() bool      { return t.world.Rank() == 0 }
func (t *team) breakOff()        { t.weights.End() }
func (t *team) tell(v any) error { return comm.ShareJSON(t.world, v) }

func (t *team) known(err error) bool {
	return err == nil || comm.Known(err) || errors.Is(err, context.Canceled)
}

// share makes all ranks read until settle stops them, so that they stop at the same step.
func (t *team) share(ctx context.Context, l *data.Loader) context.Context {
	l.Share(t.world.Rank(), t.world.Size())
	return context.WithoutCancel(ctx)
}

func (t *team) sum(figures []float64, counts []int) {
	comm.Sum(t.world, figures)
	if len(counts) > 0 {
		comm.Sum(t.world, counts)
	}
}

func (t *team) settle(ctx context.Context, err error, save bool) (bool, error) {
	type wishes struct{ failed, stop, save bool }
	var all wishes
	for _, w := range comm.Gather(t.world, wishes{err != nil, ctx.Err() != nil, save}) {
		all = wishes{all.failed || w.failed, all.stop || w.stop, all.save || w.save}
	}
	if all.failed {
		return false, t.agree(err)
	}
	if all.stop {
		return false, context.Canceled
	}
	return all.save, nil
}

// agree distributes errors to all ranks. A non-finite value on any rank is an error on all
// of them.
func (t *team) agree(err error) error {
	type number struct {
		bad, here   bool
		epoch, step int
	}
	var mine number
	var bad *NonFiniteError
	if errors.As(err, &bad) {
		mine, err = number{true, bad.here, bad.Epoch, bad.Step}, errors.New(bad.What)
	}
	agreed := comm.Agree(t.world, err)
	if agreed == nil {
		return nil
	}
	e := agreed.(*comm.RankError)
	n := comm.Gather(t.world, mine)[e.Rank]
	if !n.bad {
		return agreed
	}
	said := e.Err.Error()
	if e.Alone && n.here {
		said += fmt.Sprintf(", on rank %d,", e.Rank)
	}
	return comm.Same(t.world, &NonFiniteError{What: said, Epoch: n.epoch, Step: n.step})
}
