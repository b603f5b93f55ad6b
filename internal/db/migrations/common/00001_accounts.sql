-- +goose Up

-- A person. A deleted person keeps the row, without name and address, because
-- the ledger and the other party's trades refer to it.
CREATE TABLE users (
	id             TEXT    NOT NULL PRIMARY KEY,         -- usr_…
	email          TEXT    NOT NULL,                     -- as typed; 'deleted:<id>' once deleted
	email_folded   TEXT    NOT NULL UNIQUE,              -- lower case, for sign-in
	confirmed_at   BIGINT  NOT NULL DEFAULT 0,           -- when the address was confirmed; 0: not yet
	name           TEXT    NOT NULL,                     -- shown to others
	name_folded    TEXT    NOT NULL DEFAULT '',          -- lower case, for the desk's search
	password_hash  TEXT    NOT NULL,                     -- argon2id
	lang           TEXT    NOT NULL DEFAULT 'fi',        -- fi, sv or en
	zone           TEXT    NOT NULL DEFAULT 'Europe/Helsinki', -- IANA time zone
	town           TEXT    NOT NULL DEFAULT '',          -- default town of listings
	postcode       TEXT    NOT NULL DEFAULT '',          -- default for delivery prices
	about          TEXT    NOT NULL DEFAULT '',          -- a few words on the profile
	role           TEXT    NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'operator')),
	status         TEXT    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
	quiet_from     BIGINT  NOT NULL DEFAULT 1260,        -- quiet hours begin: minutes from midnight in zone (21.00)
	quiet_until    BIGINT  NOT NULL DEFAULT 480,         -- quiet hours end (8.00)
	mail_messages  BOOLEAN NOT NULL DEFAULT TRUE,        -- e-mail when a message stays unread
	mail_nudges    BOOLEAN NOT NULL DEFAULT TRUE,        -- e-mail reminders; last warnings and money go anyway
	mail_searches  BOOLEAN NOT NULL DEFAULT TRUE,        -- e-mail for saved searches and followed sellers
	phone          TEXT    NOT NULL DEFAULT '',          -- E.164; '' for none
	phone_ok_at    BIGINT  NOT NULL DEFAULT 0,           -- when a code sent to it was typed; 0: not confirmed, and nothing is sent there
	texts_by       TEXT    NOT NULL DEFAULT 'sms' CHECK (texts_by IN ('', 'sms', 'whatsapp')), -- how short messages reach that number; '' for not at all, but for last warnings
	mail_bad_at    BIGINT  NOT NULL DEFAULT 0,           -- when the address turned out not to take e-mail; 0: it does. Cleared when an address is confirmed
	reply_minutes  BIGINT  NOT NULL DEFAULT 0,           -- measured: median minutes to a first reply; 0: too few to say
	post_hours     BIGINT  NOT NULL DEFAULT 0,           -- measured: median hours from paid to posted; 0: too few to say
	trades_done    BIGINT  NOT NULL DEFAULT 0,           -- completed trades, both sides
	created_at     BIGINT  NOT NULL,
	seen_at        BIGINT  NOT NULL DEFAULT 0,           -- last request, to the hour
	deleted_at     BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX users_staff ON users (id) WHERE role = 'operator';
-- A number belongs to who last showed that they read what is sent there.
CREATE UNIQUE INDEX users_phone ON users (phone) WHERE phone_ok_at > 0;

-- A signed-in browser. The token itself is never stored.
CREATE TABLE sessions (
	token_hash TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the cookie
	user_id    TEXT   NOT NULL DEFAULT '',   -- '' before sign-in
	data       TEXT   NOT NULL,              -- the session manager's own encoding, base64
	agent      TEXT   NOT NULL DEFAULT '',   -- browser and system, shortened, for the list of sessions
	created_at BIGINT NOT NULL,
	seen_at    BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A single-use, short-lived secret sent by e-mail.
CREATE TABLE tokens (
	hash       TEXT   NOT NULL PRIMARY KEY,  -- SHA-256
	kind       TEXT   NOT NULL CHECK (kind IN ('confirm', 'reset', 'change_email', 'phone')),
	user_id    TEXT   NOT NULL REFERENCES users (id),
	payload    TEXT   NOT NULL DEFAULT '',   -- the new address of change_email; the number of phone
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX tokens_user ON tokens (user_id);

-- Where a person has things sent.
CREATE TABLE addresses (
	id         TEXT   NOT NULL PRIMARY KEY,  -- adr_…
	user_id    TEXT   NOT NULL REFERENCES users (id),
	name       TEXT   NOT NULL,
	street     TEXT   NOT NULL,
	postcode   TEXT   NOT NULL,
	town       TEXT   NOT NULL,
	phone      TEXT   NOT NULL DEFAULT '',   -- E.164; carriers want it
	created_at BIGINT NOT NULL
);
CREATE INDEX addresses_user ON addresses (user_id);

-- How often somebody tried what is limited: sign-in, codes, resets.
CREATE TABLE attempts (
	name       TEXT   NOT NULL,              -- what and who, hashed: 'sign-in:<hash of address>'
	slot       BIGINT NOT NULL,              -- start of the counting window, an instant
	tries      BIGINT NOT NULL,
	PRIMARY KEY (name, slot)
);

-- What staff did, and what touched security. Append-only.
CREATE TABLE audit (
	id       TEXT   NOT NULL PRIMARY KEY,    -- aud_…
	at       BIGINT NOT NULL,
	actor_id TEXT   NOT NULL,                -- a person, or 'system'
	action   TEXT   NOT NULL,                -- 'orders.refund', 'people.suspend', …
	subject  TEXT   NOT NULL,                -- id of what it was done to
	note     TEXT   NOT NULL DEFAULT ''      -- the reason given
);
CREATE INDEX audit_subject ON audit (subject, at);
CREATE INDEX audit_actor ON audit (actor_id, at);

-- +goose Down
DROP TABLE audit;
DROP TABLE attempts;
DROP TABLE addresses;
DROP TABLE tokens;
DROP TABLE sessions;
DROP TABLE users;
