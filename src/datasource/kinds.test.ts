import { COST_MEASURES, measuresOf, ofKind, QUALITY_MEASURES, queryErrors, usesField } from './kinds';
import { outputHelp, outputOf, outputOptions } from './outputs';
import { DEFAULT_QUERY, normaliseQuery } from './query';
import { type VigiaQuery } from './types';

const query = (patch: Partial<VigiaQuery> = {}): VigiaQuery => ({
  refId: 'A',
  ...DEFAULT_QUERY,
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  ...patch,
});
const rich = query({
  accounts: ['production'],
  period: '5m',
  output: 'raw_score',
  legend: '{{account}}',
  raw: true,
  events: true,
  decompose: true,
  detector: { name: 'ewma' },
  forecaster: { name: 'ets' },
  thresholdMetric: { metric: 'Limit' },
  rollUp: ['account'],
});
const both = { refId: 'A', version: 1, accounts: ['production'], regions: ['*'] };

test('quality keeps what names the metric, and nothing of scores or forecasts', () => {
  expect(ofKind(rich, 'quality')).toStrictEqual({
    ...both,
    kind: 'quality',
    namespace: 'AWS/EC2',
    metric: 'CPUUtilization',
    statistic: 'Average',
    dimensions: {},
    period: '5m',
    output: '',
    legend: '{{account}}',
  });
});

test('costs keep accounts and regions; their periods and labels are their own', () => {
  expect(ofKind(rich, 'costs')).toStrictEqual({ ...both, kind: 'costs', period: 'auto', output: '', legend: '' });
});

test('events keep what can narrow them down', () => {
  const narrowed = { namespace: 'AWS/EC2', metric: 'CPUUtilization', dimensions: {} };
  expect(ofKind(rich, 'events')).toMatchObject(narrowed);
  expect(Object.keys(ofKind(rich, 'events')).sort()).toEqual(
    ['kind', ...Object.keys(both), ...Object.keys(narrowed)].sort()
  );
});

test('back to a metric the defaults return, no kind is written, and no field of costs stays', () => {
  const costs = { ...ofKind(query(), 'costs'), by: ['region'], output: 'cost_usd' } as VigiaQuery;
  expect(ofKind(normaliseQuery(costs), 'metric')).toStrictEqual({ refId: 'A', ...DEFAULT_QUERY });
});

describe('what a query was when it was last of a kind', () => {
  const costs: VigiaQuery = {
    ...ofKind(rich, 'costs'),
    by: ['asked_by'],
    period: '1d',
    output: 'calls',
    legend: 'who',
  };

  it('returns with the kind, and not a trace of it stays meanwhile', () => {
    expect(ofKind(normaliseQuery(costs), 'metric', [rich])).toStrictEqual(rich);
    expect(ofKind(rich, 'costs', [normaliseQuery(costs)])).toStrictEqual(costs);
  });

  it('is remembered over another kind', () => {
    const events = ofKind(normaliseQuery(costs), 'events', [rich]);
    expect(events).toMatchObject({ kind: 'events', namespace: 'AWS/EC2', metric: 'CPUUtilization' });
    expect(ofKind(normaliseQuery(events), 'metric', [normaliseQuery(costs), rich])).toStrictEqual(rich);
  });

  it('gives way to what was changed meanwhile, in the fields that both use', () => {
    const quality = {
      ...ofKind(rich, 'quality'),
      namespace: 'AWS/RDS',
      accounts: ['staging'],
      output: 'quality' as const,
    };
    expect(ofKind(normaliseQuery(quality), 'metric', [rich])).toStrictEqual({
      ...rich,
      namespace: 'AWS/RDS',
      accounts: ['staging'],
    });
  });

  it('is not emptied by events of any metric', () => {
    const all = normaliseQuery({ ...both, kind: 'events' });
    const metric = { ...rich, dimensions: { InstanceId: ['i-1'] } };
    expect(ofKind(all, 'metric', [metric])).toStrictEqual(metric);
    expect(ofKind(all, 'metric')).toMatchObject({ namespace: '', metric: '', dimensions: {} });
  });

  it('does not come back with what belongs to no kind', () => {
    const foreign = { ...normaliseQuery(costs), hide: true, refId: 'B', note: 'mine' };
    expect(ofKind(foreign, 'metric', [rich])).toStrictEqual({ ...rich, hide: true, refId: 'B', note: 'mine' });
  });
});

test('the same kind changes nothing', () => {
  expect(ofKind(rich, 'metric')).toBe(rich);
  const quality = query({ kind: 'quality', output: 'quality_range' });
  expect(ofKind(quality, 'quality')).toBe(quality);
});

test('what Grafana and others keep in a query stays there', () => {
  const foreign = { ...query({ hide: true }), note: 'mine' };
  expect(ofKind(foreign, 'costs')).toMatchObject({ hide: true, note: 'mine' });
});

test('a metric is the kind that is not written, nor is an empty choice of labels', () => {
  expect(normaliseQuery(query({ kind: 'metric' }))).toStrictEqual(query());
  expect(normaliseQuery(query({ kind: 'costs', by: [] }))).not.toHaveProperty('by');
});

test('only costs have labels to be told apart by, only metrics a score', () => {
  const kinds = [undefined, 'quality', 'costs', 'events'];
  expect(kinds.map((kind) => usesField({ kind }, 'by'))).toEqual([false, false, true, false]);
  expect(kinds.map((kind) => usesField({ kind }, 'score'))).toEqual([true, false, false, false]);
});

test('each kind is offered its own measures, for a rule as for a dashboard', () => {
  const offered = (kind: string, isAlert: boolean, output: VigiaQuery['output']) =>
    outputOptions(query({ kind, output }), isAlert).map(({ value }) => outputOf(value));
  expect(offered('quality', false, '')).toEqual(['', ...QUALITY_MEASURES]);
  expect(offered('costs', false, '')).toEqual(['', ...COST_MEASURES]);
  expect(offered('costs', true, 'calls')).toEqual([...COST_MEASURES]);
  [...QUALITY_MEASURES, ...COST_MEASURES].forEach((measure) => expect(outputHelp(measure)).toMatch(/^\w.+\.$/));
  expect(measuresOf({})).toBeUndefined();
});

test('only what a kind uses can be wrong with it', () => {
  const bare = { namespace: '', metric: '', statistic: 'p101' };
  expect(queryErrors(query({ ...bare, kind: 'costs' }))).toEqual({});
  expect(queryErrors(query({ ...bare, kind: 'events', dimensions: { '': ['*'] } }))).toEqual({
    dimensions: 'A dimension has no name',
  });
  expect(Object.keys(queryErrors(query({ ...bare, kind: 'quality' })))).toEqual(['namespace', 'metric', 'statistic']);
  expect(Object.keys(queryErrors(query(bare)))).toEqual(['namespace', 'metric', 'statistic']);
});

test('costs are counted by whole hours', () => {
  const error = (period: string) => queryErrors(query({ kind: 'costs', period })).period;
  expect(['auto', '1m', '1h', '6h', '1d', '$p'].map(error)).toEqual(Array(6).fill(undefined));
  expect(error('90m')).toBe('Costs are counted by whole hours');
  expect(error('often')).toMatch(/^Use auto/);
});

test('a measure of another kind is no output', () => {
  expect(queryErrors(query({ kind: 'quality', output: 'cost_usd' })).output).toBe(
    'cost_usd is no measure of kind quality'
  );
  expect(queryErrors(query({ kind: 'costs', output: 'cost_usd', rollUp: ['account'] }))).toEqual({});
});
