package train

import (
	"context"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data"
	"cnntrain/internal/train/optimizer"
)

// peers is the interface of training to the other processes that train the same model. All
// peers call the same methods in the same order, each with its own share of every batch.
type peers interface {
	// leads reports whether this peer is the leader, which saves the results.
	leads() bool
	// join begins a training, or another phase of one, of m with o.
	join(m Model, o optimizer.Optimizer) error
	// share restricts l to this peer's share of each batch. The batches must be read with
	// the returned context.
	share(ctx context.Context, l *data.Loader) context.Context

	// begin begins a step with a batch of a number of examples.
	begin(batch int)
	// update ends it with an update of the weights; breakOff ends it without one.
	update() error
	breakOff()

	// observe ends it with the moving statistics of all peers.
	observe()
	// endEpoch tells the optimizer of the end of an epoch.
	endEpoch(epoch int) error

	// swap exchanges the weights with their averages, if the optimizer has them.
	swap() error

	// sum replaces values and counts by their sums over all peers.
	sum(figures []float64, counts []int)
	// agree returns an error if any peer has one.
	agree(error) error
	// settle is agree; if there is no error it reports whether ctx is done on any peer, as
	// the context's error, and whether any wants to save.
	settle(ctx context.Context, err error, save bool) (bool, error)
	// known reports whether all other peers know about err.
	known(err error) bool
	// tell copies the variable that v points to from the leader to all peers.
	tell(v any) error
	// spread copies the leader's state to all peers; nil if the leader has none.
	spread(*Saved) (*Saved, error)

	// state returns the optimizer's state for whole weights, to the leader.
	state() ([]checkpoint.Tensor, error)
	// setState sets the optimizer's state; fill writes it to tensors like those of state.
	setState(fill func([]checkpoint.Tensor) error) error
}

// alone is the implementation for a process without peers.
type alone struct {
	model     Model
	optimizer optimizer.Optimizer
}

func (a *alone) leads() bool { return true }
func (a *alone) join(m Model, o optimizer.Optimizer) error {
	a.model, a.optimizer = m, o
	var names []string
	for i := range m.Params() {
		names = append(names, m.ParamName(i))
	}
	o.Named(names)
	return nil
}
func (a *alone) share(ctx context.Context, _ *data.Loader) context.Context { return ctx }
func (a *alone) begin(int)                                                 {}
func (a *alone) update() error                                             { return a.optimizer.Step(a.model.Params()) }
func (a *alone) breakOff()                                                 {}
func (a *alone) observe()                                                  {}
func (a *alone) sum([]float64, []int)                                      {}
func (a *alone) agree(err error) error                                     { return err }
func (a *alone) known(error) bool                                          { return true }
func (a *alone) tell(any) error                                            { return nil }
func (a *alone) spread(s *Saved) (*Saved, error)                           { return s, nil }
func (a *alone) state() ([]checkpoint.Tensor, error)                       { return a.optimizer.State(a.model.Params()) }

func (a *alone) endEpoch(epoch int) error {
	return a.optimizer.EndEpoch(a.model.Params(), epoch)
}

func (a *alone) swap() error {
	_, err := a.optimizer.Swap(a.model.Params())
	return err
}

func (a *alone) settle(ctx context.Context, err error, save bool) (bool, error) {
	if err == nil {
		err = ctx.Err()
	}
	return save, err
}

func (a *alone) setState(fill func([]checkpoint.Tensor) error) error {
	state, err := a.state()
	if err != nil {
		return err
	}
	return fill(state)
}
