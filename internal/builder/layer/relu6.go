package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = addActivation(catalog.Entry[Layer]{
	Name: "relu6",
	Doc:  "Rectified linear unit limited to 6: min(max(x, 0), 6). The same as `relu: 6`.",
}, func(x *G.Node) *G.Node { return ops.Rectify(x, 6, 0, 0) })
