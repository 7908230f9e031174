package dataset

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFetchDownloadsWithProgress(t *testing.T) {
	d := newDownload(t)
	var last int64
	d.progress = func(what string, done, total int64) {
		if what != "file.tar.gz" || done < last || total != d.remote.size {
			t.Errorf("%s: %d of %d after %d", what, done, total, last)
		}
		last = done
	}
	d.mustSucceed(t)
	if last != d.remote.size {
		t.Errorf("progress ends at %d", last)
	}
}

func TestFetchContinuesAfterABrokenConnection(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*server)
		want []string
	}{
		"with ranges":           {func(s *server) { s.breaks = []int{300_000, 200_000} }, []string{"", "bytes=300000-", "bytes=500000-"}},
		"with ranges and ETag":  {func(s *server) { s.breaks, s.etag = []int{300_000}, `"v1"` }, []string{"", "bytes=300000-"}},
		"without ranges":        {func(s *server) { s.breaks, s.noRanges = []int{300_000}, true }, []string{"", "bytes=300000-"}},
		"busy server":           {func(s *server) { s.status = []int{503, 429} }, []string{"", "", ""}},
		"range refused":         {func(s *server) { s.breaks, s.status = []int{300_000}, []int{0, 416} }, []string{"", "bytes=300000-", ""}},
		"partial without range": {func(s *server) { s.breaks, s.status = []int{300_000}, []int{0, 206} }, []string{"", "bytes=300000-", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDownload(t)
			c.set(d.server)
			d.mustSucceed(t)
			if !slices.Equal(d.asked, c.want) {
				t.Errorf("asked %q, want %q", d.asked, c.want)
			}
			if want := []time.Duration{time.Second, 2 * time.Second}[:len(c.want)-1]; !slices.Equal(d.waited, want) {
				t.Errorf("waited %v, want %v", d.waited, want)
			}
		})
	}
}

func TestFetchStartsAgainWhenTheFileChangesMeanwhile(t *testing.T) {
	d := newDownload(t)
	d.etag, d.breaks = `"old"`, []int{300_000}
	d.wait = func(context.Context, time.Duration) error { d.etag = `"new"`; return nil }
	d.mustSucceed(t)
}

func TestFetchGivesUpAndKeepsWhatArrived(t *testing.T) {
	d := newDownload(t)
	d.breaks = []int{100, 100, 100, 100, 100}
	mustFail(t, d.run(), d.url, "check the network", "run the command again", d.path)
	if len(d.asked) != 5 {
		t.Errorf("asked %d times", len(d.asked))
	}
	info, err := os.Stat(d.path + ".part")
	if err != nil || info.Size() != 500 {
		t.Fatal(info, err)
	}
	d.asked, d.breaks = nil, nil
	d.mustSucceed(t)
	if !slices.Equal(d.asked, []string{"bytes=500-"}) {
		t.Errorf("asked %q", d.asked)
	}
}

func TestFetchNoticesASilentConnection(t *testing.T) {
	d := newDownload(t)
	block := make(chan struct{})
	defer close(block)
	d.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-block
	})
	d.stall, d.tries = 50*time.Millisecond, 2
	err := d.run()
	mustFail(t, err, "nothing arrived for 50ms")
	if errors.Is(err, context.Canceled) || len(d.waited) != 1 {
		t.Errorf("waited %v: %v", d.waited, err)
	}
}

func TestFetchRefusesAWrongChecksum(t *testing.T) {
	d := newDownload(t)
	d.body[1000] ^= 1
	mustFail(t, d.run(), d.url, "wrong checksum", d.remote.sha256, "removed", "by hand")
	mustHold(t, filepath.Dir(d.path))
	if len(d.asked) != 1 {
		t.Errorf("asked %q", d.asked)
	}
}

func TestFetchStartsAgainWhenAnOldPartDoesNotFit(t *testing.T) {
	for name, part := range map[string][]byte{
		"other start": bytes.Repeat([]byte("x"), 1000),
		"too long":    bytes.Repeat([]byte("x"), 2<<20),
		"other file":  bytes.Repeat([]byte("x"), len(content())),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDownload(t)
			write(t, d.path+".part", part)
			d.mustSucceed(t)
		})
	}
}

func TestFetchNeedsNoServerForACompletePart(t *testing.T) {
	d := newDownload(t)
	write(t, d.path+".part", content())
	d.mustSucceed(t)
	if len(d.asked) != 0 {
		t.Errorf("asked %q", d.asked)
	}
}

func TestFetchRefusesALargerFile(t *testing.T) {
	d := newDownload(t)
	d.body = append(d.body, 0)
	mustFail(t, d.run(), "more than the", "by hand")
}

func TestFetchRefusesAShorterFile(t *testing.T) {
	d := newDownload(t)
	d.body = d.body[:1000]
	d.tries = 1
	mustFail(t, d.run(), "ended after 1000 of")
}

