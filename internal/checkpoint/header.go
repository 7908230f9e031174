package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A header is the parsed JSON of a file.
type header struct {
	entries  []entry
	metadata map[string]string // without our two entries
	digest   []byte            // part of the text; nil if there is none
}

// parseHeader parses the JSON of a file token by token: encoding/json's Unmarshal accepts
// duplicate keys, of which the last one wins, and keys in the wrong case. The returned
// digest is a part of text. A tensor of integers is an error unless anyType.
func parseHeader(text []byte, anyType bool) (*header, error) {
	if !bytes.HasPrefix(text, []byte("{")) {
		return nil, errors.New("not a safetensors file: its header does not start with {")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("header is not valid UTF-8")
	}
	p := &parser{text: text, dec: json.NewDecoder(bytes.NewReader(text)), anyType: anyType}
	p.dec.UseNumber()
	h := &header{metadata: map[string]string{}}
	err := p.object(func(name string) error {
		if name == metadataKey {
			return p.metadata(h)
		}
		e, err := p.entry(name)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", quote(name), err)
		}
		h.entries = append(h.entries, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if len(bytes.Trim(text[p.dec.InputOffset():], " \t\r\n")) > 0 {
		return nil, errors.New("header: something follows its end")
	}
	return h, nil
}

// A parser reads the tokens of the header.
type parser struct {
	text    []byte
	dec     *json.Decoder
	anyType bool // also those that are no weights
}

// metadata reads the text metadata, and separates our two entries.
func (p *parser) metadata(h *header) error {
	var format *string
	err := p.object(func(key string) error {
		value, err := p.string()
		switch {
		case err != nil:
			return fmt.Errorf("metadata %s: %w", quote(key), err)
		case key == formatKey:
			format = &value
		case key == digestKey:
			end := int(p.dec.InputOffset())
			// Its digits must be in the text literally, without escapes.
			if len(value) != digestLen || !bytes.HasSuffix(p.text[:end], []byte(`"`+value+`"`)) {
				return fmt.Errorf("metadata %q is not %d hexadecimal digits: damaged; use another copy of the file", key, digestLen)
			}
			h.digest = p.text[end-1-digestLen : end-1]
		default:
			h.metadata[key] = value
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case format != nil && *format != formatValue:
		return fmt.Errorf("metadata %q is %s, this program knows %q: damaged, or written by a newer cnntrain", formatKey, quote(*format), formatValue)
	case (format != nil) != (h.digest != nil):
		return fmt.Errorf("metadata has only one of %q and %q: damaged; use another copy of the file", formatKey, digestKey)
	}
	return nil
}

// entry reads the description of the tensor called name.
func (p *parser) entry(name string) (entry, error) {
	e := entry{name: name}
	var offsets []int
	seen := 0
	err := p.object(func(key string) (err error) {
		seen++
		switch key {
		case "dtype":
			e.dtype, err = p.dtype()
		case "shape":
			e.shape, err = p.ints(maxRank)
		case "data_offsets":
			if offsets, err = p.ints(2); err == nil && len(offsets) != 2 {
				err = errors.New("must be two numbers, begin and end")
			}
		default:
			return fmt.Errorf("unknown field %s", quote(key))
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", key, err)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	if seen != 3 {
		return e, errors.New("needs dtype, shape and data_offsets")
	}
	e.begin, e.end = int64(offsets[0]), int64(offsets[1])
	return e, e.setCount()
}

func (p *parser) dtype() (DType, error) {
	name, err := p.string()
	if err != nil {
		return DType{}, err
	}
	d, ok := DTypes[name]
	if !ok || d.Convert == nil && !p.anyType {
		return d, fmt.Errorf("%s is not supported; convert the tensor to F32 (F16, BF16 and F64 are read, too)", quote(name))
	}
	return d, nil
}

// object reads an object; it calls value for each key to read its value. It returns an
// error if a key occurs twice, or if there are more than maxNames.
func (p *parser) object(value func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		key, err := p.string()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s occurs twice", quote(key))
		}
		if len(seen) == maxNames {
			return fmt.Errorf("has more than %d names: damaged, or not a model", maxNames)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

// ints reads a list with a maximum length of non-negative numbers.
func (p *parser) ints(most int) ([]int, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	list := []int{}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		n, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("must be numbers, got %s", quote(fmt.Sprint(t)))
		}
		i, err := strconv.Atoi(n.String())
		switch {
		case strings.HasPrefix(n.String(), "-"):
			return nil, fmt.Errorf("%s is negative", quote(n.String()))
		case errors.Is(err, strconv.ErrRange):
			return nil, fmt.Errorf("%s is too large", quote(n.String()))
		case err != nil:
			return nil, fmt.Errorf("%s is not a whole number", quote(n.String()))
		case len(list) == most:
			return nil, fmt.Errorf("has more than %d numbers", most)
		}
		list = append(list, i)
	}
	return list, p.delim(']')
}

func (p *parser) string() (string, error) {
	from := p.dec.InputOffset()
	t, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("must be text, got %s", quote(fmt.Sprint(t)))
	}
	// The decoder replaces an unpaired surrogate (\ud800 alone) by U+FFFD.
	raw := strings.ToLower(string(p.text[from:p.dec.InputOffset()]))
	if strings.Count(s, "\uFFFD") > strings.Count(raw, "\uFFFD")+strings.Count(raw, `\ufffd`) {
		return "", fmt.Errorf("%s is not valid Unicode", quote(s))
	}
	return s, nil
}

func (p *parser) delim(want json.Delim) error {
	t, err := p.token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("expected %s, got %s", want, quote(fmt.Sprint(t)))
	}
	return nil
}

func (p *parser) token() (json.Token, error) {
	t, err := p.dec.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("not valid JSON: it ends too early")
	}
	if err != nil {
		return nil, fmt.Errorf("not valid JSON at byte %d: %w", p.dec.InputOffset(), err)
	}
	return t, nil
}
