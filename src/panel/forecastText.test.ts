import { type DataFrame } from '@grafana/data';
import {
  backTestText,
  bandLabel,
  extremeRange,
  hoursRange,
  hoursText,
  hoursTitle,
  modelText,
  refusals,
  withRange,
} from './forecastText';
import { type ForecastReport } from './measures';
import { LABELS, measureFrame } from './testFrames';
import { buildViewModel, type ToThreshold } from './viewModel';

const format = (value: number | null) => `${value} ms`;

describe('how back-tests fared', () => {
  const report: ForecastReport = { forecaster: 'auto', origins: 10, hours: 24, mae: 1.2, mase: 0.714 };

  it.each<[Partial<ForecastReport>, string]>([
    [{}, 'back-tested 10 times over 24 h: off by 1.2 ms on average (0.71 of the seasonal naive)'],
    [
      { coverage: { '95': 0.938, '80': 0.83, '99': null } },
      'back-tested 10 times over 24 h: off by 1.2 ms on average (0.71 of the seasonal naive), the 80 % band held 83 %, the 95 % band held 94 %',
    ],
    [{ mase: 1.3 }, 'back-tested 10 times over 24 h: off by 1.2 ms on average (1.3 times the seasonal naive)'],
    [{ mase: null }, 'back-tested 10 times over 24 h: off by 1.2 ms on average'],
    [{ origins: 1, hours: 72, mae: null }, 'back-tested once over 3 d'],
    [{ hours: null, mae: null, coverage: { '95': 1 } }, 'back-tested 10 times: the 95 % band held 100 %'],
    [{ origins: 0 }, 'not back-tested: the history is too short for it'],
    [{ mae: null, trend: true }, 'back-tested 10 times over 24 h; it follows a trend that they do not know'],
    [{ origins: undefined }, 'not back-tested: the history is too short for it'],
  ])('with %j is told as %s', (patch, text) => {
    expect(backTestText({ ...report, ...patch }, format)).toBe(text);
  });
});

test('a model is told with who chose it, once', () => {
  expect(modelText({ forecaster: 'sarima', model: 'SARIMA(1,0,1)(0,1,1)[24]' })).toBe(
    'sarima: SARIMA(1,0,1)(0,1,1)[24]'
  );
  expect(modelText({ forecaster: 'theta', model: 'theta' })).toBe('theta');
  expect(modelText({ forecaster: 'theta' })).toBe('theta');
});

test('a band is called by its level', () => {
  expect(bandLabel({ level: 80, lower: [], upper: [] })).toBe('80 % band');
  expect(bandLabel({ lower: [], upper: [] })).toBe('Forecast band');
});

test.each<[ToThreshold, string, string, string]>([
  [{ hours: 6.5, early: 5, late: 9 }, '6.5 h', '5 h to 9 h', 'Earliest 5 h, latest 9 h'],
  [{ hours: 6.5, early: 5 }, '6.5 h', 'earliest 5 h', 'Earliest 5 h, latest not in the horizon'],
  [{ hours: 0, early: 0, late: 0 }, 'reached', '0 min to 0 min', 'Earliest 0 min, latest 0 min'],
  [{ hours: null, note: 'not reached' }, 'none seen', '', 'not reached'],
  [
    { hours: null, early: 20, note: 'not reached' },
    'none seen',
    'earliest 20 h',
    'not reached; Earliest 20 h, latest not in the horizon',
  ],
])('hours to a threshold of %j', (to, text, range, title) => {
  expect([hoursText({ toThreshold: to, threshold: 90 }), hoursRange(to), hoursTitle(to)]).toEqual([text, range, title]);
});

test('where nothing could be forecast, or the threshold is not known, none is ruled out', () => {
  const toThreshold = { hours: null };
  expect(hoursText({ toThreshold, threshold: 90, forecastNote: 'too little history' })).toBe('–');
  expect(hoursText({ toThreshold, threshold: null })).toBe('–');
});

test('an extreme has both edges or none', () => {
  expect(extremeRange({ value: 5, lower: 4, upper: 6 }, format)).toBe('4 ms to 6 ms');
  expect(extremeRange({ value: 5, lower: 4 }, format)).toBe('');
  expect([withRange('5', '4 to 6'), withRange('5', '')]).toEqual(['5 (4 to 6)', '5']);
});

describe('refusals', () => {
  const refused = (id: string, note: string, measure = 'forecast') => {
    const options = { name: id, labels: { ...LABELS, InstanceId: id } };
    return [measureFrame('value', [1], options), measureFrame(measure, [], { ...options, custom: { note } })];
  };
  const of = (...frames: DataFrame[][]) => refusals(buildViewModel(frames.flat()).series, { showForecast: true });

  it('tell the reason, of how many, and what else there is', () => {
    expect(of(refused('a', '5 more are needed'))).toEqual([
      { text: 'No forecast: 5 more are needed', details: 'a: 5 more are needed' },
    ]);
    expect(of(refused('a', 'short'), refused('b', 'gaps'), refused('c', ''))).toEqual([
      { text: '2 of 3 without a forecast: short (and 1 other reason)', details: 'a: short\nb: gaps' },
    ]);
  });

  it('are of a threshold whose metric has no value, but not of one that is not reached', () => {
    const frames = (note: string, threshold: number | null) => [
      measureFrame('value', [1], { name: 'a', custom: { threshold } }),
      measureFrame('hours_to_threshold', [null], { custom: { note } }),
    ];
    expect(of(frames('no value of Average of Quota is known', null))).toMatchObject([
      { text: 'No threshold: no value of Average of Quota is known' },
    ]);
    expect(of(frames('the threshold is not reached within the horizon', 90))).toEqual([]);
  });

  it('are of decompositions too', () => {
    expect(of(refused('a', 'short', 'trend'))).toMatchObject([{ text: 'No decomposition: short' }]);
    expect(of(refused('a', ''))).toEqual([]);
  });
});
