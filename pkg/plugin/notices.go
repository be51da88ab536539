package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/query"
	"github.com/vigia-cloudwatch/vigia/pkg/series"
)

// simulatedNotice marks every answer of a simulated data source.
const simulatedNotice = "Simulated data: this data source is set to simulated, no AWS account was asked."

// whole makes one error of what failed in part.
func whole(failures []accounts.Failure, cut string) error {
	errs := byReason(failures)
	if cut != "" {
		errs = append(errs, errors.New(cut))
	}
	return errors.Join(errs...)
}

// shared is a reason that several accounts or regions have.
type shared struct {
	where string
	error
}

func (s shared) Error() string { return s.where + ": " + s.error.Error() }
func (s shared) Unwrap() error { return s.error }

// byReason tells what went wrong, each reason once.
func byReason(failures []accounts.Failure) (reasons []error) {
	where := map[string][]string{}
	for _, f := range failures {
		where[f.Err.Error()] = append(where[f.Err.Error()], f.Where())
	}
	for _, f := range failures {
		if places := where[f.Err.Error()]; places != nil {
			reasons = append(reasons, shared{strings.Join(places, ", "), f.Err})
			delete(where, f.Err.Error())
		}
	}
	return reasons
}

func tooOld(q query.Query, w series.Window) error {
	return &query.FieldError{Field: "period", Reason: fmt.Sprintf("AWS keeps points of a period of %s for %s, and the range ends before that; choose a longer period (5m is kept 63 days, 1h 455 days)",
		q.Period, days(cloudwatch.Retention(w.Period).Hours()))}
}

// forgotten says that some series have no points any more in the older part of a range.
func forgotten(period time.Duration, count int) string {
	return fmt.Sprintf("AWS keeps points of a period of %s for %s: the older part of the range is missing in %d series",
		period, days(cloudwatch.Retention(period).Hours()), count)
}

func days(hours float64) string {
	if hours < 48 {
		return fmt.Sprintf("%.0f hours", hours)
	}
	return fmt.Sprintf("%.0f days", hours/24)
}

// notices says what the answer does not show by itself.
func (i *Instance) notices(p plan, failures []accounts.Failure, read reading, shown int, silent error) []data.Notice {
	q := p.query
	var out []data.Notice
	add := func(severity data.NoticeSeverity, format string, args ...any) {
		out = append(out, data.Notice{Severity: severity, Text: fmt.Sprintf(format, args...)})
	}
	if i.simulated {
		add(data.NoticeSeverityInfo, simulatedNotice)
	}
	for _, reason := range byReason(failures) {
		add(data.NoticeSeverityWarning, "%v", reason)
	}
	if p.cut != "" {
		add(data.NoticeSeverityWarning, "%s", p.cut)
	}
	for _, text := range slices.Concat(q.Notices, p.notices()) {
		add(data.NoticeSeverityWarning, "%s", text)
	}
	for _, name := range read.empty {
		add(data.NoticeSeverityWarning, "%s has no data with these dimensions", name)
	}
	if read.withheld.why != nil {
		add(data.NoticeSeverityWarning, "%s", read.withheld.notice())
	}
	for _, text := range read.odd {
		add(data.NoticeSeverityWarning, "%s", text)
	}
	if silent != nil {
		add(data.NoticeSeverityWarning, "%v", silent)
	}
	if read.unkept+read.partly > 0 {
		add(data.NoticeSeverityInfo, "%s; a longer period reaches further back", forgotten(q.Period, read.unkept+read.partly))
	}
	if shown == 0 {
		add(data.NoticeSeverityInfo, "no metric matches %s %s with these dimensions in the chosen accounts and regions", q.Namespace, q.Metric)
	}
	return out
}

// attach puts the notices on the first frame; Grafana shows them once for the panel.
func attach(answer data.Frames, notices []data.Notice) data.Frames {
	if len(notices) == 0 {
		return answer
	}
	if len(answer) == 0 {
		answer = data.Frames{data.NewFrame("")}
	}
	answer[0].AppendNotices(notices...)
	return answer
}
