package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cnntrain/internal/random"
)

// fewPhotos makes a folder of JPEGs of noise, of two classes.
func fewPhotos(t *testing.T, n int) string {
	t.Helper()
	top := t.TempDir()
	for i := range n {
		class := filepath.Join(top, []string{"cat", "dog"}[i%2])
		img, noise := image.NewRGBA(image.Rect(0, 0, 40+i, 30)), random.New(uint64(i))
		for p := range 30 * (40 + i) {
			v := noise.Uint64(uint64(p))
			img.Set(p%(40+i), p/(40+i), color.RGBA{uint8(v), uint8(v >> 8), uint8(i * 9), 255})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(class, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(class, fmt.Sprintf("%d.jpg", i)), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// Weights and state have the same bytes without a cache of decoded images, with a cold and a
// warm one, in one that two runs share while it is cold, in one that is far too small, and
// where there is no home, no permission or a file in the place of the folder.
func TestCachesOfImagesChangeNoByte(t *testing.T) {
	photos, dir := fewPhotos(t, 24), t.TempDir()
	spec := filepath.Join(dir, "net.yaml")
	text := `
input: [17, 13, 3]
data: {dataset: ` + photos + `, validation_split: 0.2}
layers:
  - rescaling: 1/255
  - conv2d: {filters: 4, kernel_size: 3, activation: relu}
  - flatten
  - dense: {units: 2, activation: softmax}
train: {epochs: 2, batch_size: 4}
`
	blocked, readOnly := filepath.Join(dir, "a file"), filepath.Join(dir, "read-only")
	for _, err := range []error{os.WriteFile(spec, []byte(text), 0o666), os.WriteFile(blocked, nil, 0o666), os.Mkdir(readOnly, 0o500)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	fit := func(name string, env ...string) string {
		run := filepath.Join(dir, name)
		cmd := exec.Command("cnntrain", "fit", spec, "--out", run)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		return run
	}
	whole := fit("without", "CNNTRAIN_CACHE=off")
	shared := "CNNTRAIN_CACHE=" + filepath.Join(dir, "shared cache")
	var together sync.WaitGroup
	for _, name := range []string{"one", "another"} {
		together.Go(func() { fit(name, shared) })
	}
	together.Wait()
	kept := filepath.Join(dir, "kept")
	fit("cold", "CNNTRAIN_CACHE="+kept)
	fit("warm", "CNNTRAIN_CACHE="+kept)
	fit("small", "CNNTRAIN_CACHE="+filepath.Join(dir, "too small"), "CNNTRAIN_CACHE_SIZE=8KB", "GOMEMLIMIT=4MiB")
	fit("homeless", "CNNTRAIN_CACHE=", "HOME=", "XDG_CACHE_HOME=")
	fit("blocked", "CNNTRAIN_CACHE="+filepath.Join(blocked, "below"))
	fit("read-only run", "CNNTRAIN_CACHE="+filepath.Join(readOnly, "below"))
	for _, name := range []string{"one", "another", "cold", "warm", "small", "homeless", "blocked", "read-only run"} {
		for _, file := range []string{"best.safetensors", "last.safetensors", "images.csv"} {
			same(t, filepath.Join(whole, file), filepath.Join(dir, name, file))
		}
	}
	images, err := filepath.Glob(filepath.Join(kept, "images", "*", "*.pixels"))
	if err != nil || len(images) != 24 {
		t.Errorf("%d images are kept, want 24, %v", len(images), err)
	}
	cmd := exec.Command("cnntrain", "fit", spec, "--dry-run")
	cmd.Env = append(os.Environ(), "CNNTRAIN_CACHE_SIZE=much")
	if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), `CNNTRAIN_CACHE_SIZE: "much" is not a size; write it as 20GB`) {
		t.Errorf("%v\n%s", err, out)
	}
}
