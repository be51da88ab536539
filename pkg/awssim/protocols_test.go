package awssim

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/require"
)

// form writes parameters as the Query protocol does.
func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// post sends a body signed for CloudWatch.
func post(t *testing.T, s *Simulator, c aws.Credentials, path, body string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	return answer(s, signed(t, http.MethodPost, "http://monitoring.us-east-1.amazonaws.com"+path, body, "", "monitoring", testAnchor, c, header))
}

var (
	queryHeader = http.Header{"Content-Type": {formHeader}}
	cborHeader  = http.Header{"Content-Type": {"application/cbor"}, "Smithy-Protocol": {"rpc-v2-cbor"}}
)

func jsonHeader(operation string) http.Header {
	return http.Header{"Content-Type": {jsonContentType}, "X-Amz-Target": {jsonTarget + operation}}
}

func productionKeys(t *testing.T, s *Simulator) aws.Credentials {
	t.Helper()
	c, err := inProcess(s).assume(t, s, production).Retrieve(context.Background())
	require.NoError(t, err)
	return c
}

// One question in three protocols has one answer.
func TestProtocolsAgree(t *testing.T) {
	s, _ := newFixed(t)
	keys := productionKeys(t, s)
	start, end := testAnchor.Add(-time.Hour), testAnchor.Add(-20*time.Minute)
	over, err := inProcess(s).cloudWatch(t, s, production, usEast1).GetMetricData(context.Background(), ask(start, end, query("a", webCPU(s), "p90", 5*time.Minute)))
	require.NoError(t, err)
	want := over.MetricDataResults[0]

	prefix := "MetricDataQueries.member.1."
	w := post(t, s, keys, "/", form("Action", "GetMetricData", "Version", "2010-08-01",
		"StartTime", start.Format(time.RFC3339), "EndTime", end.Format(time.RFC3339),
		prefix+"Id", "a", prefix+"MetricStat.Stat", "p90", prefix+"MetricStat.Period", "300", prefix+"ReturnData", "true",
		prefix+"MetricStat.Metric.Namespace", nsEC2, prefix+"MetricStat.Metric.MetricName", "CPUUtilization",
		prefix+"MetricStat.Metric.Dimensions.member.1.Name", "InstanceId",
		prefix+"MetricStat.Metric.Dimensions.member.1.Value", "i-0a1b2c3d4e5f60001"), queryHeader)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var inXML getMetricDataResponse
	require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &inXML))
	require.Equal(t, "Complete", inXML.Results[0].StatusCode)

	w = post(t, s, keys, "/", `{"StartTime":`+strconv.FormatInt(start.Unix(), 10)+`,"EndTime":`+strconv.FormatInt(end.Unix(), 10)+`.0,
		"MetricDataQueries":[{"Id":"a","MetricStat":{"Stat":"p90","Period":300,"Metric":{"Namespace":"AWS/EC2","MetricName":"CPUUtilization",
		"Dimensions":[{"Name":"InstanceId","Value":"i-0a1b2c3d4e5f60001"}]}}}]}`, jsonHeader("GetMetricData"))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var inJSON metricDataOutput
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &inJSON))

	require.Len(t, want.Values, 8)
	require.Equal(t, want.Values, inJSON.Results[0].Values)
	for i := range want.Values {
		require.Equal(t, want.Timestamps[i].Unix(), inJSON.Results[0].Timestamps[i])
		require.Equal(t, want.Timestamps[i].UTC().Format(time.RFC3339), inXML.Results[0].Timestamps[i])
		v, err := strconv.ParseFloat(inXML.Results[0].Values[i], 64)
		require.NoError(t, err)
		require.Equal(t, want.Values[i], v)
	}
}

func TestListMetricsInQueryAndJSON(t *testing.T) {
	s, _ := newFixed(t)
	keys := productionKeys(t, s)
	w := post(t, s, keys, "/", form("Action", "ListMetrics", "Version", "2010-08-01", "Namespace", nsRDS, "IncludeLinkedAccounts", "true",
		"Dimensions.member.1.Name", "DBInstanceIdentifier"), queryHeader)
	var inXML listMetricsResponse
	require.NoError(t, xml.Unmarshal(w.Body.Bytes(), &inXML))
	require.Len(t, inXML.Metrics, 3)
	require.Equal(t, dimension{"DBInstanceIdentifier", "orders-primary"}, inXML.Metrics[0].Dimensions[0])
	require.Equal(t, []string{"111111111111", "111111111111", "111111111111"}, inXML.OwningAccounts)

	w = post(t, s, keys, "/", `{"Namespace":"AWS/RDS"}`, jsonHeader("ListMetrics"))
	var inJSON listMetricsOutput
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &inJSON))
	require.Len(t, inJSON.Metrics, 3)
}

