package accounts

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/templates/layout"
	"github.com/kierto/kierto/templates/ui"
)

// Examples are this folder's pages with invented data, for the gallery.
func Examples() []layout.Example {
	return []layout.Example{
		{Name: "accounts-sign-up", Make: func(f web.Frame) templ.Component {
			return SignUp(FormPage{Frame: stranger(f)})
		}},
		{Name: "accounts-sign-up-wrong", Make: exampleWrong},
		{Name: "accounts-sign-in", Make: func(f web.Frame) templ.Component {
			return SignIn(FormPage{Frame: stranger(f)})
		}},
		{Name: "accounts-sign-in-wrong", Make: func(f web.Frame) templ.Component {
			form := web.Filled("email", "noora@example.fi")
			form.Faults = fault.Faults{fault.Field("password", "accounts.sign_in_wrong")}
			return SignIn(FormPage{Frame: stranger(f), Form: form, Next: "/sell"})
		}},
		{Name: "accounts-sent", Make: func(f web.Frame) templ.Component {
			return Moment(MomentPage{
				Frame: stranger(f), Icon: "mail", Title: f.T("accounts.sent_title"), Text: f.T("accounts.sign_up_sent"),
				Ticks:  []string{f.T("accounts.sent_soon"), f.T("accounts.sent_spam"), f.T("accounts.sent_wrong")},
				Button: ui.Button{Label: f.T("accounts.sign_in_title"), URL: "/sign-in", Kind: "quiet"},
			})
		}},
		{Name: "accounts-confirm", Make: func(f web.Frame) templ.Component {
			return Confirm(ConfirmPage{FormPage: FormPage{Frame: stranger(f), URL: "/confirm/x"}, Email: "noora@example.fi"})
		}},
		{Name: "accounts-stale", Make: func(f web.Frame) templ.Component {
			return Moment(MomentPage{
				Frame: stranger(f), Icon: "hourglass", Title: f.T("accounts.stale_title"), Text: f.T("accounts.token_stale"),
				Button: ui.Button{Label: f.T("accounts.reset_again"), URL: "/reset"},
			})
		}},
		{Name: "accounts-reset", Make: func(f web.Frame) templ.Component { return AskReset(FormPage{Frame: stranger(f)}) }},
		{Name: "accounts-new-password", Make: func(f web.Frame) templ.Component {
			return Reset(FormPage{Frame: stranger(f), URL: "/reset/x"})
		}},
		{Name: "accounts-hub", Make: func(f web.Frame) templ.Component { return Hub(exampleHub(f)) }},
		{Name: "accounts-hub-new", Make: func(f web.Frame) templ.Component {
			p := exampleHub(f)
			p.Unsure, p.Measured = "noora@example.fi", ""
			return Hub(p)
		}},
		{Name: "accounts-settings", Make: exampleSettings},
		{Name: "accounts-channels", Make: exampleChannels},
		{Name: "accounts-channels-phone", Make: exampleTexting},
		{Name: "accounts-phone", Make: func(f web.Frame) templ.Component {
			return Phone(PhonePage{FormPage: FormPage{Frame: f}})
		}},
		{Name: "accounts-phone-wrong", Make: func(f web.Frame) templ.Component {
			form := web.Filled("phone", "09 123 4567")
			form.Faults = fault.Faults{fault.Field("phone", "accounts.phone_fixed")}
			return Phone(PhonePage{FormPage: FormPage{Frame: f, Form: form}, Now: "+358 40 1234567"})
		}},
		{Name: "accounts-code", Make: func(f web.Frame) templ.Component {
			return Code(CodePage{FormPage: FormPage{Frame: f}, Number: "+358 40 1234567"})
		}},
		{Name: "accounts-email", Make: func(f web.Frame) templ.Component {
			return Email(EmailPage{FormPage: FormPage{Frame: f}, Now: "noora@example.fi"})
		}},
		{Name: "accounts-password", Make: func(f web.Frame) templ.Component {
			return Password(PasswordPage{FormPage: FormPage{Frame: f}, Email: "noora@example.fi"})
		}},
		{Name: "accounts-sessions", Make: exampleSessions},
		{Name: "accounts-addresses", Make: func(f web.Frame) templ.Component {
			return Addresses(AddressesPage{Frame: f, Addresses: []Address{
				{URL: "/account/addresses/1", Name: "Noora Lindqvist", Lines: []string{"Linnankatu 12 B 7", "20100 Turku", "040 123 4567"}},
				{URL: "/account/addresses/2", Name: "Lindqvist / talli", Lines: []string{"Ravitie 3", "21420 Lieto"}},
			}})
		}},
		{Name: "accounts-addresses-none", Make: func(f web.Frame) templ.Component { return Addresses(AddressesPage{Frame: f}) }},
		{Name: "accounts-address", Make: func(f web.Frame) templ.Component {
			return EditAddress(AddressPage{FormPage: FormPage{Frame: f, URL: "/account/addresses/1", Form: web.Filled(
				"name", "Noora Lindqvist", "street", "Linnankatu 12 B 7", "postcode", "20100", "town", "Turku", "phone", "040 123 4567",
			)}, Delete: "/account/addresses/1/delete"})
		}},
		{Name: "accounts-download", Make: func(f web.Frame) templ.Component { return Download(FormPage{Frame: f}) }},
		{Name: "accounts-delete", Make: func(f web.Frame) templ.Component { return Delete(FormPage{Frame: f}) }},
	}
}

