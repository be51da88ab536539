import { DEFAULT_OPTIONS, type PanelOptions } from './options';
import { buildTable, type Line, lineIndex, LINES, seriesOfLine, thresholds, timeAxis } from './plotData';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const RANGE = { from: 0, to: 100 * STEP };
const options = (patch: Partial<PanelOptions> = {}): PanelOptions => ({ ...DEFAULT_OPTIONS, ...patch });
const forecastFrames = (start: number) => [
  measureFrame('value', [10, 20]),
  measureFrame('forecast', [30, 31], { start, custom: { forecast: { forecaster: 'auto', level: 95 } } }),
  measureFrame('forecast_lower', [26, 26], { start }),
  measureFrame('forecast_upper', [34, 36], { start }),
];

test('lines of a series stand together, so that each is found and leads back', () => {
  for (const series of [0, 1, 5]) {
    for (const line of LINES) {
      expect(seriesOfLine(lineIndex(series, line))).toBe(series);
    }
  }
  expect(lineIndex(0, LINES[0])).toBe(1);
});

describe('buildTable', () => {
  const column = (frames: Parameters<typeof buildViewModel>[0], line: Line, i = 0, patch: Partial<PanelOptions> = {}) =>
    buildTable(buildViewModel(frames).series, options(patch), RANGE)[lineIndex(i, line)];

  it('lets the forecast go on from the last observation', () => {
    const frames = forecastFrames(2 * STEP);
    expect(column(frames, 'value')).toEqual([10, 20, null, null]);
    expect(column(frames, 'forecast')).toEqual([null, 20, 30, 31]);
    expect(column(frames, 'forecastLower')).toEqual([null, 20, 26, 26]);
    expect(column(frames, 'forecastUpper')).toEqual([null, 20, 34, 36]);
  });

  it('bridges one bucket that is not delivered yet', () => {
    expect(column(forecastFrames(3 * STEP), 'forecast')).toEqual([null, 20, 25, 30, 31]);
  });

  it('leaves a hole where the forecast begins much later', () => {
    expect(column(forecastFrames(9 * STEP), 'forecast')).toEqual([null, null, null, 30, 31]);
  });

  it('draws up to three bands, the widest first, and joins each', () => {
    const start = 2 * STEP;
    const frames = [
      ...forecastFrames(start),
      measureFrame('forecast_lower_99', [20, 21], { start }),
      measureFrame('forecast_upper_99', [40, 41], { start }),
      measureFrame('forecast_lower_80', [29, 29], { start }),
      measureFrame('forecast_upper_80', [32, 32], { start }),
    ];
    expect(column(frames, 'forecastUpper')).toEqual([null, 20, 40, 41]);
    expect(column(frames, 'forecastUpper2')).toEqual([null, 20, 34, 36]);
    expect(column(frames, 'forecastUpper3')).toEqual([null, 20, 32, 32]);
    expect(column(frames, 'forecastLower3')).toEqual([null, 20, 29, 29]);
    expect(column(forecastFrames(start), 'forecastUpper2')).toEqual([null, null, null, null]);
  });

  it('leaves out what the options hide', () => {
    const frames = [...forecastFrames(2 * STEP), measureFrame('upper', [12, 22])];
    expect(column(frames, 'upper')).toEqual([12, 22, null, null]);
    expect(column(frames, 'upper', 0, { showBand: false })).toEqual([null, null, null, null]);
    expect(column(frames, 'forecast', 0, { showForecast: false })).toEqual([null, null, null, null]);
  });

  it('does not break a series at the times of another one', () => {
    const frames = [
      measureFrame('value', [1, null, 3]),
      measureFrame('value', [7, 8], { labels: { ...LABELS, InstanceId: 'i-2' }, time: [0, 2 * STEP] }),
      measureFrame('value', [5], { labels: { ...LABELS, InstanceId: 'i-3' }, time: [STEP / 2] }),
    ];
    const table = buildTable(buildViewModel(frames).series, options(), RANGE);
    expect(table[0]).toEqual([0, STEP / 2, STEP, 2 * STEP]);
    expect(table[lineIndex(0, 'value')]).toEqual([1, undefined, null, 3]);
    expect(table[lineIndex(2, 'value')]).toEqual([undefined, 5, undefined, undefined]);
  });

  it('keeps to the time axis', () => {
    const { series } = buildViewModel([measureFrame('value', [1, 2, 3])]);
    expect(buildTable(series, options(), { from: STEP, to: STEP })[0]).toEqual([STEP]);
  });
});

describe('timeAxis', () => {
  const { series } = buildViewModel(forecastFrames(2 * STEP));
  const short = { from: 0, to: STEP };

  it('reaches into the future as far as the options grant', () => {
    expect(timeAxis(series, options({ forecastSpan: 'all' }), short).to).toBe(3 * STEP);
    expect(timeAxis(series, options({ forecastSpan: 'half' }), short).to).toBe(2 * STEP);
    expect(timeAxis(series, options({ forecastSpan: 'range' }), short)).toEqual(short);
    expect(timeAxis(series, options({ forecastSpan: 'all', showForecast: false }), short)).toEqual(short);
  });

  it('never ends before the dashboard’s range', () => {
    expect(timeAxis(series, options(), RANGE)).toEqual(RANGE);
    expect(timeAxis([], options(), RANGE)).toEqual(RANGE);
  });
});

test('thresholds are the panel’s own and those of the queries, each value once', () => {
  const { series } = buildViewModel([
    measureFrame('value', [1], { custom: { threshold: 90 } }),
    measureFrame('value', [1], { refId: 'B', custom: { threshold: 90 } }),
    measureFrame('value', [1], { refId: 'C' }),
    measureFrame('value', [1], { refId: 'D', custom: { threshold: 0 } }),
  ]);
  const own = options({ threshold: 50, thresholdLabel: 'Limit' });
  expect(thresholds(series, own)).toEqual([
    { value: 50, label: 'Limit', series: 0 },
    { value: 90, label: 'Threshold', series: 0 },
    { value: 0, label: 'Threshold of production cpu (D)', series: 3 },
  ]);
  expect(thresholds(series.slice(2, 3), options())).toEqual([]);
});
