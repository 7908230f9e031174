package layer

import (
	"cnntrain/internal/ops"
)

var _ = addMerger("multiply", "Multiply", "multiply: [[], [conv2d: {filters: 2, kernel_size: 4, activation: sigmoid}]]",
	`Multiplies its inputs element by element, as in squeeze-and-excite: an input of 1x1 with as many channels multiplies each channel.`,
	merger{combine: ops.Multiply, broadcasts: true})
