package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// limits is the interval of valid numbers.
type limits struct {
	low, high         float64
	hasLow, hasHigh   bool
	lowOpen, highOpen bool // the bound is excluded
}

// Min requires values of at least v.
func (f *Field) Min(v float64) *Field {
	f.limits.low, f.limits.hasLow = v, true
	return f
}

// Max requires values of at most v.
func (f *Field) Max(v float64) *Field {
	f.limits.high, f.limits.hasHigh = v, true
	return f
}

// Above requires values greater than v.
func (f *Field) Above(v float64) *Field {
	f.limits.lowOpen = true
	return f.Min(v)
}

// Below requires values less than v.
func (f *Field) Below(v float64) *Field {
	f.limits.highOpen = true
	return f.Max(v)
}

// OneOf requires one of the given words.
func (f *Field) OneOf(choices ...string) *Field {
	f.choices = choices
	return f
}

// Otherwise adds to the message about a word that is none of the choices what to write in its place.
func (f *Field) Otherwise(remedy string) *Field {
	f.otherwise = "; " + remedy
	return f
}

func (l limits) hold(v float64) bool {
	return !(l.hasLow && (v < l.low || l.lowOpen && v == l.low)) &&
		!(l.hasHigh && (v > l.high || l.highOpen && v == l.high))
}

// String formats the interval: "at least 1", "from 0 up to, not including, 1".
func (l limits) String() string {
	low, high := number(l.low), number(l.high)
	switch {
	case l.hasLow && l.hasHigh && l.lowOpen && l.highOpen:
		return fmt.Sprintf("between %s and %s, both not included", low, high)
	case l.hasLow && l.hasHigh && l.highOpen:
		return fmt.Sprintf("from %s up to, not including, %s", low, high)
	case l.hasLow && l.hasHigh && l.lowOpen:
		return fmt.Sprintf("greater than %s and at most %s", low, high)
	case l.hasLow && l.hasHigh:
		return fmt.Sprintf("from %s to %s", low, high)
	case l.hasLow && l.lowOpen:
		return "greater than " + low
	case l.hasLow:
		return "at least " + low
	case l.hasHigh && l.highOpen:
		return "less than " + high
	case l.hasHigh:
		return "at most " + high
	}
	return ""
}

func (l limits) addTo(schema map[string]any) {
	set := func(has, open bool, v float64, closedKey, openKey string) {
		switch {
		case has && open:
			schema[openKey] = v
		case has:
			schema[closedKey] = v
		}
	}
	set(l.hasLow, l.lowOpen, l.low, "minimum", "exclusiveMinimum")
	set(l.hasHigh, l.highOpen, l.high, "maximum", "exclusiveMaximum")
}

// Expected describes which values the option accepts; empty for any value.
func (f *Field) Expected() string {
	choices, limits := strings.Join(f.choices, ", "), f.limits.String()
	if choices != "" && limits != "" {
		return choices + ", or " + limits
	}
	return choices + limits
}

// number formats v so that it can be parsed without loss: 0.001, 1.0e-7. In YAML 1.1, which
// some libraries still use, 1e-7 is text.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if mantissa, exponent, ok := strings.Cut(s, "e"); ok && !strings.Contains(mantissa, ".") {
		s = mantissa + ".0e" + exponent
	}
	return strings.NewReplacer("e-0", "e-", "e+0", "e+").Replace(s)
}
