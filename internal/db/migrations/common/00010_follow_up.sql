-- +goose Up

-- Versions of the policy that operators wrote. Without any, the built-in one
-- is live.
CREATE TABLE policies (
	version    BIGINT NOT NULL PRIMARY KEY,          -- 1, 2, 3 …
	text       TEXT   NOT NULL,                      -- TOML
	note       TEXT   NOT NULL DEFAULT '',           -- why, in its author's words
	author_id  TEXT   NOT NULL REFERENCES users (id),
	created_at BIGINT NOT NULL,
	live_at    BIGINT NOT NULL DEFAULT 0             -- from then on it is the policy; 0: a draft
);
CREATE INDEX policies_live ON policies (live_at) WHERE live_at > 0;

-- A person at the desk has a trade in hand: the machine says nothing and lets
-- no deadline pass meanwhile.
CREATE TABLE takeovers (
	id          TEXT   NOT NULL PRIMARY KEY,         -- tko_…
	subject     TEXT   NOT NULL,                     -- the order, offer or conversation
	operator_id TEXT   NOT NULL REFERENCES users (id),
	began_at    BIGINT NOT NULL,
	ended_at    BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX takeovers_open ON takeovers (subject) WHERE ended_at = 0;

-- Somebody no channel reaches, for an operator to call.
CREATE TABLE calls (
	id         TEXT   NOT NULL PRIMARY KEY,          -- cal_…
	user_id    TEXT   NOT NULL REFERENCES users (id),
	turn_id    TEXT   NOT NULL REFERENCES turns (id),
	reason     TEXT   NOT NULL,                      -- 'no_channel' or 'failed'
	created_at BIGINT NOT NULL,
	done_at    BIGINT NOT NULL DEFAULT 0,
	done_by    TEXT   NOT NULL DEFAULT '',           -- the operator; '' when the turn ended by itself
	note       TEXT   NOT NULL DEFAULT '',           -- what came of the call
	reached    BOOLEAN NOT NULL DEFAULT FALSE,       -- they were spoken to, which counts as a reminder that arrived
	UNIQUE (turn_id, user_id)
);
CREATE INDEX calls_open ON calls (created_at) WHERE done_at = 0;

-- Who asked not to be reminded about one trade. Last warnings come anyway.
CREATE TABLE mutes (
	user_id    TEXT   NOT NULL REFERENCES users (id),
	subject    TEXT   NOT NULL,                      -- the order, offer or conversation
	turn_id    TEXT   NOT NULL DEFAULT '',           -- whose reminder they muted
	step       TEXT   NOT NULL DEFAULT '',           -- and which: a mute is counted against it
	created_at BIGINT NOT NULL,
	PRIMARY KEY (user_id, subject)
);
CREATE INDEX mutes_turn ON mutes (turn_id);

-- A link of a reminder that was used: each once.
CREATE TABLE taps (
	turn_id TEXT   NOT NULL REFERENCES turns (id),
	user_id TEXT   NOT NULL,
	deed    TEXT   NOT NULL,                         -- what the link does
	at      BIGINT NOT NULL,
	PRIMARY KEY (turn_id, user_id, deed)
);

-- The hours at which a person acts, older ones counting less.
CREATE TABLE habits (
	user_id TEXT   NOT NULL PRIMARY KEY REFERENCES users (id),
	hours   TEXT   NOT NULL,                         -- 24 weights as of at, separated by spaces, from midnight in the person's zone
	at      BIGINT NOT NULL
);
CREATE INDEX habits_at ON habits (at);

-- How a person's turns ended.
CREATE INDEX turns_past ON turns (owner_id, outcome) WHERE closed_at <> 0;

-- +goose Down
DROP INDEX turns_past;
DROP TABLE habits;
DROP TABLE taps;
DROP TABLE mutes;
DROP TABLE calls;
DROP TABLE takeovers;
DROP TABLE policies;
