package awssim

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

func requireCode(t *testing.T, err error, code string) smithy.APIError {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	return api
}

func TestAssumeRoleRefusals(t *testing.T) {
	s, _ := newFixed(t)
	account := s.Accounts()[0]
	client := sts.NewFromConfig(inProcess(s).config(usEast1, baseCredentials()))
	valid := func() *sts.AssumeRoleInput {
		return &sts.AssumeRoleInput{
			RoleArn: aws.String(account.RoleARN), RoleSessionName: aws.String("test"), ExternalId: aws.String(account.ExternalID),
		}
	}
	for name, c := range map[string]struct {
		change func(*sts.AssumeRoleInput)
		code   string
		says   string
	}{
		"unknown role": {
			func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::111111111111:role/other") }, "AccessDenied",
			"User: arn:aws:iam::999999999999:user/vigia is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/other",
		},
		"other partition": {
			func(in *sts.AssumeRoleInput) {
				in.RoleArn = aws.String("arn:aws-cn:iam::111111111111:role/vigia-reader")
			}, "AccessDenied", "aws-cn",
		},
		"wrong external id":   {func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("vigia-staging") }, "AccessDenied", "sts:AssumeRole on resource"},
		"missing external id": {func(in *sts.AssumeRoleInput) { in.ExternalId = nil }, "AccessDenied", "sts:AssumeRole on resource"},
		"short arn":           {func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("vigia-reader") }, "ValidationError", "greater than or equal to 20"},
		"malformed arn": {
			func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::12:role/vigia-reader") }, "ValidationError", "Request ARN is invalid",
		},
		"session name": {func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, "ValidationError", "roleSessionName"},
		"too short":    {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }, "ValidationError", "greater than or equal to 900"},
		"too long":     {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43201) }, "ValidationError", "less than or equal to 43200"},
		"over the role's limit": {
			func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) }, "ValidationError", "MaxSessionDuration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := valid()
			c.change(in)
			_, err := client.AssumeRole(context.Background(), in)
			require.Contains(t, requireCode(t, err, c.code).ErrorMessage(), c.says)
		})
	}
	_, err := client.AssumeRole(context.Background(), valid())
	require.NoError(t, err)
}

func TestSessionsKnowWhoTheyAre(t *testing.T) {
	s, clock := newFixed(t)
	for _, l := range []link{inProcess(s), overHTTP(t, s)} {
		who, err := sts.NewFromConfig(l.config(usEast1, baseCredentials())).GetCallerIdentity(context.Background(), nil)
		require.NoError(t, err)
		require.Equal(t, ManagementAccountID, *who.Account)

		account := accountByAlias(s.Accounts(), staging)
		out, err := sts.NewFromConfig(l.config(usEast1, baseCredentials())).AssumeRole(context.Background(), &sts.AssumeRoleInput{
			RoleArn: aws.String(account.RoleARN), RoleSessionName: aws.String("grafana"), ExternalId: aws.String(account.ExternalID),
			DurationSeconds: aws.Int32(900),
		})
		require.NoError(t, err)
		require.Equal(t, clock.now.Add(15*time.Minute), out.Credentials.Expiration.UTC())
		require.Equal(t, "arn:aws:sts::222222222222:assumed-role/vigia-reader/grafana", *out.AssumedRoleUser.Arn)
		require.Regexp(t, `^ASIA[A-Z2-7]{16}$`, *out.Credentials.AccessKeyId)

		who, err = sts.NewFromConfig(l.config(usEast1, l.assume(t, s, staging))).GetCallerIdentity(context.Background(), nil)
		require.NoError(t, err)
		require.Equal(t, account.ID, *who.Account)
		require.Equal(t, "arn:aws:sts::222222222222:assumed-role/vigia-reader/test", *who.Arn)
	}
}

func TestSessionMayNotAssumeAnother(t *testing.T) {
	s, _ := newFixed(t)
	l := inProcess(s)
	other := accountByAlias(s.Accounts(), data)
	_, err := sts.NewFromConfig(l.config(usEast1, l.assume(t, s, staging))).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String(other.RoleARN), RoleSessionName: aws.String("test"), ExternalId: aws.String(other.ExternalID),
	})
	requireCode(t, err, "AccessDenied")
}

func TestSessionsExpireByTheClock(t *testing.T) {
	s, clock := newFixed(t)
	l := overHTTP(t, s)
	session := l.assume(t, s, production)
	cw := cloudwatch.NewFromConfig(l.config(usEast1, session))
	_, err := cw.ListMetrics(context.Background(), nil)
	require.NoError(t, err)

	clock.Advance(time.Hour)
	_, err = cw.ListMetrics(context.Background(), nil)
	requireCode(t, err, "ExpiredTokenException")
	_, err = sts.NewFromConfig(l.config(usEast1, session)).GetCallerIdentity(context.Background(), nil)
	requireCode(t, err, "ExpiredToken")
}

func TestSessionsAreForgottenInOrderOfExpiry(t *testing.T) {
	held := newSessions()
	now := testAnchor
	first := held.begin(principal{}, now, 15*time.Minute)
	var last session
	for range rememberedSessions {
		last = held.begin(principal{}, now, time.Hour)
	}
	require.LessOrEqual(t, len(held.byKey), rememberedSessions)
	_, ok := held.find(first.accessKey)
	require.False(t, ok)
	_, ok = held.find(last.accessKey)
	require.True(t, ok)
}
