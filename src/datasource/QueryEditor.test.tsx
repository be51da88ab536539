import { CoreApp } from '@grafana/data';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { type VigiaDataSource } from './datasource';
import { DEFAULT_QUERY } from './query';
import { DETECTORS, FORECASTERS } from './testDetectors';
import { QueryEditor } from './QueryEditor';
import { type AccountInfo, type VigiaQuery } from './types';

jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getTemplateSrv: () => ({ getVariables: () => [] }),
}));

const account = (alias: string, id: string, simulated = false) =>
  ({ alias, id, simulated, roleArn: '', regions: [], labels: {} }) as AccountInfo;

interface Setup {
  query?: Partial<VigiaQuery>;
  app?: CoreApp;
  accounts?: AccountInfo[];
  suggest?: VigiaDataSource['suggest'];
  detectorsFailure?: Error;
  forecastersFailure?: Error;
}

async function setup({ query, app, accounts, suggest, detectorsFailure, forecastersFailure }: Setup = {}) {
  const onChange = jest.fn();
  const onRunQuery = jest.fn();
  const datasource = {
    uid: 'vigia',
    calendars: ['black-friday'],
    resources: {
      detectors: () => (detectorsFailure ? Promise.reject(detectorsFailure) : Promise.resolve(DETECTORS)),
      forecasters: () => (forecastersFailure ? Promise.reject(forecastersFailure) : Promise.resolve(FORECASTERS)),
      accounts: () =>
        Promise.resolve(accounts ?? [account('production', '111111111111'), account('staging', '222222222222')]),
    },
    suggest: suggest ?? (() => Promise.resolve({ items: ['AWS/EC2', 'AWS/RDS'], notice: '' })),
  } as unknown as VigiaDataSource;

  function Host() {
    const [current, setCurrent] = useState<VigiaQuery>({ refId: 'A', ...DEFAULT_QUERY, ...query });
    return (
      <QueryEditor
        datasource={datasource}
        query={current}
        app={app}
        onRunQuery={onRunQuery}
        onChange={(next) => {
          onChange(next);
          setCurrent(next);
        }}
      />
    );
  }
  // The accounts arrive after the first rendering.
  await act(() => {
    render(<Host />);
    return Promise.resolve();
  });
  return { onChange, onRunQuery, user: userEvent.setup() };
}

const complete = { namespace: 'AWS/EC2', metric: 'CPUUtilization' };
const base = { refId: 'A', ...DEFAULT_QUERY, ...complete };

test('choosing an account replaces “all accounts” and runs the query', async () => {
  const { onChange, onRunQuery, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Accounts'));
  await user.click(await screen.findByText('staging'));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, accounts: ['staging'] });
  expect(onRunQuery).toHaveBeenCalledTimes(1);
});

test('a suggested namespace is taken into the query', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Namespace'));
  await user.click(await screen.findByText('AWS/RDS'));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, namespace: 'AWS/RDS' });
});

test('a namespace that no one suggests can be typed', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Namespace'));
  await user.keyboard('Shop/Checkout');
  await user.click(await screen.findByText('Shop/Checkout', { ignore: 'input' }));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, namespace: 'Shop/Checkout' });
});

test('a switch changes its own field', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Decompose'));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, decompose: true });
  await user.click(screen.getByLabelText('Decompose'));
  expect(onChange.mock.lastCall).toStrictEqual([base]);
});

test('a text runs no query before its field is left', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.type(screen.getByLabelText('Legend'), 'cpu');
  expect(onChange).not.toHaveBeenCalled();
  await user.tab();
  expect(onChange).toHaveBeenCalledTimes(1);
  expect(onChange).toHaveBeenLastCalledWith({ ...base, legend: 'cpu' });
});

