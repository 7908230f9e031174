package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// manyImages makes a folder of two classes with n names each, 224x224, of few files: the
// rest are links to them.
func manyImages(t *testing.T, n int) string {
	t.Helper()
	const linked = 60_000 // ext4 allows 65,000 links per file
	top := t.TempDir()
	for label, class := range []string{"dark", "light"} {
		dir := filepath.Join(top, class)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		var file string
		for i := range n {
			name := filepath.Join(dir, fmt.Sprintf("%07d.png", i))
			if i%linked != 0 {
				if err := os.Link(file, name); err != nil {
					t.Fatal(err)
				}
				continue
			}
			file = name
			img := image.NewGray(image.Rect(0, 0, 224, 224))
			for p := range img.Pix {
				img.Pix[p] = uint8(label*100 + p*(i+7)%61)
			}
			img.Set(0, 0, color.White)
			out, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(out, img); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return top
}

// fitMemory trains on a folder with more environment variables and returns the peak memory in
// bytes.
func fitMemory(t *testing.T, folder string, env []string, args ...string) int64 {
	t.Helper()
	spec := filepath.Join(t.TempDir(), "stream.yaml")
	text := `
input: [224, 224, 3]
data: {dataset: ` + folder + `}
layers:
  - rescaling: 1/255
  - max_pooling2d: 16
  - flatten
  - dense: {units: 2, activation: softmax}
train: {epochs: 1, batch_size: 16}
`
	if err := os.WriteFile(spec, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("cnntrain", append([]string{"fit", spec, "--out", filepath.Join(t.TempDir(), "run")}, args...)...)
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=64MiB") // less garbage, which is not the subject here
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	// The kernel's peak, read while the process runs: rusage of an ended process includes
	// what its parent had when it was started.
	var most int64
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			if most == 0 {
				t.Fatal("the memory of the process was never read")
			}
			return most
		case <-time.After(10 * time.Millisecond):
			most = max(most, peakMemoryOf(cmd.Process.Pid))
		}
	}
}

// peakMemoryOf is VmHWM of a process in bytes, 0 for one that has ended.
func peakMemoryOf(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kB int64
	if _, err := fmt.Sscan(string(rest), &kB); err != nil {
		return 0
	}
	return kB << 10
}

// TestFoldersStream trains on images that would take many times the allowed memory.
func TestFoldersStream(t *testing.T) {
	const images, most = 1200, 160 << 20
	if got := fitMemory(t, manyImages(t, images/2), nil); got > most {
		t.Errorf("%d images of 224x224 took %d MB, want at most %d", images, got>>20, int64(most)>>20)
	} else {
		t.Logf("%d images, %d MB as numbers, took %d MB", images, images*224*224*3*4>>20, got>>20)
	}
}

// TestAMillionImagesStream reads some of the images, but has all of them in its lists.
func TestAMillionImagesStream(t *testing.T) {
	needLong(t)
	const images, most = 1_000_000, 400 << 20
	folder, cache := manyImages(t, images/2), []string{"CNNTRAIN_CACHE=" + t.TempDir()}
	time.Sleep(4 * time.Second) // until the files are old enough to be known again
	for _, run := range []string{"cold", "warm"} {
		t.Run(run, func(t *testing.T) { trainOnSome(t, folder, cache, images, most) })
	}
}

// trainOnSome trains on 2,000 of many images.
func trainOnSome(t *testing.T, folder string, cache []string, images int, most int64) {
	begin := time.Now()
	got := fitMemory(t, folder, cache, "--limit", "2000", "--set", "data.dataset.image_folder.test_split=0.001")
	if got > most {
		t.Errorf("%d images took %d MB, want at most %d", images, got>>20, int64(most)>>20)
	}
	t.Logf("%d images, %d GB as numbers, took %d MB, %v", images, images*224*224*3*4>>30, got>>20, time.Since(begin).Round(time.Second))
}

// TestPhotosOfTwelveMegapixels trains twice on photos of a camera's size: decoding them takes
// little memory, and the second run needs none of it.
func TestPhotosOfTwelveMegapixels(t *testing.T) {
	needLong(t)
	const photos, most = 100, 500 << 20
	img := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = uint8(i * i >> 7)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(i>>3), uint8(i>>9)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	for i := range photos {
		dir := filepath.Join(top, []string{"dark", "light"}[i%2])
		comment := []byte{0xff, 0xfe, 0, 3, byte(i)} // makes each file another one
		content := bytes.Join([][]byte{b.Bytes()[:2], comment, b.Bytes()[2:]}, nil)
		if err := errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), content, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(4 * time.Second) // until the files are old enough to be known again
	env := []string{"CNNTRAIN_CACHE=" + t.TempDir(), "GOMEMLIMIT="}
	for _, run := range []string{"cold", "warm"} {
		begin := time.Now()
		got := fitMemory(t, top, env)
		t.Logf("%d photos, %s: %d MB, %v", photos, run, got>>20, time.Since(begin).Round(time.Second))
		if got > most {
			t.Errorf("%s: took %d MB, want at most %d", run, got>>20, int64(most)>>20)
		}
	}
}
