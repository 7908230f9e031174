// Package checkpoint keeps named float32 tensors and text metadata in safetensors
// files: written atomically, verified on reading.
//
// The format is that of https://github.com/huggingface/safetensors: the length
// of the header (8 bytes, little-endian), a JSON header padded with spaces so
// that the data starts at a multiple of 8, the data. The same tensors and
// metadata give the same bytes: tensors in the order given, metadata keys sorted,
// no time and no path in the file.
//
// Two metadata entries are ours, added by Encode and taken away by Decode:
//
//	cnntrain.format  "1"
//	cnntrain.sha256  the digest, 64 lower-case hexadecimal digits
//
// The digest is the SHA-256 of the whole file with its own 64 digits read as
// "0". Where it is present it must match; a file with neither entry comes from
// another tool and is accepted, a file with only one of them is damaged. So a
// single flipped bit is found wherever it is, in the name of an entry too. A tool
// that changes one of our files must drop both entries.
//
// Errors of Read, Write and WriteFile start with the path. All that is wrong
// with a file is found before memory is taken for its tensors, except what only
// the data can show: a wrong digest, or an F64 value too large for a float32.
package checkpoint
