// Package batch holds the type of prepared images, which training passes from a model's Prepare
// to its Step.
package batch

// Prepared is the images of a batch as a model's Prepare returns them, and as its Step takes
// them. It is a type of its own so that images which were not prepared cannot be passed.
type Prepared struct {
	Images []float32 // after the layers up to the last augmentation, [n,H,W,C]
}
