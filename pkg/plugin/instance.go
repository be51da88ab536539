package plugin

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"

	"github.com/vigia-cloudwatch/vigia/pkg/accounts"
	"github.com/vigia-cloudwatch/vigia/pkg/analysis"
	"github.com/vigia-cloudwatch/vigia/pkg/calendar"
	"github.com/vigia-cloudwatch/vigia/pkg/cloudwatch"
	"github.com/vigia-cloudwatch/vigia/pkg/history"
	"github.com/vigia-cloudwatch/vigia/pkg/store"
)

// ID is the data source's plugin id. It equals the id in src/datasource/plugin.json, which a test holds it to.
const ID = accounts.PluginID

// Factory makes the instances of the data source. They share what belongs to the process: the open caches.
type Factory struct {
	cacheDir string
	stores   store.Registry
	clock    func() time.Time
	ticks    ticker // of collectors
	flights  history.Flights
	upkeep   upkeep

	recording sync.Mutex // held while logs of events are compared and continued

	observe func(analysis.States) analysis.States // of tests: stands between the engines and their stores; nil: nothing does
}

// NewFactory returns a factory whose instances keep their cache in the directory. An empty one is the system's temporary directory,
// which works everywhere but may be emptied; health says so.
func NewFactory(cacheDir string) *Factory {
	return &Factory{cacheDir: cacheDir, clock: time.Now, ticks: systemTicker}
}

// Instance is one configured data source. Grafana makes a new one whenever its settings change.
type Instance struct {
	clock     func() time.Time
	uid       string // of the data source
	directory *accounts.Directory
	simulated bool
	tempCache bool
	problem   error                       // set: the settings are wrong, and this is why
	reopen    func(context.Context) error // set: the cache could not be opened yet; tries again

	store     *store.Store
	catalog   *cloudwatch.Catalog
	reader    *history.Reader
	engine    *analysis.Engine
	calendars calendar.Set
	quality   quality
	odd       oddities
	events    *eventLog
	tokenKey  []byte  // of the tokens of pages
	budget    *budget // nil: none
	savings   savings
	watched   []watchedQuery // by the collector
	collector *collector     // nil: nothing is kept warm
	resources backend.CallResourceHandler
	guard     guard
	release   func()
	upkeep    *upkeep
	keeping   atomic.Bool // what was learnt is being stored
	unkept    sync.Once   // says that it cannot be

	damageTold atomic.Int64 // damaged chunks that the log knows

	opening sync.Mutex // held while reopen runs
	mutex   sync.Mutex // guards what follows
	clients map[cloudwatch.Scope]*awscloudwatch.Client
	users   int // calls under way
	gone    bool

	stopCollector context.CancelFunc // nil: there is none
}

var (
	_ backend.QueryDataHandler      = (*Instance)(nil)
	_ backend.CheckHealthHandler    = (*Instance)(nil)
	_ backend.CallResourceHandler   = (*Instance)(nil)
	_ instancemgmt.InstanceDisposer = (*Instance)(nil)
)

// NewInstance builds an instance. Wrong settings and a cache that cannot be opened are not errors here, where Grafana would show a
// message without the reason: the instance keeps the problem and every answer says it.
func (f *Factory) NewInstance(ctx context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	i := &Instance{uid: s.UID, tokenKey: tokenKeyOf(s.UID, s.DecryptedSecureJSONData), clock: f.clock, upkeep: &f.upkeep, clients: map[cloudwatch.Scope]*awscloudwatch.Client{}, release: func() {}}
	i.resources = i.newResources()
	settings, err := accounts.ParseSettings(s.JSONData, s.DecryptedSecureJSONData)
	if err == nil {
		i.watched, err = watchList(settings.Collector)
	}
	i.guard = newGuard(settings.Privacy, s.DecryptedSecureJSONData)
	i.guard.know(settings.Accounts)
	if err != nil {
		i.problem = err
		return i, nil
	}
	// The first request's end must not be the instance's: Grafana keeps what is made here.
	i.reopen = func(ctx context.Context) error { return i.open(context.WithoutCancel(ctx), f, settings) }
	_ = i.ready(ctx) // whoever asks next is told, or finds it mended
	return i, nil
}

