-- +goose Up

-- What two people say about one listing, or a person and staff about a case.
CREATE TABLE conversations (
	id          TEXT    NOT NULL PRIMARY KEY,        -- cnv_…
	kind        TEXT    NOT NULL CHECK (kind IN ('listing', 'case')),
	subject     TEXT    NOT NULL,                    -- listing id; for a case the order id, or '' for a general question
	buyer_id    TEXT    NOT NULL REFERENCES users (id), -- who asked; in a case, the person helped
	seller_id   TEXT    NOT NULL,                    -- whose listing it is; '' in a case: staff
	title       TEXT    NOT NULL,                    -- the listing's title when last seen
	photo       TEXT    NOT NULL DEFAULT '',         -- its cover's key
	last_seq    BIGINT  NOT NULL DEFAULT 0,          -- number of the newest entry
	last_at     BIGINT  NOT NULL,                    -- when it came
	buyer_new   BIGINT  NOT NULL DEFAULT 0,          -- newest entry the buyer may see and did not cause
	buyer_read  BIGINT  NOT NULL DEFAULT 0,          -- newest entry the buyer has seen; below buyer_new: unread
	seller_new  BIGINT  NOT NULL DEFAULT 0,
	seller_read BIGINT  NOT NULL DEFAULT 0,
	order_id    TEXT    NOT NULL DEFAULT '',         -- newest trade between the two about it
	created_at  BIGINT  NOT NULL
);
-- One per listing and pair; one open case per person and subject.
CREATE UNIQUE INDEX conversations_pair ON conversations (kind, subject, buyer_id);
CREATE INDEX conversations_buyer ON conversations (buyer_id, last_at);
CREATE INDEX conversations_seller ON conversations (seller_id, last_at);
-- The unread badge of every page looks here alone.
CREATE INDEX conversations_buyer_unread ON conversations (buyer_id) WHERE buyer_new > buyer_read;
CREATE INDEX conversations_seller_unread ON conversations (seller_id) WHERE seller_new > seller_read;

-- The one stream: messages, offers, moves, scans, nudges. Append-only but for
-- hiding what a report found against the rules.
CREATE TABLE entries (
	id              TEXT    NOT NULL PRIMARY KEY,    -- ent_…
	conversation_id TEXT    NOT NULL REFERENCES conversations (id),
	seq             BIGINT  NOT NULL,                -- 1, 2, 3 … within the conversation
	kind            TEXT    NOT NULL CHECK (kind IN ('message', 'offer', 'move', 'scan', 'nudge', 'note')),
	author_id       TEXT    NOT NULL DEFAULT '',     -- who wrote or moved; '' for the clock or a carrier
	staff           BOOLEAN NOT NULL DEFAULT FALSE,  -- written by an operator as such
	text            TEXT    NOT NULL DEFAULT '',     -- a message's words
	photo           TEXT    NOT NULL DEFAULT '',     -- a message's picture key
	msg_key         TEXT    NOT NULL DEFAULT '',     -- i18n key of anything else
	args            TEXT    NOT NULL DEFAULT '',     -- its values, JSON
	ref             TEXT    NOT NULL DEFAULT '',     -- offer, order or turn id it belongs to
	only_for        TEXT    NOT NULL DEFAULT '',     -- the one reader who sees it; '' for both
	hidden          BOOLEAN NOT NULL DEFAULT FALSE,
	created_at      BIGINT  NOT NULL,
	UNIQUE (conversation_id, seq)
);

