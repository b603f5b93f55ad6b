-- +goose Up

-- A browser that takes push messages.
CREATE TABLE push_subscriptions (
	id         TEXT   NOT NULL PRIMARY KEY,          -- psh_…
	user_id    TEXT   NOT NULL REFERENCES users (id),
	endpoint   TEXT   NOT NULL UNIQUE,               -- the push service's address for it
	p256dh     TEXT   NOT NULL,                      -- the browser's public key
	auth       TEXT   NOT NULL,                      -- its shared secret
	vapid      TEXT   NOT NULL,                      -- our public key it subscribed with: under another it takes nothing
	agent      TEXT   NOT NULL DEFAULT '',           -- browser and system, shortened
	created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id);

-- A number that answered STOP: nothing is sent there again until its owner says
-- so.
CREATE TABLE opt_outs (
	channel    TEXT   NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
	address    TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (channel, address)
);

-- How many reminders went out to a person on one day of theirs, against the
-- daily cap.
CREATE TABLE reminder_days (
	user_id TEXT   NOT NULL,
	day     BIGINT NOT NULL,                         -- days since 1970 in the person's zone
	sent    BIGINT NOT NULL,                         -- several that went as one count once
	PRIMARY KEY (user_id, day)
);

-- Who an answer by e-mail comes from, and where it belongs: reply+<token>@…
CREATE TABLE reply_addresses (
	token           TEXT   NOT NULL PRIMARY KEY,     -- random; the sender's address is checked as well
	user_id         TEXT   NOT NULL REFERENCES users (id),
	conversation_id TEXT   NOT NULL REFERENCES conversations (id),
	created_at      BIGINT NOT NULL,
	UNIQUE (user_id, conversation_id)
);

-- What came in by e-mail, SMS or WhatsApp: each once, and what became of it.
CREATE TABLE inbound (
	id              TEXT   NOT NULL PRIMARY KEY,     -- inb_…
	channel         TEXT   NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
	dedupe          TEXT   NOT NULL UNIQUE,          -- channel and the provider's or the mail's own id
	user_id         TEXT   NOT NULL DEFAULT '',      -- who sent it, if we know them
	conversation_id TEXT   NOT NULL DEFAULT '',      -- where it was put
	verdict         TEXT   NOT NULL,                 -- 'message', 'stop', 'bounce', or why it was refused
	received_at     BIGINT NOT NULL
);
CREATE INDEX inbound_user ON inbound (user_id, received_at);

-- +goose Down
DROP TABLE inbound;
DROP TABLE reply_addresses;
DROP TABLE reminder_days;
DROP TABLE opt_outs;
DROP TABLE push_subscriptions;
