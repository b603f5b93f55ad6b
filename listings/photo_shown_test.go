package listings_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"time"
)

// A message's photo is told of once it can be seen, not before.
func TestPhotosOfMessagesAreSeenAtOnce(t *testing.T) {
	b := lite(t)
	var data bytes.Buffer
	ok(t, png.Encode(&data, image.NewGray(image.Rect(0, 0, 400, 500))))
	done := make(chan string, 1)
	go func() {
		key, err := b.SavePhotoShown(t.Context(), b.anna, &data)
		if err != nil {
			t.Error(err)
		}
		done <- key
	}()
	select {
	case <-done:
		t.Fatal("told of before its sizes were made")
	case <-time.After(200 * time.Millisecond):
	}
	ok(t, b.Jobs.Drain(t.Context()))
	if key := <-done; key == "" {
		t.Error("no photo")
	}
	var pending int
	ok(t, b.DB.Get(t.Context(), &pending, `SELECT COUNT(*) FROM photos WHERE state <> 'ready'`))
	if pending != 0 {
		t.Errorf("%d photos not ready", pending)
	}
}
