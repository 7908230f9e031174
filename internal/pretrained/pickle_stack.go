package pretrained

import (
	"errors"
)

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
