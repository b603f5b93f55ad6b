package accounts

import "github.com/kierto/kierto/templates/ui"

// things are the ways to what is the person's on the market.
func things(p HubPage) []ui.LinkRow {
	rows := []ui.LinkRow{
		{URL: "/account/listings", Icon: "tag", Label: p.T("accounts.to_listings"), More: p.T("accounts.to_listings_more")},
		{URL: "/favourites", Icon: "heart", Label: p.T("accounts.to_favourites")},
		{URL: "/searches", Icon: "bookmark", Label: p.T("accounts.to_searches"), More: p.T("accounts.to_searches_more")},
		{URL: "/account/payouts", Icon: "wallet", Label: p.T("accounts.to_payouts"), More: p.T("accounts.to_payouts_more")},
		{URL: "/notices", Icon: "bell", Label: p.T("accounts.to_notices")},
		{URL: "/people/" + p.ID, Icon: "user", Label: p.T("accounts.to_profile"), More: p.T("accounts.to_profile_more")},
	}
	if p.Desk {
		rows = append(rows, ui.LinkRow{URL: "/desk", Icon: "headset", Label: p.T("accounts.to_desk")})
	}
	return rows
}

// help are the ways out of trouble, and out.
func help(p HubPage) []ui.LinkRow {
	return []ui.LinkRow{
		{URL: "/help", Icon: "message-circle", Label: p.T("accounts.to_help"), More: p.T("accounts.to_help_more")},
		{URL: "/account/download", Icon: "download", Label: p.T("accounts.download_title")},
		{URL: "/account/delete", Icon: "trash-2", Label: p.T("accounts.delete_title")},
	}
}
