-- +goose Up

-- Money asked of a buyer for one order, on the provider's own page.
CREATE TABLE payments (
	id          TEXT   NOT NULL PRIMARY KEY,         -- pay_…
	order_id    TEXT   NOT NULL UNIQUE,              -- one order is paid once
	buyer_id    TEXT   NOT NULL,
	seller_id   TEXT   NOT NULL,
	amount      BIGINT NOT NULL,                     -- minor units the buyer pays
	payout      BIGINT NOT NULL,                     -- of these, the seller's
	given_back  BIGINT NOT NULL DEFAULT 0,           -- of these, what an operator gave back to the buyer although the trade was completed
	currency    TEXT   NOT NULL,
	state       TEXT   NOT NULL CHECK (state IN ('opening', 'open', 'processing', 'held', 'releasing', 'released', 'refunding', 'refunded', 'expired', 'failed')),
	title       TEXT   NOT NULL DEFAULT '',          -- what is bought, for the provider's page
	lines       TEXT   NOT NULL DEFAULT '[]',        -- JSON: what the sum is made of, in the buyer's language
	lang        TEXT   NOT NULL DEFAULT 'fi',        -- language of the provider's page
	tries       BIGINT NOT NULL DEFAULT 0,           -- sessions asked for; part of their idempotency key
	asked_until BIGINT NOT NULL DEFAULT 0,           -- when the session last asked for ends; the same on every retry
	looked_at   BIGINT NOT NULL DEFAULT 0,           -- when the provider was last asked how it stands; 0 of a voided one: its page may still be open
	session_id  TEXT   NOT NULL DEFAULT '',          -- provider's checkout session
	pay_url     TEXT   NOT NULL DEFAULT '',          -- its page
	intent_id   TEXT   NOT NULL DEFAULT '',
	charge_id   TEXT   NOT NULL DEFAULT '',
	method      TEXT   NOT NULL DEFAULT '',          -- 'card', 'mobilepay', 'paypal'
	expires_at  BIGINT NOT NULL,
	held_at     BIGINT NOT NULL DEFAULT 0,
	closed_at   BIGINT NOT NULL DEFAULT 0,
	version     BIGINT NOT NULL DEFAULT 1,
	created_at  BIGINT NOT NULL
);
CREATE INDEX payments_session ON payments (session_id);
CREATE INDEX payments_intent ON payments (intent_id);
CREATE INDEX payments_state ON payments (state, looked_at);

-- Money promised outwards. One of each kind per order (and per charge nobody
-- asked for), so nobody is paid twice however often a job runs or a provider
-- forgets an idempotency key.
CREATE TABLE movements (
	id          TEXT   NOT NULL PRIMARY KEY,         -- mov_…; also the idempotency key
	order_id    TEXT   NOT NULL,
	kind        TEXT   NOT NULL CHECK (kind IN ('payout', 'refund', 'stray')), -- stray: back to a buyer who paid twice
	charge_id   TEXT   NOT NULL DEFAULT '',          -- of stray: the second charge
	to_id       TEXT   NOT NULL,                     -- the person
	amount      BIGINT NOT NULL,
	currency    TEXT   NOT NULL,
	state       TEXT   NOT NULL CHECK (state IN ('promised', 'waiting', 'sent', 'failed')), -- waiting: the seller has not finished payout details
	provider_id TEXT   NOT NULL DEFAULT '',          -- transfer or refund id
	tries       BIGINT NOT NULL DEFAULT 0,           -- times the provider was asked; above 0, look before asking again
	reason      TEXT   NOT NULL DEFAULT '',          -- of the last failure
	created_at  BIGINT NOT NULL,
	sent_at     BIGINT NOT NULL DEFAULT 0,
	UNIQUE (order_id, kind, charge_id)
);
CREATE INDEX movements_state ON movements (state, created_at);

-- A seller's account at the provider.
CREATE TABLE payout_accounts (
	user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
	account_id TEXT    NOT NULL UNIQUE,              -- acct_…
	ready      BOOLEAN NOT NULL DEFAULT FALSE,       -- payouts enabled
	created_at BIGINT  NOT NULL,
	updated_at BIGINT  NOT NULL
);

-- What the provider told us; each event once.
CREATE TABLE webhook_events (
	id          TEXT   NOT NULL PRIMARY KEY,         -- provider's event id
	kind        TEXT   NOT NULL,
	object_id   TEXT   NOT NULL,                     -- what it is about; fetched anew when worked
	received_at BIGINT NOT NULL,
	worked_at   BIGINT NOT NULL DEFAULT 0
);

-- A payment that the buyer's bank wants back.
CREATE TABLE disputes (
	id        TEXT   NOT NULL PRIMARY KEY,           -- provider's id
	order_id  TEXT   NOT NULL,
	charge_id TEXT   NOT NULL,
	amount    BIGINT NOT NULL,                       -- minor units
	currency  TEXT   NOT NULL,
	state     TEXT   NOT NULL CHECK (state IN ('open', 'won', 'lost')), -- won: the money stays with us
	opened_at BIGINT NOT NULL,
	closed_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX disputes_order ON disputes (order_id);
CREATE INDEX disputes_state ON disputes (state);

-- What our ledger says is at the provider, and what the provider says: looked at
-- once a day, mended by nobody but a person.
CREATE TABLE comparisons (
	at       BIGINT NOT NULL,
	currency TEXT   NOT NULL,
	ours     BIGINT NOT NULL,
	theirs   BIGINT NOT NULL,
	PRIMARY KEY (currency, at)
);

-- The ledger: double-entry, append-only. A posting's entries sum to zero.
CREATE TABLE postings (
	id           TEXT   NOT NULL PRIMARY KEY,        -- pst_…
	kind         TEXT   NOT NULL,                    -- 'captured', 'provider_fee', 'released' (it is the seller's now), 'paid_out', 'refunded', 'disputed', 'withdrawn'
	external_ref TEXT   NOT NULL,                    -- charge, transfer, refund, … id: the same fact is posted once
	order_id     TEXT   NOT NULL,                    -- '' of what concerns no order
	at           BIGINT NOT NULL,
	UNIQUE (kind, external_ref)
);
CREATE INDEX postings_order ON postings (order_id);
CREATE TABLE ledger (
	posting_id TEXT   NOT NULL REFERENCES postings (id),
	line       BIGINT NOT NULL,
	account    TEXT   NOT NULL,                      -- 'psp_balance', 'held', 'seller_payable', 'platform_fee', 'shipping_payable', 'psp_fee', 'chargeback', 'own_bank'
	owner      TEXT   NOT NULL DEFAULT '',           -- order id of held and chargeback, user id of seller_payable
	amount     BIGINT NOT NULL,                      -- minor units; debit positive, credit negative
	currency   TEXT   NOT NULL,
	PRIMARY KEY (posting_id, line)
);
CREATE INDEX ledger_account ON ledger (account, owner);

-- +goose Down
DROP TABLE comparisons;
DROP TABLE disputes;
DROP TABLE ledger;
DROP TABLE postings;
DROP TABLE webhook_events;
DROP TABLE payout_accounts;
DROP TABLE movements;
DROP TABLE payments;