-- The e-mail a person gets when a conversation stays unread: at most one waits
-- per conversation and reader.
CREATE TABLE unread (
	conversation_id TEXT   NOT NULL REFERENCES conversations (id),
	user_id         TEXT   NOT NULL,                 -- who has not read
	due_at          BIGINT NOT NULL DEFAULT 0,       -- when to look and write; 0: nothing waits
	mailed_at       BIGINT NOT NULL DEFAULT 0,       -- when we last wrote
	mailed_seq      BIGINT NOT NULL DEFAULT 0,       -- newest entry that mail told of
	PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX unread_due ON unread (due_at, conversation_id, user_id) WHERE due_at > 0;

-- Something a person is told outside a conversation's stream: in the app, and
-- by the channels they chose.
CREATE TABLE notices (
	id         TEXT   NOT NULL PRIMARY KEY,          -- not_…
	user_id    TEXT   NOT NULL REFERENCES users (id),
	msg_key    TEXT   NOT NULL,                      -- i18n key of the in-app line
	args       TEXT   NOT NULL DEFAULT '',           -- its values, JSON
	url        TEXT   NOT NULL,                      -- where a tap leads
	created_at BIGINT NOT NULL,
	read_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notices_user ON notices (user_id, created_at);
CREATE INDEX notices_unread ON notices (user_id) WHERE read_at = 0;

-- One message on its way to one person by one channel. The row is the truth;
-- the job that sends it is only hands.
CREATE TABLE deliveries (
	id         TEXT   NOT NULL PRIMARY KEY,          -- dlv_…
	user_id    TEXT   NOT NULL,                      -- to whom
	channel    TEXT   NOT NULL CHECK (channel IN ('app', 'push', 'email', 'sms', 'whatsapp')),
	topic      TEXT   NOT NULL,                      -- 'account', 'message', 'nudge', 'money', 'search'
	address    TEXT   NOT NULL DEFAULT '',           -- where it goes: an e-mail address, a phone number, a push subscription's id, or the notice's id
	msg_key    TEXT   NOT NULL,                      -- i18n key stem: <key>.subject, <key>.lead, …
	args       TEXT   NOT NULL DEFAULT '',           -- its values, JSON
	url        TEXT   NOT NULL DEFAULT '',           -- the one button; emptied once sent when it holds a secret
	thread     TEXT   NOT NULL DEFAULT '',           -- conversation it belongs to, so that mails of one stay together
	turn_id    TEXT   NOT NULL DEFAULT '',           -- the turn it nudges about
	step       TEXT   NOT NULL DEFAULT '',           -- the ladder's step
	dedupe     TEXT   NOT NULL UNIQUE,               -- the same thing is never sent twice
	warning    BOOLEAN NOT NULL DEFAULT FALSE,       -- a last warning: goes in quiet hours too, and cannot be turned off
	state      TEXT   NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped')),
	reason     TEXT   NOT NULL DEFAULT '',           -- why it failed or was dropped
	tries      BIGINT NOT NULL DEFAULT 0,
	bundle     TEXT   NOT NULL DEFAULT '',           -- the delivery whose message told this too, when several went as one
	receipt    TEXT   NOT NULL DEFAULT '',           -- the provider's own id for it, which its reports name
	reached_at BIGINT NOT NULL DEFAULT 0,            -- when it was reported to have arrived; 0: nobody said so
	created_at BIGINT NOT NULL,
	stale_at   BIGINT NOT NULL DEFAULT 0,            -- not worth sending from then on; 0: always is
	day        BIGINT NOT NULL DEFAULT 0,            -- the reader's day on which it counted against their daily cap; 0: it did not
	next_at    BIGINT NOT NULL DEFAULT 0,            -- when the sweep hands it to a job (again): after quiet hours, after a failure, or when a sender died; 0: done
	done_at    BIGINT NOT NULL DEFAULT 0,            -- when it was sent, failed for good, or dropped
	CHECK (state NOT IN ('queued', 'sending') OR next_at > 0) -- nothing that waits is forgotten
);
CREATE INDEX deliveries_due ON deliveries (next_at, id) WHERE next_at > 0;
CREATE INDEX deliveries_turn ON deliveries (turn_id);
CREATE INDEX deliveries_user ON deliveries (user_id, created_at);
CREATE INDEX deliveries_bundle ON deliveries (bundle) WHERE bundle <> '';
CREATE INDEX deliveries_receipt ON deliveries (receipt) WHERE receipt <> '';
CREATE INDEX deliveries_state ON deliveries (state, created_at);

-- Who does not want to hear from whom.
CREATE TABLE blocks (
	user_id    TEXT   NOT NULL,
	blocked_id TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (user_id, blocked_id)
);

-- Somebody tells staff that something is against the rules.
CREATE TABLE reports (
	id          TEXT   NOT NULL PRIMARY KEY,         -- rep_…
	reporter_id TEXT   NOT NULL REFERENCES users (id),
	kind        TEXT   NOT NULL CHECK (kind IN ('listing', 'user', 'entry', 'conversation')),
	subject     TEXT   NOT NULL,                     -- id of what is reported
	reason      TEXT   NOT NULL,                     -- 'fraud', 'rude', 'forbidden', 'spam', 'other'
	text        TEXT   NOT NULL DEFAULT '',
	state       TEXT   NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'dismissed')),
	handled_by  TEXT   NOT NULL DEFAULT '',
	handled_at  BIGINT NOT NULL DEFAULT 0,
	created_at  BIGINT NOT NULL,
	UNIQUE (reporter_id, kind, subject)
);
CREATE INDEX reports_state ON reports (state, created_at);

-- +goose Down
DROP TABLE reports;
DROP TABLE blocks;
DROP TABLE deliveries;
DROP TABLE notices;
DROP TABLE unread;
DROP TABLE entries;
DROP TABLE conversations;
