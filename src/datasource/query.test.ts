import { type AnyQuery, DEFAULT_QUERY, durationSeconds, normaliseQuery, usesForecast, validateQuery } from './query';
import { type VigiaQuery } from './types';

const query = (patch: Partial<VigiaQuery> = {}): VigiaQuery => ({
  refId: 'A',
  ...DEFAULT_QUERY,
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  ...patch,
});

describe('normaliseQuery', () => {
  it('gives a new query every default of the query model', () => {
    expect(normaliseQuery({ refId: 'B' })).toEqual({ refId: 'B', ...DEFAULT_QUERY });
    expect(DEFAULT_QUERY).toMatchObject({ version: 1, statistic: 'Average', period: 'auto', horizon: '24h' });
  });

  it('leaves the version of a newer plugin for the back end to refuse', () => {
    expect(normaliseQuery({ refId: 'A', version: 2, namespace: 'AWS/EC2', metric: 'CPUUtilization' }).version).toBe(2);
    expect(normaliseQuery({ refId: 'A', version: 0, metricName: 'CPUUtilization' })).toMatchObject({
      version: 1,
      metric: 'CPUUtilization',
    });
  });

  it('leaves a complete query as it is', () => {
    const complete = query({
      accounts: ['production'],
      dimensions: { InstanceId: ['i-1', 'i-2'] },
      score: false,
      threshold: 0,
      output: 'anomaly_score',
      hide: true,
      datasource: { uid: 'x', type: 'vigia-cloudwatch-datasource' },
    });
    expect(normaliseQuery(complete)).toEqual(complete);
  });

  it('keeps fields that it does not know, so that nothing is lost when a dashboard is saved', () => {
    expect(normaliseQuery({ ...query(), fromTheFuture: 7 })).toHaveProperty('fromTheFuture', 7);
  });

  it('writes nothing where a form was not touched, and takes away what is set to its default', () => {
    const before = normaliseQuery({ refId: 'A' });
    expect(Object.keys(before)).not.toEqual(expect.arrayContaining(['detector']));
    for (const sparse of [
      { events: false, raw: false, rollUp: [], detector: {} },
      {
        detector: { name: 'auto', parameters: {}, function: '', direction: 'both', split: [], columns: [], rules: [] },
      },
      { detector: { calendars: ['*'], rules: [{}, { skipWithin: null }] } },
      { decompose: false, forecaster: { name: 'auto', levels: [95], calendars: ['*'] }, thresholdMetric: {} },
      { decompose: null, forecaster: {}, thresholdMetric: null },
    ]) {
      expect(Object.keys(normaliseQuery({ refId: 'A', ...sparse }))).toEqual(Object.keys(before));
    }
  });

  it('keeps what is set', () => {
    const set = query({
      events: true,
      raw: true,
      rollUp: ['account'],
      output: 'anomaly_event',
      detector: {
        name: 'random_cut_forest',
        parameters: { trees: 50 },
        function: 'sum',
        direction: 'low',
        split: ['region'],
        columns: [{ metric: 'Errors', statistic: 'Sum' }],
        rules: [{ skipWithin: 5, onlyAbove: 0 }],
        calendars: [],
      },
      decompose: true,
      forecaster: { name: 'sarima', levels: [80, 99], calendars: [] },
      thresholdMetric: { metric: 'ProvisionedReadCapacityUnits', statistic: 'Sum', percent: 80 },
    });
    expect(normaliseQuery(set)).toEqual(set);
  });

  it('does not change the query that it is given', () => {
    const old: AnyQuery = { refId: 'A', region: 'us-east-1', dimensions: { InstanceId: 'i-1' } };
    const before = JSON.parse(JSON.stringify(old)) as AnyQuery;
    normaliseQuery(old);
    expect(old).toEqual(before);
  });

  it("translates a query of Grafana's CloudWatch data source", () => {
    const old: AnyQuery = {
      refId: 'A',
      region: 'default',
      accountId: '111111111111',
      namespace: 'AWS/EC2',
      metricName: 'CPUUtilization',
      statistic: 'Maximum',
      dimensions: { InstanceId: 'i-1', ImageId: ['*'] },
      period: 60,
      matchExact: true,
      expression: '',
      queryMode: 'Metrics',
    };
    expect(normaliseQuery(old)).toEqual(
      query({
        accounts: ['111111111111'],
        statistic: 'Maximum',
        dimensions: { InstanceId: ['i-1'], ImageId: ['*'] },
        period: '60s',
      })
    );
  });

  it.each([
    [{ accountId: 'all' }, { accounts: ['*'] }],
    [{ region: 'eu-west-1' }, { regions: ['eu-west-1'] }],
    [{ statistics: ['Sum', 'Average'] }, { statistic: 'Sum' }],
    [{ period: '' }, { period: 'auto' }],
    [{ accounts: [] }, { accounts: ['*'] }],
    [{ accounts: 'production' }, { accounts: ['production'] }],
    [{ threshold: 'NaN' }, { threshold: null }],
    [{ output: 'nonsense' }, { output: '' }],
    [{ output: 'forecast_lower_80' }, { output: 'forecast_lower_80' }],
    [{ output: 'forecast_lower_81' }, { output: '' }],
    [{ output: 'min_in_horizon_lower' }, { output: 'min_in_horizon_lower' }],
    [{ dimensions: null }, { dimensions: {} }],
    [{ score: null }, { score: true }],
  ])('reads %j', (old, expected) => {
    expect(normaliseQuery({ refId: 'A', ...old })).toMatchObject(expected);
  });
});

