package cloudwatch

import "context"

// Who asks where no person and no alert rule does; see WithAsker.
const (
	// Collector keeps warm what was asked for before.
	Collector = "collector"
	// SignIn renews sessions, which serve everyone.
	SignIn = "sign-in"
)

type askerKey struct{}

// WithAsker says for whom AWS is asked with the context: "panel <dashboard uid>/<panel id>", "rule <uid>", "explore", Collector and the like.
// Each call's entry in the ledger names it. Of several who wait for the same answer, it is the one who came first.
func WithAsker(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, askerKey{}, who)
}

// Asker is whom WithAsker named; "" is unknown.
func Asker(ctx context.Context) string {
	who, _ := ctx.Value(askerKey{}).(string)
	return who
}
