package accounts

import (
	"context"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
)

const userColumns = `id, email, email_folded, confirmed_at, name, name_folded, password_hash, lang, zone, town, postcode,
	about, role, status, quiet_from, quiet_until, mail_messages, mail_nudges, mail_searches, phone, phone_ok_at,
	texts_by, mail_bad_at, reply_minutes, post_hours, trades_done, created_at, seen_at, deleted_at`

func userByID(ctx context.Context, q db.Queryer, id UserID) (u User, err error) {
	err = q.Get(ctx, &u, `SELECT `+userColumns+` FROM users WHERE id = ?`, id)
	return u, err
}

func userByEmail(ctx context.Context, q db.Queryer, folded string) (u User, err error) {
	err = q.Get(ctx, &u, `SELECT `+userColumns+` FROM users WHERE email_folded = ?`, folded)
	return u, err
}

// userByPhone is the person whose confirmed number it is.
func userByPhone(ctx context.Context, q db.Queryer, e164 string) (u User, err error) {
	err = q.Get(ctx, &u, `SELECT `+userColumns+` FROM users WHERE phone = ? AND phone_ok_at > 0`, e164)
	return u, err
}

func usersByID(ctx context.Context, q db.Queryer, ids []UserID) (us []User, err error) {
	query, args, err := db.In(`SELECT `+userColumns+` FROM users WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	err = q.Select(ctx, &us, query, args...)
	return us, err
}

// searchUsers is the newest people first whose name or address holds text (""
// for everybody), before the given id ("" from the newest).
func searchUsers(ctx context.Context, q db.Queryer, text, status string, before UserID, limit int) (us []User, err error) {
	err = q.Select(ctx, &us, `SELECT `+userColumns+` FROM users
		WHERE (? = '' OR name_folded LIKE ? ESCAPE '!' OR email_folded LIKE ? ESCAPE '!')
		  AND (? = '' OR status = ?)
		  AND (? = '' OR id < ?)
		ORDER BY id DESC
		LIMIT ?`,
		text, like(text), like(text), status, status, before, before, limit)
	return us, err
}

// operators are all active staff.
func operators(ctx context.Context, q db.Queryer) (us []User, err error) {
	err = q.Select(ctx, &us, `SELECT `+userColumns+` FROM users WHERE role = 'operator' AND status = 'active' ORDER BY id`)
	return us, err
}

// insertUser adds a person. It says false when the address is taken.
func insertUser(ctx context.Context, tx *db.Tx, u User) (bool, error) {
	n, err := tx.Do(ctx, `INSERT INTO users
		(id, email, email_folded, confirmed_at, name, name_folded, password_hash, lang, zone, town, postcode, about, role,
		 status, quiet_from, quiet_until, phone, phone_ok_at, texts_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		u.ID, u.Email, u.EmailFolded, u.ConfirmedAt, u.Name, u.NameFolded, u.PasswordHash, u.Lang, u.Zone, u.Town,
		u.Postcode, u.About, u.Role, u.Status, u.QuietFrom, u.QuietUntil,
		u.Phone, u.PhoneOkAt, u.TextsBy, u.CreatedAt)
	return n == 1, err
}

func setSettings(ctx context.Context, tx *db.Tx, u User) error {
	_, err := tx.Do(ctx, `UPDATE users
		SET name = ?, name_folded = ?, town = ?, postcode = ?, about = ?, lang = ?, zone = ?
		WHERE id = ? AND status <> 'deleted'`,
		u.Name, u.NameFolded, u.Town, u.Postcode, u.About, u.Lang, u.Zone, u.ID)
	return err
}

func setChannels(ctx context.Context, tx *db.Tx, u User) error {
	_, err := tx.Do(ctx, `UPDATE users
		SET quiet_from = ?, quiet_until = ?, mail_messages = ?, mail_nudges = ?, mail_searches = ?
		WHERE id = ?`,
		u.QuietFrom, u.QuietUntil, u.MailMessages, u.MailNudges, u.MailSearches, u.ID)
	return err
}

// stopMails ends the kinds of mail that keep says false to. What others change at
// the same moment stays.
func stopMails(ctx context.Context, tx *db.Tx, id UserID, keep Mails) (found bool, err error) {
	n, err := tx.Do(ctx, `UPDATE users
		SET mail_messages = (mail_messages AND ?), mail_nudges = (mail_nudges AND ?), mail_searches = (mail_searches AND ?)
		WHERE id = ? AND status <> 'deleted'`,
		keep.Messages, keep.Nudges, keep.Searches, id)
	return n > 0, err
}

func setLang(ctx context.Context, tx *db.Tx, id UserID, lang string) error {
	_, err := tx.Do(ctx, `UPDATE users SET lang = ? WHERE id = ?`, lang, id)
	return err
}

func setPassword(ctx context.Context, tx *db.Tx, id UserID, hash string) error {
	_, err := tx.Do(ctx, `UPDATE users SET password_hash = ? WHERE id = ? AND status <> 'deleted'`, hash, id)
	return err
}

// setConfirmed keeps the first time an address was confirmed; it takes e-mail,
// since a letter to it was read.
func setConfirmed(ctx context.Context, tx *db.Tx, id UserID, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE users
		SET confirmed_at = CASE WHEN confirmed_at = 0 THEN ? ELSE confirmed_at END, mail_bad_at = 0
		WHERE id = ?`, now, id)
	return err
}

func setPhone(ctx context.Context, tx *db.Tx, id UserID, e164 string, okAt clock.Instant, by string) error {
	_, err := tx.Do(ctx, `UPDATE users SET phone = ?, phone_ok_at = ?, texts_by = ? WHERE id = ? AND status <> 'deleted'`, e164, okAt, by, id)
	return err
}

func setTextsBy(ctx context.Context, tx *db.Tx, id UserID, by string) error {
	_, err := tx.Do(ctx, `UPDATE users SET texts_by = ? WHERE id = ? AND status <> 'deleted'`, by, id)
	return err
}

// setMailBad marks an address that takes no e-mail, if it is still the person's.
func setMailBad(ctx context.Context, tx *db.Tx, id UserID, folded string, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE users SET mail_bad_at = ? WHERE id = ? AND email_folded = ? AND mail_bad_at = 0`, now, id, folded)
	return err
}