// stranger is the frame of somebody who is not signed in.
func stranger(f web.Frame) web.Frame {
	f.Reader, f.Badges = web.Reader{}, web.Badges{}
	return f
}

func exampleWrong(f web.Frame) templ.Component {
	form := web.Filled("name", "N", "email", "noora@example")
	form.Faults = fault.Faults{
		fault.Field("name", "accounts.name_length", "Min", 2, "Max", 40),
		fault.Field("email", "accounts.email_wrong"),
		fault.Field("password", "accounts.password_common"),
	}
	return SignUp(FormPage{Frame: stranger(f), Form: form})
}

func exampleHub(f web.Frame) HubPage {
	return HubPage{
		Frame: f, Name: "Noora Lindqvist", ID: "usr_noora", Since: f.T("accounts.since", "Date", "3.2.2026"),
		Measured: f.T("accounts.hub_reply", "Span", f.N("time.hours", 2)) + " · " + f.N("accounts.hub_trades", 14),
		Settings: []ui.Setting{
			{Label: f.T("accounts.settings_title"), Now: "Turku · Suomi", URL: "/account/settings"},
			{Label: f.T("accounts.channels_title"), Now: f.T("accounts.hub_quiet", "From", "21.00", "Until", "8.00"), URL: "/account/channels"},
			{Label: f.T("accounts.addresses_title"), Now: "Linnankatu 12 B 7, Turku", URL: "/account/addresses"},
		},
		Security: []ui.Setting{
			{Label: f.T("accounts.email_title"), Now: "noora@example.fi", URL: "/account/email"},
			{Label: f.T("accounts.password_title"), Now: "••••••••••", URL: "/account/password"},
			{Label: f.T("accounts.sessions_title"), Now: f.N("accounts.hub_sessions", 3), URL: "/account/sessions"},
		},
	}
}

func exampleSettings(f web.Frame) templ.Component {
	return Settings(SettingsPage{
		FormPage: FormPage{Frame: f, Form: web.Filled("name", "Noora Lindqvist", "about", "Ratsastan Turussa, myyn pieneksi jäänyttä.",
			"town", "Turku", "postcode", "20100", "lang", f.Lang, "zone", "Europe/Helsinki")},
		Zones: []ui.Option{
			{Value: "Europe/Helsinki", Label: f.T("accounts.zone_helsinki")}, {Value: "Europe/Stockholm", Label: f.T("accounts.zone_stockholm")},
		},
	})
}

func exampleChannels(f web.Frame) templ.Component {
	form := web.Filled("quiet_from", "21:00", "quiet_until", "08:00", "mail_messages", "yes", "mail_nudges", "yes")
	return Channels(ChannelsPage{FormPage: FormPage{Frame: f, Form: form}, Texting: Texting{On: true}})
}

func exampleTexting(f web.Frame) templ.Component {
	form := web.Filled("quiet_from", "21:00", "quiet_until", "08:00", "mail_nudges", "yes", "texts", "sms")
	return Channels(ChannelsPage{FormPage: FormPage{Frame: f, Form: form}, Texting: Texting{
		On: true, Number: "+358 40 1234567",
		Ways: []ui.Choice{
			{Value: "sms", Label: f.T("accounts.texts_sms")}, {Value: "whatsapp", Label: f.T("accounts.texts_whatsapp")},
			{Value: "none", Label: f.T("accounts.texts_none")},
		},
	}})
}

func exampleSessions(f web.Frame) templ.Component {
	end := func(id string) *ui.Button {
		return &ui.Button{Label: f.T("accounts.sessions_end"), URL: "/account/sessions/" + id + "/end", Post: true, Kind: "quiet", Small: true}
	}
	seen := f.T("accounts.sessions_seen", "When", f.Soon(f.Now))
	return Sessions(SessionsPage{
		Frame: f, Here: ui.Setting{Label: "Safari · iPhone", Now: f.T("accounts.sessions_here")},
		Others: []ui.Setting{
			{Label: "Firefox · Windows", Now: seen, Action: end("1")}, {Label: "Samsung Internet · Android", Now: seen, Action: end("2")},
		},
	})
}
