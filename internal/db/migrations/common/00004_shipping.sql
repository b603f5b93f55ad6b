-- +goose Up

-- A thing on its way.
CREATE TABLE parcels (
	id          TEXT    NOT NULL PRIMARY KEY,        -- par_…
	order_id    TEXT    NOT NULL,
	back        BOOLEAN NOT NULL DEFAULT FALSE,      -- a return, from buyer to seller
	method      TEXT    NOT NULL,                    -- 'point' or 'home'
	carrier     TEXT    NOT NULL DEFAULT '',         -- 'posti', 'matkahuolto', 'postnord', 'other'
	size        TEXT    NOT NULL DEFAULT '',
	point_id    TEXT    NOT NULL DEFAULT '',         -- service point chosen
	point_name  TEXT    NOT NULL DEFAULT '',
	drop_code   TEXT    NOT NULL DEFAULT '',         -- the sending code written on the parcel instead of a label
	tracking    TEXT    NOT NULL DEFAULT '',         -- carrier's number
	tracked     BOOLEAN NOT NULL DEFAULT FALSE,      -- we can follow it ourselves
	state       TEXT    NOT NULL DEFAULT 'booked' CHECK (state IN ('booked', 'posted', 'moving', 'at_point', 'delivered', 'returning', 'returned', 'lost')),
	eta_at      BIGINT  NOT NULL DEFAULT 0,          -- the carrier's estimate
	hold_until  BIGINT  NOT NULL DEFAULT 0,          -- the service point keeps it until
	polled_at   BIGINT  NOT NULL DEFAULT 0,          -- when the carrier was last asked
	created_at  BIGINT  NOT NULL,
	UNIQUE (order_id, back)
);
CREATE INDEX parcels_tracking ON parcels (tracking);
CREATE INDEX parcels_poll ON parcels (tracked, state, polled_at);

-- What the carrier saw.
CREATE TABLE scans (
	id        TEXT   NOT NULL PRIMARY KEY,           -- scn_…
	parcel_id TEXT   NOT NULL REFERENCES parcels (id),
	code      TEXT   NOT NULL,                       -- 'accepted', 'moving', 'at_point', 'collected', 'delivered', 'returning', 'returned'
	place     TEXT   NOT NULL DEFAULT '',
	at        BIGINT NOT NULL,
	UNIQUE (parcel_id, code, at)
);

-- +goose Down
DROP TABLE scans;
DROP TABLE parcels;
