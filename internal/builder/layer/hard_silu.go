package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "hard_silu",
	Doc:  "Hard Swish: x·hard_sigmoid(x) (Howard et al. 2019). `hard_swish` is the same.",
}, ops.HardSiLU)
