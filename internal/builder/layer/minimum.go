package layer

import (
	"cnntrain/internal/ops"
)

var _ = addMerger("minimum", "Minimum", "minimum: [[conv2d: {filters: 2, kernel_size: 3, padding: same}], []]",
	`Is the smallest of its inputs, element by element.`,
	merger{combine: ops.Minimum})
