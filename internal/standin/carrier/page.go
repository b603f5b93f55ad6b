package carrier

import (
	"html/template"
	"net/http"

	"github.com/kierto/kierto/internal/clock"
)

// pageHTML lists the parcels. It is the stand-in's own page, not the market's.
var pageHTML = template.Must(template.New("page").Funcs(template.FuncMap{
	"time": func(i clock.Instant) string {
		if i == 0 {
			return "–"
		}
		return i.In(clock.Zone("Europe/Helsinki")).Format("2.1. 15.04")
	},
}).Parse(`<!doctype html>
<html lang="fi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kuljetusliike (malli)</title></head>
<body>
<h1>Kuljetusliike (malli)</h1>
<p>Mallin kello: {{time .Now}}. Paketti kulkee kellon mukaan, kun se on jätetty: noutopisteelle vuorokaudessa, ovelle kahdessa.</p>
{{if not .Parcels}}<p>Ei vielä paketteja.</p>{{end}}
{{range .Parcels}}<article>
<h2>{{.P.Code}} · {{.P.Contents}}</h2>
<p>{{.P.Reference}} · {{.P.Tracking}} · {{.P.From}} → {{.P.To}}{{if .P.Lost}} · kadoksissa{{end}}</p>
<ol>{{range .Events}}<li>{{time .At}} {{.Place}}: {{.Code}}</li>{{end}}</ol>
<form method="post" action="{{$.Action}}"><input type="hidden" name="parcel" value="{{.P.Tracking}}">
<button name="what" value="drop">Jätä paketti</button>
<button name="what" value="arrive">Perille</button>
<button name="what" value="collect">Noudettu</button>
<button name="what" value="return">Palautuu</button>
<button name="what" value="back">Palannut</button>
<button name="what" value="delay">Viivästy 3 pv</button>
<button name="what" value="lose">Katoa</button></form>
</article>{{end}}
</body></html>`))

// View is a parcel with what has been seen of it.
type View struct {
	P      Parcel
	Events []event
}

func (s *Standin) page(w http.ResponseWriter, _ *http.Request) {
	now := s.opt.Clock.Now()
	data := struct {
		Now     clock.Instant
		Action  string
		Parcels []View
	}{Now: now, Action: "cue"}
	for _, p := range s.Parcels() {
		data.Parcels = append(data.Parcels, View{p, p.events(now)})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageHTML.Execute(w, data)
}

func (s *Standin) cue(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := s.Cue(r.FormValue("parcel"), r.FormValue("what")); err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	http.Redirect(w, r, "./", http.StatusSeeOther)
}
