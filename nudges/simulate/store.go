package simulate

import (
	"context"
	"strings"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// order is a trade as it is stored.
type order struct {
	ID       string        `db:"id"`
	State    orders.State  `db:"state"`
	Version  int64         `db:"version"`
	Turn     string        `db:"turn_id"`
	Listing  string        `db:"listing_id"`
	Conv     string        `db:"conversation_id"`
	Ref      string        `db:"ref"`
	Total    int64         `db:"total"`
	Item     int64         `db:"item"`
	Created  clock.Instant `db:"created_at"`
	PaidAt   clock.Instant `db:"paid_at"`
	ClosedAt clock.Instant `db:"closed_at"`
}

// turnRow is a turn as it is stored.
type turnRow struct {
	ID       string        `db:"id"`
	Kind     turnKind      `db:"kind"`
	Subject  string        `db:"subject"`
	Version  int64         `db:"version"`
	Owner    string        `db:"owner_id"`
	Waiter   string        `db:"waiter_id"`
	OpenedAt clock.Instant `db:"opened_at"`
	DueAt    clock.Instant `db:"due_at"`
	NextAt   clock.Instant `db:"next_at"`
	NextStep string        `db:"next_step"`
	Arm      string        `db:"arm"`
	ClosedAt clock.Instant `db:"closed_at"`
	Outcome  string        `db:"outcome"`
}

// nudge is a decided step as it is stored.
type nudge struct {
	Turn      string        `db:"turn_id"`
	Step      string        `db:"step"`
	User      string        `db:"user_id"`
	PlannedAt clock.Instant `db:"planned_at"`
	DecidedAt clock.Instant `db:"decided_at"`
	Verdict   string        `db:"verdict"`
	WentAt    clock.Instant `db:"went_at"`
}

// delivery is a message as it is stored.
type delivery struct {
	ID        messaging.DeliveryID `db:"id"`
	User      string               `db:"user_id"`
	Channel   string               `db:"channel"`
	Topic     string               `db:"topic"`
	Turn      string               `db:"turn_id"`
	Step      string               `db:"step"`
	Warning   bool                 `db:"warning"`
	State     messaging.State      `db:"state"`
	Reason    string               `db:"reason"`
	Bundle    string               `db:"bundle"`
	ReachedAt clock.Instant        `db:"reached_at"`
	CreatedAt clock.Instant        `db:"created_at"`
	NextAt    clock.Instant        `db:"next_at"`
	DoneAt    clock.Instant        `db:"done_at"`
}

// sums are what the ledger says of a trade: each account's sum, by kind of fact.
type sums struct {
	Order   string `db:"order_id"`
	Kind    string `db:"kind"`
	Account string `db:"account"`
	Minor   int64  `db:"minor"`
}

// payment is an order's payment as it is stored.
type payment struct {
	ID     string         `db:"id"`
	Order  string         `db:"order_id"`
	State  payments.State `db:"state"`
	Amount int64          `db:"amount"`
	Payout int64          `db:"payout"`
	Charge string         `db:"charge_id"`
}

// movement is money promised outwards.
type movement struct {
	ID     string                 `db:"id"`
	Order  string                 `db:"order_id"`
	Kind   payments.MovementKind  `db:"kind"`
	State  payments.MovementState `db:"state"`
	Amount int64                  `db:"amount"`
	Sent   string                 `db:"provider_id"`
	Charge string                 `db:"charge_id"`
}

// line is a sentence in a stream about a reminder.
type line struct {
	Conv string `db:"conversation_id"`
	Ref  string `db:"ref"`
	N    int64  `db:"n"`
}

// columns of what is read again when it changed.
const (
	orderColumns    = `id, state, version, turn_id, listing_id, conversation_id, ref, total, item, created_at, paid_at, closed_at`
	turnColumns     = `id, kind, subject, version, owner_id, waiter_id, opened_at, due_at, COALESCE(next_at, 0) AS next_at, next_step, arm, closed_at, outcome`
	deliveryColumns = `id, user_id, channel, topic, turn_id, step, warning, state, reason, bundle, reached_at, created_at, next_at, done_at`
)

// some reads rows by ids, in bounded pieces.
func some[T any](ctx context.Context, q db.Queryer, query string, ids []string) ([]T, error) {
	const most = 400
	var all []T
	for len(ids) > 0 {
		n := min(most, len(ids))
		text, args, err := db.In(query, ids[:n])
		if err != nil {
			return nil, err
		}
		var rows []T
		if err := q.Select(ctx, &rows, text, args...); err != nil {
			return nil, err
		}
		all, ids = append(all, rows...), ids[n:]
	}
	return all, nil
}

func ordersBy(ctx context.Context, q db.Queryer, ids []string) ([]order, error) {
	return some[order](ctx, q, `SELECT `+orderColumns+` FROM orders WHERE id IN (?) ORDER BY id`, ids)
}

func turnsBy(ctx context.Context, q db.Queryer, ids []string) ([]turnRow, error) {
	return some[turnRow](ctx, q, `SELECT `+turnColumns+` FROM turns WHERE id IN (?) ORDER BY id`, ids)
}

func turnsOf(ctx context.Context, q db.Queryer, subjects []string) ([]turnRow, error) {
	return some[turnRow](ctx, q, `SELECT `+turnColumns+` FROM turns WHERE subject IN (?) ORDER BY id`, subjects)
}

func nudgesOf(ctx context.Context, q db.Queryer, turns []string) ([]nudge, error) {
	return some[nudge](ctx, q, `
		SELECT turn_id, step, user_id, planned_at, decided_at, verdict, went_at
		FROM nudges WHERE turn_id IN (?) ORDER BY turn_id, decided_at, step, user_id`, turns)
}

func deliveriesBy(ctx context.Context, q db.Queryer, ids []string) ([]delivery, error) {
	return some[delivery](ctx, q, `SELECT `+deliveryColumns+` FROM deliveries WHERE id IN (?) ORDER BY id`, ids)
}

func deliveriesOf(ctx context.Context, q db.Queryer, turns []string) ([]delivery, error) {
	return some[delivery](ctx, q, `SELECT `+deliveryColumns+` FROM deliveries WHERE turn_id IN (?) ORDER BY id`, turns)
}

func paymentsOf(ctx context.Context, q db.Queryer, ids []string) ([]payment, error) {
	return some[payment](ctx, q, `
		SELECT id, order_id, state, amount, payout, charge_id FROM payments WHERE order_id IN (?) ORDER BY order_id`, ids)
}

func movementsOf(ctx context.Context, q db.Queryer, ids []string) ([]movement, error) {
	return some[movement](ctx, q, `
		SELECT id, order_id, kind, state, amount, provider_id, charge_id FROM movements WHERE order_id IN (?) ORDER BY order_id, id`, ids)
}

func sumsOf(ctx context.Context, q db.Queryer, ids []string) ([]sums, error) {
	return some[sums](ctx, q, `
		SELECT p.order_id, p.kind, l.account, CAST(SUM(l.amount) AS BIGINT) AS minor
		FROM postings p
		JOIN ledger l ON l.posting_id = p.id
		WHERE p.order_id IN (?)
		GROUP BY p.order_id, p.kind, l.account
		ORDER BY p.order_id, p.kind, l.account`, ids)
}

// remindersIn are the lines about reminders in some streams, counted by turn.
func remindersIn(ctx context.Context, q db.Queryer, convs []string) ([]line, error) {
	return some[line](ctx, q, `
		SELECT conversation_id, ref, COUNT(*) AS n
		FROM entries
		WHERE conversation_id IN (?) AND kind = 'nudge'
		GROUP BY conversation_id, ref
		ORDER BY conversation_id, ref`, convs)
}

// about says which trade an offer or a conversation belongs to.
type about struct {
	Offer   string `db:"offer"`
	Conv    string `db:"conv"`
	Listing string `db:"listing"`
	Buyer   string `db:"buyer"`
}

func aboutOf(ctx context.Context, q db.Queryer, offers, convs []string) ([]about, error) {
	as, err := some[about](ctx, q, `
		SELECT id AS offer, conversation_id AS conv, listing_id AS listing, buyer_id AS buyer FROM offers WHERE id IN (?) ORDER BY id`, offers)
	if err != nil {
		return nil, err
	}
	bs, err := some[about](ctx, q, `
		SELECT '' AS offer, id AS conv, subject AS listing, buyer_id AS buyer FROM conversations WHERE id IN (?) ORDER BY id`, convs)
	return append(as, bs...), err
}

// callsAbout counts the calls that were asked for about a turn.
func callsAbout(ctx context.Context, q db.Queryer, turn, user string) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM calls WHERE turn_id = ? AND user_id = ?`, turn, user)
	return n, err
}

// spokenTo counts those in which they were spoken to.
func spokenTo(ctx context.Context, q db.Queryer, turn, user string) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM calls WHERE turn_id = ? AND user_id = ? AND reached`, turn, user)
	return n, err
}

