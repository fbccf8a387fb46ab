package post

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

const columns = "staff, station, nozzles, assigned_by, since, until"

// Assign writes a post as part of tx, in the place of the one before; a post
// without nozzles ends it.
func Assign(ctx context.Context, tx *mysql.Tx, p Post) error {
	if len(p.Nozzles) == 0 {
		_, err := tx.ExecContext(ctx, "DELETE FROM post WHERE staff = ?", p.Staff)
		return wrapped("ending a post", err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO post (`+columns+`) VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE station = VALUES(station), nozzles = VALUES(nozzles), assigned_by = VALUES(assigned_by),
			since = VALUES(since), until = VALUES(until)`,
		p.Staff, p.Station, p.Nozzles.text(), p.By, p.Since, p.Until)
	return wrapped("writing a post", err)
}

// Of is somebody's post at a time; it is empty if they have none.
func Of(ctx context.Context, q sqlx.QueryerContext, who id.Staff, now time.Time) (Post, error) {
	var p Post
	err := sqlx.GetContext(ctx, q, &p, "SELECT "+columns+" FROM post WHERE staff = ? AND until > ?", who, now)
	if errors.Is(err, sql.ErrNoRows) {
		return Post{Staff: who}, nil
	}
	return p, wrapped("reading a post", err)
}

// At is the posts of a station at a time, by person.
func At(ctx context.Context, q sqlx.QueryerContext, station id.Station, now time.Time) (map[id.Staff]Post, error) {
	var rows []Post
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+columns+" FROM post WHERE station = ? AND until > ?", station, now)
	if err != nil {
		return nil, wrapped("listing posts", err)
	}
	posts := make(map[id.Staff]Post, len(rows))
	for _, p := range rows {
		posts[p.Staff] = p
	}
	return posts, nil
}

// wrapped says what was being done.
func wrapped(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
