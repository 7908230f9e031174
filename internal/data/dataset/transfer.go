package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// A transfer is one file being downloaded.
type transfer struct {
	*fetcher
	remote    remote
	file      partFile
	name      string // for progress
	done      int64  // number of bytes in file
	answered  bool
	validator string // version of the server's copy: its ETag or date; empty before the first response
}

// restart discards the bytes received so far.
func (t *transfer) restart() error {
	t.done, t.validator = 0, ""
	return t.file.Truncate(0)
}

// get requests the missing bytes, once. A brokenError means that a retry may help.
func (t *transfer) get(ctx context.Context) error {
	if t.done > t.remote.size {
		if err := t.restart(); err != nil {
			return err
		}
	}
	request, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(t.stall, cancel)
	defer watch.Stop()
	err := t.getWatched(request, watch)
	if err != nil && request.Err() != nil && ctx.Err() == nil {
		return brokenError{fmt.Errorf("nothing arrived for %v", t.stall)}
	}
	return err
}

// getWatched is get with a ctx that a timer cancels if no data arrives.
func (t *transfer) getWatched(ctx context.Context, watch *time.Timer) error {
	answer, err := t.ask(ctx)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := t.accept(answer); err != nil {
		return err
	}
	return t.receive(answer.Body, watch)
}

// ask sends the request.
func (t *transfer) ask(ctx context.Context) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, t.remote.url, nil)
	if err != nil {
		return nil, err
	}
	// Otherwise the transport may decompress a response that is marked as gzip-encoded.
	q.Header.Set("Accept-Encoding", "identity")
	if t.done > 0 {
		q.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.done))
		if t.validator != "" {
			q.Header.Set("If-Range", t.validator)
		}
	}
	answer, err := t.client.Do(q)
	switch {
	case err == nil:
		t.answered = true
		return answer, nil
	case hopeless(err), !t.answered && unreachable(err):
		return nil, err
	}
	return nil, brokenError{err}
}

// hopeless reports an error of a connection that would recur on an immediate retry:
// connection refused, host not found without a network, or a response without TLS.
func hopeless(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errNotEncrypted) || errors.As(err, &dns) && dns.IsNotFound
}

// unreachable reports an error of making a connection. Before the first response it means
// no network rather than a temporary failure.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// accept checks the header of a response and positions the file for its body.
func (t *transfer) accept(answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusPartialContent:
		var from int64
		if n, _ := fmt.Sscanf(answer.Header.Get("Content-Range"), "bytes %d-", &from); n != 1 || from != t.done {
			return errors.Join(brokenError{fmt.Errorf("the server sent %q instead of the bytes from %d", answer.Header.Get("Content-Range"), t.done)}, t.restart())
		}
	case code == http.StatusOK: // the whole file: the server does not support ranges, or the file has changed
		if err := t.restart(); err != nil {
			return err
		}
	case code == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(brokenError{errors.New(answer.Status)}, t.restart())
	case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		return brokenError{errors.New("the server answered " + answer.Status)}
	default:
		return errors.New("the server answered " + answer.Status)
	}
	t.validator = answer.Header.Get("ETag")
	if t.validator == "" || t.validator[0] == 'W' { // a weak ETag does not promise equal bytes
		t.validator = answer.Header.Get("Last-Modified")
	}
	_, err := t.file.Seek(t.done, io.SeekStart)
	return err
}

// receive copies the body to the file, up to the expected size.
func (t *transfer) receive(body io.Reader, watch *time.Timer) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := body.Read(buf)
		watch.Reset(t.stall)
		if t.done+int64(n) > t.remote.size {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes of the file", t.remote.size), t.restart())
		}
		if _, err := t.file.Write(buf[:n]); err != nil {
			return err
		}
		t.done += int64(n)
		t.progress(t.name, t.done, t.remote.size)
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF):
			return brokenError{err}
		case t.done < t.remote.size:
			return brokenError{fmt.Errorf("the connection ended after %d of %d bytes", t.done, t.remote.size)}
		default:
			return nil
		}
	}
}
