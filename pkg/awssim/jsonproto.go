package awssim

import (
	"encoding/json"
	"net/http"
)

// jsonWire is AWS JSON 1.0, which newer Python clients prefer: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type jsonWire struct{}

func (jsonWire) decode(_ *http.Request, body []byte) (document, error) {
	if len(body) == 0 {
		return document{}, nil
	}
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, malformed("The body is not a JSON object.")
	}
	return d, nil
}

const jsonContentType = "application/x-amz-json-1.0"

func (jsonWire) encodeError(err *apiError, c *call) (string, []byte, http.Header) {
	name, queryError := err.shape()
	return jsonContentType, marshalJSON(map[string]string{"__type": name, "message": err.message}), queryErrorHeader(queryError)
}

func (jsonWire) encode(out any) (string, []byte) { return jsonContentType, marshalJSON(out) }

func marshalJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		// Every answer is one of this package's own structures of texts and finite numbers.
		panic("awssim: answer cannot be written as JSON: " + err.Error())
	}
	return b
}
