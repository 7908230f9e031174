package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "tanh",
	Doc:  "Hyperbolic tangent.",
}, ops.Tanh)
