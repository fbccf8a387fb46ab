package till

import (
	"encoding/json"
	"fmt"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	"go.etcd.io/bbolt"
)

const (
	// maxMessages bounds the messages that wait to be delivered. They have a
	// place of their own: no conversation may keep a payment from being saved.
	maxMessages = 200
	// maxUploads bounds the pictures and recordings among them: 100 MB at the
	// most.
	maxUploads = 20
)

// SaveMessage keeps a message before it is first sent, and what it carries,
// once; saved again it replaces what was noted of it.
func (s *Store) SaveMessage(c desk.Command) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("saving a message: %w", err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error {
		messages, uploads := tx.Bucket([]byte(messagesBucket)), tx.Bucket([]byte(uploadsBucket))
		key := c.Say.ID[:]
		if messages.Get(key) == nil && messages.Stats().KeyN >= maxMessages {
			return ErrFull
		}
		if c.Upload != nil && uploads.Get(key) == nil {
			if uploads.Stats().KeyN >= maxUploads {
				return ErrFull
			}
			if err := uploads.Put(key, c.Upload.Data); err != nil {
				return err
			}
		}
		return messages.Put(key, body)
	})
	if err != nil {
		return fmt.Errorf("saving a message: %w", err)
	}
	return nil
}

// ForgetMessage drops a message whose end is known, and what it carried.
func (s *Store) ForgetMessage(message id.Message) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket([]byte(uploadsBucket)).Delete(message[:]); err != nil {
			return err
		}
		return tx.Bucket([]byte(messagesBucket)).Delete(message[:])
	})
	if err != nil {
		return fmt.Errorf("forgetting a message: %w", err)
	}
	return nil
}

// Messages lists the saved messages with what they carry, oldest first: ids
// rise with time.
func (s *Store) Messages() ([]desk.Command, error) {
	var out []desk.Command
	err := s.db.View(func(tx *bbolt.Tx) error {
		uploads := tx.Bucket([]byte(uploadsBucket))
		return tx.Bucket([]byte(messagesBucket)).ForEach(func(key, body []byte) error {
			var c desk.Command
			if err := json.Unmarshal(body, &c); err != nil {
				return err
			}
			if c.Upload != nil {
				c.Upload.Data = append([]byte(nil), uploads.Get(key)...)
			}
			out = append(out, c)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading saved messages: %w", err)
	}
	return out, nil
}
