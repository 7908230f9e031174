package pretrained

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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

// The pickle of a model has about ten instructions per tensor, of few bytes each.
const (
	maxPickle = 16 << 20
	maxSteps  = 2 << 20
)

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
