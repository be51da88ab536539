package awssim

import "slices"

// The base credentials: an IAM user of a management account that may assume every reader role and has no metrics of its own.
const (
	AccessKeyID         = "AKIAVIGIASIMULATED01"
	SecretAccessKey     = "simulated-secret"
	ManagementAccountID = "999999999999"
)

const (
	roleName      = "vigia-reader"
	managementARN = "arn:aws:iam::" + ManagementAccountID + ":user/vigia"

	production = "production"
	staging    = "staging"
	data       = "data"

	usEast1 = "us-east-1"
	euWest1 = "eu-west-1"
)

// Account is one simulated AWS account and the role that reads its metrics.
type Account struct {
	ID         string   `json:"id"`    // twelve digits
	Alias      string   `json:"alias"` // what people call it
	RoleName   string   `json:"roleName"`
	RoleARN    string   `json:"roleArn"`
	ExternalID string   `json:"externalId"` // AssumeRole is denied without it
	Regions    []string `json:"regions"`    // where the account has metrics
}

func newAccount(id, alias string, regions ...string) Account {
	return Account{
		ID:         id,
		Alias:      alias,
		RoleName:   roleName,
		RoleARN:    "arn:aws:iam::" + id + ":role/" + roleName,
		ExternalID: "vigia-" + alias,
		Regions:    regions,
	}
}

func simulatedAccounts() []Account {
	return []Account{
		newAccount("111111111111", production, usEast1, euWest1),
		newAccount("222222222222", staging, usEast1),
		newAccount("333333333333", data, usEast1),
	}
}

// Accounts returns the simulated accounts: production, staging and data, in this order. The caller owns the result.
func (s *Simulator) Accounts() []Account {
	out := slices.Clone(s.accounts)
	for i := range out {
		out[i].Regions = slices.Clone(out[i].Regions)
	}
	return out
}

func accountByAlias(accounts []Account, alias string) Account {
	i := slices.IndexFunc(accounts, func(a Account) bool { return a.Alias == alias })
	return accounts[i]
}

func accountByRole(accounts []Account, arn string) (Account, bool) {
	i := slices.IndexFunc(accounts, func(a Account) bool { return a.RoleARN == arn })
	if i < 0 {
		return Account{}, false
	}
	return accounts[i], true
}
