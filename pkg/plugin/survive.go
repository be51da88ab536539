package plugin

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// A panic in a goroutine would end the process and with it every data source of the plugin. It is a defect of ours all the same: it is
// logged with its stack, and the query it happened to fails.

// caught turns a panic into the error; it is to be deferred.
func caught(err *error) {
	if r := recover(); r != nil {
		backend.Logger.Error("a query panicked", "panic", speechless(r), "stack", string(debug.Stack()))
		*err = ours{fmt.Errorf("internal error: %v", r)}
	}
}

// speechless is what panicked, without a text that may hold what the settings hide; the stack shows where it stands in the code.
func speechless(r any) string {
	if err, ok := r.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", r)
}

// survive answers with an error where the answer panics.
func survive(answer func() backend.DataResponse) (response backend.DataResponse) {
	var err error
	defer func() {
		if err != nil {
			response = backend.ErrorResponseWithErrorSource(err)
		}
	}()
	defer caught(&err)
	return answer()
}
