import {
  forecasterError,
  levelsError,
  levelsInForce,
  normaliseForecaster,
  normaliseThresholdMetric,
  patchedForecaster,
  thresholdKind,
  thresholdMetricErrors,
} from './forecaster';
import { FORECASTERS } from './testDetectors';
import { type ThresholdMetric } from './types';

describe('normaliseForecaster', () => {
  it.each([
    [undefined],
    ['auto'],
    [{}],
    [{ name: 'auto', levels: [95], calendars: ['*'] }],
    [{ levels: [] }],
    [{ levels: [95, 95] }],
    [{ name: null, levels: null, calendars: null }],
  ])('writes nothing for %j, which is the default', (raw) => {
    expect(normaliseForecaster(raw)).toBeUndefined();
  });

  it.each([
    [{ name: 'ets', levels: [80] }],
    [{ levels: [95, 80, 99] }],
    [{ calendars: [] }],
    [{ calendars: ['paydays'] }],
    [{ name: 'fromTheFuture', levels: [90], window: '7d' }],
  ])('keeps %j', (raw) => {
    expect(normaliseForecaster(raw)).toEqual(raw);
  });

  it('keeps the order of levels, the first of which is the main one', () => {
    expect(normaliseForecaster({ levels: [99, 80, 99] })).toEqual({ levels: [99, 80] });
    expect(levelsInForce({ levels: [99, 80] })).toEqual([99, 80]);
    expect(levelsInForce()).toEqual([95]);
  });
});

test('what is set to its default is no longer written', () => {
  const set = patchedForecaster(undefined, { name: 'ets', levels: [80, 95] });
  expect(set).toEqual({ name: 'ets', levels: [80, 95] });
  expect(patchedForecaster(set, { levels: [] })).toEqual({ name: 'ets' });
  expect(patchedForecaster({ name: 'ets' }, { name: 'auto' })).toBeUndefined();
});

test('levels are those that the back end knows', () => {
  expect([undefined, { levels: [99, 95, 80] }].map(levelsError)).toEqual([undefined, undefined]);
  expect(levelsError({ levels: [90] })).toBe('Use one to three of 80, 95, 99');
});

test('a forecaster that is not listed is an error, but not before there is a list', () => {
  expect(forecasterError('ets', FORECASTERS)).toBeUndefined();
  expect(forecasterError('prophet', FORECASTERS)).toBe('There is no forecaster "prophet"');
  expect(forecasterError('prophet', [])).toBeUndefined();
});

describe('the metric of a threshold', () => {
  it.each([[undefined], [null], [{}], [{ metric: null }], ['Quota']])('is absent for %j', (raw) => {
    expect(normaliseThresholdMetric(raw)).toBeUndefined();
  });

  it('is written without its defaults, and keeps what is not known', () => {
    const quota = { metric: 'Quota' };
    expect(normaliseThresholdMetric({ ...quota, statistic: 'Average', percent: 100 })).toEqual(quota);
    const set = { ...quota, statistic: 'Sum', percent: 80, account: 'other' };
    expect(normaliseThresholdMetric(set)).toEqual(set);
  });

  it.each<[ThresholdMetric, string[]]>([
    [{ metric: 'Quota' }, []],
    [{ metric: '$quota', statistic: '$statistic', percent: 1000 }, []],
    [{ metric: ' ' }, ['metric']],
    [{ metric: 'Quota', statistic: 'Median', percent: 0 }, ['statistic', 'percent']],
    [{ metric: 'Quota', percent: 1001 }, ['percent']],
    [{ metric: 'Quota', percent: NaN }, ['percent']],
  ])('of %j has errors at %j', (metric, fields) => {
    expect(Object.keys(thresholdMetricErrors(metric))).toEqual(fields);
  });
});

test('a threshold is none, a value, 0 too, or a metric', () => {
  expect(thresholdKind({ threshold: null })).toBe('none');
  expect(thresholdKind({ threshold: 0 })).toBe('value');
  expect(thresholdKind({ threshold: null, thresholdMetric: { metric: 'Quota' } })).toBe('metric');
});
