package plugin

import (
	"fmt"

	"github.com/vigia-cloudwatch/vigia/pkg/series"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// tellDamage writes to the log which chunks of the cache were found damaged since it was last called, as far as they are of this data source's
// accounts: of others it does not know what they hide.
func (i *Instance) tellDamage() {
	chunks, newest := i.store.Damaged()
	fresh := chunks - int(i.damageTold.Swap(int64(chunks)))
	for _, d := range newest[max(0, len(newest)-max(0, fresh)):] {
		if i.reads(d.Series) {
			i.guard.log().damaged(d)
		}
	}
}

// reads says that a series is read by an account of the settings.
func (i *Instance) reads(k series.Key) bool {
	for _, a := range i.directory.Accounts() {
		if a.ID == k.AccountID && a.RoleARN == k.RoleARN && i.directory.Source(a) == k.Source {
			return true
		}
	}
	return false
}

func (d discreet) damaged(what store.Damage) {
	k := what.Series
	pairs := []any{"account_id", k.AccountID, "region", k.Region, "namespace", k.Namespace, "metric", k.Metric, "stat", k.Stat, "period", k.Period.String()}
	for _, dimension := range k.Dimensions {
		pairs = append(pairs, dimension.Name, dimension.Value)
	}
	d.warn("stored points were damaged and are asked of AWS again, as far as it keeps them",
		append(pairs, "from", what.Window.Start, "to", what.Window.End)...)
}

// damageNote is what health says of damage; "" where there is none.
func (i *Instance) damageNote() string {
	chunks, _ := i.store.Damaged()
	if chunks == 0 {
		return ""
	}
	return fmt.Sprintf("Damaged pieces of the cache that were found since Grafana started: %d. What they held is asked of AWS again, as far as AWS keeps it. "+
		"Check the disk; the log says which series.", chunks)
}
