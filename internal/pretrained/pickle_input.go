package pretrained

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errPickleEnds = errors.New("truncated: the pickle ends too early")

// take returns the next n bytes.
func (u *unpickler) take(n uint64) ([]byte, error) {
	if n > uint64(len(u.text)) {
		return nil, errPickleEnds
	}
	b := u.text[:n]
	u.text = u.text[n:]
	return b, nil
}

// line returns the next bytes up to a newline, without it.
func (u *unpickler) line() (string, error) {
	end := bytes.IndexByte(u.text, '\n')
	if end < 0 {
		return "", errPickleEnds
	}
	line := string(u.text[:end])
	u.text = u.text[end+1:]
	return line, nil
}

// number returns the little-endian number in the next n bytes.
func (u *unpickler) number(n uint64) (uint64, error) {
	b, err := u.take(n)
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	return v, err
}

// counted returns bytes that follow their length, a number of n bytes.
func (u *unpickler) counted(n uint64) ([]byte, error) {
	size, err := u.number(n)
	if err != nil {
		return nil, err
	}
	return u.take(size)
}

func (u *unpickler) pushText(size uint64) error {
	b, err := u.counted(size)
	u.push(string(b))
	return err
}

// decimal reads a decimal number, or a boolean, which protocol 0 writes as 00 or 01.
func (u *unpickler) decimal() error {
	line, err := u.line()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(line, "L"), 10, 64)
	if err != nil {
		return errors.New("damaged: the pickle has a number without digits")
	}
	u.push(n)
	return nil
}

// long returns an integer, little-endian in two's complement; one of more than 64 bits is
// returned as hexadecimal text.
func long(b []byte) any {
	if len(b) > 8 {
		return fmt.Sprintf("%x", b)
	}
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v |= ^uint64(0) << (8 * n)
	}
	return int64(v)
}
