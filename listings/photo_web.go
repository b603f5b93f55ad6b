package listings

import (
	"errors"
	"mime/multipart"
	"net/http"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// postPhotos adds photos. Those that can be used are kept; what was wrong with
// the others is said beside the field.
func (s *Service) postPhotos(c *web.Ctx) error {
	ctx, seller, id := c.Request().Context(), me(c), listingID(c)
	if _, err := s.Own(ctx, seller, id); err != nil {
		return err
	}
	form, err := c.MultipartForm()
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return fault.New(fault.TooLarge, "web.too_large")
		}
		return fault.New(fault.Invalid, "web.broken_form")
	}
	var wrong fault.Faults
	for _, file := range form.File["photos"] {
		if err := s.addFile(c, id, file); err != nil {
			fs := fault.As(err)
			if len(fs) == 0 {
				return err
			}
			if len(wrong) == 0 { // one sentence is enough for many files
				wrong = append(wrong, &fault.Fault{Kind: fault.Invalid, Key: fs[0].Key, Args: fs[0].Args, Field: "photos", Err: fs[0].Err})
			}
		}
	}
	if len(form.File["photos"]) == 0 {
		wrong.Add(fault.Field("photos", "listings.choose_photos"))
	}
	if len(wrong) == 0 && !c.IsHTMX() {
		return c.Go("/sell/" + string(id) + "#photos")
	}
	return s.showPhotos(c, wrong)
}

func (s *Service) addFile(c *web.Ctx, id ID, file *multipart.FileHeader) error {
	if file.Size == 0 { // an empty file field
		return fault.Field("photos", "listings.choose_photos")
	}
	f, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = s.AddPhoto(c.Request().Context(), me(c), id, f)
	return err
}

// showPhotos shows the form with its photos as they are now.
func (s *Service) showPhotos(c *web.Ctx, wrong fault.Faults) error {
	l, err := s.Own(c.Request().Context(), me(c), listingID(c))
	if err != nil {
		return err
	}
	form := fill(l)
	form.Faults = wrong
	status := http.StatusOK
	if len(wrong) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.showSell(c, status, l, form)
}

// photoDone answers a change of the photos.
func (s *Service) photoDone(c *web.Ctx, err error) error {
	if fs := fault.As(err); len(fs) > 0 && (fs[0].Kind == fault.Conflict || fs[0].Kind == fault.Invalid) {
		l, gerr := s.Own(c.Request().Context(), me(c), listingID(c))
		if gerr != nil {
			return gerr
		}
		if !l.Editable() {
			return err
		}
		return s.showPhotos(c, fault.Faults{{Kind: fs[0].Kind, Key: fs[0].Key, Args: fs[0].Args, Field: "photos"}})
	}
	if err != nil {
		return err
	}
	if c.IsHTMX() {
		return s.showPhotos(c, nil)
	}
	return c.Go("/sell/" + c.Param("id") + "#photos")
}

// postPhotoOrder sets the order in which photos were dragged.
func (s *Service) postPhotoOrder(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	order := make([]PhotoID, 0, len(form.Values["photo"]))
	for _, p := range form.Values["photo"] {
		order = append(order, PhotoID(p))
	}
	return s.photoDone(c, s.OrderPhotos(c.Request().Context(), me(c), listingID(c), order))
}

// postPhotoEarlier moves a photo one place towards the front.
func (s *Service) postPhotoEarlier(c *web.Ctx) error {
	return s.photoDone(c, s.MovePhoto(c.Request().Context(), me(c), listingID(c), PhotoID(c.Param("photo"))))
}

// postPhotoRemove takes a photo away.
func (s *Service) postPhotoRemove(c *web.Ctx) error {
	return s.photoDone(c, s.RemovePhoto(c.Request().Context(), me(c), listingID(c), PhotoID(c.Param("photo"))))
}