func (i *Instance) open(ctx context.Context, f *Factory, settings accounts.Settings) error {
	location, err := time.LoadLocation(settings.Timezone)
	if err != nil {
		return err
	}
	outside := accounts.Outside{Ledger: i.recordSTS, Clock: i.clock}
	if i.simulated = settings.Simulated; i.simulated {
		err = i.openSimulated(ctx, &settings, &outside)
	} else {
		err = i.openShared(ctx, f)
	}
	if err != nil {
		return err
	}
	i.upkeep.join(i, policyOf(settings.Cache), i.clock())
	i.directory = accounts.NewDirectory(settings, outside)
	i.guard.know(i.directory.Accounts())
	i.calendars, i.budget = settings.Calendars, i.newBudget(settings.DailyBudgetUSD)
	i.quality = qualityOf(settings.Quality)
	i.events = newEventLog(i.store, i.uid, &f.recording, i.clock)
	i.events.log = i.guard.log()
	i.engine = analysis.New(analysis.Options{Location: location, States: f.statesOf(i.store), Version: version()})
	limit := 0
	if auth, ok := awsds.ReadAuthSettingsFromContext(ctx); ok {
		limit = auth.ListMetricsPageLimit
	}
	i.catalog = &cloudwatch.Catalog{Clients: i.client, Ledger: i.record, Clock: i.clock, PageLimit: limit}
	i.odd = oddities{store: i.store, log: i.guard.log(), unkept: &sync.Once{}, fetcher: &cloudwatch.Fetcher{Clients: i.client, Ledger: i.record, Clock: i.clock}}
	i.reader = history.NewReader(i.store, i.odd, i.clock).Metered(meter{i}).MaxStaleness(settings.Cache.Staleness())
	if !i.simulated { // which has a store of its own
		i.reader.Sharing(&f.flights)
	}
	i.beginCollecting(ctx, f, settings.Collector)
	return nil
}

func (f *Factory) statesOf(s *store.Store) analysis.States {
	if f.observe == nil {
		return states{s}
	}
	return f.observe(states{s})
}

func (i *Instance) openShared(ctx context.Context, f *Factory) error {
	dir := f.cacheDir
	if dir == "" {
		dir, i.tempCache = os.TempDir(), true
	}
	shared, release, err := f.stores.Acquire(ctx, dir)
	if err != nil {
		return err
	}
	i.store, i.release = shared, release
	return nil
}

// use marks a call under way until the returned function is called.
func (i *Instance) use() (done func()) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.users++
	return func() {
		i.mutex.Lock()
		i.users--
		last := i.gone && i.users == 0
		i.mutex.Unlock()
		if last {
			i.letGo()
		}
	}
}

// Dispose stores what was learnt and lets go of the cache once no call uses the instance any more. Grafana calls it when settings change, while queries may run.
func (i *Instance) Dispose() {
	i.mutex.Lock()
	idle := !i.gone && i.users == 0
	i.gone = true
	if i.stopCollector != nil {
		i.stopCollector()
	}
	i.mutex.Unlock()
	if idle {
		i.letGo()
	}
}

// client is the CloudWatch client of a scope, made once. It implements cloudwatch.Clients.
func (i *Instance) client(ctx context.Context, scope cloudwatch.Scope) (cloudwatch.API, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if c, ok := i.clients[scope]; ok {
		return i.guard.watch(renewing{c}), nil
	}
	account, err := i.directory.Find(scope.AccountID)
	if err != nil {
		return nil, err
	}
	cfg, err := i.directory.Config(ctx, accounts.Target{Account: account, Region: scope.Region})
	if err != nil {
		return nil, err
	}
	c := awscloudwatch.NewFromConfig(cfg, func(o *awscloudwatch.Options) {
		o.BaseEndpoint = i.directory.CloudWatchEndpoint()
		o.Retryer = newRetryer()
	})
	i.clients[scope] = c
	return i.guard.watch(renewing{c}), nil
}

func (i *Instance) scope(t accounts.Target) cloudwatch.Scope {
	return cloudwatch.Scope{AccountID: t.Account.ID, RoleARN: t.Account.RoleARN, Region: t.Region}
}

// ready fails where the instance cannot answer anything. A cache that could not be opened (locked, a full disk) is tried again.
func (i *Instance) ready(ctx context.Context) error {
	i.opening.Lock()
	defer i.opening.Unlock()
	if i.problem == nil && i.reopen != nil {
		if err := i.reopen(ctx); err != nil {
			return fmt.Errorf("the data source cannot be used: %w", err)
		}
		i.reopen = nil
	}
	if i.problem != nil {
		return fmt.Errorf("the data source cannot be used: %w", i.problem)
	}
	return nil
}
