import { MEASURES } from '../contract';
import { alertError, outputHelp, outputOf, outputOptions } from './outputs';
import { DEFAULT_QUERY } from './query';
import { type VigiaQuery } from './types';

const query = (patch: Partial<VigiaQuery> = {}): VigiaQuery => ({ refId: 'A', ...DEFAULT_QUERY, ...patch });
const names = (patch: Partial<VigiaQuery>, isAlert: boolean) =>
  outputOptions(query(patch), isAlert).map(({ value }) => outputOf(value));

test('a dashboard can have every measure, and the edges of further bands after those of the first', () => {
  expect(names({}, false)).toEqual(['', ...MEASURES]);
  const levels = names({ forecaster: { levels: [95, 80, 99] } }, false);
  expect(levels.slice(levels.indexOf('forecast_upper'), levels.indexOf('trend'))).toEqual([
    'forecast_upper',
    'forecast_lower_80',
    'forecast_upper_80',
    'forecast_lower_99',
    'forecast_upper_99',
  ]);
});

test('a rule is offered what can be alerted on: the numbers of now with their edges, nothing of the future', () => {
  const offered = names({ output: 'anomaly_score', forecaster: { levels: [95, 80] } }, true);
  expect(offered).toEqual([
    'value',
    'expected',
    'lower',
    'upper',
    'anomaly_score',
    'direction',
    'anomaly_event',
    'raw_score',
    'hours_to_threshold',
    'hours_to_threshold_early',
    'hours_to_threshold_late',
    'max_in_horizon',
    'max_in_horizon_lower',
    'max_in_horizon_upper',
    'min_in_horizon',
    'min_in_horizon_lower',
    'min_in_horizon_upper',
  ]);
});

test('what cannot be alerted on says what to take instead', () => {
  expect(alertError('')).toBeUndefined();
  expect(alertError('max_in_horizon')).toBeUndefined();
  expect(alertError('forecast_upper_80')).toMatch(/hours_to_threshold/);
  expect(alertError('season_week')).toMatch(/anomaly_score/);
});

test('every output is told in words', () => {
  expect(outputHelp('forecast_lower_80')).toBe('Lower edge of the 80 % forecast band.');
  expect(outputHelp('min_in_horizon')).toBe('Lowest forecast value within the horizon.');
  MEASURES.forEach((measure) => expect(outputHelp(measure)).toMatch(/.+\.$/));
});
