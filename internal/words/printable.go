package words

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns text in a form that only prints: names of classes and files, and metadata of
// others, must not command the terminal, reorder what is around them or look like other names.
// Control characters other than tabs and ends of lines, separators of lines, the characters that
// change the direction of text (Unicode, UAX 9, section 2), those without width that join and part
// nothing visible, and bytes that are not UTF-8 are written as Go writes them: \x1b, \u202e.
func Printable(text string) string { return escaped(text, "\n\t") }

// unseen are zero width space, word joiner and byte order mark. Words of some languages, and emoji,
// need zero width joiner and non-joiner.
const unseen = "\u200b\u2060\ufeff"

// OneLine is Printable, for a part of a line or a cell of a table: tabs and ends of lines are
// escaped, too.
func OneLine(text string) string { return escaped(text, "") }

func escaped(text, allowed string) string {
	commands := func(c rune) bool {
		if c >= ' ' && c < 0x7f || strings.ContainsRune(allowed, c) {
			return false
		}
		return unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || strings.ContainsRune(unseen, c)
	}
	if utf8.ValidString(text) && !strings.ContainsFunc(text, commands) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		c, n := utf8.DecodeRuneInString(text)
		switch {
		case c == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case commands(c):
			quoted := strconv.QuoteRuneToASCII(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// JSON returns a JSON document with the characters that Printable escapes written as JSON does,
// \u009b: they can only be in its strings.
func JSON(document []byte) []byte {
	var b strings.Builder
	for _, c := range string(document) {
		if c == '\n' || c == '\t' || Printable(string(c)) == string(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return []byte(b.String())
}

// OneLineEach returns arguments of fmt.Printf whose texts are written as OneLine does, so that
// only the format itself has tabs and ends of lines.
func OneLineEach(args []any) []any {
	each := make([]any, len(args))
	for i, arg := range args {
		each[i] = arg
		switch arg := arg.(type) {
		case nil, fmt.Formatter:
		case error:
			each[i] = oneLine(arg.Error())
		case fmt.Stringer:
			each[i] = oneLine(arg.String())
		default:
			if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
				each[i] = oneLine(v.String())
			}
		}
	}
	return each
}

// Joined returns the errors that errors.Join has joined, also in several steps, or else err itself.
func Joined(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var lines []string
	for _, one := range joined.Unwrap() {
		all, lines = append(all, Joined(one)...), append(lines, one.Error())
	}
	if strings.Join(lines, "\n") != err.Error() {
		return []error{err}
	}
	return all
}

// Fprintf is fmt.Fprintf with the arguments that OneLineEach returns.
func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return fmt.Fprintf(w, format, OneLineEach(args)...)
}

// oneLine is formatted as a string, and quoted only once with %q.
type oneLine string

// Format implements fmt.Formatter.
func (s oneLine) Format(f fmt.State, verb rune) {
	text := string(s)
	if verb != 'q' {
		text = OneLine(text)
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), text)
}
