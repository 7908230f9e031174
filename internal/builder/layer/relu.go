package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name:  "relu",
	Keras: "ReLU",
	Doc:   "Rectified linear unit: max(x, 0).",
}, ops.ReLU)
