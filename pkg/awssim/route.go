package awssim

import (
	"bytes"
	"net/http"
	"strings"
)

const (
	cborPathPrefix = "/service/GraniteServiceVersion20100801/operation/"
	jsonTarget     = "GraniteServiceVersion20100801."

	monitoringVersion = "2010-08-01"
)

// identify finds out which protocol a request speaks, from its headers and path alone.
func identify(c *call, body []byte) *apiError {
	r := c.request
	switch {
	case strings.EqualFold(r.Header.Get("Smithy-Protocol"), "rpc-v2-cbor"), strings.HasPrefix(r.URL.Path, "/service/"):
		c.wire = cborWire{}
		operation, ok := strings.CutPrefix(r.URL.Path, cborPathPrefix)
		if !ok {
			return unknownOperation(r.URL.Path)
		}
		c.service, c.operation = "monitoring", operation
	case r.Header.Get("X-Amz-Target") != "":
		c.wire = jsonWire{}
		operation, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), jsonTarget)
		if !ok {
			return unknownOperation(r.Header.Get("X-Amz-Target"))
		}
		c.service, c.operation = "monitoring", operation
	case r.Method != http.MethodPost && r.Method != http.MethodGet, len(bytes.TrimSpace(body)) == 0 && r.URL.RawQuery == "":
		return &apiError{http.StatusNotFound, "InvalidAction", "The request has no action."}
	}
	return nil
}

// route settles service and operation; in the Query protocol they stand among the parameters.
func (c *call) route() *apiError {
	if _, ok := c.wire.(queryWire); ok {
		action, _ := c.input.field("Action").text()
		version, _ := c.input.field("Version").text()
		switch version {
		case stsVersion:
			c.service = "sts"
		case monitoringVersion:
			c.service = "monitoring"
		default:
			return clientError("InvalidAction", "Could not find operation "+action+" for version "+version)
		}
		c.operation = action
	}
	if operations[c.service+"."+c.operation] == nil {
		return unknownOperation(c.operation)
	}
	return nil
}

func unknownOperation(name string) *apiError {
	return clientError("InvalidAction", "The operation "+name+" is not simulated or does not exist.")
}
