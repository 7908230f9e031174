package pretrained

import (
	"errors"
	"slices"
)

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
