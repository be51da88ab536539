package accounts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/grafana/grafana-aws-sdk/pkg/awsauth"
)

// InProcess provides configurations with static keys and the real assuming of roles, and with nothing else: neither Grafana's [aws] section
// nor the host's AWS environment concerns them. It is for the simulator.
type InProcess struct{}

var _ awsauth.ConfigProvider = InProcess{}

// GetConfig never fails: a role is assumed at the first call that needs it.
func (InProcess) GetConfig(_ context.Context, s awsauth.Settings) (aws.Config, error) {
	cfg := aws.Config{
		Region:      s.Region,
		HTTPClient:  s.HTTPClient,
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
