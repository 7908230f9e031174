package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An npy is an array in NumPy's file format (numpy.lib.format, versions 1 to 3).
type npy struct {
	values io.ReaderAt
	at     int64 // offset of the values
	kind   kind
	shape  []int
}

// A kind is a NumPy number type.
type kind struct {
	letter byte // u, i or f
	width  int  // in bytes
	order  binary.ByteOrder
}

func (k kind) String() string { return fmt.Sprintf("%c%d", k.letter, k.width) }

// readNPY parses the header of an array.
func readNPY(r io.ReaderAt) (*npy, error) {
	start := make([]byte, 12)
	if n, err := r.ReadAt(start, 0); n < len(start) || string(start[:6]) != "\x93NUMPY" {
		return nil, errors.Join(errors.New("not an array of NumPy's"), noEOF(err))
	}
	at, size := int64(10), int(binary.LittleEndian.Uint16(start[8:]))
	switch start[6] {
	case 1:
	case 2, 3:
		at, size = 12, int(binary.LittleEndian.Uint32(start[8:]))
	default:
		return nil, fmt.Errorf("version %d of NumPy's format is not known", start[6])
	}
	if size > 1<<16 {
		return nil, fmt.Errorf("its head is %d bytes long, as that of no array of numbers is", size)
	}
	head := make([]byte, size)
	if n, err := r.ReadAt(head, at); n < size {
		return nil, errors.Join(errors.New("ends within its head"), noEOF(err))
	}
	a := &npy{values: r, at: at + int64(size)}
	return a, a.describe(string(head))
}

func noEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

var (
	npyDescr   = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape   = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
	npyKind    = regexp.MustCompile(`^([<>|=])([a-zA-Z])([0-9]*)$`)
)

// mostValues limits the size of an array, so that products of its dimensions do not
// overflow.
const mostValues = 1 << 48

// describe parses the header, the text of a Python dictionary.
func (a *npy) describe(head string) error {
	descr, fortran, shape := npyDescr.FindStringSubmatch(head), npyFortran.FindStringSubmatch(head), npyShape.FindStringSubmatch(head)
	if descr == nil || fortran == nil || shape == nil {
		return fmt.Errorf("its head is not that of an array of numbers: %.100q", strings.TrimSpace(head))
	}
	k := npyKind.FindStringSubmatch(descr[1])
	if k != nil && k[2] == "O" {
		return errors.New("holds Python objects, which are pickled and not opened; save it as an array of numbers")
	}
	if k != nil {
		a.kind.letter = k[2][0]
		a.kind.width, _ = strconv.Atoi(k[3])
		a.kind.order = binary.LittleEndian
		if k[1] == ">" {
			a.kind.order = binary.BigEndian
		}
	}
	if !slices.Contains([]string{"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"}, a.kind.String()) {
		return fmt.Errorf("numbers of the kind %q are not read; use uint8", descr[1])
	}
	if fortran[1] == "True" {
		return errors.New("is in Fortran's order; save np.ascontiguousarray of it")
	}
	total := 1
	for _, text := range strings.FieldsFunc(shape[1], func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostValues/total {
			return fmt.Errorf("its shape (%s) is empty or too large", shape[1])
		}
		total *= n
		a.shape = append(a.shape, n)
	}
	return nil
}

func (a *npy) count() int64 {
	n := int64(1)
	for _, d := range a.shape {
		n *= int64(d)
	}
	return n
}

func (a *npy) bytes() int64 { return a.count() * int64(a.kind.width) }

// images returns the array's shape [H W C] as images, which must be want unless want is
// nil.
func (a *npy) images(want []int) ([]int, error) {
	s := a.shape
	switch {
	case len(s) == 3:
		s = []int{s[0], s[1], s[2], 1}
	case len(s) != 4:
		return nil, fmt.Errorf("has the shape %v; images are [N,H,W] or [N,H,W,C]", a.shape)
	case s[3] > 4 && (s[1] == 1 || s[1] == 3):
		return nil, fmt.Errorf("has the shape %v, with channels before height; save np.transpose(x, (0, 2, 3, 1))", a.shape)
	}
	if want != nil && !slices.Equal(s[1:], want) {
		return nil, fmt.Errorf("has images of %v, not %v", s[1:], want)
	}
	return s[1:], nil
}

// maxLabels limits the number of classes.
const maxLabels = 1 << 16

// labels reads the array as the classes of n images.
func (a *npy) labels(n int) ([]int, error) {
	one := len(a.shape) == 1 || len(a.shape) == 2 && a.shape[1] == 1
	switch {
	case len(a.shape) == 2 && !one:
		return nil, fmt.Errorf("has the shape %v; if it is one-hot, save np.argmax(y, 1)", a.shape)
	case !one:
		return nil, fmt.Errorf("has the shape %v; labels are [N] or [N,1]", a.shape)
	case a.kind.letter == 'f':
		return nil, fmt.Errorf("labels must be whole numbers, not %v; save y.astype(int)", a.kind)
	case a.shape[0] != n:
		return nil, fmt.Errorf("has %d labels for %d images", a.shape[0], n)
	}
	b := make([]byte, 1<<16/a.kind.width*a.kind.width)
	var labels []int
	for left := a.bytes(); left > 0; {
		some := b[:min(int64(len(b)), left)]
		if _, err := a.values.ReadAt(some, a.at+a.bytes()-left); err != nil {
			return nil, fmt.Errorf("ends before its %d values do: %w", n, err)
		}
		for i := 0; i < len(some); i += a.kind.width {
			v := a.kind.value(some[i:])
			if v < 0 || v >= maxLabels {
				return nil, fmt.Errorf("has the label %v; labels count from 0", v)
			}
			labels = append(labels, int(v))
		}
		left -= int64(len(some))
	}
	return labels, nil
}

// value converts a number.
func (k kind) value(b []byte) float64 {
	switch {
	case k.letter == 'f' && k.width == 4:
		return float64(math.Float32frombits(k.order.Uint32(b)))
	case k.letter == 'f':
		return math.Float64frombits(k.order.Uint64(b))
	}
	var v uint64
	switch k.width {
	case 1:
		v = uint64(b[0])
	case 2:
		v = uint64(k.order.Uint16(b))
	case 4:
		v = uint64(k.order.Uint32(b))
	default:
		v = k.order.Uint64(b)
	}
	if k.letter == 'u' {
		return float64(v)
	}
	unused := 64 - 8*k.width
	return float64(int64(v<<unused) >> unused) // sign-extended
}

// arrayExamples is images in an array.
type arrayExamples struct {
	x      *npy
	shape  []int
	labels []int
}

func (e *arrayExamples) Len() int { return len(e.labels) }

func (e *arrayExamples) Label(i int) int { return e.labels[i] }

func (e *arrayExamples) Image(dst []float32, i int) error {
	k := e.x.kind
	b := make([]byte, len(dst)*k.width)
	if _, err := e.x.values.ReadAt(b, e.x.at+int64(i)*int64(len(b))); err != nil {
		return fmt.Errorf("image %d of the .npz file: %w", i, err)
	}
	for p := range dst {
		dst[p] = float32(k.value(b[p*k.width:]))
	}
	return nil
}
