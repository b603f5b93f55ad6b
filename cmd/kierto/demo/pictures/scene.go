package pictures

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// setting is where a thing is photographed.
type setting struct {
	wall  material
	paint string // of the wall, or of the table for things that lie
	floor string
	light light
}

// material is what a wall or a table top is made of.
type material int

const (
	planks  material = iota // upright boards
	plaster                 // smooth wall
	boards                  // lying boards
	cloth                   // a sheet with soft folds
)

// light is how the day falls on it.
type light int

const (
	window light = iota // two panes of sun
	cloudy              // even light from above left
	leaves              // sun through a birch
)

// How a thing is held decides what can be behind it.
var (
	walls = []setting{
		{planks, "#d9cfbf", "#8d8375", window},
		{plaster, "#dfd8cb", "#a08a70", window},
		{planks, "#a2553f", "#8d8375", cloudy},
		{planks, "#8b9a94", "#9d9180", leaves},
		{plaster, "#cfd6d8", "#b09470", cloudy},
		{planks, "#7d776b", "#6f6759", window},
		{planks, "#bfab8d", "#8a7e6c", cloudy},
		{plaster, "#d6d4c2", "#8e8d80", leaves},
		{planks, "#e7e4dc", "#9a968b", leaves},
	}
	tables = []setting{
		{boards, "#8e7558", "", window},
		{cloth, "#ddd5c6", "", window},
		{boards, "#b99a72", "", cloudy},
		{cloth, "#c3c8c8", "", cloudy},
		{boards, "#6b5743", "", leaves},
		{cloth, "#b9c2b4", "", leaves},
		{boards, "#a8a294", "", window},
	}
)

// margin is how far a scene goes on beyond the 800 × 1000 of a drawing, so that
// a photographer may step back or hold the camera askew.
const margin = 160

