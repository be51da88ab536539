package awssim

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// botoScript is what a user of boto3 would write: assume the role, list the metrics, get the data, and meet an error.
const botoScript = `
import boto3, botocore, datetime, json, sys
from botocore.config import Config

endpoint, key, secret, role, external = sys.argv[1:6]
end = datetime.datetime.fromtimestamp(int(sys.argv[6]), datetime.timezone.utc)
config = Config(retries={"max_attempts": 1}, proxies={})

def client(service, **credentials):
    return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, config=config, **credentials)

sts = client("sts", aws_access_key_id=key, aws_secret_access_key=secret)
c = sts.assume_role(RoleArn=role, RoleSessionName="boto", ExternalId=external)["Credentials"]
session = dict(aws_access_key_id=c["AccessKeyId"], aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"])
cw = client("cloudwatch", **session)
metrics = [m for page in cw.get_paginator("list_metrics").paginate(RecentlyActive="PT3H") for m in page["Metrics"]]
queries = [{"Id": "m%d" % i, "MetricStat": {"Metric": m, "Period": 300, "Stat": "Average"}} for i, m in enumerate(metrics)]
pages = cw.get_paginator("get_metric_data").paginate(
    MetricDataQueries=queries, StartTime=end - datetime.timedelta(hours=6), EndTime=end, ScanBy="TimestampAscending",
    PaginationConfig={"PageSize": 500})
points, complete, first = 0, set(), None
for page in pages:
    for r in page["MetricDataResults"]:
        points += len(r["Values"])
        if r["StatusCode"] == "Complete":
            complete.add(r["Id"])
        if first is None and r["Values"]:
            first = r["Timestamps"][0].timestamp()

def code(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"]

print(json.dumps({
    "version": botocore.__version__,
    "identity": client("sts", **session).get_caller_identity()["Arn"],
    "namespaces": sorted({m["Namespace"] for m in metrics}), "metrics": len(metrics),
    "points": points, "complete": len(complete), "first": first,
    "denied": code(sts.assume_role, RoleArn=role, RoleSessionName="boto", ExternalId="wrong"),
    "invalid": code(cw.get_metric_data, MetricDataQueries=queries[:1], StartTime=end, EndTime=end),
}))
`

// A client that no one here wrote must be satisfied too.
func TestBoto3(t *testing.T) {
	const python = "/usr/bin/python3"
	if out, err := exec.Command(python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("boto3 is absent (Debian: python3-boto3), so the simulator is not tried with it: %v %s", err, out)
	}
	end := time.Now().Truncate(5 * time.Minute).Add(-30 * time.Minute)
	s := newSimulator(t, Config{Anchor: end})
	server := httptest.NewServer(s)
	defer server.Close()
	account := accountByAlias(s.Accounts(), production)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "-c", botoScript, server.URL, AccessKeyID, SecretAccessKey, account.RoleARN, account.ExternalID,
		strconv.FormatInt(end.Unix(), 10)).CombinedOutput()
	require.NoError(t, err, string(out))
	var got struct {
		Version, Identity, Denied, Invalid string
		Namespaces                         []string
		Metrics, Points, Complete          int
		First                              float64
	}
	require.NoError(t, json.Unmarshal(out, &got), string(out))
	t.Logf("botocore %s", got.Version)
	require.Equal(t, "arn:aws:sts::111111111111:assumed-role/vigia-reader/boto", got.Identity)
	require.Equal(t, []string{nsALB, nsEC2, nsLambda, nsRDS, nsSQS}, got.Namespaces)
	require.Equal(t, got.Metrics, got.Complete)
	require.Equal(t, 72*got.Metrics, got.Points)
	require.Equal(t, float64(end.Add(-6*time.Hour).Unix()), got.First)
	require.Equal(t, "AccessDenied", got.Denied)
	require.Equal(t, "ValidationError", got.Invalid)
	require.Equal(t, got.Points, s.Counts().Of(account.ID, "GetMetricData").Datapoints)
}
