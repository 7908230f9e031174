// Package batch holds the types of a batch on its way from the data through a model's Prepare to
// its Step.
package batch

// A Place says where in a training the examples of a batch are.
type Place struct {
	Step  int   // counted from 0 over the whole training
	Epoch int   // counted from 1
	First int   // position of the first example in the whole batch
	Of    int   // number of examples in the whole batch; 0: that of these examples
	Index []int // position of each example in the training data; nil: its position in the batch
}

// Loaded is a batch, or a model's share of one, as the data has it.
type Loaded struct {
	Place
	N      int       // number of examples to compute
	Images []float32 // [len(Labels),H,W,C], from 0 to 255
	// Labels has those of the N examples, and after them those of the next ones in the whole
	// batch, around its end, which mix_up and cut_mix need if the batch is shared.
	Labels []int
}

// Prepared is the examples of a batch as a model's Prepare returns them, and as its Step takes
// them. It is a type of its own so that images which were not prepared cannot be passed.
type Prepared struct {
	Place
	Images []float32 // after the layers up to the last augmentation, [n,H,W,C]
	Rest   bool      // Images are outputs of the model's base, [n,Base]
	Labels []int     // [n]; of a mixture, the label with the largest part
	Parts  []Part    // [n,k], the parts of each mixture; nil without mixtures
}

// A Part is the fraction of an image that has a label, from 0 to 1.
type Part struct {
	Label  int
	Weight float32
}
