import { type ScopedVars } from '@grafana/data';
import { DEFAULT_QUERY } from './query';
import { type VigiaQuery } from './types';
import { expand, expandAll, expandQuery, expandScope, type Replace } from './variables';

const VALUES: Record<string, string | string[]> = {
  account: 'production',
  accounts: ['production', 'staging'],
  zones: ['a', 'b'],
  odd: ['x,y', '{z}', 'a b'],
  nothing: [],
};

/** Replaces `$name` as Grafana's template service does; scoped values come first. */
const replace: Replace = (text, scopedVars: ScopedVars = {}, format) =>
  text.replace(/\$(\w+)/g, (match, name: string) => {
    const value = (scopedVars[name]?.value as string | string[] | undefined) ?? VALUES[name];
    if (value === undefined) {
      return match;
    }
    return typeof format === 'function' ? format(value) : [value].flat().join(',');
  });

describe('expand', () => {
  it('leaves a text without variables alone', () => {
    expect(expand('i-0a1', replace)).toEqual(['i-0a1']);
  });

  it('gives a text for each value of a variable', () => {
    expect(expand('$accounts', replace)).toEqual(['production', 'staging']);
  });

  it('keeps what stands around a variable', () => {
    expect(expand('web-$zones-1', replace)).toEqual(['web-a-1', 'web-b-1']);
  });

  it('gives each combination of several variables', () => {
    expect(expand('$accounts/$zones', replace)).toEqual(['production/a', 'production/b', 'staging/a', 'staging/b']);
  });

  it('keeps values with commas, braces and blanks whole', () => {
    expect(expand('$odd', replace)).toEqual(['x,y', '{z}', 'a b']);
  });

  it('leaves an unknown variable for the back end to name', () => {
    expect(expand('$unknown', replace)).toEqual(['$unknown']);
  });

  it('prefers scoped values, as a repeated panel has them', () => {
    expect(expand('$accounts', replace, { accounts: { text: 'data', value: 'data' } })).toEqual(['data']);
  });
});

describe('expandAll', () => {
  it('keeps the order and drops repetitions', () => {
    expect(expandAll(['staging', '$accounts', '*'], replace)).toEqual(['staging', 'production', '*']);
  });

  it('does not turn an empty variable into every account', () => {
    expect(expandAll(['$nothing'], replace)).toEqual(['$nothing']);
  });
});

test('expandQuery replaces variables in every field and nothing else', () => {
  const query: VigiaQuery = {
    refId: 'A',
    ...DEFAULT_QUERY,
    accounts: ['$accounts'],
    regions: ['us-east-1', 'eu-west-1$unknown'],
    namespace: 'AWS/$account',
    metric: '$account',
    dimensions: { InstanceId: ['$zones', 'i-1'], $account: ['*'] },
    threshold: 90,
    legend: '{{account}} $account',
  };
  expect(expandQuery(query, replace)).toEqual({
    ...query,
    accounts: ['production', 'staging'],
    namespace: 'AWS/production',
    metric: 'production',
    dimensions: { InstanceId: ['a', 'b', 'i-1'], production: ['*'] },
    legend: '{{account}} production',
  });
});

test('expandScope replaces what a list of names is narrowed by', () => {
  expect(expandScope({ accounts: ['$accounts'], namespace: 'AWS/$account' }, replace)).toEqual({
    accounts: ['production', 'staging'],
    regions: [],
    namespace: 'AWS/production',
    metric: '',
    dimensionKey: '',
  });
});

test('expandQuery replaces variables in what says how a score is made', () => {
  const query: VigiaQuery = {
    refId: 'A',
    ...DEFAULT_QUERY,
    rollUp: ['$accounts'],
    detector: {
      direction: 'low',
      split: ['$zones', 'region'],
      columns: [{ metric: 'Errors-$account', statistic: '$account' }],
      calendars: ['$accounts'],
    },
  };
  expect(expandQuery(query, replace)).toEqual({
    ...query,
    rollUp: ['production', 'staging'],
    detector: {
      direction: 'low',
      split: ['a', 'b', 'region'],
      columns: [{ metric: 'Errors-production', statistic: 'production' }],
      calendars: ['production', 'staging'],
    },
  });
  const none = { ...query, detector: { calendars: [] } };
  expect(expandQuery(none, replace).detector).toEqual({ calendars: [] });
  expect(expandQuery({ refId: 'A', ...DEFAULT_QUERY }, replace)).not.toHaveProperty('detector');
});

test('expandQuery replaces variables in the forecaster and in the threshold’s metric', () => {
  const query: VigiaQuery = {
    refId: 'A',
    ...DEFAULT_QUERY,
    forecaster: { name: 'ets', levels: [80, 95], calendars: ['$accounts'] },
    thresholdMetric: { metric: '$account', percent: 80 },
  };
  expect(expandQuery(query, replace)).toEqual({
    ...query,
    forecaster: { name: 'ets', levels: [80, 95], calendars: ['production', 'staging'] },
    thresholdMetric: { metric: 'production', percent: 80 },
  });
  const other = { ...query, forecaster: { name: 'ets' }, thresholdMetric: { metric: 'Quota', statistic: '$account' } };
  expect(expandQuery(other, replace)).toEqual({
    ...other,
    thresholdMetric: { metric: 'Quota', statistic: 'production' },
  });
  expect(Object.keys(expandQuery({ refId: 'A', ...DEFAULT_QUERY }, replace))).toEqual([
    'refId',
    ...Object.keys(DEFAULT_QUERY),
  ]);
});