// before is the SVG of what lies behind the thing. The floor begins at y = floor;
// 0 means that none is seen.
func (s setting) before(floor int, r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(`<svg>`)
	bottom := 1000 + margin
	if floor > 0 {
		bottom = floor + 20 // behind the floor, so that no seam shows
	}
	switch s.wall {
	case planks:
		s.upright(&b, bottom, r)
	case plaster:
		s.smooth(&b, bottom, r)
	case boards:
		s.lying(&b, r)
	case cloth:
		s.folds(&b, r)
	}
	s.shine(&b, r)
	if floor > 0 {
		fmt.Fprintf(&b, `<rect x="-160" y="%d" width="1120" height="%d" fill="%s"/>`, floor, 1000+margin-floor, s.floor)
		fmt.Fprintf(&b, `<rect x="-160" y="%d" width="1120" height="%d" fill="url(#down)"/>`, floor, 1000+margin-floor)
		for range 14 { // scuffs
			y := float64(floor) + 8 + r.Float64()*float64(1000-floor)
			x := r.Float64() * 800
			fmt.Fprintf(&b, `<path d="M%.0f %.1fq%.0f %.1f %.0f 0" stroke="#000" stroke-opacity=".%02d" stroke-width="%.1f" fill="none"/>`,
				x, y, 30+r.Float64()*60, r.Float64()*4-2, 80+r.Float64()*160, 3+r.IntN(6), 1+r.Float64()*2)
		}
		fmt.Fprintf(&b, `<rect x="-160" y="%d" width="1120" height="26" fill="#000" opacity=".26" filter="url(#b6)"/>`, floor-15)
		fmt.Fprintf(&b, `<rect x="-160" y="%d" width="1120" height="4" fill="#fff" opacity=".16"/>`, floor)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func (s setting) upright(b *strings.Builder, bottom int, r *rand.Rand) {
	fmt.Fprintf(b, `<rect x="-160" y="-160" width="1120" height="%d" fill="%s"/>`, bottom+margin, s.paint)
	wide := 112 + r.IntN(44)
	for x := -160 - r.IntN(wide); x < 960; x += wide {
		fmt.Fprintf(b, `<rect x="%d" y="-160" width="%d" height="%d" fill="%s" opacity=".%02d"/>`,
			x, wide-4, bottom+margin, []string{"#000", "#fff"}[r.IntN(2)], 2+r.IntN(6))
		for range 4 {
			at := float64(x) + 8 + r.Float64()*float64(wide-20)
			bow := r.Float64()*24 - 12
			fmt.Fprintf(b, `<path d="M%.1f -160C%.1f 200 %.1f 600 %.1f %d" stroke="#000" stroke-opacity=".%03d" stroke-width="%.1f" fill="none"/>`,
				at, at+bow, at-bow, at+r.Float64()*8-4, bottom, 30+r.IntN(55), 1+r.Float64()*1.8)
		}
		if r.IntN(3) == 0 { // a knot
			cx, cy := x+30+r.IntN(wide-60), 60+r.IntN(700)
			fmt.Fprintf(b, `<ellipse cx="%d" cy="%d" rx="9" ry="15" fill="#000" opacity=".07"/><ellipse cx="%d" cy="%d" rx="4" ry="7" fill="#000" opacity=".16"/>`, cx, cy, cx, cy)
		}
		fmt.Fprintf(b, `<rect x="%d" y="-160" width="3" height="%d" fill="#000" opacity=".42"/><rect x="%d" y="-160" width="8" height="%d" fill="#000" opacity=".1"/><rect x="%d" y="-160" width="3" height="%d" fill="#fff" opacity=".14"/>`,
			x+wide-3, bottom+margin, x+wide-8, bottom+margin, x, bottom+margin)
	}
}

func (s setting) smooth(b *strings.Builder, bottom int, r *rand.Rand) {
	fmt.Fprintf(b, `<rect x="-160" y="-160" width="1120" height="%d" fill="%s"/>`, bottom+margin, s.paint)
	fmt.Fprintf(b, `<rect x="-160" y="-160" width="1120" height="%d" fill="url(#across)"/>`, bottom+margin)
	b.WriteString(`<g filter="url(#b16)">`)
	for range 7 {
		fmt.Fprintf(b, `<ellipse cx="%d" cy="%d" rx="%d" ry="%d" fill="%s" opacity=".05"/>`,
			r.IntN(800), r.IntN(bottom), 60+r.IntN(160), 40+r.IntN(120), []string{"#000", "#fff"}[r.IntN(2)])
	}
	b.WriteString(`</g>`)
}

func (s setting) lying(b *strings.Builder, r *rand.Rand) {
	fmt.Fprintf(b, `<rect x="-160" y="-160" width="1120" height="1320" fill="%s"/>`, s.paint)
	high := 140 + r.IntN(50)
	for y := -160 - r.IntN(high); y < 1160; y += high {
		fmt.Fprintf(b, `<rect x="-160" y="%d" width="1120" height="%d" fill="%s" opacity=".%02d"/>`,
			y, high-4, []string{"#000", "#fff"}[r.IntN(2)], 2+r.IntN(7))
		for range 8 {
			at := float64(y) + 6 + r.Float64()*float64(high-16)
			bow := r.Float64()*26 - 13
			fmt.Fprintf(b, `<path d="M-160 %.1fC200 %.1f 480 %.1f 960 %.1f" stroke="#000" stroke-opacity=".%03d" stroke-width="%.1f" fill="none"/>`,
				at, at+bow, at-bow, at+r.Float64()*12-6, 35+r.IntN(65), 1+r.Float64()*2.4)
		}
		fmt.Fprintf(b, `<rect x="-160" y="%d" width="1120" height="4" fill="#000" opacity=".5"/><rect x="-160" y="%d" width="1120" height="9" fill="#000" opacity=".1"/><rect x="-160" y="%d" width="1120" height="3" fill="#fff" opacity=".12"/>`,
			y+high-4, y+high-9, y)
	}
}

func (s setting) folds(b *strings.Builder, r *rand.Rand) {
	fmt.Fprintf(b, `<rect x="-160" y="-160" width="1120" height="1320" fill="%s"/><rect x="-160" y="-160" width="1120" height="1320" fill="url(#across)"/>`, s.paint)
	for y := -100; y < 1160; y += 3 { // the weave
		fmt.Fprintf(b, `<path d="M-160 %dh1120" stroke="#000" stroke-opacity=".%03d" stroke-width="1" fill="none"/>`, y, 8+r.IntN(22))
	}
	b.WriteString(`<g filter="url(#b16)" fill="none">`)
	for range 4 {
		y := r.Float64() * 1000
		for _, tone := range []string{"#fff", "#000"} {
			fmt.Fprintf(b, `<path d="M-160 %.0fC220 %.0f 520 %.0f 960 %.0f" stroke="%s" stroke-opacity=".%02d" stroke-width="%d"/>`,
				y, y+r.Float64()*90-45, y+r.Float64()*90-45, y+r.Float64()*160-80, tone, 12+r.IntN(14), 26+r.IntN(20))
			y += 26
		}
	}
	b.WriteString(`</g>`)
}

func (s setting) shine(b *strings.Builder, r *rand.Rand) {
	dx, dy := r.IntN(160)-80, r.IntN(120)-60
	switch s.light {
	case window:
		fmt.Fprintf(b, `<g filter="url(#b16)" fill="#fff6e2" opacity="0.36" transform="translate(%d %d)"><path d="M-60 90 210 10 390 560 100 690Z"/><path d="M250 -4 470 -70 660 460 430 545Z"/></g>`, dx, dy)
	case cloudy:
		fmt.Fprintf(b, `<g filter="url(#b40)" opacity=".3" transform="translate(%d %d)"><ellipse cx="260" cy="260" rx="330" ry="300" fill="#fff"/></g>`, dx, dy)
	case leaves:
		b.WriteString(`<g filter="url(#b16)" opacity=".22">`)
		for range 11 {
			fmt.Fprintf(b, `<ellipse cx="%d" cy="%d" rx="%d" ry="%d" fill="#fff6dc" opacity=".8"/>`,
				r.IntN(900)-60, r.IntN(900)-60, 40+r.IntN(90), 30+r.IntN(70))
		}
		b.WriteString(`</g>`)
	}
}
