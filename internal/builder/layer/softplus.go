package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "softplus",
	Doc:  "Smooth ReLU: log(1 + exp(x)).",
}, ops.Softplus)
