package listings

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/messaging"
)

// SearchID names a saved search: sea_…
type SearchID string

// Search is a search somebody wants to be told about.
type Search struct {
	ID        SearchID        `db:"id"`
	User      accounts.UserID `db:"user_id"`
	Name      string          `db:"name"`     // in the person's words
	Query     string          `db:"query"`    // canonical
	LastSeq   int64           `db:"last_seq"` // newest listing already told about
	CreatedAt clock.Instant   `db:"created_at"`
}

// Limits of what somebody may remember.
const (
	maxFavourites = 500
	maxFollows    = 500
	maxSearches   = 50
	maxName       = 60 // letters of a search's name
)

// SetFavourite remembers a listing for somebody, or forgets it. Twice is fine.
// Faults: Missing, Conflict "listings.too_many_favourites".
func (s *Service) SetFavourite(ctx context.Context, user accounts.UserID, listing ID, on bool) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if !on {
			return dropFavourite(ctx, tx, user, listing)
		}
		l, err := get(ctx, tx, listing)
		if err != nil {
			return err
		}
		if !l.Public() {
			return errNone()
		}
		if n, err := countOf(ctx, tx, "favourites", user); err != nil || n >= maxFavourites {
			return orTooMany(err, "listings.too_many_favourites", maxFavourites)
		}
		return addFavourite(ctx, tx, user, listing, s.Clock.Now())
	})
}

func orTooMany(err error, key string, limit int) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, key, "Max", limit)
}

// Favourites tells which of these listings somebody remembers.
func (s *Service) Favourites(ctx context.Context, user accounts.UserID, ids []ID) (map[ID]bool, error) {
	if user == "" || len(ids) == 0 {
		return nil, nil
	}
	return favouritesAmong(ctx, s.DB, user, ids)
}

// SetFollow follows a seller, or stops. Twice is fine. Nobody follows
// themselves: Invalid "listings.follow_self".
func (s *Service) SetFollow(ctx context.Context, user, seller accounts.UserID, on bool) error {
	if user == seller {
		return fault.New(fault.Invalid, "listings.follow_self")
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if !on {
			return dropFollow(ctx, tx, user, seller)
		}
		if _, err := s.Accounts.Get(ctx, tx, seller); err != nil {
			return err
		}
		if n, err := countOf(ctx, tx, "follows", user); err != nil || n >= maxFollows {
			return orTooMany(err, "listings.too_many_follows", maxFollows)
		}
		last, err := lastSeq(ctx, tx)
		if err != nil {
			return err
		}
		return addFollow(ctx, tx, user, seller, last, s.Clock.Now())
	})
}

// Follows tells whether user follows seller.
func (s *Service) Follows(ctx context.Context, user, seller accounts.UserID) (bool, error) {
	if user == "" {
		return false, nil
	}
	return follows(ctx, s.DB, user, seller)
}

// SaveSearch remembers a search. The same one again keeps the first. Faults:
// Invalid "listings.search_empty", Conflict "listings.too_many_searches".
func (s *Service) SaveSearch(ctx context.Context, user accounts.UserID, name string, query url.Values) (Search, error) {
	f, _ := ParseFilter(s.Tree, query)
	f.After, f.Sort = Cursor{}, Newest
	if !f.Narrow() {
		return Search{}, fault.New(fault.Invalid, "listings.search_empty")
	}
	name = strings.Join(strings.Fields(clean(name)), " ")
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName])
	}
	now := s.Clock.Now()
	saved := Search{ID: id.New[SearchID]("sea", now), User: user, Name: name, Query: f.Canonical(), CreatedAt: now}
	return saved, s.DB.InTx(ctx, func(tx *db.Tx) error {
		n, err := countOf(ctx, tx, "searches", user)
		if err != nil || n >= maxSearches {
			return orTooMany(err, "listings.too_many_searches", maxSearches)
		}
		if saved.LastSeq, err = lastSeq(ctx, tx); err != nil {
			return err
		}
		return addSearch(ctx, tx, saved)
	})
}

// DropSearch forgets a search; a Missing fault for one that is not user's.
func (s *Service) DropSearch(ctx context.Context, user accounts.UserID, id SearchID) error {
	n, err := dropSearch(ctx, s.DB, user, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Missing, "web.missing")
	}
	return err
}