func TestMalformedRequests(t *testing.T) {
	s, _ := newFixed(t)
	keys := productionKeys(t, s)
	const rpc = "/service/GraniteServiceVersion20100801/operation/"
	badTag := string(cbor.Encode(cbor.Map{"StartTime": &cbor.Tag{ID: 0, Value: cbor.String("x")}, "EndTime": cbor.Uint(1)}))
	for name, c := range map[string]struct {
		path, body string
		header     http.Header
		says       string
	}{
		"no action":             {"/", "a=b", queryHeader, "InvalidAction"},
		"unknown action":        {"/", "Action=PutMetricData&Version=2010-08-01", queryHeader, "InvalidAction"},
		"unknown version":       {"/", "Action=ListMetrics&Version=2009-01-01", queryHeader, "InvalidAction"},
		"parameter twice":       {"/", "Action=ListMetrics&Version=2010-08-01&Namespace=a&Namespace=b", queryHeader, "MalformedInput"},
		"contradiction":         {"/", "Action=ListMetrics&Version=2010-08-01&Namespace=a&Namespace.b=c", queryHeader, "MalformedInput"},
		"list is text":          {"/", "Action=GetMetricData&Version=2010-08-01&StartTime=1970-01-01&EndTime=1970-01-02&MetricDataQueries=x", queryHeader, "MetricDataQueries must be a list"},
		"time is not a time":    {"/", "Action=GetMetricData&Version=2010-08-01&StartTime=soon&EndTime=1970-01-02", queryHeader, "StartTime must be a timestamp"},
		"unknown cbor":          {rpc + "PutMetricData", "\xa0", cborHeader, "UnknownOperationException"},
		"other cbor service":    {"/service/Other/operation/ListMetrics", "\xa0", cborHeader, "UnknownOperationException"},
		"broken cbor":           {rpc + "ListMetrics", "\xa1", cborHeader, "SerializationException"},
		"cbor but no map":       {rpc + "ListMetrics", "\x01", cborHeader, "SerializationException"},
		"time of another kind":  {rpc + "GetMetricData", badTag, cborHeader, "StartTime must be a timestamp"},
		"text where list":       {rpc + "ListMetrics", string(cbor.Encode(cbor.Map{"Dimensions": cbor.String("x")})), cborHeader, "Dimensions must be a list"},
		"unknown json":          {"/", "{}", jsonHeader("PutMetricData"), "UnknownOperationException"},
		"other json service":    {"/", "{}", http.Header{"X-Amz-Target": {"Logs.ListMetrics"}}, "UnknownOperationException"},
		"broken json":           {"/", "{", jsonHeader("ListMetrics"), "SerializationException"},
		"number where a string": {"/", `{"Namespace":7}`, jsonHeader("ListMetrics"), "Namespace must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(t, s, keys, c.path, c.body, c.header)
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Contains(t, w.Body.String(), c.says)
		})
	}
}

func TestRequestThatIsNoneOfAWS(t *testing.T) {
	s, _ := newFixed(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusNotFound, w.Code)
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/x", strings.NewReader("y")))
	require.Equal(t, http.StatusNotFound, w.Code)
}

// dispatch runs an operation past the signature, as a fuzzer cannot sign.
func dispatch(s *Simulator, wire wire, operation string, body []byte) (any, error) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	input, err := wire.decode(r, body)
	if err != nil {
		return nil, err
	}
	c := &call{
		request: r, wire: wire, service: "monitoring", operation: operation, input: input, region: usEast1, now: testAnchor.Unix(),
		principal: principal{accountID: "111111111111"},
	}
	out, failed := operations["monitoring."+operation](s, c)
	if failed != nil {
		wire.encodeError(failed, c)
		return nil, failed
	}
	wire.encode(out)
	return out, nil
}

