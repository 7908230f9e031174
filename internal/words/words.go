// Package words formats numbers and nouns for messages.
package words

import (
	"fmt"
	"strconv"
	"strings"
)

// Plural returns the plural of a noun, such as the kind of a catalog: layers, losses,
// searches.
func Plural(noun string) string {
	if strings.HasSuffix(noun, "s") || strings.HasSuffix(noun, "rch") {
		return noun + "es"
	}
	return noun + "s"
}

// Count formats a number with a noun: "1 image", "2 images", "2 classes".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Commas(n) + " " + Plural(noun)
}

// Commas formats n as 62,006.
func Commas(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Bytes formats the memory of n float32 values: 242.21 KB.
func Bytes(n int) string {
	const unit = 1024
	size := float64(n) * 4
	for _, name := range []string{"B", "KB", "MB"} {
		if size < unit {
			return fmt.Sprintf("%.2f %s", size, name)
		}
		size /= unit
	}
	return fmt.Sprintf("%.2f GB", size)
}
