// Pixels writes the pixels of an image file to standard output, for bench/interop/photos.py:
// red, green and blue as bytes, or with a SIZE as float32 after resizing to SIZE x SIZE. With
// --fast JPEGs are decoded by the inverse DCT that is TensorFlow's default.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"cnntrain/internal/data/picture"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var d picture.Decoder
	if len(args) > 0 && args[0] == "--fast" {
		d.FastDCT, args = true, args[1:]
	}
	if len(args) < 1 || len(args) > 2 {
		return fmt.Errorf("usage: pixels [--fast] FILE [SIZE]")
	}
	data, err := picture.Read(args[0])
	if err != nil {
		return err
	}
	p, err := d.Decode(data)
	if err != nil {
		return err
	}
	defer p.Close()
	shape := []int{p.Size().Y, p.Size().X, 3}
	if len(args) == 2 {
		size, err := strconv.Atoi(args[1])
		if err != nil || size < 1 {
			return fmt.Errorf("SIZE %q is no size", args[1])
		}
		shape[0], shape[1] = size, size
	}
	x := make([]float32, shape[0]*shape[1]*3)
	p.Resize(x, shape, false)
	if len(args) == 2 {
		return binary.Write(os.Stdout, binary.LittleEndian, x)
	}
	bytes := make([]byte, len(x))
	for i, v := range x {
		bytes[i] = byte(v)
	}
	_, err = os.Stdout.Write(bytes)
	return err
}
