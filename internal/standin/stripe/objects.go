package stripe

// The objects, in the fields of Stripe's that anyone here reads. Amounts are
// minor units; times are seconds since 1970.

type session struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	AmountSubtotal     int64             `json:"amount_subtotal"`
	AmountTotal        int64             `json:"amount_total"`
	CancelURL          string            `json:"cancel_url"`
	ClientReferenceID  *string           `json:"client_reference_id"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	CustomerEmail      *string           `json:"customer_email"`
	ExpiresAt          int64             `json:"expires_at"`
	Livemode           bool              `json:"livemode"`
	Locale             *string           `json:"locale"`
	Metadata           map[string]string `json:"metadata"`
	Mode               string            `json:"mode"`
	PaymentIntent      *string           `json:"payment_intent"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	PaymentStatus      string            `json:"payment_status"` // unpaid, paid
	Status             string            `json:"status"`         // open, complete, expired
	SuccessURL         string            `json:"success_url"`
	UIMode             string            `json:"ui_mode"`
	URL                *string           `json:"url"`
	LineItems          *listOf[lineItem] `json:"line_items,omitempty"` // only when expanded
}

type lineItem struct {
	ID             string `json:"id"`
	Object         string `json:"object"`
	AmountSubtotal int64  `json:"amount_subtotal"`
	AmountTotal    int64  `json:"amount_total"`
	Currency       string `json:"currency"`
	Description    string `json:"description"`
	Quantity       int64  `json:"quantity"`
}

type listOf[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// basket is what the session's page needs besides the session: kept apart, so
// that the session stays what Stripe would answer.
type basket struct {
	Session  string            `json:"session"`
	Items    []lineItem        `json:"items"`
	Group    string            `json:"group"`    // payment_intent_data[transfer_group]
	Metadata map[string]string `json:"metadata"` // payment_intent_data[metadata]
	Text     string            `json:"text"`     // payment_intent_data[description]
}

type intent struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	AmountReceived     int64             `json:"amount_received"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Description        string            `json:"description"`
	LastPaymentError   *apiError         `json:"last_payment_error"`
	LatestCharge       *string           `json:"latest_charge"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	Status             string            `json:"status"` // requires_payment_method, processing, succeeded, canceled
	TransferGroup      *string           `json:"transfer_group"`
}

type charge struct {
	ID                   string            `json:"id"`
	Object               string            `json:"object"`
	Amount               int64             `json:"amount"`
	AmountCaptured       int64             `json:"amount_captured"`
	AmountRefunded       int64             `json:"amount_refunded"`
	BalanceTransaction   *string           `json:"balance_transaction"`
	Captured             bool              `json:"captured"`
	Created              int64             `json:"created"`
	Currency             string            `json:"currency"`
	Disputed             bool              `json:"disputed"`
	FailureCode          *string           `json:"failure_code"`
	FailureMessage       *string           `json:"failure_message"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	Paid                 bool              `json:"paid"`
	PaymentIntent        *string           `json:"payment_intent"`
	PaymentMethodDetails methodDetails     `json:"payment_method_details"`
	Refunded             bool              `json:"refunded"`
	Status               string            `json:"status"` // succeeded, failed
	TransferGroup        *string           `json:"transfer_group"`
}

type methodDetails struct {
	Type string       `json:"type"` // card, mobilepay, paypal
	Card *cardDetails `json:"card,omitempty"`
}

type cardDetails struct {
	Brand    string `json:"brand"`
	Last4    string `json:"last4"`
	ExpMonth int64  `json:"exp_month"`
	ExpYear  int64  `json:"exp_year"`
	Country  string `json:"country"`
}

type refund struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	BalanceTransaction *string           `json:"balance_transaction"`
	Charge             string            `json:"charge"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Metadata           map[string]string `json:"metadata"`
	PaymentIntent      *string           `json:"payment_intent"`
	Reason             *string           `json:"reason"`
	Status             string            `json:"status"` // succeeded, failed
}

type transfer struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	AmountReversed     int64             `json:"amount_reversed"`
	BalanceTransaction string            `json:"balance_transaction"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Description        string            `json:"description"`
	Destination        string            `json:"destination"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	Reversed           bool              `json:"reversed"`
	SourceTransaction  *string           `json:"source_transaction"`
	TransferGroup      *string           `json:"transfer_group"`
}

type reversal struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"`
	BalanceTransaction string            `json:"balance_transaction"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	Metadata           map[string]string `json:"metadata"`
	Transfer           string            `json:"transfer"`
}

type account struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	BusinessType     string            `json:"business_type"`
	Capabilities     map[string]string `json:"capabilities"`
	ChargesEnabled   bool              `json:"charges_enabled"`
	Country          string            `json:"country"`
	Created          int64             `json:"created"`
	DefaultCurrency  string            `json:"default_currency"`
	DetailsSubmitted bool              `json:"details_submitted"`
	Email            string            `json:"email"`
	Metadata         map[string]string `json:"metadata"`
	PayoutsEnabled   bool              `json:"payouts_enabled"`
	Requirements     requirements      `json:"requirements"`
	Type             string            `json:"type"`
}

type requirements struct {
	CurrentlyDue   []string `json:"currently_due"`
	DisabledReason *string  `json:"disabled_reason"`
}

// link is a single-use way into a seller's onboarding.
type link struct {
	Token      string `json:"token"`
	Account    string `json:"account"`
	RefreshURL string `json:"refresh_url"`
	ReturnURL  string `json:"return_url"`
	ExpiresAt  int64  `json:"expires_at"`
	Used       bool   `json:"used"`
}

type payout struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Amount      int64  `json:"amount"`
	ArrivalDate int64  `json:"arrival_date"`
	Created     int64  `json:"created"`
	Currency    string `json:"currency"`
	Status      string `json:"status"` // paid
	Type        string `json:"type"`
	Account     string `json:"-"`
}

type transaction struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Amount      int64  `json:"amount"`
	AvailableOn int64  `json:"available_on"`
	Created     int64  `json:"created"`
	Currency    string `json:"currency"`
	Fee         int64  `json:"fee"`
	Net         int64  `json:"net"`
	Source      string `json:"source"`
	Status      string `json:"status"` // pending, available
	Type        string `json:"type"`   // charge, refund, transfer, transfer_refund
}

// waiting is a slow payment whose outcome comes later.
type waiting struct {
	Session string        `json:"session"`
	At      int64         `json:"at"`
	Succeed bool          `json:"succeed"`
	Method  methodDetails `json:"method"`
	Done    bool          `json:"done"`
}