test('dimensions are added as any value and removed again', async () => {
  const { onChange, user } = await setup({ query: { ...complete, dimensions: { InstanceId: ['i-1'] } } });
  await user.click(screen.getByRole('button', { name: 'Add dimension' }));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, dimensions: { InstanceId: ['i-1'], '': ['*'] } });
  expect(screen.getByText('A dimension has no name')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Remove dimension InstanceId' }));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, dimensions: { '': ['*'] } });
});

test('an alert rule is told to choose one measure, and can do so at once', async () => {
  const { onChange, user } = await setup({ query: complete, app: CoreApp.UnifiedAlerting });
  await user.click(screen.getByRole('button', { name: 'Use anomaly_score' }));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, output: 'anomaly_score' });
  expect(screen.queryByText('An alert rule needs one measure')).not.toBeInTheDocument();
});

test('a dashboard is not told so', async () => {
  await setup({ query: complete, app: CoreApp.PanelEditor });
  expect(screen.queryByText('An alert rule needs one measure')).not.toBeInTheDocument();
});

test('errors stand at their field, but not before anything was chosen', async () => {
  await setup({ query: { namespace: 'AWS/EC2', period: '90s' } });
  expect(screen.getByText('Choose a metric')).toBeInTheDocument();
  expect(screen.getByText('Use 1, 5, 10, 20 or 30 s, or whole minutes up to 1d')).toBeInTheDocument();
});

test('an untouched query shows no error', async () => {
  await setup();
  expect(screen.queryByText('Choose a metric')).not.toBeInTheDocument();
});

test('simulated data is marked', async () => {
  await setup({ query: complete, accounts: [account('production', '111111111111', true)] });
  expect(await screen.findByText('Simulated')).toBeInTheDocument();
});

test('accounts that give no suggestions are named', async () => {
  const notice = 'staging: access denied for cloudwatch:ListMetrics';
  const { user } = await setup({ query: complete, suggest: () => Promise.resolve({ items: [], notice }) });
  await user.click(screen.getByLabelText('Metric'));
  await waitFor(() => expect(screen.getByText(`Suggestions are incomplete: ${notice}`)).toBeInTheDocument());
});

describe('forecast', () => {
  const forecast = { ...base, forecast: true };

  it('is switched on with its defaults, none of which is written', async () => {
    const { onChange, user } = await setup({ query: complete });
    expect(screen.queryByLabelText('Forecaster')).not.toBeInTheDocument();
    await user.click(screen.getByLabelText('Forecast'));
    expect(onChange.mock.lastCall).toStrictEqual([forecast]);
    expect(screen.getByLabelText('Forecaster')).toHaveValue('Automatic');
    expect(screen.getByLabelText('Horizon')).toHaveValue('24h');
    expect(screen.getByText('95 %')).toBeInTheDocument();
  });

  it('has a forecaster by its title, with its help at hand', async () => {
    const { onChange, user } = await setup({ query: forecast });
    await user.click(screen.getByLabelText('Forecaster'));
    await user.click(await screen.findByText('ETS'));
    expect(onChange).toHaveBeenLastCalledWith({ ...forecast, forecaster: { name: 'ets' } });
    expect(screen.getByRole('button', { name: 'Exponential smoothing.' })).toBeInTheDocument();
  });

  it('has further bands after the main one', async () => {
    const { onChange, user } = await setup({ query: forecast });
    await user.click(screen.getByLabelText('Bands'));
    await user.click(await screen.findByText('80 %'));
    expect(onChange).toHaveBeenLastCalledWith({ ...forecast, forecaster: { levels: [95, 80] } });
  });

  it('learns from all calendars, some or none', async () => {
    const { onChange, user } = await setup({ query: forecast });
    await user.click(screen.getByLabelText('Calendar effects'));
    await user.click(await screen.findByText('(none)'));
    expect(onChange).toHaveBeenLastCalledWith({ ...forecast, forecaster: { calendars: [] } });
  });

  it('takes a horizon that no one suggests', async () => {
    const { onChange, user } = await setup({ query: forecast });
    await user.click(screen.getByLabelText('Horizon'));
    await user.keyboard('60d');
    await user.click(await screen.findByText('60d', { ignore: 'input' }));
    expect(onChange).toHaveBeenLastCalledWith({ ...forecast, horizon: '60d' });
    expect(screen.getByText(/Longer than the limit of 720h/)).toBeInTheDocument();
  });

  it('is edited even where the list of forecasters cannot be had', async () => {
    await setup({ query: forecast, forecastersFailure: new Error('plugin unavailable') });
    expect(screen.getByText('Suggestions are incomplete: plugin unavailable')).toBeInTheDocument();
    expect(screen.getByLabelText('Forecaster')).toHaveValue('Automatic');
  });

  it('of a roll-up is not edited, because there is none', async () => {
    await setup({ query: { ...forecast, rollUp: ['account'] } });
    expect(screen.queryByLabelText('Forecaster')).not.toBeInTheDocument();
  });
});

