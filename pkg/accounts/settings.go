package accounts

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"

	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
)

// ErrNoAccount is a data source without any account.
var ErrNoAccount = errors.New(`field "accounts": the data source has no account; add at least one in its settings (jsonData.accounts)`)

// Settings is the data source's jsonData.
type Settings struct {
	AuthType           string    `json:"authType"` // of grafana-aws-sdk: default, keys, credentials, ec2_iam_role, grafana_assume_role
	Profile            string    `json:"profile"`
	DefaultRegion      string    `json:"defaultRegion"`
	STSEndpoint        string    `json:"stsEndpoint"`
	CloudWatchEndpoint string    `json:"cloudWatchEndpoint"`
	Simulated          bool      `json:"simulated"`
	Timezone           string    `json:"timezone"`
	Accounts           []Account `json:"accounts"`
	DailyBudgetUSD     *float64  `json:"dailyBudgetUSD"` // what its accounts may cost in a day, in UTC; nil: any price

	Cache     Cache        `json:"-"` // of the field "cache"
	Calendars calendar.Set `json:"-"` // of the field "calendars": planned events
	Quality   Quality      `json:"-"` // of the field "quality"
	Collector Collector    `json:"-"` // of the field "collector"
	Privacy   Privacy      `json:"-"` // of the field "privacy", with its key

	// Secrets, from the data source's secureJsonData.
	AccessKey    string `json:"-"`
	SecretKey    string `json:"-"`
	SessionToken string `json:"-"`
}

// ParseSettings reads jsonData and the decrypted secrets. Errors name the field; a mistake inside one account is not an error here
// but a failure of that account. What is to be hidden comes back with an error too, so that the error is told without it.
func ParseSettings(jsonData []byte, secrets map[string]string) (Settings, error) {
	var s Settings
	var err error
	if s.Privacy, err = ParsePrivacy(jsonData, secrets); err != nil {
		return s, err
	}
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &s); err != nil {
			return s, fmt.Errorf("data source settings: %w", explainType("", err))
		}
	}
	if err := s.takeSecretAccounts(secrets); err != nil {
		return s, err
	}
	if err := s.parseCache(jsonData); err != nil {
		return s, err
	}
	if s.AuthType == "" {
		s.AuthType = "default"
	}
	if s.DefaultRegion == "" {
		s.DefaultRegion = "us-east-1"
	}
	if s.Timezone == "" {
		s.Timezone = "UTC"
	}
	s.AccessKey, s.SecretKey, s.SessionToken = secrets["accessKey"], secrets["secretKey"], secrets["sessionToken"]
	if err := s.validate(); err != nil {
		return s, err
	}
	if s.Collector, err = ParseCollector(jsonData); err != nil {
		return s, err
	}
	if s.Quality, err = ParseQuality(jsonData); err != nil {
		return s, err
	}
	if err := s.checkPrivacy(); err != nil {
		return s, err
	}
	return s, s.parseCalendars(jsonData)
}

// parseCache reads the field "cache", whose fields have no other names than these: one that is mistyped would be kept to by nobody.
func (s *Settings) parseCache(jsonData []byte) error {
	var raw struct {
		Cache json.RawMessage `json:"cache"`
	}
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &raw); err != nil {
			return fmt.Errorf("data source settings: %w", err)
		}
	}
	if err := decodeStrictly("cache", raw.Cache, &s.Cache, fieldsOf(s.Cache)...); err != nil || len(raw.Cache) == 0 {
		return err
	}
	var tiers struct {
		KeepDays json.RawMessage `json:"keepDays"`
	}
	if err := json.Unmarshal(raw.Cache, &tiers); err != nil {
		return fmt.Errorf("data source settings: %w", err)
	}
	return decodeStrictly("cache.keepDays", tiers.KeepDays, &s.Cache.KeepDays, fieldsOf(s.Cache.KeepDays)...)
}

// parseCalendars reads the calendars. A mistake in one is a mistake of the data source: a planned event that is left out would wake people.
func (s *Settings) parseCalendars(jsonData []byte) error {
	if len(jsonData) == 0 {
		return nil
	}
	var raw struct {
		Calendars json.RawMessage `json:"calendars"`
	}
	if err := json.Unmarshal(jsonData, &raw); err != nil {
		return fmt.Errorf("data source settings: %w", err)
	}
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return fmt.Errorf("field %q: %w", "timezone", err)
	}
	s.Calendars, err = calendar.Parse(raw.Calendars, zone)
	return err
}

func (s Settings) validate() error {
	if _, err := awsds.ToAuthType(s.AuthType); err != nil {
		return fmt.Errorf("field %q: %q is unknown: use default, keys, credentials, ec2_iam_role or grafana_assume_role", "authType", s.AuthType)
	}
	if s.AuthType == "keys" && !s.Simulated && (s.AccessKey == "" || s.SecretKey == "") {
		return fmt.Errorf("fields %q and %q: authType keys needs both", "accessKey", "secretKey")
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil {
		return fmt.Errorf("field %q: %q is no IANA time zone such as Europe/Madrid", "timezone", s.Timezone)
	}
	if err := s.Cache.check(); err != nil {
		return err
	}
	if b := s.DailyBudgetUSD; b != nil && *b <= 0 {
		return fmt.Errorf("field %q: %v is no amount above 0; leave it out where there is no budget", "dailyBudgetUSD", *b)
	}
	for field, endpoint := range map[string]string{"stsEndpoint": s.STSEndpoint, "cloudWatchEndpoint": s.CloudWatchEndpoint} {
		if err := checkEndpoint(endpoint); err != nil {
			return fmt.Errorf("field %q: %w", field, err)
		}
	}
	// grafana-aws-sdk takes such a host for the regional default and drops the override without a word.
	if strings.HasPrefix(s.STSEndpoint, "https://sts.") || strings.HasPrefix(s.STSEndpoint, "https://sts-fips.") {
		return fmt.Errorf("field %q: hosts that begin with sts. are AWS's own regional endpoints, which are used anyway; leave the field empty", "stsEndpoint")
	}
	return nil
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is no URL such as https://monitoring.example.com", endpoint)
	}
	return nil
}
