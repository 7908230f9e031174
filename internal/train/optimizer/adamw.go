package optimizer

import "cnntrain/internal/catalog"

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adamw",
	Keras:   "AdamW",
	Example: "adamw: {learning_rate: 0.002, weight_decay: 0.01}",
	Doc: `Adam with weight decay (Loshchilov and Hutter 2019).

The decay is decoupled from the gradient, and applies to all weights including biases,
as in Keras.`,
	New: func(o *catalog.Options) Optimizer { return newAdam(o, 0.004) },
})
