package experiment

import (
	"fmt"

	"cnntrain/internal/builder"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"
)

// store returns the store for what is computed once in the current phase, nil if nothing is, and
// reports what is not trained.
func (f *fit) store() train.Store {
	p := f.model.Plan()
	layers, params := frozen(p)
	if layers == 0 {
		return nil
	}
	trainable, _ := p.Params()
	said := fmt.Sprintf("frozen: %s with %s; %s trained", words.Count(layers, "layer"), parameters(params), areParameters(trainable))
	if tuned := p.FineTuned(); tuned != nil {
		trainable, _ = tuned.Params()
		t := &f.Train.FineTune
		said += fmt.Sprintf(", %s at learning rate %g after epoch %d", words.Commas(trainable), t.LearningRate, t.FrozenEpochs)
		if t.FrozenEpochs >= f.Train.Epochs {
			said += fmt.Sprintf(", which this run of %s does not reach", words.Count(f.Train.Epochs, "epoch"))
		}
	}
	s, computed := f.openStore(p)
	if f.run != nil {
		f.options.Listener.Logf("%s; %s", said, computed)
	}
	return s
}

func parameters(n int) string {
	if n == 1 {
		return "1 parameter"
	}
	return words.Commas(n) + " parameters"
}

func areParameters(n int) string {
	if n == 1 {
		return "1 parameter is"
	}
	return parameters(n) + " are"
}

// frozen returns the number of layers that are frozen and of the parameters in them.
func frozen(p *builder.Plan) (layers, params int) {
	for _, l := range p.Layers {
		if l.IsFrozen() {
			_, n := l.Params()
			layers, params = layers+1, params+n
		}
	}
	return layers, params
}

// sayPhase reports that fine-tuning begins, if an epoch is left for it.
func (f *fit) sayPhase(s *callback.State) error {
	if s.Epoch == f.Train.Epochs {
		return nil
	}
	why := ""
	if s.Stopped != "" {
		why = ": " + s.Stopped
	}
	f.options.Listener.Logf("fine-tuning after epoch %d at learning rate %g%s", s.Epoch, f.Train.FineTune.LearningRate, why)
	return nil
}