describe('threshold', () => {
  const choose = async (user: Awaited<ReturnType<typeof setup>>['user'], kind: string) => {
    await user.click(screen.getByLabelText('Threshold'));
    await user.click(await screen.findByText(kind));
  };

  it('is a value, which is written once it is there and goes with the choice', async () => {
    const { onChange, user } = await setup({ query: complete });
    await choose(user, 'A value');
    expect(onChange).not.toHaveBeenCalled();
    await user.type(screen.getByLabelText('Value'), '90{Enter}');
    expect(onChange).toHaveBeenLastCalledWith({ ...base, threshold: 90 });
    await choose(user, 'None');
    expect(onChange.mock.lastCall).toStrictEqual([base]);
    expect(screen.queryByLabelText('Value')).not.toBeInTheDocument();
  });

  it('is a share of another metric', async () => {
    const { onChange, user } = await setup({ query: { ...complete, threshold: 90 } });
    await choose(user, 'Another metric');
    expect(onChange.mock.lastCall).toStrictEqual([base]);
    await user.type(screen.getByLabelText('Percent of it'), '80{Enter}');
    expect(onChange).toHaveBeenCalledTimes(1);
    await user.click(screen.getByLabelText('Threshold metric'));
    await user.click(await screen.findByText('AWS/RDS'));
    const metric = { metric: 'AWS/RDS', percent: 80 };
    expect(onChange).toHaveBeenLastCalledWith({ ...base, thresholdMetric: metric });
    await user.click(screen.getByLabelText('Threshold statistic'));
    await user.click(await screen.findByText('Sum'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, thresholdMetric: { ...metric, statistic: 'Sum' } });
  });

  it('that the hours to it need is asked for', async () => {
    await setup({ query: { ...complete, output: 'hours_to_threshold_early' } });
    expect(screen.getByText('hours_to_threshold_early needs a threshold')).toBeInTheDocument();
  });
});