// nextTurn is when the follow-up has to look next; 0: never.
func nextTurn(ctx context.Context, q db.Queryer) (at clock.Instant, err error) {
	err = q.Get(ctx, &at, `SELECT COALESCE(MIN(next_at), 0) FROM turns WHERE closed_at = 0`)
	return at, err
}

// nextLetter is when the post has to look next; 0: never.
func nextLetter(ctx context.Context, q db.Queryer) (at clock.Instant, err error) {
	err = q.Get(ctx, &at, `
		SELECT COALESCE(MIN(at), 0) FROM (
			SELECT MIN(next_at) AS at FROM deliveries WHERE next_at > 0
			UNION ALL
			SELECT MIN(due_at) AS at FROM unread WHERE due_at > 0) x`)
	return at, err
}

// insertPeople stores the invented people, who all have one password.
func insertPeople(ctx context.Context, tx *db.Tx, now clock.Instant, secret string, ps []*person) error {
	const most = 100
	for len(ps) > 0 {
		n := min(most, len(ps))
		var rows, push []any
		for _, p := range ps[:n] {
			role, ok := "member", clock.Instant(0)
			if p.operator {
				role = "operator"
			}
			confirmed := now
			if p.phone != "" {
				ok = now
			}
			if p.textOnly {
				confirmed = 0
			}
			rows = append(rows, p.id, p.email, p.email, confirmed, "Person "+p.email[:strings.Index(p.email, "@")], "person", secret, p.zone, "Tampere", role,
				p.from, p.until, p.mails, p.phone, ok, p.texts, now)
			if p.push {
				push = append(push, "psh_"+string(p.id), p.id, "https://push.example/"+string(p.id), "key", "auth", "vapid", now)
			}
		}
		if err := insertRows(ctx, tx, `INSERT INTO users (id, email, email_folded, confirmed_at, name, name_folded, password_hash, zone, town, role,
			quiet_from, quiet_until, mail_nudges, phone, phone_ok_at, texts_by, created_at)`, 17, rows); err != nil {
			return err
		}
		if err := insertRows(ctx, tx, `INSERT INTO push_subscriptions (id, user_id, endpoint, p256dh, auth, vapid, created_at)`, 7, push); err != nil {
			return err
		}
		ps = ps[n:]
	}
	return nil
}

