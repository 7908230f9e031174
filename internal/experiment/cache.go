package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/data/imagecache"
)

// ImageCache is where decoded images are cached: in the folder $CNNTRAIN_CACHE, by default one in
// the user's cache, up to $CNNTRAIN_CACHE_SIZE. "off", or a size of 0, means in memory only; so
// does a user without a cache folder.
func ImageCache() (o imagecache.Options, err error) {
	o.MaxBytes = imagecache.DefaultMaxBytes
	if size := os.Getenv("CNNTRAIN_CACHE_SIZE"); size != "" {
		if o.MaxBytes, err = parseBytes(size); err != nil {
			return o, OptionError{fmt.Errorf("CNNTRAIN_CACHE_SIZE: %w", err)}
		}
	}
	switch o.Dir = dataset.ExpandHome(os.Getenv("CNNTRAIN_CACHE")); o.Dir {
	case "off":
		o.Dir = ""
	case "":
		if dir, err := os.UserCacheDir(); err == nil {
			o.Dir = filepath.Join(dir, "cnntrain", "decoded")
		}
	}
	return o, nil
}

// parseBytes reads "500MB", "20 GB", "1.5TB".
func parseBytes(s string) (int64, error) {
	number, factor := strings.ToUpper(strings.TrimSpace(s)), 1.0
	for unit, f := range map[string]float64{"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12} {
		if n, ok := strings.CutSuffix(number, unit); ok {
			number, factor = strings.TrimSpace(n), f
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) || n*factor > 1e18 {
		return 0, fmt.Errorf("%q is not a size; write it as 20GB or 500MB", s)
	}
	return int64(n * factor), nil
}
