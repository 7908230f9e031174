package experiment

import (
	"path/filepath"
	"testing"

	"cnntrain/internal/data/imagecache"
)

func TestImageCacheIsWhereTheEnvironmentSays(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/cache")
	t.Setenv("HOME", "")
	for _, c := range []struct {
		dir, size string
		want      imagecache.Options
	}{
		{"", "", imagecache.Options{Dir: filepath.FromSlash("/cache/cnntrain/decoded"), MaxBytes: 10e9}},
		{"/fast", "500MB", imagecache.Options{Dir: "/fast", MaxBytes: 500e6}},
		{"/fast", "1.5 tb", imagecache.Options{Dir: "/fast", MaxBytes: 15e11}},
		{"off", "1000", imagecache.Options{MaxBytes: 1000}},
		{"/fast", "0", imagecache.Options{Dir: "/fast"}},
	} {
		t.Setenv("CNNTRAIN_CACHE", c.dir)
		t.Setenv("CNNTRAIN_CACHE_SIZE", c.size)
		if got, err := ImageCache(); err != nil || got != c.want {
			t.Errorf("%q, %q: %v, %v, want %v", c.dir, c.size, got, err, c.want)
		}
	}
	for _, size := range []string{"much", "-1GB", "NaN", "Inf", "10 GiB", "1e30"} {
		t.Setenv("CNNTRAIN_CACHE_SIZE", size)
		if got, err := ImageCache(); err == nil {
			t.Errorf("%q: %v", size, got)
		}
	}
	t.Setenv("CNNTRAIN_CACHE", "")
	t.Setenv("CNNTRAIN_CACHE_SIZE", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if got, err := ImageCache(); err != nil || got.Dir != "" {
		t.Errorf("without a home: %v, %v", got, err)
	}
}
