-- +goose Up

-- A thing for sale.
CREATE TABLE listings (
	id           TEXT    NOT NULL PRIMARY KEY,       -- lst_…
	seq          BIGINT  NOT NULL DEFAULT 0,         -- rises at each publication: newest first, and the search index's row; 0: never published
	seller_id    TEXT    NOT NULL REFERENCES users (id),
	state        TEXT    NOT NULL CHECK (state IN ('draft', 'live', 'reserved', 'sold', 'withdrawn')),
	hidden       BOOLEAN NOT NULL DEFAULT FALSE,     -- by an operator, or because the seller is suspended
	title        TEXT    NOT NULL DEFAULT '',
	description  TEXT    NOT NULL DEFAULT '',
	category     TEXT    NOT NULL DEFAULT '',        -- a key of the category file
	attrs        TEXT    NOT NULL DEFAULT '{}',      -- the category's own fields, JSON {field: value}
	condition    TEXT    NOT NULL DEFAULT '',        -- 'new', 'as_new', 'good', 'worn', 'repair'
	price        BIGINT  NOT NULL DEFAULT 0,         -- minor units
	currency     TEXT    NOT NULL DEFAULT 'EUR',
	parcel       TEXT    NOT NULL DEFAULT '',        -- parcel size: 'S', 'M', 'L', 'XL'; '' when it is only handed over
	ship_pickup  BOOLEAN NOT NULL DEFAULT FALSE,     -- handed over in person
	ship_point   BOOLEAN NOT NULL DEFAULT FALSE,     -- to a pickup point or locker
	ship_home    BOOLEAN NOT NULL DEFAULT FALSE,     -- to the door
	town         TEXT    NOT NULL DEFAULT '',
	town_folded  TEXT    NOT NULL DEFAULT '',        -- for the filter
	cover        TEXT    NOT NULL DEFAULT '',        -- key of the first ready photo
	photo_count  BIGINT  NOT NULL DEFAULT 0,
	posts_fast   BOOLEAN NOT NULL DEFAULT FALSE,     -- the seller's measured posting time is a day or less
	words        TEXT    NOT NULL DEFAULT '',        -- folded title, description and field values, what search reads
	version      BIGINT  NOT NULL DEFAULT 1,         -- rises with every change
	created_at   BIGINT  NOT NULL,
	updated_at   BIGINT  NOT NULL,
	published_at BIGINT  NOT NULL DEFAULT 0,
	sold_at      BIGINT  NOT NULL DEFAULT 0,
	sold_by_hand BOOLEAN NOT NULL DEFAULT FALSE,     -- the seller says it is sold; it was not a trade here
	editor       TEXT    NOT NULL DEFAULT ''         -- the page that saved it last: a page never conflicts with its own saves
);
-- The browse page, each with what its cards show so that no row is fetched.
CREATE INDEX listings_newest ON listings (seq DESC, id, title, price, currency, town, cover, posts_fast, seller_id, hidden) WHERE state = 'live' AND NOT hidden;
CREATE INDEX listings_category ON listings (category, seq DESC, id, title, price, currency, town, cover, posts_fast, seller_id, hidden) WHERE state = 'live' AND NOT hidden;
CREATE INDEX listings_price ON listings (price, seq) WHERE state = 'live' AND NOT hidden;
CREATE INDEX listings_category_price ON listings (category, price, seq) WHERE state = 'live' AND NOT hidden;
CREATE INDEX listings_town ON listings (town_folded, seq DESC) WHERE state = 'live' AND NOT hidden;
CREATE UNIQUE INDEX listings_seq ON listings (seq) WHERE seq > 0; -- what search names; unique, so that a planner without statistics expects few
CREATE INDEX listings_seller ON listings (seller_id, state, seq DESC);

-- Counters: the next listing's seq, and how often the search index was written.
CREATE TABLE listing_seq (
	name TEXT   NOT NULL PRIMARY KEY,               -- 'seq', 'pieces'
	last BIGINT NOT NULL
);
INSERT INTO listing_seq (name, last) VALUES ('seq', 0), ('pieces', 0);

-- What was put on sale or edited and is not in the search index yet. A search
-- looks at all of them; a job takes them into the index, many at a time.
CREATE TABLE search_waiting (
	seq   BIGINT NOT NULL PRIMARY KEY,              -- the listing's
	round BIGINT NOT NULL DEFAULT 1                 -- rises when it is edited once more while it waits
);

-- The category's own fields again, one row a value, for filters; only of what
-- is on sale.
CREATE TABLE listing_attrs (
	listing_id TEXT   NOT NULL REFERENCES listings (id),
	field      TEXT   NOT NULL,
	value      TEXT   NOT NULL,
	seq        BIGINT NOT NULL,                     -- the listing's, to sort without a join
	PRIMARY KEY (listing_id, field, value)
);
CREATE INDEX listing_attrs_value ON listing_attrs (field, value, seq DESC);

-- A photo of a listing (or of a message, then listing_id is '').
CREATE TABLE photos (
	id         TEXT   NOT NULL PRIMARY KEY,         -- pho_…
	owner_id   TEXT   NOT NULL REFERENCES users (id),
	listing_id TEXT   NOT NULL DEFAULT '',
	position   BIGINT NOT NULL DEFAULT 0,           -- 0 is the cover
	blob_key   TEXT   NOT NULL,                     -- first 32 hex digits of the original's SHA-256; names the three sizes
	width      BIGINT NOT NULL DEFAULT 0,           -- of the full size, turned
	height     BIGINT NOT NULL DEFAULT 0,
	state      TEXT   NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'ready', 'broken')),
	created_at BIGINT NOT NULL
);
CREATE INDEX photos_listing ON photos (listing_id, position);
CREATE INDEX photos_blob ON photos (blob_key);

-- What somebody wants to remember.
CREATE TABLE favourites (
	user_id    TEXT   NOT NULL REFERENCES users (id),
	listing_id TEXT   NOT NULL REFERENCES listings (id),
	created_at BIGINT NOT NULL,
	PRIMARY KEY (user_id, listing_id)
);
CREATE INDEX favourites_listing ON favourites (listing_id);

-- Whose new things somebody wants to hear of.
CREATE TABLE follows (
	user_id    TEXT   NOT NULL REFERENCES users (id),
	seller_id  TEXT   NOT NULL REFERENCES users (id),
	last_seq   BIGINT NOT NULL,                     -- newest listing already told about
	created_at BIGINT NOT NULL,
	PRIMARY KEY (user_id, seller_id)
);
CREATE INDEX follows_seller ON follows (seller_id);

-- A search somebody wants to be told about.
CREATE TABLE searches (
	id         TEXT   NOT NULL PRIMARY KEY,         -- sea_…
	user_id    TEXT   NOT NULL REFERENCES users (id),
	name       TEXT   NOT NULL,                     -- in the person's words
	query      TEXT   NOT NULL,                     -- the canonical query string of the browse page
	last_seq   BIGINT NOT NULL,                     -- newest listing already told about
	created_at BIGINT NOT NULL,
	UNIQUE (user_id, query)
);

-- +goose Down
DROP TABLE searches;
DROP TABLE follows;
DROP TABLE favourites;
DROP TABLE photos;
DROP TABLE listing_attrs;
DROP TABLE search_waiting;
DROP TABLE listing_seq;
DROP TABLE listings;
