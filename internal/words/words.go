// Package words formats numbers, nouns and lists for people, escapes what would command a
// terminal, and orders names as people count.
package words

import (
	"fmt"
	"math"
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

// Few joins the first elements of a list, at most most, and adds the number of the others:
// "a, b and 2 more".
func Few(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(list[:most], ", "), Commas(len(list)-most))
}

// Commas formats n as 62,006.
func Commas(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Size formats a number of bytes with two or three digits: 60.2 MB, 0.99 GB. MB is 1024² bytes.
func Size(n int64) string {
	size, units := float64(n), []string{"B", "KB", "MB", "GB", "TB"}
	for size >= 999.5 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	switch {
	case units[0] == "B" || size >= 99.95:
		return fmt.Sprintf("%.0f %s", size, units[0])
	case size >= 9.995:
		return fmt.Sprintf("%.1f %s", size, units[0])
	}
	return fmt.Sprintf("%.2f %s", size, units[0])
}

// Duration formats a time in seconds in the units that suit it: 0.35 ms, 12.5 ms, 1.2s, 59s,
// 3m05s, 2h14m, 6d3h, 149 days.
func Duration(seconds float64) string {
	switch whole := int(math.Round(seconds)); {
	case !(seconds < 1e9):
		return "over 30 years"
	case seconds < 0.00995:
		return fmt.Sprintf("%.2f ms", 1000*seconds)
	case seconds < 0.0995:
		return fmt.Sprintf("%.1f ms", 1000*seconds)
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	case seconds < 9.95:
		return fmt.Sprintf("%.1fs", seconds)
	case whole < 60:
		return fmt.Sprintf("%ds", whole)
	case whole < 3600:
		return fmt.Sprintf("%dm%02ds", whole/60, whole%60)
	case whole < 24*3600:
		return fmt.Sprintf("%dh%02dm", whole/3600, whole/60%60)
	case whole < 10*24*3600:
		return fmt.Sprintf("%dd%dh", whole/(24*3600), whole/3600%24)
	}
	return fmt.Sprintf("%s days", Commas(int(math.Round(seconds/(24*3600)))))
}

// Bytes formats the memory of n float32 values as Keras's summary does: 242.21 KB.
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
