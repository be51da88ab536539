package awssim

import (
	"crypto/rand"
	"encoding/xml"
	"regexp"
	"strconv"
	"time"
)

// STS, version 2011-06-15: AssumeRole and GetCallerIdentity.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

	shortestSession   = 15 * time.Minute
	longestSession    = 12 * time.Hour
	longestExternalID = 1224
	roleMaxSession    = time.Hour // MaxSessionDuration of every reader role: the default of IAM
)

var (
	roleARNPattern     = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b):iam::\d{12}:role/[\w+=,.@/-]{1,576}$`)
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

type assumeRoleResponse struct {
	XMLName     xml.Name    `xml:"AssumeRoleResponse"`
	Xmlns       string      `xml:"xmlns,attr"`
	AssumedRole assumedRole `xml:"AssumeRoleResult>AssumedRoleUser"`
	Credentials grant       `xml:"AssumeRoleResult>Credentials"`
	RequestID   string      `xml:"ResponseMetadata>RequestId"`
}

type assumedRole struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	Arn           string
}

type grant struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

type callerIdentityResponse struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	Xmlns     string   `xml:"xmlns,attr"`
	Arn       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

func (s *Simulator) getCallerIdentity(c *call) (any, *apiError) {
	return callerIdentityResponse{
		Xmlns: stsNamespace, Arn: c.principal.arn, UserID: c.principal.userID, Account: c.principal.accountID, RequestID: c.requestID,
	}, nil
}

// assumeRole denies what AWS denies, in its words: it does not say whether the role, the external id or the caller is at fault.
func (s *Simulator) assumeRole(c *call) (any, *apiError) {
	in, err := readAssumeRole(c.input)
	if err != nil {
		return nil, err
	}
	account, ok := accountByRole(s.accounts, in.roleARN)
	if !ok || !c.principal.base || in.externalID != account.ExternalID {
		return nil, denied(c.principal.arn, "sts:AssumeRole", in.roleARN)
	}
	if in.duration > roleMaxSession {
		return nil, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	id := "AROA" + hashText(hashKey(s.seed, account.ID), 17)
	p := principal{
		accountID: account.ID,
		arn:       "arn:aws:sts::" + account.ID + ":assumed-role/" + account.RoleName + "/" + in.sessionName,
		userID:    id + ":" + in.sessionName,
	}
	granted := s.sessions.begin(p, s.lives(), in.duration)
	return assumeRoleResponse{
		Xmlns:       stsNamespace,
		AssumedRole: assumedRole{AssumedRoleID: p.userID, Arn: p.arn},
		Credentials: grant{
			AccessKeyID: granted.accessKey, SecretAccessKey: granted.secret, SessionToken: granted.token,
			Expiration: granted.expires.UTC().Format(time.RFC3339),
		},
		RequestID: c.requestID,
	}, nil
}

type assumeRoleInput struct {
	roleARN, sessionName, externalID string
	duration                         time.Duration
}

func readAssumeRole(d document) (in assumeRoleInput, _ *apiError) {
	for name, target := range map[string]*string{"RoleArn": &in.roleARN, "RoleSessionName": &in.sessionName, "ExternalId": &in.externalID} {
		text, err := d.field(name).text()
		if err != nil {
			return in, asAPIError(err)
		}
		*target = text
	}
	switch {
	case in.roleARN == "":
		return in, constraint("", "roleArn", "Member must not be null")
	case len(in.roleARN) < 20:
		return in, constraint(in.roleARN, "roleArn", "Member must have length greater than or equal to 20")
	case !roleARNPattern.MatchString(in.roleARN):
		return in, validation("Request ARN is invalid")
	case !sessionNamePattern.MatchString(in.sessionName):
		return in, constraint(in.sessionName, "roleSessionName", `Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	case in.externalID != "" && (len(in.externalID) > longestExternalID || !externalIDPattern.MatchString(in.externalID)):
		return in, constraint(in.externalID, "externalId", `Member must satisfy regular expression pattern: [\w+=,.@:\/-]*`)
	}
	in.duration = time.Hour
	if f := d.field("DurationSeconds"); f.present() {
		seconds, err := f.integer()
		if err != nil {
			return in, asAPIError(err)
		}
		if seconds < int64(shortestSession/time.Second) {
			return in, constraint(strconv.FormatInt(seconds, 10), "durationSeconds", "Member must have value greater than or equal to 900")
		}
		if seconds > int64(longestSession/time.Second) {
			return in, constraint(strconv.FormatInt(seconds, 10), "durationSeconds", "Member must have value less than or equal to 43200")
		}
		in.duration = time.Duration(seconds) * time.Second
	}
	return in, nil
}

func constraint(value, member, text string) *apiError {
	return validation("1 validation error detected: Value '" + value + "' at '" + member + "' failed to satisfy constraint: " + text)
}

// hashText writes a hash in the letters of AWS identifiers.
func hashText(h uint64, length int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, length)
	for i := range b {
		b[i] = letters[mix(h+uint64(i))&31]
	}
	return string(b)
}

// newRequestID makes an identifier in the form of a UUID.
func newRequestID() string {
	const hexDigits = "0123456789abcdef"
	b := make([]byte, 36)
	rand.Read(b) // never fails, see crypto/rand
	for i := range b {
		b[i] = hexDigits[b[i]&15]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			b[i] = '-'
		}
	}
	return string(b)
}
