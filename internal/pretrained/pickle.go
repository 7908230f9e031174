package pretrained

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Values of a pickle are nil, bool, int64, float64, string, and those below.
type (
	list   struct{ items []any } // of a list or a tuple
	pair   struct{ key, value any }
	dict   struct{ pairs []pair } // in the order in which they were set
	global struct{ module, name string }
	marker struct{}
)

// get returns the value of a text key, nil if there is none.
func (d *dict) get(key string) any {
	for _, p := range d.pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// An unpickler executes the instructions of a pickle that torch.save uses, as in
// torch/_weights_only_unpickler.py. It calls only the functions in call.
type unpickler struct {
	text  []byte // unread input
	stack []any
	memo  map[uint64]any

	persistent func(id []any) (any, error)              // describes the storage that id names
	call       map[global]func(args []any) (any, error) // known functions and classes
	strangers  []string                                 // unknown functions and classes in the pickle
	steps      int
}

var errPickleEnds = errors.New("truncated: the pickle ends too early")

// The pickle of a model has about ten instructions per tensor, of few bytes each.
const (
	maxPickle = 16 << 20
	maxSteps  = 2 << 20
)

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

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() (any, error) {
	if len(u.stack) == 0 {
		return nil, errors.New("damaged: the pickle takes a value that is not there")
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	return v, nil
}

// popN returns the last n values in their order.
func (u *unpickler) popN(n int) ([]any, error) {
	if len(u.stack) < n {
		return nil, errors.New("damaged: the pickle takes a value that is not there")
	}
	values := append([]any(nil), u.stack[len(u.stack)-n:]...)
	u.stack = u.stack[:len(u.stack)-n]
	return values, nil
}

// popMark returns the values since the last mark.
func (u *unpickler) popMark() ([]any, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, ok := u.stack[i].(marker); ok {
			values := append([]any(nil), u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return values, nil
		}
	}
	return nil, errors.New("damaged: the pickle has no mark for its values")
}

// set adds pairs of keys and values to the last value of the stack.
func (u *unpickler) set(values []any) error {
	if len(u.stack) == 0 || len(values)%2 != 0 {
		return errors.New("damaged: the pickle sets a value of nothing")
	}
	if u.stack[len(u.stack)-1] == nil {
		return nil // of an unknown class
	}
	d, ok := u.stack[len(u.stack)-1].(*dict)
	if !ok {
		return errors.New("damaged: the pickle sets a key of what is no dictionary")
	}
	for ; len(values) > 0; values = values[2:] {
		d.pairs = append(d.pairs, pair{values[0], values[1]})
	}
	return nil
}

// add adds values to the list that is the last value of the stack.
func (u *unpickler) add(values []any) error {
	if len(u.stack) == 0 {
		return errors.New("damaged: the pickle adds a value to nothing")
	}
	if u.stack[len(u.stack)-1] == nil {
		return nil // of an unknown class
	}
	l, ok := u.stack[len(u.stack)-1].(*list)
	if !ok {
		return errors.New("damaged: the pickle adds a value to what is no list")
	}
	l.items = append(l.items, values...)
	return nil
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

// load executes the pickle to its end and returns its value.
func (u *unpickler) load() (any, error) {
	u.stack, u.memo = nil, map[uint64]any{}
	for {
		op, err := u.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			return u.pop()
		}
		if u.steps++; u.steps > maxSteps {
			return nil, errors.New("a pickle of countless steps: damaged, or not a model")
		}
		if err := u.do(op[0]); err != nil {
			return nil, err
		}
	}
}

// do executes one instruction; see Lib/pickletools.py.
func (u *unpickler) do(op byte) error {
	switch op {
	case 0x80: // PROTO
		version, err := u.number(1)
		if err == nil && version > 5 {
			err = fmt.Errorf("a pickle of version %d, which is not known", version)
		}
		return err
	case 0x95: // FRAME
		_, err := u.number(8)
		return err
	case '(':
		u.push(marker{})
	case '0':
		_, err := u.pop()
		return err
	case '1':
		_, err := u.popMark()
		return err
	case '2':
		v, err := u.pop()
		u.push(v)
		u.push(v)
		return err
	case 'N':
		u.push(nil)
	case 0x88:
		u.push(true)
	case 0x89:
		u.push(false)
	case 'J':
		n, err := u.number(4)
		u.push(int64(int32(n)))
		return err
	case 'K':
		n, err := u.number(1)
		u.push(int64(n))
		return err
	case 'M':
		n, err := u.number(2)
		u.push(int64(n))
		return err
	case 0x8a: // LONG1
		b, err := u.counted(1)
		u.push(long(b))
		return err
	case 'I', 'L':
		return u.decimal()
	case 'G':
		b, err := u.take(8)
		if err == nil {
			u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
		return err
	case 'U', 0x8c, 'C':
		return u.pushText(1)
	case 'X', 'T', 'B':
		return u.pushText(4)
	case 0x8d, 0x8e:
		return u.pushText(8)
	case ']', ')', 0x8f:
		u.push(&list{})
	case '}':
		u.push(&dict{})
	case 'l', 't':
		values, err := u.popMark()
		u.push(&list{values})
		return err
	case 0x85, 0x86, 0x87: // TUPLE1 to TUPLE3
		values, err := u.popN(int(op - 0x84))
		u.push(&list{values})
		return err
	case 'd':
		values, err := u.popMark()
		u.push(&dict{})
		return errors.Join(err, u.set(values))
	case 'a':
		values, err := u.popN(1)
		return errors.Join(err, u.add(values))
	case 'e', 0x90:
		values, err := u.popMark()
		return errors.Join(err, u.add(values))
	case 's':
		values, err := u.popN(2)
		return errors.Join(err, u.set(values))
	case 'u':
		values, err := u.popMark()
		return errors.Join(err, u.set(values))
	case 'q', 'r', 0x94, 'h', 'j':
		return u.remember(op)
	case 'c', 0x93:
		return u.global(op)
	case 'R', 0x81:
		return u.reduce()
	case 'b':
		return u.build()
	case 'Q':
		id, err := u.pop()
		if err != nil {
			return err
		}
		l, ok := id.(*list)
		if !ok || u.persistent == nil {
			return errors.New("damaged: the pickle names a storage in a way that is not PyTorch's")
		}
		v, err := u.persistent(l.items)
		u.push(v)
		return err
	default:
		return fmt.Errorf("a pickle with the instruction %#x, which torch.save does not write; damaged, or made by another program", op)
	}
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

func (u *unpickler) pushText(size uint64) error {
	b, err := u.counted(size)
	u.push(string(b))
	return err
}

// remember stores the last value in the memo, or pushes one from it.
func (u *unpickler) remember(op byte) error {
	size := map[byte]uint64{'q': 1, 'h': 1, 'r': 4, 'j': 4}[op]
	key, err := u.number(size)
	if err != nil {
		return err
	}
	if op == 'h' || op == 'j' {
		v, ok := u.memo[key]
		if !ok {
			return errors.New("damaged: the pickle uses a value that it has not stored")
		}
		u.push(v)
		return nil
	}
	if op == 0x94 {
		key = uint64(len(u.memo))
	}
	v, err := u.pop()
	u.push(v)
	u.memo[key] = v
	return err
}

// global pushes the name of a class or function. Nothing is imported.
func (u *unpickler) global(op byte) error {
	var g global
	if op == 'c' {
		var wrong error
		g.module, wrong = u.line()
		name, err := u.line()
		if g.name = name; errors.Join(wrong, err) != nil {
			return errPickleEnds
		}
	} else {
		names, err := u.popN(2)
		if err != nil {
			return err
		}
		module, ok := names[0].(string)
		name, also := names[1].(string)
		if !ok || !also {
			return errors.New("damaged: the pickle names a class in a way that is not text")
		}
		g = global{module, name}
	}
	if name := g.module + "." + g.name; u.call[g] == nil && !slices.Contains(u.strangers, name) {
		u.strangers = append(u.strangers, name)
	}
	u.push(g)
	return nil
}

// reduce calls a function with the arguments on the stack. The result of an unknown one is
// nil.
func (u *unpickler) reduce() error {
	values, err := u.popN(2)
	if err != nil {
		return err
	}
	f, ok := values[0].(global)
	args, also := values[1].(*list)
	if !ok || !also {
		return errors.New("damaged: the pickle calls what is no function")
	}
	if u.call[f] == nil {
		u.push(nil)
		return nil
	}
	v, err := u.call[f](args.items)
	u.push(v)
	return err
}

// build sets the attributes of the last value, of which torch.save writes those of
// dictionaries (_metadata); they are left out.
func (u *unpickler) build() error {
	_, err := u.pop()
	if err == nil && len(u.stack) == 0 {
		err = errors.New("damaged: the pickle builds nothing")
	}
	return err
}
