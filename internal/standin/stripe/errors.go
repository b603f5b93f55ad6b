package stripe

import (
	"fmt"
	"net/http"
)

// apiError is a refusal in Stripe's shape.
type apiError struct {
	Status      int    `json:"-"`
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Param       string `json:"param,omitempty"`
	Message     string `json:"message"`
	Charge      string `json:"charge,omitempty"`
	Ran         bool   `json:"-"` // found out while the work was done: repeated under the same key
}

// The types of error that Stripe knows.
const (
	typeInvalid     = "invalid_request_error"
	typeCard        = "card_error"
	typeIdempotency = "idempotency_error"
	typeAPI         = "api_error"
)

// invalid is a 400 about one parameter.
func invalid(param, code, message string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: typeInvalid, Code: code, Param: param, Message: message}
}

// refused is a 400 about the state of things.
func refused(code, message string) *apiError {
	e := invalid("", code, message)
	e.Ran = true
	return e
}

// missing is a 400 about a parameter that was left out.
func missing(param string) *apiError {
	return invalid(param, "parameter_missing", "Missing required param: "+param+".")
}

// noSuch is a 404.
func noSuch(what, id, param string) *apiError {
	return &apiError{Status: http.StatusNotFound, Type: typeInvalid, Code: "resource_missing", Param: param,
		Message: fmt.Sprintf("No such %s: '%s'", what, id)}
}

// declined is a 402.
func declined(code, declineCode, message string) *apiError {
	return &apiError{Status: http.StatusPaymentRequired, Type: typeCard, Code: code, DeclineCode: declineCode, Message: message, Ran: true}
}

// broken is a 500.
func broken() *apiError {
	return &apiError{Status: http.StatusInternalServerError, Type: typeAPI,
		Message: "An unknown error occurred while processing your request."}
}
