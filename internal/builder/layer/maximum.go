package layer

import (
	"cnntrain/internal/ops"
)

var _ = addMerger("maximum", "Maximum", "maximum: [[conv2d: {filters: 2, kernel_size: 3, padding: same}], []]",
	`Is the largest of its inputs, element by element.`,
	merger{combine: ops.Maximum})
