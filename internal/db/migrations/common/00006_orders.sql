-- +goose Up

-- A price one of the two proposes. A counter is a new row that answers an old one.
CREATE TABLE offers (
	id              TEXT   NOT NULL PRIMARY KEY,     -- off_…
	conversation_id TEXT   NOT NULL REFERENCES conversations (id),
	listing_id      TEXT   NOT NULL REFERENCES listings (id),
	buyer_id        TEXT   NOT NULL,
	seller_id       TEXT   NOT NULL,
	by_id           TEXT   NOT NULL,                 -- who proposes; the other one answers
	amount          BIGINT NOT NULL,
	currency        TEXT   NOT NULL,
	state           TEXT   NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'countered', 'withdrawn', 'expired')),
	answers         TEXT   NOT NULL DEFAULT '',      -- the offer it counters
	version         BIGINT NOT NULL DEFAULT 1,
	expires_at      BIGINT NOT NULL,
	created_at      BIGINT NOT NULL,
	closed_at       BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX offers_open ON offers (conversation_id) WHERE state = 'open';
CREATE INDEX offers_listing ON offers (listing_id, state);

-- A trade.
CREATE TABLE orders (
	id              TEXT    NOT NULL PRIMARY KEY,    -- ord_…
	ref             TEXT    NOT NULL UNIQUE,         -- K-7F3Q, for people
	listing_id      TEXT    NOT NULL REFERENCES listings (id),
	conversation_id TEXT    NOT NULL REFERENCES conversations (id),
	offer_id        TEXT    NOT NULL DEFAULT '',
	buyer_id        TEXT    NOT NULL REFERENCES users (id),
	seller_id       TEXT    NOT NULL REFERENCES users (id),
	checkout_key    TEXT    NOT NULL,                -- from the checkout page: a doubled click is the same order
	title           TEXT    NOT NULL,                -- the listing's at the time
	photo           TEXT    NOT NULL DEFAULT '',
	category        TEXT    NOT NULL,                -- for the right word: satula, satulan, satulaa
	item            BIGINT  NOT NULL,                -- minor units: the thing
	shipping        BIGINT  NOT NULL,                -- the way it travels
	fee             BIGINT  NOT NULL,                -- the buyer's protection
	total           BIGINT  NOT NULL,                -- item + shipping + fee
	currency        TEXT    NOT NULL,
	method          TEXT    NOT NULL CHECK (method IN ('pickup', 'point', 'home')),
	carrier         TEXT    NOT NULL DEFAULT '',
	point_id        TEXT    NOT NULL DEFAULT '',
	point_name      TEXT    NOT NULL DEFAULT '',
	address         TEXT    NOT NULL DEFAULT '',     -- JSON copy of where it goes
	state           TEXT    NOT NULL,                -- see orders/machine.go
	version         BIGINT  NOT NULL DEFAULT 1,      -- rises with every move
	turn_id         TEXT    NOT NULL DEFAULT '',     -- the open turn; '' when closed
	promised_at     BIGINT  NOT NULL DEFAULT 0,      -- the seller's promise to post; past it the buyer may cancel at once
	planned_at      BIGINT  NOT NULL DEFAULT 0,      -- when the seller said they would post
	extended        BOOLEAN NOT NULL DEFAULT FALSE,  -- the seller has used the one extension
	code            TEXT    NOT NULL DEFAULT '',     -- the buyer's 6 digits for a handover in person
	code_tries      BIGINT  NOT NULL DEFAULT 0,      -- wrong codes typed
	claim           TEXT    NOT NULL DEFAULT '',     -- reason of an open problem: 'missing', 'broken', 'different', 'other'
	created_at      BIGINT  NOT NULL,
	paid_at         BIGINT  NOT NULL DEFAULT 0,
	posted_at       BIGINT  NOT NULL DEFAULT 0,
	received_at     BIGINT  NOT NULL DEFAULT 0,
	closed_at       BIGINT  NOT NULL DEFAULT 0,      -- 0 while open
	CHECK (closed_at <> 0 OR turn_id <> ''),         -- nothing waits on nobody
	CHECK (total = item + shipping + fee),
	UNIQUE (buyer_id, checkout_key)
);
-- No listing is sold twice: one open or completed order each.
CREATE UNIQUE INDEX orders_once ON orders (listing_id) WHERE closed_at = 0 OR state = 'completed';
CREATE INDEX orders_buyer ON orders (buyer_id, created_at);
CREATE INDEX orders_seller ON orders (seller_id, created_at);
CREATE INDEX orders_state ON orders (state, created_at);

-- Every move of a trade. Append-only.
CREATE TABLE order_events (
	order_id   TEXT   NOT NULL REFERENCES orders (id),
	version    BIGINT NOT NULL,                      -- the order's after the move
	event      TEXT   NOT NULL,
	from_state TEXT   NOT NULL,
	to_state   TEXT   NOT NULL,
	actor      TEXT   NOT NULL,                      -- 'buyer', 'seller', 'operator', 'clock', 'carrier', 'payment'
	actor_id   TEXT   NOT NULL DEFAULT '',
	note       TEXT   NOT NULL DEFAULT '',           -- a claim's words, an operator's reason
	at         BIGINT NOT NULL,
	PRIMARY KEY (order_id, version)
);

-- What each thinks of the other, blind until both are in or 14 days have passed.
CREATE TABLE reviews (
	id         TEXT   NOT NULL PRIMARY KEY,          -- rev_…
	order_id   TEXT   NOT NULL REFERENCES orders (id),
	author_id  TEXT   NOT NULL,
	about_id   TEXT   NOT NULL,
	verdict    TEXT   NOT NULL CHECK (verdict IN ('good', 'ok', 'bad')),
	text       TEXT   NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	shown_at   BIGINT NOT NULL,                      -- seen by others from this instant
	UNIQUE (order_id, author_id)
);
CREATE INDEX reviews_about ON reviews (about_id, shown_at);

-- +goose Down
DROP TABLE reviews;
DROP TABLE order_events;
DROP TABLE orders;
DROP TABLE offers;
