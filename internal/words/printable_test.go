package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestTextOnlyPrints(t *testing.T) {
	for text, want := range map[string]string{
		"cat\t1\n":                        "cat\t1\n",
		"é고양이 👨\u200d👩 e\u0301":           "é고양이 👨\u200d👩 e\u0301",
		"\x1b[2J\x1b]0;title\a\r\x7f":     `\x1b[2J\x1b]0;title\a\r\x7f`,
		"\u009b2J \u202egnp.exe\u2069":    `\u009b2J \u202egnp.exe\u2069`,
		"two\u2028lines\u2029 \u200e":     `two\u2028lines\u2029 \u200e`,
		"\ufeffcat\u200b \u2060":          `\ufeffcat\u200b \u2060`,
		"bytes \x9b2J \xff \xed\xa0\x80é": `bytes \x9b2J \xff \xed\xa0\x80é`,
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := OneLine("a\tb\nc"); got != `a\tb\nc` {
		t.Errorf("one line: %q", got)
	}
}

func TestArgumentsStayOnTheirLine(t *testing.T) {
	type status string
	args := []any{"a\nb", errors.New("c\td"), status("e\r"), 3, 2 * time.Second, []string{"x"}, "f\n"}
	if got, want := fmt.Sprintf("%s %v %-4s| %d %v %v %q", OneLineEach(args)...), `a\nb c\td e\r | 3 2s [x] "f\n"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if args[0] != "a\nb" {
		t.Error("the arguments themselves have changed")
	}
}

func TestOnlyJoinedErrorsAreSeveral(t *testing.T) {
	a, b := errors.New("a\nb"), errors.New("c")
	for _, c := range []struct {
		err  error
		want []error
	}{
		{errors.Join(a, b), []error{a, b}}, {errors.Join(a), []error{a}}, {a, []error{a}},
		{errors.Join(errors.Join(a, b), b), []error{a, b, b}},
	} {
		if got := Joined(c.err); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.err, got)
		}
	}
	both := fmt.Errorf("%w, %w", a, b)
	if got := Joined(both); !slices.Equal(got, []error{both}) {
		t.Errorf("%q", got)
	}
}

func TestJSONOnlyPrints(t *testing.T) {
	const name = "\x1b[2J\u009b\x7f\u202e\n\t é"
	document, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		t.Fatal(err)
	}
	shown := JSON(document)
	if Printable(string(shown)) != string(shown) {
		t.Errorf("%q", shown)
	}
	var back map[string]string
	if err := json.Unmarshal(shown, &back); err != nil || back["name"] != name {
		t.Errorf("read back: %q, %v", back["name"], err)
	}
}
