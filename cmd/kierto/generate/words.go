package generate

// Words that generated things are made of.
var (
	firstNames = []string{"Aino", "Eero", "Helmi", "Ilona", "Jari", "Kaisa", "Lauri", "Maija", "Niina", "Oskari", "Pinja", "Riku", "Sanna", "Tuomas", "Ulla", "Venla"}
	lastNames  = []string{"Aalto", "Heikkinen", "Järvi", "Koskela", "Lindqvist", "Mäkelä", "Nieminen", "Ojala", "Peltola", "Rinne", "Salo", "Virtanen"}
	towns      = []string{"Espoo", "Hämeenlinna", "Jyväskylä", "Kauhava", "Kuopio", "Lahti", "Lempäälä", "Oulu", "Porvoo", "Rovaniemi", "Salo", "Seinäjoki", "Tampere", "Turku", "Vaasa", "Ypäjä"}
	colours    = []string{"Musta", "Ruskea", "Tummansininen", "Punainen", "Vihreä", "Harmaa", "Valkoinen", "Petrolinsininen", "Viininpunainen", "Konjakinvärinen"}
	kinds      = []string{"suomenhevoselle", "ponille", "full", "cob", "käytetty", "vähän käytetty", "uudenveroinen", "kilpailuihin", "talvelle", "maastoon", "lapselle", "aikuiselle"}
	stories    = []string{
		"Ollut käytössä yhden kauden, siisti ja ehjä.", "Jäi pieneksi, siksi myynnissä.", "Pesty ja huollettu, valmis käyttöön.",
		"Hevonen myytiin, varusteet lähtevät.", "Pieniä käytön jälkiä, ei vaikuta toimintaan.", "Savuton talli, ei eläinten karvoja.",
		"Nahka rasvattu säännöllisesti.", "Vetoketju ja soljet toimivat.", "Ostettu uutena, kuitti tallessa.", "Soveltuu leveälle hevoselle.",
	}
)
