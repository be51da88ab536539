import { CoreApp } from '@grafana/data';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { type VigiaDataSource } from './datasource';
import { DEFAULT_QUERY } from './query';
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
}

async function setup({ query, app, accounts, suggest }: Setup = {}) {
  const onChange = jest.fn();
  const onRunQuery = jest.fn();
  const datasource = {
    uid: 'vigia',
    resources: {
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

test('switches and texts change their own field', async () => {
  const { onChange, user } = await setup({ query: complete });
  await user.click(screen.getByLabelText('Forecast'));
  expect(onChange).toHaveBeenLastCalledWith({ ...base, forecast: true });
  expect(screen.getByLabelText('Horizon')).toHaveValue('24h');

  await user.type(screen.getByLabelText('Threshold'), '90{Enter}');
  expect(onChange).toHaveBeenLastCalledWith({ ...base, forecast: true, threshold: 90 });
  await user.clear(screen.getByLabelText('Threshold'));
  await user.tab();
  expect(onChange).toHaveBeenLastCalledWith({ ...base, forecast: true, threshold: null });
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
