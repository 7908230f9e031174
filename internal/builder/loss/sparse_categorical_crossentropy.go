package loss

import "cnntrain/internal/catalog"

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "sparse_categorical_crossentropy",
	Keras:   "SparseCategoricalCrossentropy",
	Example: "sparse_categorical_crossentropy",
	Doc: `The same as categorical_crossentropy.

In Keras it takes labels that are class indices instead of one-hot rows; here
all labels are class indices. A model that is exported with it takes such labels in
Keras.`,
	New: func(o *catalog.Options) Loss {
		logitsOption(o)
		return &categoricalCrossentropy{}
	},
})
