package plugin

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
)

// Forty accounts that fail for the same reason are told in one line, each of them named.
func TestAReasonIsToldOnce(t *testing.T) {
	spent := &reasonError{}
	denied := errors.New("access denied")
	err := whole([]accounts.Failure{{Account: "a", Region: "r", Err: spent}, {Account: "b", Err: denied}, {Account: "c", Region: "r", Err: spent}}, "cut")
	require.EqualError(t, err, "account a (r), account c (r): budget\naccount b: access denied\ncut")
	require.ErrorIs(t, err, denied)
	var cause *reasonError
	require.ErrorAs(t, err, &cause)
}

type reasonError struct{}

func (*reasonError) Error() string { return "budget" }
