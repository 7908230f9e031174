package words

import "testing"

func TestPlural(t *testing.T) {
	for noun, want := range map[string]string{"layer": "layers", "loss": "losses", "class": "classes"} {
		if got := Plural(noun); got != want {
			t.Errorf("%s, want %s", got, want)
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