// setEmail changes an address that has just been confirmed. It fails with a
// unique violation when somebody took the address meanwhile.
func setEmail(ctx context.Context, tx *db.Tx, id UserID, email string, now clock.Instant) error {
	_, err := tx.Do(ctx, `UPDATE users SET email = ?, email_folded = ?, confirmed_at = ?, mail_bad_at = 0
		WHERE id = ? AND status <> 'deleted'`,
		email, Fold(email), now, id)
	return err
}

func setRole(ctx context.Context, tx *db.Tx, id UserID, role string) error {
	_, err := tx.Do(ctx, `UPDATE users SET role = ? WHERE id = ?`, role, id)
	return err
}

// setStatus moves an account between active and suspended; it says false when
// the account was not in from.
func setStatus(ctx context.Context, tx *db.Tx, id UserID, from, to string) (bool, error) {
	n, err := tx.Do(ctx, `UPDATE users SET status = ? WHERE id = ? AND status = ?`, to, id, from)
	return n == 1, err
}

func setSeen(ctx context.Context, d db.Doer, id UserID, now clock.Instant) error {
	_, err := d.Do(ctx, `UPDATE users SET seen_at = ? WHERE id = ? AND seen_at < ?`, now, id, now)
	return err
}

func setMeasured(ctx context.Context, tx *db.Tx, id UserID, replyMinutes, postHours int64) error {
	_, err := tx.Do(ctx, `UPDATE users SET reply_minutes = ?, post_hours = ? WHERE id = ?`, replyMinutes, postHours, id)
	return err
}

func addTrade(ctx context.Context, tx *db.Tx, id UserID) error {
	_, err := tx.Do(ctx, `UPDATE users SET trades_done = trades_done + 1 WHERE id = ?`, id)
	return err
}

// anonymise leaves the row of a person who has left, and nothing of the person.
func anonymise(ctx context.Context, tx *db.Tx, id UserID, now clock.Instant) error {
	gone := "deleted:" + string(id)
	_, err := tx.Do(ctx, `UPDATE users
		SET email = ?, email_folded = ?, confirmed_at = 0, name = ?, name_folded = '', password_hash = '', town = '',
		    postcode = '', about = '', role = 'member', status = 'deleted', mail_messages = FALSE, mail_nudges = FALSE,
		    mail_searches = FALSE, phone = '', phone_ok_at = 0, texts_by = 'sms', mail_bad_at = 0, seen_at = 0, deleted_at = ?
		WHERE id = ?`,
		gone, gone, deletedName, now, id)
	return err
}
