import { createDataFrame, FieldType } from '@grafana/data';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel, sampleAt, worstFirst } from './viewModel';

const usage = { series: 1, requests: 2, metricsAsked: 1, estimatedCostUSD: 0.00001, cacheHits: 3 };

describe('grouping', () => {
  it('joins the measures of one query and one set of labels, in any order of frames and labels', () => {
    const reordered = Object.fromEntries(Object.entries(LABELS).reverse());
    const { series } = buildViewModel([
      measureFrame('anomaly_score', [null, 80], { labels: reordered }),
      measureFrame('upper', [12, 13]),
      measureFrame('value', [10, 20]),
      measureFrame('lower', [8, 9]),
      measureFrame('expected', [10, 11]),
      measureFrame('direction', [0, 1]),
    ]);
    expect(series).toHaveLength(1);
    expect(series[0]).toMatchObject({
      name: 'production cpu',
      refId: 'A',
      labels: LABELS,
      time: [0, STEP],
      value: [10, 20],
      expected: [10, 11],
      lower: [8, 9],
      upper: [12, 13],
      score: [null, 80],
      direction: [0, 1],
      last: 1,
      lastScore: 1,
      counts: { warning: 0, major: 0, critical: 1 },
      periodMs: STEP,
    });
  });

  it('keeps other labels and other queries apart, in the order of the frames', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1], { name: 'one' }),
      measureFrame('value', [2], { name: 'two', labels: { ...LABELS, InstanceId: 'i-2' } }),
      measureFrame('value', [3], { name: 'three', refId: 'B' }),
    ]);
    expect(series.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    expect(new Set(series.map(({ key }) => key)).size).toBe(3);
  });

  it('keeps keys over refreshes', () => {
    const keys = [[1], [5]].map((values) => buildViewModel([measureFrame('value', values)]).series[0].key);
    expect(keys[0]).toBe(keys[1]);
  });

  it('shows what other data sources answer: each number field is a series', () => {
    const wide = createDataFrame({
      refId: 'A',
      fields: [
        { name: 'Time', type: FieldType.time, values: [0, STEP] },
        { name: 'in', type: FieldType.number, values: [1, 2] },
        { name: 'out', type: FieldType.number, labels: {}, values: [3, 4] },
        { name: 'text', type: FieldType.string, values: ['a', 'b'] },
      ],
    });
    const { series } = buildViewModel([wide]);
    expect(series.map(({ name, value }) => [name, value])).toEqual([
      ['in', [1, 2]],
      ['out', [3, 4]],
    ]);
  });

  it('is empty for frames without times', () => {
    const table = createDataFrame({ fields: [{ name: 'value', type: FieldType.number, values: [1] }] });
    expect(buildViewModel([table]).series).toEqual([]);
    expect(buildViewModel([]).series).toEqual([]);
  });
});

describe('time', () => {
  it('merges the axes of measures that cover different times', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2, 3]),
      measureFrame('anomaly_score', [10, 20], { start: STEP }),
    ]);
    expect(series[0].time).toEqual([0, STEP, 2 * STEP]);
    expect(series[0].score).toEqual([null, 10, 20]);
  });

  it('breaks the line where the period grid has a hole', () => {
    const { series } = buildViewModel([measureFrame('value', [1, 2, 3], { time: [0, STEP, 4 * STEP] })]);
    expect(series[0].time).toEqual([0, STEP, 2 * STEP, 4 * STEP]);
    expect(series[0].value).toEqual([1, 2, null, 3]);
  });

  it('keeps nulls as gaps and makes gaps of what is no finite number', () => {
    const { series } = buildViewModel([measureFrame('value', [1, null, NaN, Infinity, 2])]);
    expect(series[0].value).toEqual([1, null, null, null, 2]);
    expect(series[0].last).toBe(4);
  });

  it('sorts points that come in the wrong order', () => {
    const { series } = buildViewModel([measureFrame('value', [2, 1], { time: [STEP, 0] })]);
    expect(series[0].value).toEqual([1, 2]);
  });
});

