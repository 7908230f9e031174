package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "sigmoid",
	Doc:  "Logistic function: 1 / (1 + exp(-x)).",
}, ops.Sigmoid)
