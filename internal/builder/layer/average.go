package layer

import (
	"cnntrain/internal/ops"
)

var _ = addMerger("average", "Average", "average: [[conv2d: {filters: 2, kernel_size: 3, padding: same}], []]",
	`Is the mean of its inputs.`,
	merger{combine: ops.Average})
