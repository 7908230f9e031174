package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "softsign",
	Doc:  "x / (1 + |x|).",
}, ops.Softsign)
