package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "selu",
	Doc:  "Scaled exponential linear unit: 1.0507·elu(x) with alpha 1.6733 (Klambauer et al. 2017).",
}, ops.SELU)
