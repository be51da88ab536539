package awssim

// The metrics that each AWS service publishes for one resource, with its units and its way of sampling.

// load is the rhythm of a resource.
type load struct {
	profile profileName
	floor   float64 // share left at the quietest time
	weekend float64 // share of the season left at the weekend
	phase   int64   // minutes
}

func (l load) recipe(base float64, n noise) recipe {
	return recipe{base: base, floor: l.floor, profile: l.profile, weekend: l.weekend, phase: l.phase, noise: n}
}

// muted is the same rhythm with a smaller swing, for what follows the load only in part.
func (l load) muted(floor float64) load {
	l.floor = floor + (1-floor)*l.floor
	return l
}

var (
	steady  = noise{weekly: 0.03, daily: 0.015, hours: 0.02, mid: 0.03, fast: 0.03, white: 0.08}
	traffic = noise{weekly: 0.04, daily: 0.02, hours: 0.03, mid: 0.03, fast: 0.025, white: 0.03}
	volume  = noise{weekly: 0.04, daily: 0.02, hours: 0.03, mid: 0.05, fast: 0.05, white: 0.12}
	latency = noise{weekly: 0.02, daily: 0.01, hours: 0.02, mid: 0.03, fast: 0.025, white: 0.05}
	backlog = noise{weekly: 0.03, daily: 0.02, hours: 0.04, mid: 0.06, fast: 0.05, white: 0.08}
	pooled  = noise{weekly: 0.02, daily: 0.01, hours: 0.02, mid: 0.02, fast: 0.02, white: 0.03}
	rare    = noise{weekly: 0.05, daily: 0.03, hours: 0.05, mid: 0.05}
	storage = noise{weekly: 0.03, daily: 0.006, hours: 0.001, white: 0.0002}
)

func (s stand) ec2(cpu, network float64, l load) (cpuUtilization *metric) {
	r := l.recipe(cpu, steady)
	r.low, r.high = 0.1, 99.8
	cpuUtilization = s.add(nsEC2, "CPUUtilization", "Percent", oneSample, 0, r)
	r = l.recipe(network, volume)
	r.whole = true
	s.add(nsEC2, "NetworkIn", "Bytes", oneSample, 0, r)
	s.add(nsEC2, "StatusCheckFailed", "Count", oneSample, 0, recipe{weekend: 1})
	return cpuUtilization
}

type albMetrics struct{ requests, errors, successes, responseTime *metric }

func (s stand) alb(requestsPerMinute, seconds float64, l load) (m albMetrics) {
	r := l.recipe(requestsPerMinute, traffic)
	r.kind = count
	m.requests = s.add(nsALB, "RequestCount", "Count", unitSamples, 0, r)
	m.errors = s.add(nsALB, "HTTPCode_Target_5XX_Count", "Count", unitSamples, 0,
		recipe{base: 0.004, floor: 1, weekend: 1, kind: share, noise: rare, of: m.requests})
	m.successes = s.add(nsALB, "HTTPCode_Target_2XX_Count", "Count", unitSamples, 0,
		recipe{base: 0.03, floor: 1, weekend: 1, kind: remainder, noise: rare, of: m.requests, without: m.errors})
	r = l.muted(0.7).recipe(seconds, latency)
	r.of, r.low = m.requests, 0.001
	m.responseTime = s.add(nsALB, "TargetResponseTime", "Seconds", spreadValues, 0.7, r)
	return m
}

func (s stand) rds(cpu, connections, freeBytes float64, l load) (databaseConnections *metric) {
	r := l.muted(0.1).recipe(cpu, steady)
	r.low, r.high = 0.5, 99.8
	s.add(nsRDS, "CPUUtilization", "Percent", oneSample, 0, r)
	r = l.muted(0.35).recipe(connections, pooled)
	r.whole, r.high = true, connectionLimit
	databaseConnections = s.add(nsRDS, "DatabaseConnections", "Count", oneSample, 0, r)
	s.add(nsRDS, "FreeStorageSpace", "Bytes", oneSample, 0, recipe{base: freeBytes, floor: 1, weekend: 1, noise: storage, whole: true})
	return databaseConnections
}

func (s stand) lambda(invocationsPerMinute, milliseconds float64, l load) {
	r := l.recipe(invocationsPerMinute, traffic)
	r.kind = count
	invocations := s.add(nsLambda, "Invocations", "Count", unitSamples, 0, r)
	s.add(nsLambda, "Errors", "Count", zeroOrOne, 0,
		recipe{base: 0.006, floor: 1, weekend: 1, kind: share, noise: rare, of: invocations})
	r = l.muted(0.85).recipe(milliseconds, latency)
	r.of, r.low = invocations, 1
	s.add(nsLambda, "Duration", "Milliseconds", spreadValues, 0.5, r)
}

type sqsMetrics struct{ visible, age, sent *metric }

func (s stand) sqs(visible, seconds, sentPerMinute float64, l load) (m sqsMetrics) {
	r := l.recipe(visible, backlog)
	r.whole = true
	m.visible = s.add(nsSQS, "ApproximateNumberOfMessagesVisible", "Count", oneSample, 0, r)
	r = l.muted(0.5).recipe(seconds, backlog)
	r.whole = true
	m.age = s.add(nsSQS, "ApproximateAgeOfOldestMessage", "Seconds", oneSample, 0, r)
	r = l.recipe(sentPerMinute, traffic)
	r.kind = count
	m.sent = s.add(nsSQS, "NumberOfMessagesSent", "Count", oneSample, 0, r)
	return m
}

type checkoutMetrics struct{ orders, payment *metric }

func (s stand) checkout(ordersPerMinute, milliseconds float64, l load) (m checkoutMetrics) {
	r := l.recipe(ordersPerMinute, traffic)
	r.kind, r.hosts = count, 4
	m.orders = s.add(nsCheckout, "OrdersPlaced", "Count", spreadValues, 0.15, r)
	r = l.muted(0.8).recipe(milliseconds, latency)
	r.of, r.low = m.orders, 5
	m.payment = s.add(nsCheckout, "PaymentLatency", "Milliseconds", spreadValues, 0.45, r)
	return m
}
