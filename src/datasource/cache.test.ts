import { cacheErrors, KEPT } from './cache';

test('nothing, the defaults and the least that detectors need are right', () => {
  expect(cacheErrors({})).toEqual({});
  const of = (days: 'days' | 'least') => Object.fromEntries(KEPT.map((kept) => [kept.field, kept[days]]));
  expect(cacheErrors({ maxGiB: 0.5, keepDays: of('days') })).toEqual({});
  expect(cacheErrors({ keepDays: of('least') })).toEqual({});
});

test('less than detectors learn from is a mistake in its field', () => {
  expect(cacheErrors({ maxGiB: -1, keepDays: { fiveMinutes: 35, hours: 1e6, events: -1, minutes: 90 } })).toEqual({
    maxGiB: 'Use a size above 0, or none',
    fiveMinutes: 'Use 36 to 36500',
    hours: 'Use 456 to 36500',
    events: 'Use above 0 to 36500',
  });
});

test('panels are late by an hour at most', () => {
  const error = (maxStaleness: string) => cacheErrors({ maxStaleness }).maxStaleness;
  expect(['0s', '90s', '5m', '1h'].map(error)).toEqual(Array(4).fill(undefined));
  expect(['soon', '2h', '300', '-5m', ''].map(error)).toEqual(Array(5).fill('Use a duration from 0s to 1h'));
});
