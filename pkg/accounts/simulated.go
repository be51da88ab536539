package accounts

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/grafana/grafana-aws-sdk/pkg/awsauth"
)

// InProcess provides configurations whose every call goes to the given client, with static keys and the real assuming of roles. It is for
// the simulator: neither Grafana's [aws] section nor the host's AWS environment concerns it.
func InProcess(client *http.Client) awsauth.ConfigProvider { return inProcess{client} }

type inProcess struct{ client *http.Client }

// GetConfig never fails: a role is assumed at the first call that needs it.
func (p inProcess) GetConfig(_ context.Context, s awsauth.Settings) (aws.Config, error) {
	cfg := aws.Config{
		Region:      s.Region,
		HTTPClient:  p.client,
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, s.SessionToken),
	}
	if s.AssumeRoleARN == "" {
		return cfg, nil
	}
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), s.AssumeRoleARN, func(o *stscreds.AssumeRoleOptions) {
		if s.ExternalID != "" {
			o.ExternalID = aws.String(s.ExternalID)
		}
	})
	cfg.Credentials = aws.NewCredentialsCache(role)
	return cfg, nil
}