describe('detector', () => {
  const forest = { name: 'random_cut_forest' };
  const open = async (query: Partial<VigiaQuery> = {}, patch: Setup = {}) => {
    const editor = await setup({ query: { ...complete, ...query }, ...patch });
    await editor.user.click(screen.getByRole('button', { name: 'Detector' }));
    return editor;
  };

  it('is one line until it is opened, and opening it changes nothing', async () => {
    const { onChange, user } = await setup({ query: complete });
    expect(screen.getByText('Automatic, both directions')).toBeInTheDocument();
    expect(screen.queryByLabelText('Function')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Detector' }));
    expect(screen.getByText('Right for nearly every metric.')).toBeInTheDocument();
    expect(screen.queryByText('Further columns')).not.toBeInTheDocument();
    expect(onChange).not.toHaveBeenCalled();
  });

  it('is chosen by its title, and its parameters become fields', async () => {
    const { onChange, user } = await open();
    await user.click(screen.getByLabelText('Detector'));
    await user.click(await screen.findByText('Random cut forest'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: forest });
    const trees = screen.getByLabelText(/^Trees/);
    expect(trees).toHaveAttribute('placeholder', '100');
    await user.type(trees, '5000{Enter}');
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { ...forest, parameters: { trees: 5000 } } });
    expect(screen.getByText('Use a whole number from 1 to 1000')).toBeInTheDocument();
    await user.clear(trees);
    await user.tab();
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: forest });
  });

  it('has a switch for what is on or off, and its default is not written', async () => {
    const { onChange, user } = await open({ detector: forest });
    const directed = screen.getByLabelText(/^Directionality/);
    expect(directed).toBeChecked();
    await user.click(directed);
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { ...forest, parameters: { directed: 0 } } });
    await user.click(directed);
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: forest });
  });

  it('takes one direction, and both again', async () => {
    const { onChange, user } = await open();
    await user.click(screen.getByRole('radio', { name: 'Low' }));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { direction: 'low' } });
    await user.click(screen.getByRole('radio', { name: 'Both' }));
    expect(onChange).toHaveBeenLastCalledWith(base);
    expect(onChange.mock.lastCall).not.toEqual([expect.objectContaining({ detector: expect.anything() as unknown })]);
  });

  it('takes the statistic of a function', async () => {
    const { onChange, user } = await open();
    await user.click(screen.getByLabelText('Function'));
    await user.click(await screen.findByText('Rare zero'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { function: 'rare_zero' } });
    expect(screen.getByLabelText('Statistic')).toBeDisabled();
    expect(screen.getByLabelText('Statistic')).toHaveValue('Sum');
    expect(screen.getByLabelText('Detector')).toBeDisabled();
  });

  it('drops a statistic that a function contradicts', async () => {
    const { onChange, user } = await open({ statistic: 'p99' });
    await user.click(screen.getByLabelText('Function'));
    await user.click(await screen.findByText('Maximum'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { function: 'max' }, statistic: 'Average' });
  });

  it('takes the score from which an anomaly begins, and writes no default', async () => {
    const { onChange, user } = await open();
    await user.type(screen.getByLabelText(/^An anomaly begins at score/), '50{Enter}');
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { eventScore: 50 } });
    await user.clear(screen.getByLabelText(/^An anomaly begins at score/));
    await user.tab();
    expect(onChange).toHaveBeenLastCalledWith(base);
  });

  it('adds a rule with its first limit, reads it back in words, and takes it away', async () => {
    const { onChange, user } = await open();
    await user.click(screen.getByRole('button', { name: 'Add rule' }));
    expect(onChange).not.toHaveBeenCalled();
    await user.type(screen.getByLabelText('Skip within'), '5{Enter}');
    await user.type(screen.getByLabelText('Only above'), '100{Enter}');
    expect(onChange).toHaveBeenLastCalledWith({
      ...base,
      detector: { rules: [{ skipWithin: 5, onlyAbove: 100 }] },
    });
    expect(
      screen.getByText('No score where the value is less than 5 from the expected one, or not above 100.')
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Remove rule 1' }));
    expect(onChange).toHaveBeenLastCalledWith(base);
  });

  it('adds columns where it can look at several, up to its limit', async () => {
    const columns = [{ metric: 'Errors', statistic: 'Sum' }];
    const { onChange, user } = await open({ detector: { ...forest, columns } });
    await user.click(screen.getByRole('button', { name: 'Add column' }));
    await user.click(screen.getAllByLabelText('Metric').at(-1)!);
    await user.click(await screen.findByText('AWS/RDS'));
    const two = [...columns, { metric: 'AWS/RDS', statistic: 'Average' }];
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { ...forest, columns: two } });
    expect(screen.getByRole('button', { name: 'Add column' })).toBeDisabled();
  });

  it('splits and rolls up by labels, the dimensions among them', async () => {
    const dimensions = { InstanceId: ['*'] };
    const { onChange, user } = await open({ dimensions });
    await user.click(screen.getByLabelText(/^Roll up by/));
    await user.click(await screen.findByText('account'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, dimensions, rollUp: ['account'] });
    await user.click(screen.getByLabelText(/^Split by/));
    await user.click(await screen.findByText('InstanceId', { ignore: 'input' }));
    expect(onChange).toHaveBeenLastCalledWith({
      ...base,
      dimensions,
      rollUp: ['account'],
      detector: { split: ['InstanceId'] },
    });
  });

  it('follows all calendars, some or none', async () => {
    const { onChange, user } = await open();
    await user.click(screen.getByLabelText(/^Calendars/));
    await user.click(await screen.findByText('black-friday'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { calendars: ['black-friday'] } });
    await user.click(await screen.findByText('(none)'));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { calendars: [] } });
  });

  it('is edited even where the list of detectors cannot be had', async () => {
    const { onChange, user } = await open({}, { detectorsFailure: new Error('plugin unavailable') });
    expect(screen.getByText('Suggestions are incomplete: plugin unavailable')).toBeInTheDocument();
    await user.click(screen.getByRole('radio', { name: 'High' }));
    expect(onChange).toHaveBeenLastCalledWith({ ...base, detector: { direction: 'high' } });
  });

  it('says what is wrong while it is closed', async () => {
    await setup({ query: { ...complete, detector: { ...forest, parameters: { trees: 0 } } } });
    expect(screen.getByText('Trees: Use a whole number from 1 to 1000')).toBeInTheDocument();
  });
});