describe('forecast', () => {
  it('begins after the last observation that is no gap', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2, null]),
      measureFrame('forecast', [8, 9, 10], { start: STEP }),
      measureFrame('forecast_lower', [7, 8, 9], { start: STEP }),
      measureFrame('forecast_upper', [9, 10, 11], { start: STEP }),
    ]);
    expect(series[0]).toMatchObject({
      time: [0, STEP, 2 * STEP, 3 * STEP],
      value: [1, 2, null, null],
      forecast: [null, null, 9, 10],
      forecastBands: [{ lower: [null, null, 8, 9], upper: [null, null, 10, 11] }],
      last: 1,
    });
  });

  it('breaks no observed line by points of the past that are off its grid', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2]),
      measureFrame('forecast', [8, 9], { start: STEP / 2 }),
    ]);
    expect(series[0].time).toEqual([0, STEP, 1.5 * STEP]);
  });

  it('stands alone where nothing was observed, under a name made of the labels', () => {
    const { series } = buildViewModel([measureFrame('forecast', [1, 2])]);
    expect(series[0]).toMatchObject({
      name: 'production us-east-1 CPUUtilization Average i-1',
      forecast: [1, 2],
      last: -1,
    });
  });

  it('tells why there is none', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1]),
      measureFrame('forecast', [], { custom: { note: 'learning until Tuesday' } }),
    ]);
    expect(series[0].forecastNote).toBe('learning until Tuesday');
  });

  it('takes the hours to the threshold as a number of now, off the time axis', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2]),
      measureFrame('hours_to_threshold', [6.5], { start: 99 * STEP, custom: { early: 5, late: 9 } }),
      measureFrame('max_in_horizon', [88], { start: 99 * STEP, custom: { lower: 80, upper: 93 } }),
      measureFrame('min_in_horizon', [null], { start: 99 * STEP, custom: { lower: null } }),
      measureFrame('min_in_horizon_lower', [3], { start: 99 * STEP }),
    ]);
    expect(series[0]).toMatchObject({
      time: [0, STEP],
      toThreshold: { hours: 6.5, early: 5, late: 9 },
      maxInHorizon: { value: 88, lower: 80, upper: 93 },
      minInHorizon: { value: null, lower: undefined, upper: undefined },
    });
  });

  it('has a band for each level, the main one first, and tells how its back-tests fared', () => {
    const report = { forecaster: 'auto', model: 'calendar lags', level: 95, origins: 10, hours: 24, mae: null };
    const edges = (suffix: string, level: number, values: [number, number]) =>
      ['forecast_lower', 'forecast_upper'].map((edge, i) =>
        measureFrame(edge + suffix, [values[i]], { start: STEP, custom: { forecast: { ...report, level } } })
      );
    const { series } = buildViewModel([
      measureFrame('value', [1]),
      ...edges('_80', 80, [7, 9]),
      ...edges('', 95, [6, 10]),
      ...edges('_99', 99, [5, 11]),
    ]);
    expect(series[0].forecastBands).toEqual([
      { level: 95, lower: [null, 6], upper: [null, 10] },
      { level: 80, lower: [null, 7], upper: [null, 9] },
      { level: 99, lower: [null, 5], upper: [null, 11] },
    ]);
    expect(series[0].forecastReport).toEqual(report);
  });

  it('knows not asked for from not reached', () => {
    const not = { note: 'the threshold is not reached within the horizon' };
    const [without] = buildViewModel([measureFrame('value', [1])]).series;
    const [unreached] = buildViewModel([
      measureFrame('value', [1]),
      measureFrame('hours_to_threshold', [null], { custom: not }),
    ]).series;
    expect(without.toThreshold).toBeUndefined();
    expect(unreached.toThreshold).toMatchObject({ hours: null, ...not });
  });
});

describe('components', () => {
  it('are what was asked for, and why there is nothing', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2]),
      measureFrame('trend', [5, 6], { custom: { note: 'too little history' } }),
      measureFrame('season_day', [null, 1]),
    ]);
    expect(series).toHaveLength(1);
    expect(series[0].components).toEqual({ trend: [5, 6], season_day: [null, 1] });
    expect(series[0].componentsNote).toBe('too little history');
    expect(buildViewModel([measureFrame('value', [1])]).series[0].components).toEqual({});
  });

  it('are values as any other where another data source calls something so', () => {
    const frame = createDataFrame({
      refId: 'A',
      fields: [
        { name: 'time', type: FieldType.time, values: [0] },
        { name: 'trend', type: FieldType.number, values: [7] },
      ],
    });
    expect(buildViewModel([frame]).series[0]).toMatchObject({ name: 'trend', value: [7], components: {} });
  });
});

