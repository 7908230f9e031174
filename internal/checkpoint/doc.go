// Package checkpoint stores named float32 tensors and text metadata in safetensors files,
// with atomic writes and verification on reading.
//
// The format is that of https://github.com/huggingface/safetensors: the length of the
// header (8 bytes, little-endian), a JSON header padded with spaces so that the data starts
// at a multiple of 8, the data. The same tensors and metadata give the same bytes: tensors
// in the order given, metadata keys sorted, no time and no path in the file.
//
// Encode adds two metadata entries, which Decode removes:
//
//	cnntrain.format  "1"
//	cnntrain.sha256  the digest, 64 lower-case hexadecimal digits
//
// The digest is the SHA-256 of the whole file with its own 64 digits replaced by "0". If it
// is present it must match; a file with neither entry was written by another tool and is
// accepted; a file with only one of them is damaged. So any flipped bit is detected, also
// in the name of an entry. A tool that changes one of our files must remove both entries.
//
// Errors of Read, Write and WriteFile start with the path. All errors in a file are found
// before memory is allocated for its tensors, except those that only the data can show: a
// wrong digest, or an F64 value too large for a float32.
package checkpoint
