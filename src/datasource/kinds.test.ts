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

test('costs keep accounts, regions and legend, and are counted by their own period', () => {
  expect(ofKind(rich, 'costs')).toStrictEqual({
    ...both,
    kind: 'costs',
    period: 'auto',
    output: '',
    legend: '{{account}}',
  });
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

test('a measure of another kind is no output', () => {
  expect(queryErrors(query({ kind: 'quality', output: 'cost_usd' })).output).toBe(
    'cost_usd is no measure of kind quality'
  );
  expect(queryErrors(query({ kind: 'costs', output: 'cost_usd', rollUp: ['account'] }))).toEqual({});
});
