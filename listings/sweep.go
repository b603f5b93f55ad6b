package listings

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// straysWait is how long bytes without a row are kept: an upload writes its
// bytes before its row.
const straysWait = time.Hour

// strays are blobs that no photo's row names, and since when.
type strays struct {
	sync.Mutex
	since map[string]clock.Instant
}

// SweepPhotos deletes blobs that no photo has named for an hour, and photos of
// drafts that were thrown away. It returns how many blobs went.
func (s *Service) SweepPhotos(ctx context.Context) (int, error) {
	known, err := photoKeys(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	s.strays.Lock()
	defer s.strays.Unlock()
	now, still, gone := s.Clock.Now(), map[string]clock.Instant{}, 0
	err = s.Blobs.Walk(ctx, func(name string) error {
		key := blobKey(name)
		if key == "" || known[key] {
			return nil
		}
		since, before := s.strays.since[name]
		if !before {
			since = now
		}
		if now.Sub(since) < straysWait {
			still[name] = since
			return nil
		}
		if n, err := countPhotos(ctx, s.DB, key); err != nil || n > 0 {
			return err
		}
		gone++
		return s.Blobs.Delete(ctx, name)
	})
	s.strays.since = still
	if err != nil {
		return gone, fmt.Errorf("listings: sweep photos: %w", err)
	}
	return gone, nil
}

// blobKey is the photo key in a blob's name, or "" for what is none of ours.
func blobKey(name string) string {
	if key, ok := strings.CutPrefix(name, "incoming/"); ok {
		return key
	}
	if rest, ok := strings.CutPrefix(name, "photos/"); ok {
		key, _, _ := strings.Cut(rest, "-")
		return key
	}
	return ""
}
