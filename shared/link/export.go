package link

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxExportBytes bounds what is exported in one answer: the log's 100,000 rows
// take some 30 MB, everything kept of a member some hundred kB.
const maxExportBytes = 128 << 20

// errCut says that an export was longer than maxExportBytes.
var errCut = errors.New("the answer is larger than an export may be")

// copyTo makes a request and writes its answer to w as it comes, of at most
// maxExportBytes. It returns how many bytes were written; after an error what
// was written is not the whole answer.
func (c *caller) copyTo(ctx context.Context, r request, w io.Writer) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	target := c.address(r)
	n, err := c.stream(ctx, r, target.String(), w)
	if err != nil {
		return n, fmt.Errorf("link: %s %s: %w", r.method, target.Path, err)
	}
	return n, nil
}

func (c *caller) stream(ctx context.Context, r request, target string, w io.Writer) (int64, error) {
	req, err := c.build(ctx, r, target)
	if err != nil {
		return 0, err
	}
	reply, err := c.send(req)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	if reply.StatusCode < 200 || reply.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(reply.Body, maxReplyBytes))
		if err != nil {
			return 0, fmt.Errorf("reading the answer: %w", err)
		}
		return 0, refusal(reply, body)
	}
	n, err := io.Copy(w, io.LimitReader(reply.Body, maxExportBytes))
	if err != nil {
		return n, fmt.Errorf("copying the answer: %w", err)
	}
	if n == maxExportBytes {
		return n, errCut
	}
	return n, nil
}
