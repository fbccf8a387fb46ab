package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// WeChat is WeChat's word for who somebody is. Errors meant for people are
// *wire.Problem: wire.ProblemWeChatRefused, wire.ProblemWeChatAway,
// wire.ProblemTooMany and wire.ProblemPhoneRefused.
type WeChat interface {
	// OpenID is whose code of wx.login it is: the name WeChat knows them by at
	// this station's mini-program.
	OpenID(ctx context.Context, code string) (string, error)
	// PhoneNumber is the number behind a code of getPhoneNumber.
	PhoneNumber(ctx context.Context, code string) (string, error)
}

// identityIndex is the keyed hash of an openid.
type identityIndex [vault.BlindBytes]byte

func (s *Store) identityIndex(openID string) identityIndex {
	return identityIndex(s.Keys.Blind(purposeWeChat, openID))
}

// WeChatLogin opens a session for whom WeChat vouches for. An identity that is
// no member's yet needs a phone number too, once: without one the answer is
// wire.ProblemWeChatPhone, with one the number's member is bound to the
// identity, or made. Without WeChat it is wire.ProblemWeChatAway.
//
// The number of an identity that is bound is not asked for, whatever code came
// along: it costs the station money and tells it nothing.
func (s *Store) WeChatLogin(ctx context.Context, req wire.WeChatLogin) (wire.DriverSession, error) {
	if s.WeChat == nil {
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemWeChatAway, "this station has no mini-program")
	}
	openID, err := s.WeChat.OpenID(ctx, req.Code)
	if err != nil {
		return wire.DriverSession{}, fmt.Errorf("signing in through WeChat: %w", err)
	}
	session, in, err := s.letIn(ctx, "signing in through WeChat", func(ctx context.Context, tx *mysql.Tx) (id.Member, bool, error) {
		return s.boundTo(ctx, tx, s.identityIndex(openID))
	})
	if err != nil || in {
		return session, err
	}
	if req.PhoneCode == "" {
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemWeChatPhone, "")
	}
	given, err := s.WeChat.PhoneNumber(ctx, req.PhoneCode)
	if err != nil {
		return wire.DriverSession{}, fmt.Errorf("signing in through WeChat: %w", err)
	}
	phone, err := NormalPhone(given)
	if err != nil {
		return wire.DriverSession{}, err
	}
	return s.joinBound(ctx, phone, openID)
}

// joinBound opens a session for the member with a number, made now if need be,
// and binds them to an identity.
func (s *Store) joinBound(ctx context.Context, phone, openID string) (wire.DriverSession, error) {
	session, _, err := s.letIn(ctx, "joining through WeChat", func(ctx context.Context, tx *mysql.Tx) (id.Member, bool, error) {
		index := s.phoneIndex(phone)
		if err := s.holdNumber(ctx, tx, index); err != nil {
			return id.Member{}, false, err
		}
		// A second tap may have come first.
		who, bound, err := s.boundTo(ctx, tx, s.identityIndex(openID))
		if err != nil || bound {
			return who, bound, err
		}
		if who, err = s.memberOf(ctx, tx, phone, index); err != nil {
			return who, false, err
		}
		return who, true, s.bind(ctx, tx, who, openID)
	})
	return session, err
}

// boundTo is whose identity it is, held to the end of tx; bound is false if
// nobody's.
func (s *Store) boundTo(ctx context.Context, tx *mysql.Tx, index identityIndex) (who id.Member, bound bool, err error) {
	err = tx.GetContext(ctx, &who, "SELECT member FROM member_wechat WHERE openid_index = ? FOR UPDATE", index[:])
	if errors.Is(err, sql.ErrNoRows) {
		return who, false, nil
	}
	if err != nil {
		return who, false, fmt.Errorf("finding a member by WeChat's word: %w", err)
	}
	return who, true, nil
}

// bind makes an identity a member's as part of tx, and nobody else's: whoever
// shows the number and the identity at once has both. The identity the member
// had before is nobody's then.
func (s *Store) bind(ctx context.Context, tx *mysql.Tx, who id.Member, openID string) error {
	if err := s.lock(ctx, tx, who); err != nil {
		return err
	}
	key, err := s.key(ctx, tx, who)
	if err != nil {
		return err
	}
	index := s.identityIndex(openID)
	_, err = tx.ExecContext(ctx, "DELETE FROM member_wechat WHERE openid_index = ? OR member = ?", index[:], who)
	if err != nil {
		return fmt.Errorf("taking an identity from who had it: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO member_wechat (member, openid, openid_index, bound_at) VALUES (?, ?, ?, ?)",
		who, key.Seal(wechatCell(who), []byte(openID)), index[:], s.Now())
	if err != nil {
		return fmt.Errorf("binding an identity: %w", err)
	}
	return nil
}

// askedIdentity is the identity behind the code that came with a phone number
// and its own code, or "": the number lets somebody in by itself, so WeChat's
// silence or refusal costs them nothing but the binding.
func (s *Store) askedIdentity(ctx context.Context, code string) string {
	if code == "" || s.WeChat == nil {
		return ""
	}
	openID, err := s.WeChat.OpenID(ctx, code)
	if err != nil {
		return ""
	}
	return openID
}

// OpenID is the name WeChat knows a member by, or "" if they never signed in
// through it.
func (s *Store) OpenID(ctx context.Context, q sqlx.QueryerContext, m id.Member) (string, error) {
	var sealed []byte
	err := sqlx.GetContext(ctx, q, &sealed, "SELECT openid FROM member_wechat WHERE member = ?", m)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading a member's identity: %w", err)
	}
	key, err := s.key(ctx, q, m)
	if err != nil {
		return "", err
	}
	return openCell(key, wechatCell(m), sealed)
}

// BoundToWeChat is whether an identity of WeChat's opens a member's session.
func (s *Store) BoundToWeChat(ctx context.Context, q sqlx.QueryerContext, m id.Member) (bool, error) {
	var n int
	if err := sqlx.GetContext(ctx, q, &n, "SELECT COUNT(*) FROM member_wechat WHERE member = ?", m); err != nil {
		return false, fmt.Errorf("asking whether a member has an identity: %w", err)
	}
	return n > 0, nil
}

func wechatCell(m id.Member) vault.Cell {
	return vault.Cell{Table: "member_wechat", Column: "openid", Row: m}
}
