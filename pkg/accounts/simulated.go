package accounts

import (
	"context"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// allowStaticKeys lets the simulator's well-known keys through, whatever Grafana's [aws] section allows: nothing that uses them
// leaves the machine.
func allowStaticKeys(ctx context.Context) context.Context {
	return backend.WithGrafanaConfig(ctx, backend.NewGrafanaCfg(map[string]string{
		awsds.AllowedAuthProvidersEnvVarKeyName: "keys",
		awsds.AssumeRoleEnabledEnvVarKeyName:    "true",
	}))
}
