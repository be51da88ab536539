package accounts

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Account is one AWS account as the administrator described it.
type Account struct {
	ID         string            `json:"id"`         // twelve digits
	Alias      string            `json:"alias"`      // what people see; the id where empty
	RoleARN    string            `json:"roleArn"`    // empty: read with the data source's own credentials
	ExternalID string            `json:"externalId"` // of the role's trust policy; not a secret by AWS's definition
	Regions    []string          `json:"regions"`    // empty: the data source's default region
	Labels     map[string]string `json:"labels"`

	mistake error // in how it is written
}

// UnmarshalJSON reads each field by itself. It never fails: a mistake, an unknown field among them, is one of this account alone, which keeps
// its name as far as it can be read. An id may be a number, as YAML has it without quotes.
func (a *Account) UnmarshalJSON(raw []byte) error {
	*a = Account{}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		a.mistake = explainType("accounts", err)
		return nil
	}
	known := map[string]any{
		"id": &a.ID, "alias": &a.Alias, "roleArn": &a.RoleARN, "externalId": &a.ExternalID, "regions": &a.Regions, "labels": &a.Labels,
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		into, ok := known[name]
		err := fmt.Errorf("field %q: is unknown: use %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		if ok {
			err = explainType(name, json.Unmarshal(digits(name, fields[name]), into))
		}
		if err != nil && a.mistake == nil {
			a.mistake = err
		}
	}
	return nil
}

// digits is an id as a text, where it is written as a whole number.
func digits(name string, raw json.RawMessage) json.RawMessage {
	number, err := strconv.ParseFloat(string(raw), 64)
	if name != "id" || err != nil || number != math.Trunc(number) || math.Abs(number) >= 1<<53 {
		return raw
	}
	return json.RawMessage(strconv.Quote(strconv.FormatFloat(number, 'f', 0, 64)))
}

// fieldsOf are the names of a structure's fields in JSON.
func fieldsOf(structure any) []string {
	var names []string
	for t, i := reflect.TypeOf(structure), 0; i < t.NumField(); i++ {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

var (
	accountID  = regexp.MustCompile(`^\d{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)
)

// check says what is wrong with the account's own settings, naming the field.
func (a Account) check() error {
	if a.mistake != nil {
		return a.mistake
	}
	if !accountID.MatchString(a.ID) {
		return fmt.Errorf("field %q: %q is not twelve digits (in YAML, put it into quotes: a zero at its beginning is lost without)", "id", a.ID)
	}
	partition := ""
	if a.RoleARN != "" {
		role, err := arn.Parse(a.RoleARN)
		if err != nil || role.Service != "iam" || !strings.HasPrefix(role.Resource, "role/") {
			return fmt.Errorf("field %q: %q is no role such as arn:aws:iam::%s:role/vigia-reader", "roleArn", a.RoleARN, a.ID)
		}
		if role.AccountID != a.ID {
			return fmt.Errorf("field %q: the role belongs to account %s, not to %s", "roleArn", role.AccountID, a.ID)
		}
		partition = role.Partition
	}
	for _, region := range a.Regions {
		if !regionName.MatchString(region) {
			return fmt.Errorf("field %q: %q is no region such as us-east-1", "regions", region)
		}
		if partition != "" && partitionOf(region) != partition {
			return fmt.Errorf("field %q: %s is in partition %s, but the role is in %s", "regions", region, partitionOf(region), partition)
		}
	}
	return nil
}

// partitionOf is the ARN partition of a region, by the prefixes of the SDK's endpoint rules.
func partitionOf(region string) string {
	for _, p := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
		{"eu-isoe-", "aws-iso-e"}, {"us-iso-", "aws-iso"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
