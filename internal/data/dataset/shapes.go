package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "shapes",
	Example: "shapes",
	Doc: `Ten generated shapes: 32x32 colour images, no download.

Position, size, angle, colours, background, specks and noise vary between images, and
the classes alternate. An image depends only on its split and its number, so more
examples do not change the first ones.`,
	New: func(o *catalog.Options) Dataset {
		s := &shapes{train: 8000, test: 2000}
		o.Bind(&s.train, "train", "number of training images").Min(1).Max(maxShapes)
		o.Bind(&s.test, "test", "number of test images").Min(1).Max(maxShapes)
		return s
	},
})

// maxShapes limits a split, which is held in memory, to 3 GB.
const maxShapes = 1_000_000

type shapes struct{ train, test int }

// shapeSide is the height and width of an image in pixels.
const shapeSide = 32

func (*shapes) Shape() []int { return []int{shapeSide, shapeSide, 3} }

func (*shapes) Classes() []string {
	names := make([]string, len(outlines))
	for i, o := range outlines {
		names[i] = o.name
	}
	return names
}

// Load generates all images. The digest covers the pixels, the training images first.
func (s *shapes) Load(ctx context.Context, _ Source) (*Data, error) {
	train, err := drawShapes(ctx, 0, s.train)
	if err != nil {
		return nil, err
	}
	test, err := drawShapes(ctx, 1, s.test)
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	digest.Write(train)
	digest.Write(test)
	return &Data{Train: train, Test: test, Classes: s.Classes(), Shape: s.Shape(), Digest: hex.EncodeToString(digest.Sum(nil))}, nil
}

// drawnShapes is the concatenated pixels of images, each [H,W,C].
type drawnShapes []byte

// shapeBytes is the size of one image.
const shapeBytes = shapeSide * shapeSide * 3

func drawShapes(ctx context.Context, split, n int) (drawnShapes, error) {
	d := make(drawnShapes, n*shapeBytes)
	err := parallel(ctx, n, 64, func(from, to int) {
		for i := from; i < to; i++ {
			drawShape(d.pixels(i), split, i)
		}
	})
	return d, err
}

func (d drawnShapes) pixels(i int) []byte { return d[i*shapeBytes:][:shapeBytes] }

func (d drawnShapes) Len() int { return len(d) / shapeBytes }

func (d drawnShapes) Label(i int) int { return i % len(outlines) }

func (d drawnShapes) Image(dst []float32, i int) error {
	for p, v := range d.pixels(i) {
		dst[p] = float32(v)
	}
	return nil
}
