package loss

import "cnntrain/internal/catalog"

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "sparse_categorical_crossentropy",
	Keras:   "SparseCategoricalCrossentropy",
	Example: "sparse_categorical_crossentropy",
	Doc: `The same as categorical_crossentropy.

In Keras it takes labels that are numbers of classes in place of rows with a one; here
all labels are numbers of classes. A model that is exported with it takes such labels in
Keras.`,
	New: func(o *catalog.Options) Loss {
		logitsOption(o)
		return &categoricalCrossentropy{}
	},
})
