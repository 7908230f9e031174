// Package interop writes trained models for Keras and ONNX, and reads models and weights of
// Keras.
package interop

import (
	"cnntrain/internal/builder"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/spec"
)

// A Model is the input of all export formats.
type Model struct {
	Name    string
	Input   layer.Shape // of one image, [H W C]
	Layers  []Layer
	Classes []string // their names, nil if unknown

	Training *Training // how it was trained; nil: unknown
}

// A Layer is a layer with its options and its weights.
type Layer struct {
	builder.Layer
	Name    string         // entry in a spec: conv2d
	Options map[string]any // as returned by catalog.Values
	Weights []checkpoint.Tensor

	trained int // trainable weights of the layers before it in the model
}

// NewModel combines a spec, its plan, and the weights of a model of that plan, in the
// plan's order.
func NewModel(s *spec.Spec, p *builder.Plan, weights []checkpoint.Tensor) *Model {
	m := &Model{Name: s.Name, Input: p.Input, Training: newTraining(s)}
	for i, it := range s.Layers {
		own := len(p.Layers[i].Own)
		options := layer.Layers.Values(it)
		options["trainable"] = layer.Trains(p.Layers[i].Layer) // which fine-tuning changes
		m.Layers = append(m.Layers, Layer{Layer: p.Layers[i], Name: it.Name, Options: options, Weights: weights[:own]})
		weights = weights[own:]
	}
	return m
}

// weight returns the weight with a name, nil if the layer has none.
func (l *Layer) weight(name string) []float32 {
	for i, w := range l.Own {
		if w.Name == name {
			return l.Weights[i].Data
		}
	}
	return nil
}

// inputs returns the layers that layer i reads, by index; spec.Images is the images.
func (m *Model) inputs(i int) []int {
	if in := m.Layers[i].Inputs; in != nil {
		return in
	}
	return []int{i - 1}
}

// isChain reports whether each layer reads only the one before it.
func (m *Model) isChain() bool {
	for i := range m.Layers {
		if in := m.inputs(i); len(in) != 1 || in[0] != i-1 {
			return false
		}
	}
	return true
}
