-- +goose Up

-- Somebody owes something by a time. The heart of the promise: no trade goes silent.
CREATE TABLE turns (
	id         TEXT    NOT NULL PRIMARY KEY,         -- trn_…
	kind       TEXT    NOT NULL,                     -- 'pay', 'ship', 'collect', 'confirm', 'answer_message', 'answer_offer', 'review', …
	subject    TEXT    NOT NULL,                     -- id of the order, offer or conversation
	version    BIGINT  NOT NULL,                     -- the subject's version it was opened at
	owner_id   TEXT    NOT NULL,                     -- who owes; 'operator' or 'carrier' when no member does
	waiter_id  TEXT    NOT NULL DEFAULT '',          -- who waits
	opened_at  BIGINT  NOT NULL,
	aim_at     BIGINT  NOT NULL DEFAULT 0,           -- when it was promised, before the deadline; 0: nothing was
	due_at     BIGINT  NOT NULL,                     -- lapses then
	next_at    BIGINT,                               -- when the sweep looks at it again
	next_step  TEXT    NOT NULL DEFAULT '',          -- what it does then: a ladder's step, or 'lapse'
	policy     TEXT    NOT NULL DEFAULT '',          -- version of the policy it runs under
	arm        TEXT    NOT NULL DEFAULT 'treated' CHECK (arm IN ('treated', 'holdout')),
	closed_at  BIGINT  NOT NULL DEFAULT 0,
	outcome    TEXT    NOT NULL DEFAULT '',          -- 'done', 'seen', 'lapsed', 'moved', 'handed_over'
	CHECK (closed_at <> 0 OR next_at IS NOT NULL)    -- an open turn always has a next step
);
CREATE INDEX turns_due ON turns (next_at, id) WHERE closed_at = 0;
CREATE UNIQUE INDEX turns_open ON turns (kind, subject, owner_id) WHERE closed_at = 0;
CREATE INDEX turns_subject ON turns (subject, opened_at);
CREATE INDEX turns_done ON turns (kind, owner_id, closed_at) WHERE outcome = 'done'; -- measured reply times
CREATE INDEX turns_owner ON turns (owner_id, due_at) WHERE closed_at = 0;
CREATE INDEX turns_policy ON turns (policy, id) WHERE closed_at = 0; -- those that still run under another
CREATE INDEX turns_acted ON turns (closed_at) WHERE outcome = 'done'; -- habits are learned from what was done
CREATE INDEX turns_waiter ON turns (waiter_id) WHERE closed_at = 0;

-- One step of a turn's ladder, decided. Recorded in the transaction that
-- enqueues its delivery, so it happens once.
CREATE TABLE nudges (
	turn_id    TEXT   NOT NULL REFERENCES turns (id),
	step       TEXT   NOT NULL,
	user_id    TEXT   NOT NULL,                      -- to whom
	planned_at BIGINT NOT NULL,
	decided_at BIGINT NOT NULL,
	verdict    TEXT   NOT NULL CHECK (verdict IN ('sent', 'held_out', 'muted', 'stale', 'no_channel')),
	PRIMARY KEY (turn_id, step, user_id)
);
CREATE INDEX nudges_user ON nudges (user_id, decided_at);

-- +goose Down
DROP TABLE nudges;
DROP TABLE turns;
