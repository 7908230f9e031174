package words

import "testing"

func TestPlural(t *testing.T) {
	for noun, want := range map[string]string{"layer": "layers", "loss": "losses", "class": "classes"} {
		if got := Plural(noun); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFew(t *testing.T) {
	for want, list := range map[string][]string{"": nil, "a": {"a"}, "a, b": {"a", "b"}, "a, b and 1 more": {"a", "b", "c"}} {
		if got := Few(list, 2); got != want {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

func TestCommas(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 62006: "62,006", -1234567: "-1,234,567"} {
		if got := Commas(n); got != want {
			t.Errorf("Commas(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "0.98 KB", 63_142_625: "60.2 MB", 1_060_796_000: "0.99 GB", 512 << 20: "512 MB",
		10 << 30: "10.0 GB", 1 << 41: "2.00 TB", 1 << 62: "4194304 TB",
	} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0.00 ms", 0.00275: "2.75 ms", 0.0125: "12.5 ms", 0.612: "612 ms", 0.9999: "1.0s", 13.1: "13s", 59.7: "1m00s", 185: "3m05s",
		7800: "2h10m", 86_400 + 3*3600: "1d3h", 12_899_203: "149 days", 3e10: "over 30 years",
	} {
		if got := Duration(seconds); got != want {
			t.Errorf("Duration(%g) = %s, want %s", seconds, got, want)
		}
	}
}
