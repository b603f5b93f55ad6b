package accounts

import (
	"context"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
)

// Zone is a time zone people can choose.
type Zone struct {
	Name string // IANA
	Key  string // i18n key of the places in it
}

// Zones are those of the people we expect, and some for those who are far away,
// to both ends of the day; the first is the default.
var Zones = []Zone{
	{"Europe/Helsinki", "accounts.zone_helsinki"}, {"Europe/Stockholm", "accounts.zone_stockholm"},
	{"Europe/Tallinn", "accounts.zone_tallinn"}, {"Europe/Oslo", "accounts.zone_oslo"},
	{"Europe/Copenhagen", "accounts.zone_copenhagen"}, {"Europe/Berlin", "accounts.zone_berlin"},
	{"Europe/London", "accounts.zone_london"}, {"Europe/Lisbon", "accounts.zone_lisbon"},
	{"Europe/Madrid", "accounts.zone_madrid"}, {"Europe/Athens", "accounts.zone_athens"},
	{"Atlantic/Reykjavik", "accounts.zone_reykjavik"}, {"Atlantic/Canary", "accounts.zone_canary"},
	{"America/New_York", "accounts.zone_new_york"}, {"America/Los_Angeles", "accounts.zone_los_angeles"},
	{"Asia/Dubai", "accounts.zone_dubai"}, {"Asia/Bangkok", "accounts.zone_bangkok"},
	{"Asia/Tokyo", "accounts.zone_tokyo"}, {"Australia/Sydney", "accounts.zone_sydney"},
	{"Australia/Lord_Howe", "accounts.zone_lord_howe"}, {"Pacific/Kiritimati", "accounts.zone_kiritimati"},
}

func validZone(name string) bool {
	for _, z := range Zones {
		if z.Name == name {
			return true
		}
	}
	return false
}

// Settings are what a person tells about themselves.
type Settings struct {
	Name, Town, Postcode, About string
	Lang, Zone                  string
}

// SaveSettings stores them. It fails with Invalid faults of the fields "name",
// "town", "postcode", "about", "lang" and "zone".
func (s *Service) SaveSettings(ctx context.Context, id UserID, in Settings) error {
	in.Name, in.Town, in.Postcode, in.About = tidy(in.Name), tidy(in.Town), tidy(in.Postcode), tidyText(in.About)
	var fs fault.Faults
	fs.Add(checkName("name", in.Name))
	fs.Add(checkLine("town", in.Town, maxTown, ""))
	fs.Add(checkPostcode("postcode", in.Postcode, ""))
	fs.Add(checkLine("about", in.About, maxAbout, ""))
	if !i18n.Valid(in.Lang) {
		fs.Add(fault.Field("lang", "accounts.choose"))
	}
	if !validZone(in.Zone) {
		fs.Add(fault.Field("zone", "accounts.choose"))
	}
	if err := fs.Or(); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		err := setSettings(ctx, tx, User{
			ID: id, Name: in.Name, NameFolded: Fold(in.Name), Town: in.Town, Postcode: in.Postcode, About: in.About,
			Lang: in.Lang, Zone: in.Zone,
		})
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, id)
	})
}

// SetLang changes the language a person is spoken to in.
func (s *Service) SetLang(ctx context.Context, id UserID, lang string) error {
	if !i18n.Valid(lang) {
		return fault.New(fault.Missing, "web.missing")
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return setLang(ctx, tx, id, lang) })
}

// maxQuiet is how long quiet hours may be, in minutes: reminders need some of
// the day.
const maxQuiet = 14 * 60

// Channels are how and when a person may be reached.
type Channels struct {
	QuietFrom, QuietUntil      string  // "21:00"; both empty or equal: no quiet hours
	Messages, Nudges, Searches bool    // e-mail about them
	Texts                      *string // how short messages go: ByNone, BySMS, ByWhatsApp; nil: as before
}

// Mails are the kinds of e-mail that a person may end.
type Mails struct {
	Messages, Nudges, Searches bool
}

// StopMails ends the kinds of e-mail to a person that keep says false to, and
// leaves the others as they are. It does nothing to somebody who left.
func (s *Service) StopMails(ctx context.Context, id UserID, keep Mails) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if found, err := stopMails(ctx, tx, id, keep); err != nil || !found {
			return err
		}
		return s.changed(ctx, tx, id)
	})
}

// SaveChannels stores them. It fails with Invalid faults of the fields
// "quiet_from", "quiet_until" and "texts".
func (s *Service) SaveChannels(ctx context.Context, id UserID, in Channels) error {
	var fs fault.Faults
	half := (in.QuietFrom == "") != (in.QuietUntil == "")
	from, ok := minutes(in.QuietFrom)
	if !ok || half && in.QuietFrom == "" {
		fs.Add(fault.Field("quiet_from", "accounts.time_wrong"))
	}
	until, ok := minutes(in.QuietUntil)
	if !ok || half && in.QuietUntil == "" {
		fs.Add(fault.Field("quiet_until", "accounts.time_wrong"))
	}
	if len(fs) == 0 && (until-from+24*60)%(24*60) > maxQuiet {
		fs.Add(fault.Field("quiet_until", "accounts.quiet_long", "Max", maxQuiet/60))
	}
	if err := fs.Or(); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		err := setChannels(ctx, tx, User{
			ID: id, QuietFrom: from, QuietUntil: until,
			MailMessages: in.Messages, MailNudges: in.Nudges, MailSearches: in.Searches,
		})
		if err != nil {
			return err
		}
		if in.Texts != nil {
			return s.SetTexts(ctx, tx, id, *in.Texts)
		}
		return s.changed(ctx, tx, id)
	})
}

// minutes reads "21:00" or "21.00" as minutes from midnight; "" is midnight.
func minutes(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	h, m, ok := strings.Cut(strings.ReplaceAll(tidy(s), ".", ":"), ":")
	if !ok || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	hh, err1 := strconv.ParseUint(h, 10, 8)
	mm, err2 := strconv.ParseUint(m, 10, 8)
	if err1 != nil || err2 != nil || hh > 23 || mm > 59 {
		return 0, false
	}
	return int64(hh*60 + mm), true
}

// TimeOfDay is minutes from midnight as a time field wants them: "21:00".
func TimeOfDay(minutes int64) string {
	return clock.Instant(minutes * 60_000_000).Time().Format("15:04")
}

// MailBad notes that an address takes no e-mail, unless the person has another
// by now. It is cleared when an address is confirmed.
func (s *Service) MailBad(ctx context.Context, tx *db.Tx, id UserID, email string) error {
	return setMailBad(ctx, tx, id, Fold(email), s.Clock.Now())
}

// SetMeasured stores how soon a person answers and posts; 0 for too few to say.
func (s *Service) SetMeasured(ctx context.Context, tx *db.Tx, id UserID, replyMinutes, postHours int64) error {
	return setMeasured(ctx, tx, id, replyMinutes, postHours)
}

// AddTrade counts one more completed trade of a person.
func (s *Service) AddTrade(ctx context.Context, tx *db.Tx, id UserID) error {
	return addTrade(ctx, tx, id)
}
