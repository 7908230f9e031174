package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A server serves one file, with configurable faults.
type server struct {
	*httptest.Server
	url      string
	body     []byte
	etag     string
	noRanges bool
	breaks   []int // bytes after which each response in turn breaks off; -1: complete
	status   []int // status of each response in turn, 0: the right one
	asked    []string
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	s.url = s.URL + "/file.tar.gz"
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	n := len(s.asked)
	s.asked = append(s.asked, q.Header.Get("Range"))
	if s.noRanges {
		q.Header.Del("Range")
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	if n < len(s.status) && s.status[n] != 0 {
		w.WriteHeader(s.status[n])
		return
	}
	if n < len(s.breaks) && s.breaks[n] >= 0 {
		w = &breaking{w, s.breaks[n]}
	}
	http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(s.body))
}

// breaking drops the connection after left bytes.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) <= b.left {
		b.left -= len(p)
		return b.ResponseWriter.Write(p)
	}
	_, _ = b.ResponseWriter.Write(p[:b.left])
	_ = http.NewResponseController(b.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

func remoteOf(body []byte, url string) remote {
	sum := sha256.Sum256(body)
	return remote{url: url, size: int64(len(body)), sha256: hex.EncodeToString(sum[:])}
}

// content is a file of a megabyte in which every section differs.
func content() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.Bytes()
}

// A download is one test of fetch.
type download struct {
	*server
	*fetcher
	remote remote
	path   string
	waited []time.Duration
}

func newDownload(t *testing.T) *download {
	d := &download{server: newServer(t), path: filepath.Join(t.TempDir(), "data", "file.tar.gz")}
	d.body = content()
	d.remote = remoteOf(d.body, d.url)
	d.fetcher = newFetcher(Source{Client: d.Client()})
	d.wait = func(_ context.Context, w time.Duration) error {
		d.waited = append(d.waited, w)
		return nil
	}
	return d
}

func (d *download) run() error { return d.fetch(context.Background(), d.remote, d.path) }

func (d *download) mustSucceed(t *testing.T) {
	t.Helper()
	if err := d.run(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(d.path); err != nil || !bytes.Equal(b, content()) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	mustHold(t, filepath.Dir(d.path), "file.tar.gz")
}