func TestFetchSaysWhenTheServerHasNoSuchFile(t *testing.T) {
	d := newDownload(t)
	d.status = []int{404}
	err := d.run()
	mustFail(t, err, d.url, "404 Not Found", "by hand")
	if strings.Contains(err.Error(), "check the network") || len(d.asked) != 1 {
		t.Errorf("asked %q: %v", d.asked, err)
	}
}

func TestFetchRefusesWhatIsNotEncryptedUnlessTold(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content()) }))
	defer plain.Close()
	d := newDownload(t)
	redirect := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/file.tar.gz", http.StatusFound))
	defer redirect.Close()
	for _, url := range []string{plain.URL, redirect.URL} {
		d.remote.url = url + "/file.tar.gz"
		d.fetcher = newFetcher(Source{Client: redirect.Client()})
		mustFail(t, d.run(), plain.URL+"/file.tar.gz is not encrypted", "data fetch --insecure")
		mustHold(t, filepath.Dir(d.path), "file.tar.gz.part")
		d.fetcher = newFetcher(Source{Client: redirect.Client(), Insecure: true})
		d.mustSucceed(t)
		if err := os.Remove(d.path); err != nil {
			t.Fatal(err)
		}
	}
}

// The proxy comes from the environment, which package http reads once per process.
func TestFetchGoesThroughAProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked = append(asked, q.Method+" "+q.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	d := newDownload(t)
	d.fetcher = newFetcher(Source{Client: &http.Client{Transport: &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) },
	}}})
	d.wait = func(context.Context, time.Duration) error { return nil }
	d.remote.url = "https://example.org/file.tar.gz"
	mustFail(t, d.run(), "Bad Gateway")
	if asked = slices.Compact(asked); len(asked) != 1 || asked[0] != "CONNECT example.org:443" {
		t.Errorf("asked the proxy %q", asked)
	}
}

func TestFetchWithoutNetworkFailsAtOnce(t *testing.T) {
	d := newDownload(t)
	d.Close() // nothing listens any more
	err := d.run()
	mustFail(t, err, "downloading "+d.url+": ", "refused", "check the network", "put the file at "+d.path)
	if strings.Count(err.Error(), d.url) != 1 || len(d.waited) != 0 {
		t.Errorf("waited %v: %v", d.waited, err)
	}
}

// dialFails makes the connections of a client fail, starting at a given one.
type dialFails struct {
	http.RoundTripper
	from, count int
}

func (d *dialFails) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.count++; d.count >= d.from {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	}
	return d.RoundTripper.RoundTrip(r)
}

func TestFetchTriesAgainOnlyWhereTheServerCouldBeReachedBefore(t *testing.T) {
	for from, tries := range map[int]int{1: 1, 2: 5} {
		d := newDownload(t)
		d.breaks = []int{300_000}
		dials := &dialFails{RoundTripper: d.Client().Transport, from: from}
		d.client = &http.Client{Transport: dials}
		mustFail(t, d.run(), "timeout", "check the network and run the command again")
		if dials.count != tries {
			t.Errorf("connected %d times, want %d", dials.count, tries)
		}
	}
}

func TestFetchStopsWhenCancelledAndContinuesLater(t *testing.T) {
	d := newDownload(t)
	d.breaks = []int{600_000} // otherwise all the data might already be there
	ctx, cancel := context.WithCancel(context.Background())
	d.progress = func(_ string, done, _ int64) {
		if done > 400_000 {
			cancel()
		}
	}
	if err := d.fetch(ctx, d.remote, d.path); err != context.Canceled {
		t.Fatalf("got %v", err)
	}
	mustHold(t, filepath.Dir(d.path), "file.tar.gz.part")
	d.progress = func(string, int64, int64) {}
	d.asked, d.breaks = nil, nil
	d.mustSucceed(t)
	if len(d.asked) != 1 || d.asked[0] == "" {
		t.Errorf("asked %q", d.asked)
	}
}

func TestSleepEndsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := sleep(ctx, time.Hour); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if err := sleep(context.Background(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}

// fullDisk is a file on a disk with left bytes of free space.
type fullDisk struct {
	*os.File
	left int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	return f.File.Write(p)
}

func TestFetchSaysWhenTheDiskIsFullAndKeepsWhatArrived(t *testing.T) {
	d := newDownload(t)
	d.open = func(path string) (partFile, error) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		return &fullDisk{f, 600_000}, err
	}
	mustFail(t, d.run(), "no space left on device", "make room", "--data-dir", d.path)
	if len(d.asked) != 1 {
		t.Errorf("asked %q", d.asked)
	}
	d.open = openPart
	d.mustSucceed(t)
	if d.asked[1] == "" {
		t.Error("started again from nothing")
	}
}

func TestFetchSaysWhenTheFolderCannotBeWritten(t *testing.T) {
	d := newDownload(t)
	d.open = func(path string) (partFile, error) {
		return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrPermission}
	}
	mustFail(t, d.run(), "permission denied", d.path, "--data-dir")
}