describe('validateQuery', () => {
  it('accepts the defaults with a namespace and a metric', () => {
    expect(validateQuery(query())).toEqual({});
  });

  it('names what is missing', () => {
    expect(Object.keys(validateQuery(query({ namespace: ' ', metric: '' })))).toEqual(['namespace', 'metric']);
  });

  it.each(['Average', 'p99', 'p99.9', 'tm90', 'IQM', 'PR(:300)', '$statistic'])('accepts statistic %s', (statistic) => {
    expect(validateQuery(query({ statistic }))).toEqual({});
  });

  it.each(['average', 'p', 'p101', 'Median', ''])('refuses statistic %j', (statistic) => {
    expect(validateQuery(query({ statistic }))).toHaveProperty('statistic');
  });

  it.each(['auto', '1m', '5m', '300', '30s', '1d', '24h', '${period}'])('accepts period %s', (period) => {
    expect(validateQuery(query({ period }))).toEqual({});
  });

  it.each(['90s', '7s', '2d', 'soon', ''])('refuses period %j, which is off the grid', (period) => {
    expect(validateQuery(query({ period }))).toHaveProperty('period');
  });

  it('checks the horizon only where a forecast is asked for', () => {
    expect(validateQuery(query({ horizon: 'long' }))).toEqual({});
    expect(validateQuery(query({ horizon: 'long', forecast: true }))).toHaveProperty('horizon');
    expect(validateQuery(query({ horizon: '31d', output: 'max_in_horizon' }))).toHaveProperty('horizon');
    expect(validateQuery(query({ horizon: '7d', period: '1m', forecast: true }))).toHaveProperty('horizon');
    expect(validateQuery(query({ horizon: '7d', forecast: true }))).toEqual({});
  });

  it('wants a threshold for the hours to it', () => {
    expect(validateQuery(query({ output: 'hours_to_threshold' }))).toHaveProperty('threshold');
    expect(validateQuery(query({ output: 'hours_to_threshold', threshold: 0 }))).toEqual({});
    expect(validateQuery(query({ output: 'hours_to_threshold_late' }))).toHaveProperty('threshold');
    const thresholdMetric = { metric: 'Quota' };
    expect(validateQuery(query({ output: 'hours_to_threshold_late', thresholdMetric }))).toEqual({});
    expect(validateQuery(query({ threshold: 1, thresholdMetric }))).toHaveProperty('threshold');
    expect(validateQuery(query({ thresholdMetric: { metric: 'Quota', percent: 0 } }))).toHaveProperty(
      'thresholdMetric'
    );
  });

  it('checks the levels where a forecast is asked for', () => {
    const forecaster = { levels: [90] };
    expect(validateQuery(query({ forecaster }))).toEqual({});
    expect(validateQuery(query({ forecaster, forecast: true }))).toHaveProperty('forecaster');
  });

  it('knows which further bands a forecast has', () => {
    const output = 'forecast_upper_80';
    expect(validateQuery(query({ output }))).toHaveProperty('output');
    expect(validateQuery(query({ output, forecaster: { levels: [95, 80] } }))).toEqual({});
    // The edges of the first level are plain forecast_lower and forecast_upper.
    expect(validateQuery(query({ output, forecaster: { levels: [80, 95] } }))).toHaveProperty('output');
  });

  it('knows what a roll-up has', () => {
    expect(validateQuery(query({ rollUp: ['account'], output: 'value' }))).toHaveProperty('output');
    expect(validateQuery(query({ rollUp: ['account'], output: 'anomaly_event' }))).toEqual({});
    expect(validateQuery(query({ rollUp: ['account'] }))).toEqual({});
  });

  it('wants a name for each dimension', () => {
    expect(validateQuery(query({ dimensions: { '': ['*'] } }))).toHaveProperty('dimensions');
  });
});

test('a chosen output decides alone whether the forecast is used', () => {
  expect(usesForecast(query({ forecast: true }))).toBe(true);
  expect(usesForecast(query({ forecast: true, output: 'anomaly_score' }))).toBe(false);
  expect(usesForecast(query({ forecast: false, output: 'forecast_upper' }))).toBe(true);
  expect(usesForecast(query({ output: 'min_in_horizon_lower' }))).toBe(true);
  expect(usesForecast(query({ output: 'trend' }))).toBe(false);
  expect(usesForecast(query({ forecast: true, rollUp: ['account'] }))).toBe(false);
});

test.each([
  ['90', 90],
  ['30s', 30],
  ['5m', 300],
  ['1h30m', 5400],
  ['7d', 604_800],
  ['', undefined],
  ['5 minutes', undefined],
  ['-5m', undefined],
])('durationSeconds(%j) is %s', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});
