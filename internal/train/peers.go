package train

import (
	"context"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data"
	"cnntrain/internal/train/optimizer"
)

// peers is all that training asks of those that train the same model together. Each of
// them calls the same methods in the same order, with its own share of every batch.
type peers interface {
	// leads reports whether this one keeps what comes of the training.
	leads() bool
	// join begins a training of m with o.
	join(m Model, o optimizer.Optimizer) error
	// share has l bring this one's share of each batch, to be read under the context returned.
	share(ctx context.Context, l *data.Loader) context.Context

	// begin begins a step of a batch with so many examples.
	begin(batch int)
	// update ends it with an update of the weights; breakOff, in place of that, with none.
	update() error
	breakOff()

	// sum replaces figures and counts by their sums over all.
	sum(figures []float64, counts []int)
	// agree returns an error that any has.
	agree(error) error
	// settle is agree; without an error it tells whether ctx of any has ended, with the
	// context's error, and whether any wants to save.
	settle(ctx context.Context, err error, save bool) (bool, error)
	// known reports whether no other goes on without knowing of err.
	known(err error) bool
	// tell gives all what that which leads has in the variable that v points to.
	tell(v any) error
	// spread gives all the state that the one which leads has; nil where that has none.
	spread(*Saved) (*Saved, error)

	// state returns what the optimizer remembers of whole weights, to the one that leads.
	state() ([]checkpoint.Tensor, error)
	// setState has fill write what the optimizer is to remember into tensors like those of state.
	setState(fill func([]checkpoint.Tensor) error) error
}

// alone is the peers of a process that trains alone: none.
type alone struct {
	model     Model
	optimizer optimizer.Optimizer
}

func (a *alone) leads() bool { return true }
func (a *alone) join(m Model, o optimizer.Optimizer) error {
	a.model, a.optimizer = m, o
	return nil
}
func (a *alone) share(ctx context.Context, _ *data.Loader) context.Context { return ctx }
func (a *alone) begin(int)                                                 {}
func (a *alone) update() error                                             { return a.optimizer.Step(a.model.Params()) }
func (a *alone) breakOff()                                                 {}
func (a *alone) sum([]float64, []int)                                      {}
func (a *alone) agree(err error) error                                     { return err }
func (a *alone) known(error) bool                                          { return true }
func (a *alone) tell(any) error                                            { return nil }
func (a *alone) spread(s *Saved) (*Saved, error)                           { return s, nil }
func (a *alone) state() ([]checkpoint.Tensor, error)                       { return a.optimizer.State(a.model.Params()) }

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
