package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "gelu",
	Doc:  "Gaussian error linear unit: x·Φ(x), exactly, with the distribution function of the standard normal distribution.",
}, ops.GELU)
