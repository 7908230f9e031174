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

// A transfer is one file on its way.
type transfer struct {
	*fetcher
	remote    remote
	file      partFile
	name      string // for progress
	done      int64  // bytes in file
	answered  bool
	validator string // of the server's copy: its ETag or date; empty before the first answer
}

// restart forgets what has arrived.
func (t *transfer) restart() error {
	t.done, t.validator = 0, ""
	return t.file.Truncate(0)
}

// get asks for what is missing, once. A brokenError says that trying again may help.
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

// getWatched is get until ctx is done, which watch sees to if nothing arrives.
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
	// Or else the transport may unpack what the server calls gzip-encoded.
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

// hopeless reports an error of a connection that comes back at once if tried
// again: nobody listens, the name is unknown because there is no network, or the
// answer would not be encrypted.
func hopeless(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errNotEncrypted) || errors.As(err, &dns) && dns.IsNotFound
}

// unreachable reports an error of making a connection. Before the first answer
// it says that there is no network rather than that it broke down for a moment.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// accept looks at the head of an answer and makes the file ready for its body.
func (t *transfer) accept(answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusPartialContent:
		var from int64
		if n, _ := fmt.Sscanf(answer.Header.Get("Content-Range"), "bytes %d-", &from); n != 1 || from != t.done {
			return errors.Join(brokenError{fmt.Errorf("the server sent %q instead of the bytes from %d", answer.Header.Get("Content-Range"), t.done)}, t.restart())
		}
	case code == http.StatusOK: // all of it: the server has no ranges, or another file now
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
	if t.validator == "" || t.validator[0] == 'W' { // a weak one does not promise equal bytes
		t.validator = answer.Header.Get("Last-Modified")
	}
	_, err := t.file.Seek(t.done, io.SeekStart)
	return err
}

// receive copies the body to the file, up to the size that the file must have.
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