// insertRows inserts rows of n values each.
func insertRows(ctx context.Context, tx *db.Tx, insert string, n int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
	_, err := tx.Do(ctx, insert+" VALUES "+strings.TrimSuffix(strings.Repeat(row+", ", len(values)/n), ", "), values...)
	return err
}

// insertAccount stores that the provider can pay somebody.
func insertAccount(ctx context.Context, tx *db.Tx, p *person, account string, now clock.Instant) error {
	_, err := tx.Do(ctx, `
		INSERT INTO payout_accounts (user_id, account_id, ready, created_at, updated_at) VALUES (?, ?, TRUE, ?, ?)`, p.id, account, now, now)
	return err
}

// departing is what has to be known of a message that is leaving the house.
type departing struct {
	User      string        `db:"user_id"`
	Topic     string        `db:"topic"`
	Channel   string        `db:"channel"`
	Step      string        `db:"step"`
	Warning   bool          `db:"warning"`
	Turn      string        `db:"turn_id"`
	Bundle    string        `db:"bundle"`
	Owner     string        `db:"owner_id"`
	Waiter    string        `db:"waiter_id"`
	Subject   string        `db:"subject"`
	ClosedAt  clock.Instant `db:"closed_at"`
	Status    string        `db:"status"`
	MailOK    bool          `db:"mail_nudges"`
	From      int64         `db:"quiet_from"`
	Until     int64         `db:"quiet_until"`
	Zone      string        `db:"zone"`
	TextsBy   string        `db:"texts_by"`
	Muted     int64         `db:"muted"`
	StoppedAt int64         `db:"stopped"`
	Thread    string        `db:"thread"`
	Others    int64         `db:"others"` // that go with it, about something else
}

