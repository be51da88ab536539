package awssim

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// queryWire is the AWS Query protocol: parameters as a form, answers in XML.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type queryWire struct{}

const monitoringNamespace = "http://monitoring.amazonaws.com/doc/2010-08-01/"

// maxParameters bounds a form: 500 queries with 30 dimensions each stay below.
const maxParameters = 60_000

func (queryWire) decode(r *http.Request, body []byte) (document, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed("The form cannot be parsed.")
	}
	if r.URL.RawQuery != "" {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, malformed("The query string cannot be parsed.")
		}
		for name, values := range query {
			form[name] = append(form[name], values...)
		}
	}
	return parseForm(form)
}

// parseForm turns names such as MetricDataQueries.member.1.Id into a tree.
func parseForm(form url.Values) (document, error) {
	if len(form) > maxParameters {
		return nil, malformed(fmt.Sprintf("The request has more than %d parameters.", maxParameters))
	}
	root := &formNode{}
	for name, values := range form {
		if len(values) != 1 {
			return nil, malformed("Parameter " + name + " is given more than once.")
		}
		if !root.put(strings.Split(name, "."), values[0]) {
			return nil, malformed("Parameter " + name + " contradicts another parameter.")
		}
	}
	tree, ok := root.document().(document)
	if !ok {
		return document{}, nil
	}
	return tree, nil
}

// formNode is either a leaf with a text or an inner node with children.
type formNode struct {
	text     *string
	children map[string]*formNode
}

// deepestName bounds how deep names nest; the deepest of the simulated operations has nine parts.
const deepestName = 16

func (n *formNode) put(path []string, text string) bool {
	if len(path) > deepestName {
		return false
	}
	for _, part := range path {
		if n.text != nil {
			return false
		}
		if n.children == nil {
			n.children = map[string]*formNode{}
		}
		next := n.children[part]
		if next == nil {
			next = &formNode{}
			n.children[part] = next
		}
		n = next
	}
	if n.children != nil || n.text != nil {
		return false
	}
	n.text = &text
	return true
}

func (n *formNode) document() any {
	if n.text != nil {
		return *n.text
	}
	if member := n.children["member"]; member != nil && len(n.children) == 1 && member.text == nil {
		return member.list()
	}
	d := make(document, len(n.children))
	for name, child := range n.children {
		d[name] = child.document()
	}
	return d
}

// list orders the members by their number; numbers may have gaps.
func (n *formNode) list() []any {
	var numbers []int
	for name := range n.children {
		if i, err := strconv.Atoi(name); err == nil && strconv.Itoa(i) == name {
			numbers = append(numbers, i)
		}
	}
	slices.Sort(numbers)
	out := make([]any, len(numbers))
	for i, number := range numbers {
		out[i] = n.children[strconv.Itoa(number)].document()
	}
	return out
}

type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Xmlns     string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func (queryWire) encodeError(err *apiError, c *call) (string, []byte, http.Header) {
	namespace := stsNamespace
	if c.service == "monitoring" {
		namespace = monitoringNamespace
	}
	body := marshalXML(errorResponse{
		Xmlns: namespace, Type: err.fault(), Code: err.queryCode(), Message: err.message, RequestID: c.requestID,
	})
	return "text/xml", body, nil
}

func (queryWire) encode(out any) (string, []byte) {
	switch v := out.(type) {
	case *metricDataOutput:
		return "text/xml", marshalXML(xmlMetricData(v))
	case *listMetricsOutput:
		return "text/xml", marshalXML(xmlListMetrics(v))
	}
	return "text/xml", marshalXML(out)
}

func marshalXML(v any) []byte {
	b, err := xml.Marshal(v)
	if err != nil {
		// Every answer is one of this package's own structures of texts and numbers.
		panic("awssim: answer cannot be written as XML: " + err.Error())
	}
	return b
}

type xmlResult struct {
	ID         string        `xml:"Id"`
	Label      string        `xml:"Label"`
	StatusCode string        `xml:"StatusCode"`
	Timestamps []string      `xml:"Timestamps>member"`
	Values     []string      `xml:"Values>member"`
	Messages   []messageData `xml:"Messages>member"`
}

type getMetricDataResponse struct {
	XMLName   xml.Name    `xml:"GetMetricDataResponse"`
	Xmlns     string      `xml:"xmlns,attr"`
	Results   []xmlResult `xml:"GetMetricDataResult>MetricDataResults>member"`
	NextToken string      `xml:"GetMetricDataResult>NextToken,omitempty"`
	RequestID string      `xml:"ResponseMetadata>RequestId"`
}

func xmlMetricData(out *metricDataOutput) getMetricDataResponse {
	answer := getMetricDataResponse{Xmlns: monitoringNamespace, NextToken: out.NextToken, RequestID: out.requestID}
	for _, r := range out.Results {
		x := xmlResult{ID: r.ID, Label: r.Label, StatusCode: r.StatusCode, Messages: r.Messages}
		x.Timestamps, x.Values = make([]string, len(r.Timestamps)), make([]string, len(r.Values))
		for i, t := range r.Timestamps {
			x.Timestamps[i] = time.Unix(t, 0).UTC().Format(time.RFC3339)
			x.Values[i] = strconv.FormatFloat(r.Values[i], 'g', -1, 64)
		}
		answer.Results = append(answer.Results, x)
	}
	return answer
}

type listMetricsResponse struct {
	XMLName        xml.Name       `xml:"ListMetricsResponse"`
	Xmlns          string         `xml:"xmlns,attr"`
	Metrics        []listedMetric `xml:"ListMetricsResult>Metrics>member"`
	OwningAccounts []string       `xml:"ListMetricsResult>OwningAccounts>member"`
	NextToken      string         `xml:"ListMetricsResult>NextToken,omitempty"`
	RequestID      string         `xml:"ResponseMetadata>RequestId"`
}

func xmlListMetrics(out *listMetricsOutput) listMetricsResponse {
	return listMetricsResponse{
		Xmlns: monitoringNamespace, Metrics: out.Metrics, OwningAccounts: out.OwningAccounts, NextToken: out.NextToken, RequestID: out.requestID,
	}
}
