package accounts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/smithy-go"
)

// PluginID is the name under which Grafana's [aws] section knows this data source.
const PluginID = "vigia-cloudwatch-datasource"

// Explain turns an error of the AWS SDK into what went wrong and what an administrator can do, naming the field of the account that
// is likely at fault. Other errors pass unchanged.
func Explain(err error) error {
	var api smithy.APIError
	var other *notOwner
	switch {
	case err == nil:
		return nil
	case errors.As(err, &other):
		return other
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &api):
		return fmt.Errorf("%s%w", advice(operationOf(err), api), &brief{api, err})
	case strings.Contains(err.Error(), "non-allowed auth method"):
		return fmt.Errorf("Grafana does not allow this authentication type: add it to allowed_auth_providers in Grafana's [aws] section: %w", err)
	case strings.Contains(err.Error(), "assume role but it is disabled"):
		return fmt.Errorf("Grafana does not allow assumed roles: set assume_role_enabled = true in Grafana's [aws] section: %w", err)
	case strings.Contains(err.Error(), "unable to add custom RootCAs"):
		return fmt.Errorf("AWS_CA_BUNDLE is set, which grafana-aws-sdk does not support; unset it and name the certificates in SSL_CERT_FILE: %w", err)
	case hasNoCredentials(err):
		return fmt.Errorf("no AWS credentials were found. Grafana 12.4 and newer keep the host's environment from plugins; "+
			"to forward it, put these lines into Grafana's configuration:\n[aws]\nforward_settings_to_plugins = %s\n(%w)", PluginID, err)
	}
	var network net.Error
	if errors.As(err, &network) {
		return fmt.Errorf("AWS cannot be reached: check the network, the region's name and the endpoint overrides: %w", err)
	}
	return err
}

// brief is an SDK error without request ids and repeated wrapping, which hide the message from people.
type brief struct {
	api   smithy.APIError
	cause error
}

func (b *brief) Error() string {
	return strings.TrimSuffix(b.api.ErrorCode()+": "+b.api.ErrorMessage(), ": ")
}

func (b *brief) Unwrap() error { return b.cause }

func operationOf(err error) string {
	var operation *smithy.OperationError
	name := ""
	for errors.As(err, &operation) { // the innermost: an AssumeRole that failed inside another call
		name, err = operation.OperationName, operation.Unwrap()
	}
	return name
}

func advice(operation string, api smithy.APIError) string {
	denied := strings.Contains(api.ErrorCode(), "AccessDenied")
	switch {
	case operation == "AssumeRole" && denied:
		return `fields "roleArn" and "externalId": the role cannot be assumed; check that it exists, that its trust policy names our principal, and the external id: `
	case operation == "AssumeRole":
		return `field "roleArn": the role cannot be assumed: `
	case denied:
		return `field "roleArn": the role lacks a permission (cloudwatch:ListMetrics, cloudwatch:GetMetricData): `
	case strings.Contains(api.ErrorCode(), "InvalidClientTokenId"), strings.Contains(api.ErrorCode(), "UnrecognizedClient"):
		return `the access key is unknown to AWS, or the region is not enabled for the account: `
	default:
		return ""
	}
}

func hasNoCredentials(err error) bool {
	for _, sign := range []string{"failed to refresh cached credentials", "no EC2 IMDS role found", "failed to get shared config profile", "static credentials are empty"} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}
