package listings

import (
	"mime/multipart"
	"net/http"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// postPhotos adds photos. Those that can be used are kept; what was wrong with
// the others is said beside the field. Without script the whole form comes along,
// and what was typed in it is kept too.
func (s *Service) postPhotos(c *web.Ctx) error {
	l, form, stamp, err := s.sent(c)
	if err != nil {
		return err
	}
	wrong, err := s.takePhotos(c, l.ID)
	if err != nil {
		return err
	}
	if mf := c.Request().MultipartForm; mf == nil || len(mf.File["photos"]) == 0 {
		wrong.Add(fault.Field("photos", "listings.choose_photos"))
	}
	return s.photosChanged(c, l, form, stamp, wrong)
}

// photosChanged answers a change of the photos: to a script with the photos as
// they are, else by keeping what was typed beside them. What is on sale changes
// as a whole, so there the form is shown again as it was typed.
func (s *Service) photosChanged(c *web.Ctx, l Listing, form web.Form, stamp Stamp, wrong fault.Faults) error {
	if c.IsHTMX() || !form.Values.Has("version") {
		if len(wrong) == 0 && !c.IsHTMX() {
			return c.Go("/sell/" + string(l.ID) + "#photos")
		}
		return s.showPhotos(c, wrong)
	}
	if l.State == Live {
		if len(wrong) > 0 {
			return s.again(c, l, form, wrong)
		}
		shown, _ := s.Fill(l, form.Values)
		return s.showSell(c, http.StatusOK, shown, form)
	}
	saved, bad, err := s.SaveDraft(c.Request().Context(), me(c), l.ID, stamp, form.Values)
	if err != nil {
		return s.again(c, l, form, err)
	}
	if wrong = merge(wrong, bad); len(wrong) > 0 {
		return s.again(c, saved, form, wrong)
	}
	return c.Go("/sell/" + string(l.ID) + "#photos")
}

// takePhotos keeps the photos of a form, and tells what was wrong with others.
func (s *Service) takePhotos(c *web.Ctx, id ID) (fault.Faults, error) {
	var wrong fault.Faults
	if c.Request().MultipartForm == nil {
		return nil, nil
	}
	for _, file := range c.Request().MultipartForm.File["photos"] {
		if err := s.addFile(c, id, file); err != nil {
			fs := fault.As(err)
			if len(fs) == 0 {
				return nil, err
			}
			if len(wrong) == 0 { // one sentence is enough for many files
				wrong = append(wrong, &fault.Fault{Kind: fault.Invalid, Key: fs[0].Key, Args: fs[0].Args, Field: "photos", Err: fs[0].Err})
			}
		}
	}
	return wrong, nil
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

// changed answers a change of the photos that are there.
func (s *Service) changed(change func(c *web.Ctx, form web.Form) error) web.Handler {
	return func(c *web.Ctx) error {
		l, form, stamp, err := s.sent(c)
		if err != nil {
			return err
		}
		var wrong fault.Faults
		if err := change(c, form); err != nil {
			fs := fault.As(err)
			if len(fs) == 0 || fs[0].Kind != fault.Conflict && fs[0].Kind != fault.Invalid || !l.Editable() {
				return err
			}
			wrong = fault.Faults{{Kind: fs[0].Kind, Key: fs[0].Key, Args: fs[0].Args, Field: "photos"}}
		}
		return s.photosChanged(c, l, form, stamp, wrong)
	}
}

// setOrder sets the order in which photos were dragged.
func (s *Service) setOrder(c *web.Ctx, form web.Form) error {
	order := make([]PhotoID, 0, len(form.Values["photo"]))
	for _, p := range form.Values["photo"] {
		order = append(order, PhotoID(p))
	}
	return s.OrderPhotos(c.Request().Context(), me(c), listingID(c), order)
}

// moveEarlier moves a photo one place towards the front.
func (s *Service) moveEarlier(c *web.Ctx, _ web.Form) error {
	return s.MovePhoto(c.Request().Context(), me(c), listingID(c), PhotoID(c.Param("photo")))
}

// takeAway takes a photo away.
func (s *Service) takeAway(c *web.Ctx, _ web.Form) error {
	return s.RemovePhoto(c.Request().Context(), me(c), listingID(c), PhotoID(c.Param("photo")))
}
