package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "silu",
	Doc:  "Sigmoid linear unit, also called Swish: x·sigmoid(x).",
}, ops.SiLU)
