package paint

import (
	"image/color"
	"math"
	"strconv"
)

// Dye recolours a material: what was about the colour From becomes about the
// colour To, and its lights and shades go with it. Pure black and pure white
// are light and shadow, not material, and stay.
type Dye struct{ From, To string }

// Hex reads #rgb, #rgba, #rrggbb and #rrggbbaa; anything else is transparent.
func Hex(s string) color.NRGBA {
	if len(s) < 4 || s[0] != '#' {
		return color.NRGBA{}
	}
	s = s[1:]
	if len(s) <= 4 {
		long := make([]byte, 0, 8)
		for i := range len(s) {
			long = append(long, s[i], s[i])
		}
		s = string(long)
	}
	if len(s) == 6 {
		s += "ff"
	}
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return color.NRGBA{}
	}
	return color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}
}

// lch is a colour in OKLCH: lightness, chroma, hue in radians. Equal steps in
// it look equal, which is why shades survive a dye.
type lch struct{ l, c, h float64 }

func toLCH(n color.NRGBA) lch {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	r, g, b := linear(n.R), linear(n.G), linear(n.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	aa := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	bb := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	return lch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(aa, bb), math.Atan2(bb, aa)}
}

func (v lch) rgb() color.NRGBA {
	aa, bb := v.c*math.Cos(v.h), v.c*math.Sin(v.h)
	cube := func(f float64) float64 { return f * f * f }
	l := cube(v.l + 0.3963377774*aa + 0.2158037573*bb)
	m := cube(v.l - 0.1055613458*aa - 0.0638541728*bb)
	s := cube(v.l - 0.0894841775*aa - 1.2914855480*bb)
	byteOf := func(f float64) uint8 {
		f = min(max(f, 0), 1)
		if f <= 0.0031308 {
			f *= 12.92
		} else {
			f = 1.055*math.Pow(f, 1/2.4) - 0.055
		}
		return uint8(f*255 + 0.5)
	}
	return color.NRGBA{
		R: byteOf(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		G: byteOf(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: byteOf(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
		A: 255,
	}
}

const grey = 0.02 // chroma below which a colour has no hue to speak of

// dip dyes one colour.
func (d Dye) dip(n color.NRGBA) color.NRGBA {
	if n.R == n.G && n.G == n.B && (n.R == 0 || n.R == 255) {
		return n
	}
	from, to, was := toLCH(Hex(d.From)), toLCH(Hex(d.To)), toLCH(n)
	now := to
	if was.l <= from.l {
		now.l = to.l * was.l / from.l
	} else {
		now.l = to.l + (was.l-from.l)*min((1-to.l)/(1-from.l), 1.2)
	}
	if from.c > grey && was.c > grey {
		now.c = to.c * min(was.c/from.c, 1.3)
		now.h = to.h + turn(was.h-from.h)/2
	}
	// Nothing is colourful near black or white.
	now.c = min(now.c, 1.1*now.l, 1.6*(1-now.l))
	out := now.rgb()
	out.A = n.A
	return out
}

// turn is an angle brought to between -π and π.
func turn(a float64) float64 { return math.Remainder(a, 2*math.Pi) }
