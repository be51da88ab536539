package awssim

import (
	"net/http"

	"github.com/aws/smithy-go/encoding/cbor"
)

// cborWire is Smithy RPC v2 with CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type cborWire struct{}

func (cborWire) decode(r *http.Request, body []byte) (document, error) {
	if r.Method != http.MethodPost {
		return nil, malformed("The method must be POST.")
	}
	if len(body) == 0 {
		return document{}, nil
	}
	v, err := cbor.Decode(body)
	if err != nil {
		return nil, malformed("The body is not valid CBOR.")
	}
	m, ok := v.(cbor.Map)
	if !ok {
		return nil, malformed("The body must be a CBOR map.")
	}
	return cborDocument(m), nil
}

func cborDocument(m cbor.Map) document {
	d := make(document, len(m))
	for name, v := range m {
		d[name] = fromCBOR(v)
	}
	return d
}

// fromCBOR turns a value into document terms. What cannot be a parameter of AWS becomes unreadable.
func fromCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.String:
		return string(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Map:
		return cborDocument(v)
	case cbor.List:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = fromCBOR(item)
		}
		return list
	case *cbor.Tag:
		return cborTime(v)
	case cbor.Uint, cbor.NegInt:
		if n, err := cbor.AsInt64(v); err == nil {
			return n
		}
		return unreadable{}
	case cbor.Float32, cbor.Float64:
		if f, err := cbor.AsFloat64(v); err == nil {
			return f
		}
		return unreadable{}
	case *cbor.Nil, *cbor.Undefined, nil:
		return nil
	}
	return unreadable{}
}

// unreadable stands for a value that no parameter can have, so that reading it names the parameter.
type unreadable struct{}

// cborTime reads tag 1, seconds since the epoch; the check of its range is the reader's.
func cborTime(tag *cbor.Tag) any {
	if tag.ID != 1 {
		return unreadable{}
	}
	switch v := fromCBOR(tag.Value).(type) {
	case int64, float64:
		return v
	}
	return unreadable{}
}

func (cborWire) encodeError(err *apiError, c *call) (string, []byte, http.Header) {
	name, queryError := err.shape()
	body := cbor.Encode(cbor.Map{"__type": cbor.String(name), "message": cbor.String(err.message)})
	return "application/cbor", body, queryErrorHeader(queryError)
}

func queryErrorHeader(queryError string) http.Header {
	if queryError == "" {
		return nil
	}
	return http.Header{"X-Amzn-Query-Error": {queryError}}
}

func (cborWire) encode(out any) (string, []byte) {
	answer := cbor.Map{}
	switch v := out.(type) {
	case *metricDataOutput:
		results := make(cbor.List, len(v.Results))
		for i, r := range v.Results {
			results[i] = cborResult(r)
		}
		answer["MetricDataResults"] = results
		answer["Messages"] = cbor.List{}
		putText(answer, "NextToken", v.NextToken)
	case *listMetricsOutput:
		metrics := make(cbor.List, len(v.Metrics))
		for i, m := range v.Metrics {
			metrics[i] = cborMetric(m)
		}
		answer["Metrics"] = metrics
		putText(answer, "NextToken", v.NextToken)
		if v.OwningAccounts != nil {
			answer["OwningAccounts"] = cborTexts(v.OwningAccounts)
		}
	}
	return "application/cbor", cbor.Encode(answer)
}

func cborResult(r metricDataResult) cbor.Map {
	times, values := make(cbor.List, len(r.Timestamps)), make(cbor.List, len(r.Values))
	tags := make([]cbor.Tag, len(r.Timestamps))
	for i, t := range r.Timestamps {
		tags[i] = cbor.Tag{ID: 1, Value: cborInt(t)}
		times[i], values[i] = &tags[i], cbor.Float64(r.Values[i])
	}
	messages := make(cbor.List, len(r.Messages))
	for i, m := range r.Messages {
		messages[i] = cbor.Map{"Code": cbor.String(m.Code), "Value": cbor.String(m.Value)}
	}
	return cbor.Map{
		"Id": cbor.String(r.ID), "Label": cbor.String(r.Label), "StatusCode": cbor.String(r.StatusCode),
		"Timestamps": times, "Values": values, "Messages": messages,
	}
}

func cborInt(n int64) cbor.Value {
	if n < 0 {
		return cbor.NegInt(uint64(-n))
	}
	return cbor.Uint(uint64(n))
}

func cborMetric(m listedMetric) cbor.Map {
	dimensions := make(cbor.List, len(m.Dimensions))
	for i, d := range m.Dimensions {
		dimensions[i] = cbor.Map{"Name": cbor.String(d.Name), "Value": cbor.String(d.Value)}
	}
	return cbor.Map{"Namespace": cbor.String(m.Namespace), "MetricName": cbor.String(m.MetricName), "Dimensions": dimensions}
}

func cborTexts(texts []string) cbor.List {
	list := make(cbor.List, len(texts))
	for i, t := range texts {
		list[i] = cbor.String(t)
	}
	return list
}

func putText(m cbor.Map, name, text string) {
	if text != "" {
		m[name] = cbor.String(text)
	}
}
