// Package builder turns a spec into a Plan (layers, shapes, weights; no graph)
// and a Plan into a Model (Gorgonia graphs over one set of weights).
package builder