// departure looks a message up as it leaves.
func departure(ctx context.Context, q db.Queryer, did messaging.DeliveryID) (d departing, err error) {
	err = q.Get(ctx, &d, `
		SELECT d.user_id, d.topic, d.channel, d.step, d.warning, d.turn_id, d.bundle, COALESCE(t.owner_id, '') AS owner_id,
			COALESCE(t.waiter_id, '') AS waiter_id, COALESCE(t.subject, '') AS subject, COALESCE(t.closed_at, 0) AS closed_at,
			u.status, u.mail_nudges, u.quiet_from, u.quiet_until, u.zone, u.texts_by,
			(SELECT COUNT(*) FROM mutes m WHERE m.user_id = d.user_id AND m.subject = t.subject) AS muted,
			(SELECT COUNT(*) FROM opt_outs o WHERE o.channel = d.channel AND o.address = d.address) AS stopped,
			d.thread, (SELECT COUNT(*) FROM deliveries x WHERE x.bundle = d.id AND x.bundle <> '' AND x.thread <> d.thread) AS others
		FROM deliveries d
		JOIN users u ON u.id = d.user_id
		LEFT JOIN turns t ON t.id = d.turn_id
		WHERE d.id = ?`, did)
	return d, err
}

// mark is what a tap may change. One that does nothing leaves it as it was.
type mark struct {
	ClosedAt clock.Instant `db:"closed_at"`
	DueAt    clock.Instant `db:"due_at"`
	NextAt   clock.Instant `db:"next_at"`
	NextStep string        `db:"next_step"`
	Version  int64         `db:"version"` // of the trade
	Actor    string        `db:"actor"`   // who moved it last
	Offer    string        `db:"offer"`
	Entries  int64         `db:"entries"`
	Taps     int64         `db:"taps"`
	Mutes    int64         `db:"mutes"`
	Reviews  int64         `db:"reviews"`
	Turns    int64         `db:"turns"`
}

// mark reads what a tap on a link to a turn may change.
func (w *world) mark(ctx context.Context, t turn.ID, tr *trade) (m mark, err error) {
	conv := ""
	if tr != nil {
		conv = tr.conv
	}
	err = w.db.Get(ctx, &m, `
		SELECT t.closed_at, t.due_at, COALESCE(t.next_at, 0) AS next_at, t.next_step,
			COALESCE((SELECT o.version FROM orders o WHERE o.id = t.subject), 0) AS version,
			COALESCE((SELECT e.actor_id FROM order_events e WHERE e.order_id = t.subject ORDER BY e.version DESC LIMIT 1), '') AS actor,
			COALESCE((SELECT o.state FROM offers o WHERE o.id = t.subject), '') AS offer,
			(SELECT COUNT(*) FROM entries e WHERE e.conversation_id = ?) AS entries,
			(SELECT COUNT(*) FROM taps x WHERE x.turn_id = t.id) AS taps,
			(SELECT COUNT(*) FROM mutes x WHERE x.subject = t.subject) AS mutes,
			(SELECT COUNT(*) FROM reviews x WHERE x.order_id = t.subject) AS reviews,
			(SELECT COUNT(*) FROM turns x WHERE x.subject = t.subject) AS turns
		FROM turns t
		WHERE t.id = ?`, conv, t)
	return m, err
}

