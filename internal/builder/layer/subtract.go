package layer

import (
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = addMerger("subtract", "Subtract", "subtract: [[conv2d: {filters: 2, kernel_size: 3, padding: same}], []]",
	`Subtracts the second of its two inputs from the first.`,
	merger{combine: func(x []*G.Node) *G.Node { return ops.Subtract(x[0], x[1]) }, most: 2})
