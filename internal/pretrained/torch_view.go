package pretrained

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
)

// newView is _rebuild_tensor_v2: storage, offset, shape, strides, and more.
func newView(args []any) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("damaged: a tensor without shape")
	}
	s, ok := args[0].(*storage)
	offset, isInt := args[1].(int64)
	shape, wrong := ints(args[2])
	stride, also := ints(args[3])
	if !ok || !isInt || wrong != nil || also != nil || len(shape) != len(stride) {
		return nil, errors.New("damaged: a tensor with a shape that is none")
	}
	return &view{storage: s, offset: offset, shape: shape, stride: stride}, nil
}

// maxDims is PyTorch's limit.
const maxDims = 64

// ints returns a tuple of non-negative integers.
func ints(v any) (numbers []int, err error) {
	l, ok := v.(*list)
	if !ok || len(l.items) > maxDims {
		return nil, errors.New("no tuple")
	}
	for _, item := range l.items {
		n, ok := item.(int64)
		if !ok || n < 0 || n > math.MaxInt32 {
			return nil, errors.New("no size")
		}
		numbers = append(numbers, int(n))
	}
	return numbers, nil
}

// stateDicts lists the usual keys of a state_dict in a saved dictionary.
var stateDicts = []string{"state_dict_ema", "state_dict", "model_ema", "model_state_dict", "model_state", "model", "net", "weights", "module"}

// tensorsIn returns the tensors of a state_dict, or of that in a checkpoint, which may have other
// tensors beside it, such as the best accuracy.
func tensorsIn(value any) ([]checkpoint.Stored, error) {
	d, ok := value.(*dict)
	if !ok {
		return nil, errors.New("holds no dictionary of tensors; save model.state_dict()")
	}
	const deep = 2 // {"state_dict": {"model": …}}
	if in := d.stateDict(deep); in != nil {
		return in.tensors()
	}
	var with []string // dictionaries under other keys
	for _, p := range d.pairs {
		name, isText := p.key.(string)
		if inner, ok := p.value.(*dict); ok && isText && inner.stateDict(deep) != nil && len(with) < 5 {
			with = append(with, strconv.Quote(name))
		}
	}
	if len(with) > 0 {
		return nil, fmt.Errorf("holds its tensors under %s, none of which is a usual key of a state_dict; save one alone: torch.save(torch.load(FILE)[%s], FILE2)", strings.Join(with, ", "), with[0])
	}
	return nil, errors.New("holds no tensors; save model.state_dict()")
}

// stateDict returns the dictionary of tensors under the usual keys, else d if it has tensors, else
// nil.
func (d *dict) stateDict(deep int) *dict {
	for _, key := range stateDicts {
		if inner, ok := d.get(key).(*dict); ok && deep > 0 {
			if found := inner.stateDict(deep - 1); found != nil {
				return found
			}
		}
	}
	for _, p := range d.pairs {
		_, isText := p.key.(string)
		if _, isTensor := p.value.(*view); isText && isTensor {
			return d
		}
	}
	return nil
}

// tensors returns the values of d that are tensors.
func (d *dict) tensors() (tensors []checkpoint.Stored, err error) {
	for _, p := range d.pairs {
		name, isText := p.key.(string)
		v, isTensor := p.value.(*view)
		if !isText || !isTensor {
			continue
		}
		t, err := v.stored(name)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// stored validates the view and returns it as a readable tensor.
func (v *view) stored(name string) (t checkpoint.Stored, err error) {
	count, extent := int64(1), int64(1)
	for i, n := range v.shape {
		if n == 0 {
			count = 0
			break
		}
		if count > v.storage.size/int64(n) {
			return t, fmt.Errorf("damaged: shape %v has more values than the %d of its storage", v.shape, v.storage.size)
		}
		count *= int64(n)
		extent += int64(n-1) * int64(v.stride[i]) // both below 2^31, and at most 64 of them
		if extent > v.storage.size {
			break
		}
	}
	if count > 0 && (v.offset < 0 || v.offset > v.storage.size || extent > v.storage.size-v.offset) {
		return t, fmt.Errorf("damaged: shape %v does not fit the %d values of its storage", v.shape, v.storage.size)
	}
	t = checkpoint.Stored{Name: name, Shape: v.shape, Type: v.storage.dtype}
	switch {
	case t.Type.Convert == nil:
	case count > 0 && extent > 2*count:
		return t, errors.New("it is a small part of a large storage, which is not read; save the state_dict again with .contiguous()")
	default:
		t.Read = func() ([]float32, error) { return v.read(int(count), int(extent)) }
	}
	return t, nil
}

// read returns the values, row-major.
func (v *view) read(count, extent int) ([]float32, error) {
	if count == 0 {
		return nil, nil
	}
	r, err := v.storage.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read
	t := v.storage.dtype
	if _, err := io.CopyN(io.Discard, r, v.offset*int64(t.Size)); err != nil {
		return nil, damagedValues(err)
	}
	var values []float32 // grows with the data that the file has
	chunk := make([]byte, 64<<10)
	for len(values) < extent {
		part := chunk[:min(len(chunk), (extent-len(values))*t.Size)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, damagedValues(err)
		}
		at := len(values)
		values = slices.Grow(values, len(part)/t.Size)[:at+len(part)/t.Size]
		if err := t.Convert(values[at:], part); err != nil {
			return nil, err
		}
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(r, 1+(v.storage.size-v.offset-int64(extent))*int64(t.Size))); err != nil { // to the end, which verifies the checksum
		return nil, damagedValues(err)
	}
	return gather(values, v.shape, v.stride, count), nil
}

func damagedValues(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated: values are missing")
	}
	return fmt.Errorf("cannot read the values: %w", err)
}

// gather returns the values of a tensor with the given shape and strides, row-major.
func gather(values []float32, shape, stride []int, count int) []float32 {
	step := 1
	plain := true
	for i := len(shape) - 1; i >= 0; i-- {
		plain = plain && (shape[i] == 1 || stride[i] == step)
		step *= shape[i]
	}
	if plain {
		return values[:count]
	}
	out := make([]float32, count)
	index := make([]int, len(shape))
	at := 0
	for i := range out {
		out[i] = values[at]
		for d := len(shape) - 1; d >= 0; d-- {
			index[d]++
			at += stride[d]
			if index[d] < shape[d] {
				break
			}
			at -= index[d] * stride[d]
			index[d] = 0
		}
	}
	return out
}
