package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/vigia-cloudwatch/vigia/pkg/awssim"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// simulatedNamespace is where the simulator puts series of files.
const simulatedNamespace = "Replay"

// simulated is an AWS account in this process, with as many series of a minute a point as asked for, on a clock that is set by hand.
type simulated struct {
	now    time.Time
	scope  cloudwatch.Scope
	client *awscloudwatch.Client
}

func newSimulated(n int) (*simulated, error) {
	s := &simulated{now: costStart}
	sim, err := awssim.New(awssim.Config{Clock: s.clock, Sessions: time.Now, Replay: minutely(n)})
	if err != nil {
		return nil, err
	}
	accounts := sim.Accounts()
	account := accounts[len(accounts)-1] // which has the series of files
	s.scope = cloudwatch.Scope{AccountID: account.ID, RoleARN: account.RoleARN, Region: account.Regions[0]}
	cfg := aws.Config{
		Region: s.scope.Region, HTTPClient: &http.Client{Transport: sim.RoundTripper()},
		Credentials: credentials.NewStaticCredentialsProvider(awssim.AccessKeyID, awssim.SecretAccessKey, ""),
	}
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), account.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.ExternalID = aws.String(account.ExternalID)
	})
	cfg.Credentials = aws.NewCredentialsCache(role)
	s.client = awscloudwatch.NewFromConfig(cfg)
	return s, nil
}

// minutely are files of a day of points, which the simulator repeats.
func minutely(n int) fs.FS {
	files := fstest.MapFS{}
	for i := range n {
		var rows strings.Builder
		for m := range 24 * 60 {
			fmt.Fprintf(&rows, "%s,%d\n", time.Unix(int64(m*60), 0).UTC().Format(time.DateTime), (m*7+i)%101)
		}
		files[metricName(i)+".csv"] = &fstest.MapFile{Data: []byte(rows.String())}
	}
	return files
}

func metricName(i int) string { return "series-" + strconv.Itoa(i) }

func (s *simulated) clock() time.Time { return s.now }

func (s *simulated) fetcher() *cloudwatch.Fetcher {
	clients := func(context.Context, cloudwatch.Scope) (cloudwatch.API, error) { return s.client, nil }
	return &cloudwatch.Fetcher{Clients: clients, Ledger: func(cloudwatch.Call) {}, Clock: s.clock}
}

// keys are n series from the first on.
func (s *simulated) keys(first, n int, period time.Duration) []series.Key {
	keys := make([]series.Key, n)
	for i := range keys {
		name := metricName(first + i)
		keys[i] = series.Key{
			AccountID: s.scope.AccountID, RoleARN: s.scope.RoleARN, Region: s.scope.Region, Namespace: simulatedNamespace, Metric: name,
			Dimensions: []series.Dimension{{Name: "Series", Value: name}}, Stat: "Average", Period: period,
		}
	}
	return keys
}

// pages asks for all series in one request, as Grafana's own CloudWatch data source does, and counts its pages.
func (s *simulated) pages(w series.Window, keys []series.Key) (pages int, err error) {
	input := &awscloudwatch.GetMetricDataInput{StartTime: &w.Start, EndTime: &w.End}
	for i, k := range keys {
		input.MetricDataQueries = append(input.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String("q" + strconv.Itoa(i)),
			MetricStat: &types.MetricStat{
				Metric: &types.Metric{
					Namespace: &k.Namespace, MetricName: &k.Metric,
					Dimensions: []types.Dimension{{Name: &k.Dimensions[0].Name, Value: &k.Dimensions[0].Value}},
				},
				Period: aws.Int32(int32(k.Period / time.Second)), Stat: &k.Stat,
			},
		})
	}
	for all := awscloudwatch.NewGetMetricDataPaginator(s.client, input); all.HasMorePages(); pages++ {
		if _, err := all.NextPage(context.Background()); err != nil {
			return pages, err
		}
	}
	return pages, nil
}
