import { type DataFrame } from '@grafana/data';
import { withUsageStats } from './usage';

const frame = (refId: string, usage?: object, meta: object = {}): DataFrame => ({
  refId,
  fields: [],
  length: 0,
  meta: { custom: { vigia: 1, ...(usage && { usage }) }, ...meta },
});
const usage = { series: 12, requests: 3, metricsAsked: 10, metricsSaved: 2, estimatedCostUSD: 0.0001, cacheHits: 2 };
const statsOf = (frames: DataFrame[]) => withUsageStats({ data: frames }).data.map((one: DataFrame) => one.meta?.stats);

test('each query tells once what it cost', () => {
  const [first, second, other] = statsOf([frame('A', usage), frame('A', usage), frame('B', usage)]);
  expect(first).toEqual([
    { displayName: 'A: series', value: 12 },
    { displayName: 'A: calls of AWS', value: 3 },
    { displayName: 'A: metrics asked of AWS', value: 10 },
    { displayName: 'A: metrics answered from the cache', value: 2 },
    { displayName: 'A: estimated price', value: 0.0001, unit: 'currencyUSD' },
  ]);
  expect(second).toBeUndefined();
  expect(other?.[0].displayName).toBe('B: series');
});

test('a query that reads no series tells nothing, and frames of others pass', () => {
  const foreign: DataFrame = { fields: [], length: 0 };
  expect(statsOf([frame('A', { ...usage, series: 0 }), frame('B'), foreign])).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('what stands there already stays', () => {
  const [stats] = statsOf([frame('A', usage, { stats: [{ displayName: 'rows', value: 1 }] })]);
  expect(stats).toHaveLength(6);
  expect(stats?.[0].displayName).toBe('rows');
});
