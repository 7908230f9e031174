package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "mish",
	Doc:  "Mish: x·tanh(softplus(x)) (Misra 2019).",
}, ops.Mish)