// requireWellFormed holds for whatever a request asked.
func requireWellFormed(t *testing.T, out any) {
	data, ok := out.(*metricDataOutput)
	if !ok {
		return
	}
	points := 0
	for _, r := range data.Results {
		require.Len(t, r.Values, len(r.Timestamps))
		points += len(r.Values)
	}
	require.LessOrEqual(t, points, maxDatapoints)
}

func FuzzCBORRequest(f *testing.F) {
	s, _ := newFixed(f)
	metricStat := cbor.Map{
		"Stat": cbor.String("Average"), "Period": cbor.Uint(300),
		"Metric": cbor.Map{"Namespace": cbor.String(nsEC2), "MetricName": cbor.String("CPUUtilization"), "Dimensions": cbor.List{
			cbor.Map{"Name": cbor.String("InstanceId"), "Value": cbor.String("i-0a1b2c3d4e5f60001")},
		}},
	}
	epoch := func(t time.Time) *cbor.Tag { return &cbor.Tag{ID: 1, Value: cbor.Float64(t.Unix())} }
	f.Add(cbor.Encode(cbor.Map{
		"StartTime": epoch(testAnchor.Add(-time.Hour)), "EndTime": epoch(testAnchor), "MaxDatapoints": cbor.Uint(5),
		"MetricDataQueries": cbor.List{cbor.Map{"Id": cbor.String("a"), "MetricStat": metricStat, "ReturnData": cbor.Bool(true)}},
	}))
	f.Add(cbor.Encode(cbor.Map{"StartTime": epoch(time.Time{}), "EndTime": &cbor.Tag{ID: 1, Value: cbor.NegInt(5)}, "NextToken": cbor.String("e30")}))
	f.Add(cbor.Encode(cbor.Map{"Namespace": cbor.String(nsEC2), "Dimensions": cbor.List{cbor.Map{"Name": cbor.String("InstanceId")}}}))
	f.Add([]byte{0xbf, 0xff})
	f.Add([]byte{0xa1, 0x61, 'a', 0xf9, 0x7e, 0x00})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, operation := range []string{"GetMetricData", "ListMetrics"} {
			if out, err := dispatch(s, cborWire{}, operation, body); err == nil {
				requireWellFormed(t, out)
			}
		}
	})
}

func FuzzQueryForm(f *testing.F) {
	s, _ := newFixed(f)
	f.Add("StartTime=2026-03-11T14:00:00Z&EndTime=2026-03-11T15:00:00Z&MetricDataQueries.member.1.Id=a&MetricDataQueries.member.1.MetricStat.Stat=p99" +
		"&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS%2FEC2" +
		"&MetricDataQueries.member.1.MetricStat.Metric.MetricName=CPUUtilization" +
		"&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=InstanceId" +
		"&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=i-0a1b2c3d4e5f60001")
	f.Add("Namespace=AWS%2FRDS&Dimensions.member.1.Name=DBInstanceIdentifier&NextToken=x&RecentlyActive=PT3H")
	f.Add("a.member.1=x&a.member.x=y&a.b=c&.=&..member=1")
	f.Add("StartTime=-1&EndTime=99999999999999999999&MetricDataQueries.member.0=a&MetricDataQueries.member.-1.Id=b")
	f.Fuzz(func(t *testing.T, body string) {
		for _, operation := range []string{"GetMetricData", "ListMetrics"} {
			if out, err := dispatch(s, queryWire{}, operation, []byte(body)); err == nil {
				requireWellFormed(t, out)
			}
		}
	})
}

func FuzzStatistic(f *testing.F) {
	s, _ := newFixed(f)
	for _, seed := range []string{"Average", "p99.9", "TM(10%:90%)", "PR(0.01:0.3)", "wm(:5)", "tc99", "ts(1:2%)", "IQM"} {
		f.Add(seed)
	}
	m := s.plans[1].target
	f.Fuzz(func(t *testing.T, name string) {
		st, ok := parseStatistic(name)
		if !ok {
			return
		}
		p := m.aggregate(span{testAnchor.Unix() - 7200, testAnchor.Unix() - 3600, 3600}, st, testAnchor.Unix())
		require.Len(t, p.values, 1)
		require.False(t, p.values[0] != p.values[0], "NaN for %q", name)
	})
}
