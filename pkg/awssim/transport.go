package awssim

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// RoundTripper returns a transport that answers every request in this process, whatever its host: nothing leaves the machine.
// It honours the request's context, and the response's body is a copy that the caller may keep.
func (s *Simulator) RoundTripper() http.RoundTripper { return roundTripper{s} }

type roundTripper struct{ simulator *Simulator }

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &recorder{header: http.Header{}}
	t.simulator.ServeHTTP(w, served(r))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// served turns a client's request into the one a server would see.
func served(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

// recorder gathers an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *recorder) response(r *http.Request) *http.Response {
	length := int64(w.body.Len())
	var body io.Reader = &w.body
	if promised, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64); err == nil && promised > length {
		// As on a broken connection: the promised length, but the bytes end early.
		length, body = promised, io.MultiReader(&w.body, brokenConnection{})
	}
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

type brokenConnection struct{}

func (brokenConnection) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
