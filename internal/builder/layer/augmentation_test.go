package layer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/machine/machinetest"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// augment runs a layer in training on n equal images of 5x4x1, whose pixels are 0, 10, 20
// and so on, and returns the output images.
func augment(t *testing.T, layer string, step uint64, n int) (images [][]float32) {
	t.Helper()
	channels := channelsOf(layer)
	x := tensor.New(tensor.WithShape(n, 5, 4, channels), tensor.Of(tensor.Float32))
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i % (20 * channels) * 10 / channels)
	}
	g := G.NewGraph()
	in := G.NewTensor(g, tensor.Float32, 4, G.WithShape(n, 5, 4, channels), G.WithName("x"), G.WithValue(x))
	y := decode(t, layer).Build(&Graph{Training: true, Random: func() random.Stream { return random.New(step) }}, in, nil)
	out := machinetest.New(t, y).Value(y)
	return slices.Collect(slices.Chunk(machinetest.Floats(out), y.Shape().TotalSize()/n))
}

// channelsOf is 3 for a layer that needs colours, else 1.
func channelsOf(layer string) int {
	name, _, _ := strings.Cut(layer, ":")
	if Layers.Entry(name).Input[2] == 3 {
		return 3
	}
	return 1
}

func augmentations() (layers []string) {
	for _, name := range Layers.Names() {
		if strings.HasPrefix(name, "random_") {
			layers = append(layers, Layers.Entry(name).Example)
		}
	}
	return append(layers, "rand_augment", "random_brightness: 0.2", "random_contrast: {factor: [0.2, 0.3]}",
		"solarization: {addition_factor: 0.5, threshold_factor: 0.5}", "random_erasing")
}

func TestAugmentationDrawsForEachImageAndStep(t *testing.T) {
	for _, layer := range augmentations() {
		if strings.Contains(layer, "[0, 1]") {
			continue // all pixels are clipped
		}
		a, b := augment(t, layer, 1, 16), augment(t, layer, 2, 16)
		same := func(x []float32) bool { return slices.Equal(x, a[0]) }
		if !slices.ContainsFunc(a, func(x []float32) bool { return !same(x) }) {
			t.Errorf("%s: all images change alike", layer)
		}
		if slices.EqualFunc(a, b, slices.Equal) {
			t.Errorf("%s: two steps change the images alike", layer)
		}
		if !slices.EqualFunc(a[:3], augment(t, layer, 1, 3), slices.Equal) {
			t.Errorf("%s: what happens to an image depends on the size of the batch", layer)
		}
	}
}

func TestAugmentationDoesNothingInUse(t *testing.T) {
	for _, layer := range append(augmentations(), "mix_up", "cut_mix") {
		if strings.HasPrefix(layer, "random_crop") {
			continue // another size
		}
		if b := build(t, decode(t, layer), 3, Shape{5, 4, channelsOf(layer)}, false, false); b.y != b.x {
			t.Errorf("%s: adds %v to the graph of use", layer, b.y)
		}
	}
}

// Keras sorts the bounds of every factor.
func TestBoundsMayComeInAnyOrder(t *testing.T) {
	for _, layer := range []string{
		"random_brightness: %s", "random_color_degeneration: %s", "random_contrast: %s", "random_erasing: {scale: %s}", "random_erasing: {factor: %s}",
		"random_hue: %s", "random_rotation: %s", "random_saturation: %s", "random_sharpness: %s", "random_shear: {x_factor: %s, y_factor: %[1]s}",
		"random_translation: {height_factor: %s, width_factor: %[1]s}", "random_zoom: {height_factor: %s, width_factor: %[1]s}", "random_zoom: %s",
		"random_color_jitter: {brightness_factor: %s, contrast_factor: %[1]s, saturation_factor: %[1]s, hue_factor: %[1]s}", "rand_augment: {factor: %s}",
		"solarization: {addition_factor: %s, threshold_factor: %[1]s}",
	} {
		rising, falling := fmt.Sprintf(layer, "[0.2, 0.5]"), fmt.Sprintf(layer, "[0.5, 0.2]")
		if !slices.EqualFunc(augment(t, rising, 1, 8), augment(t, falling, 1, 8), slices.Equal) {
			t.Errorf("%s differs from %s", falling, rising)
		}
	}
	if !slices.EqualFunc(augment(t, "random_posterization: [2, 6]", 1, 8), augment(t, "random_posterization: [6, 2]", 1, 8), slices.Equal) {
		t.Error("random_posterization")
	}
}

func TestContrastMustHaveABoundAbove(t *testing.T) {
	for layer, want := range map[string]string{
		"random_contrast: -0.2":                                  "random_contrast: factor must be at least 0, or [lower, upper] with an upper bound of at least 0",
		"random_contrast: [-0.5, -0.2]":                          "random_contrast: factor must be at least 0, or [lower, upper] with an upper bound of at least 0",
		"random_contrast: [-0.2, 0.5]":                           "",
		"random_color_jitter: {contrast_factor: -0.2}":           "random_color_jitter: contrast_factor must be at least 0, or [lower, upper] with an upper bound of at least 0",
		"random_color_jitter: {brightness_factor: [-0.5, -0.2]}": "",
	} {
		var problems spec.Problems
		s := spec.Parse("x.yaml", []byte("input: [1, 1, 1]\nlayers:\n- "+layer+"\n"), nil, &problems)
		Layers.Decode(s.Top[0], &problems)
		if err := problems.Err(); (err != nil) != (want != "") || err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", layer, err, want)
		}
	}
}

func TestRandomFlipMirrorsHalf(t *testing.T) {
	flipped := 0
	for _, image := range augment(t, "random_flip: vertical", 1, 1000) {
		switch {
		case slices.Equal(image[:4], []float32{0, 10, 20, 30}):
		case slices.Equal(image[:4], []float32{160, 170, 180, 190}):
			flipped++
		default:
			t.Fatalf("image %v", image)
		}
	}
	if flipped < 437 || flipped > 563 { // four standard deviations
		t.Errorf("mirrored %d of 1000", flipped)
	}
}

func TestRandomCropReachesEveryPlace(t *testing.T) {
	places := map[float32]int{}
	for _, image := range augment(t, "random_crop: {height: 3, width: 3}", 1, 600) {
		places[image[0]]++
		if image[8] != image[0]+100 {
			t.Fatalf("no window of the image: %v", image)
		}
	}
	for top := range 3 {
		for left := range 2 {
			if n := places[float32(40*top+10*left)]; n < 60 || n > 140 {
				t.Errorf("%d of 600 windows at row %d, column %d", n, top, left)
			}
		}
	}
	if len(places) != 6 {
		t.Errorf("windows at %v", places)
	}
}
