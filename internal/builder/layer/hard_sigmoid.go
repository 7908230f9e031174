package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "hard_sigmoid",
	Doc:  "Piecewise linear sigmoid: x/6 + 1/2, limited to 0 to 1.",
}, ops.HardSigmoid)
