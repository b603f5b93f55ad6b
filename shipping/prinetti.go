package shipping

import "encoding/xml"

// Additional services of a booking.
const (
	toPoint   = "2106" // to a chosen pickup point
	labelFree = "9902" // a code to write on the parcel, no label to print
)

// eChannel is a booking on the wire.
type eChannel struct {
	XMLName  xml.Name `xml:"eChannel"`
	Routing  routing  `xml:"ROUTING"`
	Shipment struct {
		Sender      sender      `xml:"Shipment.Sender"`
		Recipient   recipient   `xml:"Shipment.Recipient"`
		Consignment consignment `xml:"Shipment.Consignment"`
	} `xml:"Shipment"`
}

type routing struct {
	Account string `xml:"Routing.Account"`
	Key     string `xml:"Routing.Key"`
	ID      string `xml:"Routing.Id"`
	Name    string `xml:"Routing.Name"`
	Time    string `xml:"Routing.Time"`
	Version string `xml:"Routing.Version"`
}

type sender struct {
	Name     string `xml:"Sender.Name1"`
	Street   string `xml:"Sender.Addr1"`
	Postcode string `xml:"Sender.Postcode"`
	Town     string `xml:"Sender.City"`
	Country  string `xml:"Sender.Country"`
}

type recipient struct {
	Name     string `xml:"Recipient.Name1"`
	Street   string `xml:"Recipient.Addr1"`
	Postcode string `xml:"Recipient.Postcode"`
	Town     string `xml:"Recipient.City"`
	Country  string `xml:"Recipient.Country"`
	Phone    string `xml:"Recipient.Phone"`
}

type consignment struct {
	Reference string    `xml:"Consignment.Reference"`
	Product   string    `xml:"Consignment.Product"`
	Services  []service `xml:"Consignment.AdditionalService"`
	Parcel    parcelXML `xml:"Consignment.Parcel"`
}

type service struct {
	Code       string      `xml:"AdditionalService.ServiceCode"`
	Specifiers []specifier `xml:"AdditionalService.Specifier"`
}

type specifier struct {
	Name  string `xml:"name,attr"`
	Value string `xml:",chardata"`
}

type parcelXML struct {
	Type     string `xml:"Parcel.Packagetype"`
	Weight   string `xml:"Parcel.Weight"`
	Contents string `xml:"Parcel.Contents"`
}

// bookAnswer is the carrier's answer to a booking.
type bookAnswer struct {
	XMLName  xml.Name `xml:"Response"`
	Status   int      `xml:"response.status"`
	Message  string   `xml:"response.message"`
	Tracking []struct {
		Number string `xml:",chardata"`
		Code   string `xml:"labelcode,attr"`
	} `xml:"response.trackingcode"`
}
