package words

import "slices"

// Natural compares names with numbers by value: run 2 comes before run 10.
func Natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		if x != y {
			return slices.Compare([]byte(x), []byte(y))
		}
		a, b = a[len(x):], b[len(y):]
	}
	return len(a) - len(b)
}

// digits returns the number that s starts with.
func digits(s string) string {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}