// landing is where words are that somebody wrote back.
type landing struct {
	N      int64  `db:"n"`
	Conv   string `db:"conv"`
	Author string `db:"author"`
	Buyer  string `db:"buyer"`
	Seller string `db:"seller"`
	Staff  int64  `db:"staff"` // how many are staff's
}

// landed looks for words in all of somebody's conversations, and in one more.
func landed(ctx context.Context, q db.Queryer, user personID, conv, words string) (l landing, err error) {
	err = q.Get(ctx, &l, `
		SELECT COUNT(*) AS n, COALESCE(MAX(c.id), '') AS conv, COALESCE(MAX(e.author_id), '') AS author, COALESCE(MAX(c.buyer_id), '') AS buyer,
			COALESCE(MAX(c.seller_id), '') AS seller, COALESCE(SUM(CASE WHEN e.staff THEN 1 ELSE 0 END), 0) AS staff
		FROM conversations c
		JOIN entries e ON e.conversation_id = c.id
		WHERE (c.buyer_id = ? OR c.seller_id = ? OR c.id = ?) AND e.text = ?`, user, user, conv, words)
	return l, err
}

// owedIn counts the answers of a kind that somebody owes in a conversation.
func owedIn(ctx context.Context, q db.Queryer, conv, user string, kind turnKind) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM turns WHERE subject = ? AND owner_id = ? AND kind = ? AND closed_at = 0`, conv, user, kind)
	return n, err
}

// hangingOn counts the open turns in which somebody has a part.
func hangingOn(ctx context.Context, q db.Queryer, user personID) (n int64, err error) {
	err = q.Get(ctx, &n, `
		SELECT (SELECT COUNT(*) FROM turns WHERE owner_id = ? AND closed_at = 0)
			+ (SELECT COUNT(*) FROM turns WHERE waiter_id = ? AND owner_id <> ? AND closed_at = 0)`, user, user, user)
	return n, err
}

// hasStatus tells whether an account is in a status.
func hasStatus(ctx context.Context, q db.Queryer, user personID, status string) (bool, error) {
	var n int64
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM users WHERE id = ? AND status = ?`, user, status)
	return n > 0, err
}

// waitingFor are the conversations in which somebody owes an answer.
func waitingFor(ctx context.Context, q db.Queryer, user personID) (convs []string, err error) {
	err = q.Select(ctx, &convs, `
		SELECT DISTINCT COALESCE(o.conversation_id, t.subject) AS conv
		FROM turns t
		LEFT JOIN offers o ON o.id = t.subject
		WHERE t.owner_id = ? AND t.closed_at = 0 AND t.kind IN ('answer_message', 'answer_offer')
		ORDER BY conv`, user)
	return convs, err
}

// toldOfLeaving counts those of some conversations that say that one of the two has
// left.
func toldOfLeaving(ctx context.Context, q db.Queryer, convs []string) (int64, error) {
	told, err := some[string](ctx, q, `
		SELECT DISTINCT conversation_id
		FROM entries
		WHERE conversation_id IN (?) AND msg_key IN ('messaging.ended', 'orders.did.left_offer')`, convs)
	return int64(len(told)), err
}

// onTheWay counts the messages to somebody by a channel of which we cannot know yet
// whether they arrived.
func onTheWay(ctx context.Context, q db.Queryer, user personID, channel string) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT COUNT(*) FROM deliveries WHERE user_id = ? AND channel = ? AND state = 'sending'`, user, channel)
	return n, err
}