// Searches are somebody's saved searches, newest first.
func (s *Service) Searches(ctx context.Context, user accounts.UserID) ([]Search, error) {
	return searchesOf(ctx, s.DB, user)
}

// news is what somebody is told in one go.
type news struct {
	names []string // of the searches, and of the sellers followed
	url   string   // of the first; more than one leads to the list
	count int
}

// newsLimit is how many new matches of one search are counted.
const newsLimit = 20

// newsBatch is how many people are looked at before the next transaction.
const newsBatch = 200

// TellNews tells everybody who saved a search or follows a seller what is new
// since the last time: one notice a person, and a few a day. It returns how many
// were told.
func (s *Service) TellNews(ctx context.Context) (told int, err error) {
	last, err := lastSeq(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	for after := accounts.UserID(""); ; {
		people, err := curious(ctx, s.DB, after, last, newsBatch)
		if err != nil || len(people) == 0 {
			return told, err
		}
		after = people[len(people)-1]
		may, err := s.mayHear(ctx, people)
		if err != nil {
			return told, err
		}
		for _, user := range may {
			yes, err := s.tellOne(ctx, user, last)
			if err != nil {
				return told, err
			}
			if yes {
				told++
			}
		}
	}
}

// Of what somebody waits for they hear at most so often, and in their waking
// hours: a search that finds something every few minutes must not write as often.
const (
	newsKey   = "listings.news"
	newsApart = 4 * time.Hour
)

// mayHear are those of some people to whom news may go now. What may not waits for
// the next time, and is told with what came meanwhile.
func (s *Service) mayHear(ctx context.Context, people []accounts.UserID) ([]accounts.UserID, error) {
	us, err := s.Accounts.Many(ctx, s.DB, people)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	awake := slices.DeleteFunc(slices.Clone(people), func(id accounts.UserID) bool { return calendar.NextWaking(now, us[id].Quiet()) != now })
	at, err := s.Messages.LastTold(ctx, s.DB, awake, newsKey)
	return slices.DeleteFunc(awake, func(id accounts.UserID) bool { return now.Before(at[id].Add(newsApart)) }), err
}

// tellOne tells one person what came up to seq last.
func (s *Service) tellOne(ctx context.Context, user accounts.UserID, last int64) (told bool, err error) {
	searches, err := searchesOf(ctx, s.DB, user)
	if err != nil {
		return false, err
	}
	var n news
	for _, saved := range searches {
		if err := s.newsOfSearch(ctx, &n, saved, last); err != nil {
			return false, err
		}
	}
	if err := s.newsOfFollows(ctx, &n, user, last); err != nil {
		return false, err
	}
	return n.count > 0, s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := markTold(ctx, tx, user, last); err != nil || n.count == 0 {
			return err
		}
		return s.Messages.Tell(ctx, tx, messaging.Telling{
			To: user, Topic: "search", Key: newsKey, URL: n.url,
			Args:   map[string]any{"What": strings.Join(n.names, ", "), "Count": int64(n.count)},
			Dedupe: "news:" + string(user) + ":" + strconv.FormatInt(last, 10),
		})
	})
}

func (s *Service) newsOfSearch(ctx context.Context, n *news, saved Search, last int64) error {
	v, err := url.ParseQuery(saved.Query)
	if err != nil {
		return nil // written by an earlier version: never fatal
	}
	f, _ := ParseFilter(s.Tree, v)
	p := planOf(f, s.Tree)
	p.between(saved.LastSeq, last)
	cards, _, err := find(ctx, s.DB, p, Cursor{}, newsLimit)
	if err != nil {
		return err
	}
	found := 0
	for _, c := range cards {
		if c.Seller != saved.User {
			found++
		}
	}
	n.add(found, saved.Name, f.URL())
	return nil
}

func (s *Service) newsOfFollows(ctx context.Context, n *news, user accounts.UserID, last int64) error {
	rows, err := newsOfFollowed(ctx, s.DB, user, last)
	if err != nil {
		return err
	}
	for _, row := range rows {
		u, err := s.Accounts.Get(ctx, s.DB, row.Seller)
		if err != nil {
			return err
		}
		n.add(row.N, u.Name, "/people/"+string(row.Seller))
	}
	return nil
}

func (n *news) add(found int, name, url string) {
	if found == 0 {
		return
	}
	n.count += found
	n.names = append(n.names, name)
	n.url = url
	if len(n.names) > 1 {
		n.url = "/searches"
	}
}
