package layer

import (
	"cnntrain/internal/ops"
)

var _ = addMerger("add", "Add", "add: [[conv2d: {filters: 2, kernel_size: 3, padding: same}], []]",
	`Adds its inputs, as in a residual block.

`+"`"+`residual: [LAYER, …]`+"`"+` is `+"`"+`add: [[LAYER, …], []]`+"`"+`.`,
	merger{combine: ops.Add, broadcasts: true})
