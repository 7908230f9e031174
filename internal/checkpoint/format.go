package checkpoint

import "strings"

// Constants of the safetensors format and of our additions to it.
const (
	lengthSize  = 8           // bytes of the header's length
	alignment   = 8           // alignment of the start of the data
	maxHeader   = 100_000_000 // bytes, the limit of the reference implementation
	maxNames    = 1 << 16     // of one object of the header; the largest models have a few thousand tensors
	metadataKey = "__metadata__"

	formatKey   = "cnntrain.format"
	formatValue = "1"
	digestKey   = "cnntrain.sha256"
	digestLen   = 64 // hexadecimal digits

	chunkSize = 64 << 10 // bytes converted at a time, a multiple of every dtype's size
)

// zeroDigest replaces the digest in its own computation.
var zeroDigest = strings.Repeat("0", digestLen)
