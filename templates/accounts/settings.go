package accounts

import "github.com/kierto/kierto/templates/ui"

// languages are the languages in their own words.
var languages = []ui.Choice{
	{Value: "fi", Label: "Suomi"}, {Value: "sv", Label: "Svenska"}, {Value: "en", Label: "English"},
}
