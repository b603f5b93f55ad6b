package listings

import (
	"context"

	"github.com/kierto/kierto/internal/check"
)

// How much of what is broken is named, and how many photos are looked at at a
// time.
const (
	maxBroken  = 100
	photoBatch = 500
)

// Check proves that every photo shown is on the disk in its three sizes, that
// search finds everything that is on sale, that each thing's cover is its first
// photo, and that the filters know the fields of what is on sale.
func (s *Service) Check(ctx context.Context) ([]check.Result, error) {
	var all []check.Result
	for _, look := range []func(context.Context) (check.Result, error){s.checkPhotos, s.checkSearch, s.checkCovers, s.checkFields} {
		r, err := look(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (s *Service) checkPhotos(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "every photo is on the disk in three sizes"}
	for after := ""; ; {
		keys, err := readyAfter(ctx, s.DB, after, photoBatch)
		if err != nil || len(keys) == 0 {
			return r, err
		}
		for _, key := range keys {
			after = key
			r.Count++
			if !s.allSizes(ctx, key) && len(r.Broken) < maxBroken {
				r.Broken = append(r.Broken, key)
			}
		}
	}
}

func (s *Service) checkCovers(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "each cover is the first ready photo"}
	var err error
	if r.Count, err = countAll(ctx, s.DB); err != nil {
		return r, err
	}
	ids, err := coverless(ctx, s.DB, maxBroken)
	for _, id := range ids {
		r.Broken = append(r.Broken, string(id))
	}
	return r, err
}

func (s *Service) checkFields(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "filters know only what is on sale"}
	var err error
	if r.Count, err = countAttrs(ctx, s.DB); err != nil {
		return r, err
	}
	ids, err := strayAttrs(ctx, s.DB, maxBroken)
	for _, id := range ids {
		r.Broken = append(r.Broken, string(id))
	}
	return r, err
}
