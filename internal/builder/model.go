package builder

import (
	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Model is a plan with weights. It builds its graphs, one per batch size for training and
// one for evaluation, when they are first needed; all of them read the same weights. A
// Model must not be used concurrently, except for Prepare.
type Model struct {
	plan    *Plan
	seed    uint64
	at      batch.Place // of the current step of the training graphs
	others  others
	alone   bool // set while only this one of the models that share a batch runs
	weights []weight
	params  []G.ValueGrad
	base    *base                 // nil: none
	folded  map[int]*tensor.Dense // by layer: its bias with what is folded into it; nil for what is folded into another
	graphs  map[graphKey]*graph
	last    graphKey        // buffer of Step
	given   map[string]bool // labels of layers whose weights come from a file
	memory  []float32       // memory for the outputs of all graphs, which run one at a time

	extractors map[int]*extractor // by their first layer

	fronts map[frontKey]*front // used only by Prepare
	turn   int
}

// A weight is one tensor of a layer.
type weight struct {
	name      string // layer/weight: conv2d_1/kernel
	layer     int    // index of its layer in the plan
	trainable bool
	moving    bool                    // updated by Step itself
	penalty   regularizer.Regularizer // of the weight; nil if no phase trains it
	value     *tensor.Dense
	grad      G.Value // gradient of the last step
}

// Value and Grad make weight a gorgonia.ValueGrad, which solvers use.
func (w *weight) Value() G.Value         { return w.value }
func (w *weight) Grad() (G.Value, error) { return w.grad, nil }
func (w *weight) Name() string           { return w.name }

// NewModel returns a model with initial weights as in the plan; they depend only on the
// seed.
func (p *Plan) NewModel(seed uint64) *Model {
	m := &Model{plan: p, seed: seed, graphs: map[graphKey]*graph{}, extractors: map[int]*extractor{}, fronts: map[frontKey]*front{}}
	for i, l := range p.Layers {
		for j, w := range l.Own {
			value := ops.NewTensor(w.Shape...)
			w.Init.Fill(value.Float32s(), w.Shape, random.New(seed).With(l.path...).With(uint64(j)))
			m.weights = append(m.weights, weight{name: l.Label + "/" + w.Name, layer: i, value: value})
		}
	}
	m.choose()
	return m
}

// choose sets which weights are trained, as in the plan.
func (m *Model) choose() {
	m.params, m.base, m.extractors = nil, m.plan.base(), map[int]*extractor{}
	at, last := 0, m.plan.last()
	for i, l := range m.plan.Layers {
		for j, own := range l.Own {
			w := &m.weights[at]
			w.trainable, w.moving = own.Trainable, !own.Trainable && layer.Moves(l.Layer)
			if w.trainable {
				m.params = append(m.params, w)
			}
			w.penalty = nil
			if own := last.Layers[i].Own[j]; own.Trainable {
				w.penalty = own.Penalty
			}
			at++
		}
	}
}

// Classes returns the number of classes.
func (m *Model) Classes() int { return m.plan.Classes() }

// Outputs returns the number of outputs, and whether each is a decision of its own; a
// single one is the probability of the second of two classes.
func (m *Model) Outputs() (n int, separate bool) { return m.plan.Outputs(), m.plan.Separate() }

// Truth returns which classes are true of an image with the given label.
func (m *Model) Truth(label int) []bool {
	truth, err := m.plan.truth(label)
	if err != nil {
		return make([]bool, m.Classes()) // Step and Evaluate return the error
	}
	return truth
}

// Weights returns every weight, in the order of the layers. The data is not copied: writing
// to it changes the model.
func (m *Model) Weights() []checkpoint.Tensor {
	tensors := make([]checkpoint.Tensor, len(m.weights))
	for i, w := range m.weights {
		tensors[i] = checkpoint.Tensor{Name: w.name, Shape: w.value.Shape(), Data: w.value.Float32s()}
	}
	return tensors
}

// Params returns the trainable weights with their gradients of the last Step, valid until
// the next Step or Evaluate.
func (m *Model) Params() []G.ValueGrad { return m.params }

// ParamName returns the name in Weights of the weight at index i of Params.
func (m *Model) ParamName(i int) string { return m.params[i].(*weight).name }

// others connects a model with those that share each batch with it.
type others struct {
	mean  func(values []float64)
	ready func(param int, gradient []float32)
}

// Join makes m one of several models that share each batch. Layers that need a mean over
// the global batch call mean, which replaces values by their mean over the models, weighted
// by their shares. Step calls ready as soon as the gradient of a weight of Params is
// complete, in an order that is the same for every model. Join must be called before the
// first Step.
func (m *Model) Join(mean func(values []float64), ready func(param int, gradient []float32)) {
	m.others = others{mean, ready}
	clear(m.graphs) // built by Memory, without them
}

// mean is the mean over all models that share the batch, if they run too.
func (m *Model) mean(values []float64) {
	if !m.alone {
		m.others.mean(values)
	}
}

// Moving returns the weights that Step itself updates: moving averages.
func (m *Model) Moving() (weights [][]float32) {
	for _, w := range m.weights {
		if w.moving {
			weights = append(weights, w.value.Float32s())
		}
	}
	return weights
}

// Step runs a prepared batch forward and backward.
// It returns the loss and the probabilities [n,classes], which the model owns, and leaves
// the gradients in Params. It changes no trainable weight. Random numbers depend on the
// seed of the model, on the step, and on the positions of the images in the global batch.
func (m *Model) Step(prepared batch.Prepared) (loss float32, probabilities []float32, err error) {
	m.at = prepared.Place
	m.last = graphKey{batch: len(prepared.Labels), training: true, rest: prepared.Rest}
	g, err := m.run(m.last, prepared)
	if err != nil {
		return 0, nil, err
	}
	for i, k := 0, 0; i < len(m.weights); i++ {
		if m.weights[i].trainable {
			m.weights[i].grad = g.machine.Value(g.grads[k])
			k++
		}
	}
	return g.lossValue(), g.outputValue(), nil
}

// Evaluate runs a batch forward in inference mode. A label below 0 means an unknown class
// and adds nothing to the loss.
func (m *Model) Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	g, err := m.run(graphKey{batch: len(labels)}, batch.Prepared{Images: images, Labels: labels})
	if err != nil {
		return 0, nil, err
	}
	return g.lossValue(), g.outputValue(), nil
}