test('events and the raw score are switches beside the score, absent when off', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Events'));
  await user.click(screen.getByLabelText('Raw score'));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, events: true, raw: true });
  await user.click(screen.getByLabelText('Events'));
  expect(onChange.mock.lastCall).toStrictEqual([{ ...base, raw: true }]);
});

test('a rule on what lies in the future is told what to take instead', async () => {
  await setup({ query: { ...complete, output: 'forecast_upper' }, app: CoreApp.UnifiedAlerting });
  expect(screen.getByText(/It lies in the future/)).toBeInTheDocument();
});

test('an author of an alert is told what the chosen measure is good for', async () => {
  await setup({ query: { ...complete, output: 'anomaly_event' }, app: CoreApp.UnifiedAlerting });
  expect(screen.getByText(/so that an anomaly sends one alert/)).toBeInTheDocument();
});

describe('kind', () => {
  const choose = async (user: ReturnType<typeof userEvent.setup>, kind: string) => {
    await user.click(screen.getByLabelText('Kind'));
    await user.click(await screen.findByRole('option', { name: new RegExp(`^${kind}`) }));
  };
  const shown = (...labels: string[]) => labels.filter((label) => screen.queryByLabelText(label) !== null);
  const all = ['Accounts', 'Namespace', 'Metric', 'Statistic', 'Period', 'Score', 'Band', 'Forecast', 'By', 'Output'];
  const scope = { refId: 'A', version: 1, accounts: ['*'], regions: ['*'] };

  it('is a metric, of which nothing is written', async () => {
    const { onChange, user } = await setup({ query: complete });
    expect(screen.getByLabelText('Kind')).toHaveValue('Metric');
    await user.click(screen.getByLabelText('Raw score'));
    expect(onChange.mock.lastCall).toStrictEqual([{ ...base, raw: true }]);
  });

  it('quality has the form of a metric without scores and forecasts, and measures of its own', async () => {
    const { onChange, user } = await setup({ query: { ...complete, detector: { name: 'ewma' } } });
    expect(screen.getAllByText(/Detector/)).not.toHaveLength(0);
    await choose(user, 'Quality');
    const quality = { kind: 'quality', ...complete, statistic: 'Average', dimensions: {}, period: 'auto', legend: '' };
    expect(onChange.mock.lastCall).toStrictEqual([{ ...scope, ...quality, output: '' }]);
    expect(shown(...all)).toEqual(['Accounts', 'Namespace', 'Metric', 'Statistic', 'Period', 'Output']);
    expect(screen.queryByText(/Detector/)).not.toBeInTheDocument();
    await user.click(screen.getByLabelText('Output'));
    expect(screen.queryByText('anomaly_score')).not.toBeInTheDocument();
    await user.click(await screen.findByText('quality_range'));
    expect(onChange.mock.lastCall).toStrictEqual([{ ...scope, ...quality, output: 'quality_range' }]);
  });

  it('costs name no metric and are told apart by the account, or more', async () => {
    const { onChange, onRunQuery, user } = await setup();
    await choose(user, 'Costs');
    const costs = { ...scope, kind: 'costs', period: 'auto', output: '', legend: '' };
    expect(onChange.mock.lastCall).toStrictEqual([costs]);
    expect(onRunQuery).toHaveBeenCalledTimes(1);
    expect(shown(...all)).toEqual(['Accounts', 'Period', 'By', 'Output']);
    expect(screen.queryByText('Dimensions')).not.toBeInTheDocument();
    await user.click(screen.getByLabelText('By'));
    await user.click(await screen.findByText('Asked by'));
    expect(onChange.mock.lastCall).toStrictEqual([{ ...costs, by: ['account', 'asked_by'] }]);
  });

  it('events need no metric to narrow them down, and have no measure', async () => {
    const { onChange, user } = await setup();
    await choose(user, 'Events');
    const events = { ...scope, kind: 'events', namespace: '', metric: '', dimensions: {} };
    expect(onChange.mock.lastCall).toStrictEqual([events]);
    expect(shown(...all)).toEqual(['Accounts', 'Namespace', 'Metric']);
    expect(screen.getByText('None: any dimensions')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Add dimension' }));
    expect(screen.getByText('A dimension has no name')).toBeInTheDocument();
    expect(screen.queryByText('Choose a metric')).not.toBeInTheDocument();
  });

  it('costs are by the day as well', async () => {
    const { onChange, user } = await setup({ query: { kind: 'costs' } });
    await user.click(screen.getByLabelText('Period'));
    await user.click(await screen.findByText('1d'));
    expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'costs', period: '1d' }));
  });

  it('a kind that was left returns as it was', async () => {
    const rich: Partial<VigiaQuery> = {
      ...complete,
      period: '1m',
      legend: 'cpu',
      detector: { name: 'ewma' },
      rollUp: ['region'],
    };
    const { onChange, user } = await setup({ query: rich });
    await choose(user, 'Costs');
    expect(onChange.mock.lastCall).toStrictEqual([{ ...scope, kind: 'costs', period: 'auto', output: '', legend: '' }]);
    await choose(user, 'Events');
    await choose(user, 'Metric');
    expect(onChange.mock.lastCall).toStrictEqual([{ ...base, ...rich }]);
  });

  it('goes back to a metric with its defaults', async () => {
    const { onChange, user } = await setup({ query: { ...complete, kind: 'costs', by: ['region'], output: 'calls' } });
    await choose(user, 'Metric');
    expect(onChange.mock.lastCall).toStrictEqual([base]);
  });

  it('an alert rule is offered a measure of its kind', async () => {
    const { onChange, user } = await setup({ query: { kind: 'costs' }, app: CoreApp.UnifiedAlerting });
    await user.click(screen.getByRole('button', { name: 'Use cost_usd' }));
    expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'costs', output: 'cost_usd' }));
  });

  it('an alert rule is told that a table of events is nothing for it', async () => {
    await setup({ query: { kind: 'events' }, app: CoreApp.UnifiedAlerting });
    expect(screen.getByText('A table of events cannot be alerted on')).toBeInTheDocument();
    expect(screen.queryByText('An alert rule needs one measure')).not.toBeInTheDocument();
  });
});