describe('roll-ups', () => {
  const labels = { account: 'payments' };
  const options = { labels, name: 'payments', custom: { rollUp: ['account'], members: 12 } };

  it('are series of their own whose value is the score', () => {
    const { series } = buildViewModel([
      measureFrame('value', [1, 2]),
      measureFrame('anomaly_score', [10, 80], options),
      measureFrame('anomaly_event', [0, 80], options),
    ]);
    expect(series.map(({ name, isRollUp }) => [name, isRollUp])).toEqual([
      ['production cpu', false],
      ['Roll-up payments', true],
    ]);
    expect(series[1]).toMatchObject({
      value: [10, 80],
      score: [10, 80],
      marks: [null, 'begins'],
      last: 1,
      members: 12,
    });
  });

  it('are kept apart from a series with the same labels', () => {
    const frames = [measureFrame('value', [1], { labels }), measureFrame('anomaly_score', [10], options)];
    expect(buildViewModel(frames).series).toHaveLength(2);
    expect(buildViewModel([measureFrame('value', [1], { custom: { rollUp: [] } })]).series[0].isRollUp).toBe(false);
  });
});

describe('names', () => {
  it('are unique: the query tells equal ones apart, and then a number', () => {
    const other = { ...LABELS, InstanceId: 'i-2' };
    const { series } = buildViewModel([
      measureFrame('value', [1], { name: 'cpu' }),
      measureFrame('value', [1], { name: 'cpu', labels: other }),
      measureFrame('value', [1], { name: 'cpu', refId: 'B' }),
      measureFrame('value', [1], { name: 'memory', refId: 'C' }),
    ]);
    expect(series.map(({ name }) => name)).toEqual(['cpu (A)', 'cpu (A) #2', 'cpu (B)', 'memory']);
  });
});

describe('meta', () => {
  it('marks the panel as simulated where one frame is', () => {
    const frames = [
      measureFrame('value', [1]),
      measureFrame('value', [1], { refId: 'B', custom: { simulated: true } }),
    ];
    expect(buildViewModel(frames).simulated).toBe(true);
    expect(buildViewModel(frames.slice(0, 1)).simulated).toBe(false);
  });

  it('counts the usage of a query once, however many frames carry it, and adds queries up', () => {
    const { usage: total } = buildViewModel([
      measureFrame('value', [1], { custom: { usage } }),
      measureFrame('upper', [1], { custom: { usage } }),
      measureFrame('value', [1], { refId: 'B', custom: { usage } }),
    ]);
    expect(total).toEqual({ series: 2, requests: 4, metricsAsked: 2, estimatedCostUSD: 0.00002, cacheHits: 6 });
  });

  it('has none of a query that reads no series', () => {
    const nothing = { ...usage, series: 0 };
    expect(buildViewModel([measureFrame('cost_usd', [1], { custom: { usage: nothing } })]).usage).toBeUndefined();
  });

  it('reads a threshold of zero', () => {
    const { series } = buildViewModel([measureFrame('value', [1], { custom: { threshold: 0 } })]);
    expect(series[0].threshold).toBe(0);
  });
});

test('each measure of costs or quality is a series of its own', () => {
  const { series } = buildViewModel([
    measureFrame('cost_usd', [1, 2], { name: 'production' }),
    measureFrame('calls', [3, null], { name: 'production' }),
  ]);
  expect(series.map(({ name, value }) => [name, value])).toEqual([
    ['production · cost_usd', [1, 2]],
    ['production · calls', [3, null]],
  ]);
});

test('a table of events holds no series, whatever numbers are in it', () => {
  expect(buildViewModel([measureFrame('score', [80], { custom: { kind: 'events' } })]).series).toEqual([]);
});

test('the worst series come first: by the severity of now, then by the worst event; silent ones are last', () => {
  const make = (name: string, scores: number[]) => {
    const labels = { ...LABELS, InstanceId: name };
    return [measureFrame('value', scores, { name, labels }), measureFrame('anomaly_score', scores, { name, labels })];
  };
  const { series } = buildViewModel([
    measureFrame('value', [null], { name: 'silent', labels: { ...LABELS, InstanceId: 'silent' } }),
    ...make('calm', [0, 1]),
    ...make('was bad', [90, 2]),
    ...make('is bad', [0, 60]),
    ...make('calm too', [0, 9]),
  ]);
  expect(worstFirst(series).map(({ name }) => name)).toEqual(['is bad', 'was bad', 'calm', 'calm too', 'silent']);
});

test('the sample at a time is the nearest within half a period', () => {
  const [series] = buildViewModel([measureFrame('value', [1, 2, 3], { time: [0, STEP, 4 * STEP] })]).series;
  const at = (time: number) => sampleAt(series, time);
  expect([at(0), at(0.4 * STEP), at(0.6 * STEP), at(STEP)]).toEqual([0, 0, 1, 1]);
  expect([at(-STEP), at(3.2 * STEP), at(9 * STEP)]).toEqual([-1, -1, -1]);
});
