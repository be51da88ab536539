import { type DataSourceSettings } from '@grafana/data';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { ConfigEditor } from './ConfigEditor';
import { Resources } from './resources';
import { type Account, type VigiaOptions, type VigiaSecrets } from './types';

type Settings = DataSourceSettings<VigiaOptions, VigiaSecrets>;

const production: Account = {
  id: '111111111111',
  alias: 'production',
  roleArn: 'arn:aws:iam::111111111111:role/vigia-reader',
  regions: ['us-east-1'],
};

function setup(jsonData: VigiaOptions, patch: Partial<Settings> = {}) {
  const onOptionsChange = jest.fn();
  const initial = { uid: 'vigia', version: 1, jsonData, secureJsonFields: {}, readOnly: false, ...patch } as Settings;
  function Host() {
    const [options, setOptions] = useState(initial);
    return (
      <>
        <ConfigEditor
          options={options}
          onOptionsChange={(next) => {
            onOptionsChange(next);
            setOptions(next);
          }}
        />
        <button onClick={() => setOptions({ ...options, version: (options.version ?? 0) + 1 })}>save</button>
      </>
    );
  }
  render(<Host />);
  const jsonDataNow = () => (onOptionsChange.mock.lastCall as [Settings])[0].jsonData;
  return { onOptionsChange, jsonDataNow, user: userEvent.setup() };
}

afterEach(() => jest.restoreAllMocks());

test('an added account opens, shows what is missing and is filled in field by field', async () => {
  const { jsonDataNow, user } = setup({ accounts: [production] });
  await user.click(screen.getByRole('button', { name: 'Add account' }));
  const row = within(screen.getByRole('group', { name: 'Account account 2' }));
  expect(row.getByText('An account id has twelve digits')).toBeInTheDocument();
  expect(row.getByText('Give the account a name')).toBeInTheDocument();

  await user.type(row.getByLabelText('Alias'), 'staging');
  await user.type(row.getByLabelText('Account id'), ' 222222222222 ');
  await user.type(row.getByLabelText('Role ARN'), 'arn:aws:iam::333333333333:role/x');
  await user.type(row.getByLabelText('Labels'), 'team=payments');
  await user.tab();
  expect(jsonDataNow().accounts).toEqual([
    production,
    {
      alias: 'staging',
      id: '222222222222',
      roleArn: 'arn:aws:iam::333333333333:role/x',
      labels: { team: 'payments' },
    },
  ]);
  expect(screen.getByText('This role belongs to account 333333333333')).toBeInTheDocument();
});

test('an account is removed', async () => {
  const { jsonDataNow, user } = setup({ accounts: [production, { id: '222222222222', alias: 'staging' }] });
  await user.click(screen.getByRole('button', { name: 'Remove production' }));
  expect(jsonDataNow().accounts).toEqual([{ id: '222222222222', alias: 'staging' }]);
});

test('a closed row says what is wrong with its account', () => {
  setup({ accounts: [{ ...production, regions: ['Virginia'] }] });
  expect(screen.getByText('"Virginia" is no region')).toBeInTheDocument();
});

test.each([
  [{ ok: true, message: 'assumed the role' }, 'assumed the role'],
  [{ ok: false, message: 'access denied' }, 'access denied'],
])('a test shows what the account answers: %j', async (health, text) => {
  const ask = jest.spyOn(Resources.prototype, 'accountHealth').mockResolvedValue(health as never);
  const { user } = setup({ accounts: [production] });
  await user.click(screen.getByRole('button', { name: 'Test' }));
  expect(await screen.findByText(text)).toBeInTheDocument();
  expect(ask).toHaveBeenCalledWith('production');
});

test('a test whose call fails shows the failure', async () => {
  jest.spyOn(Resources.prototype, 'accountHealth').mockRejectedValue(new Error('plugin unavailable'));
  const { user } = setup({ accounts: [production] });
  await user.click(screen.getByRole('button', { name: 'Test' }));
  expect(await screen.findByText('plugin unavailable')).toBeInTheDocument();
});

test('a changed account can be tested only after it is saved', async () => {
  const { user } = setup({ accounts: [production] });
  const testButton = () => screen.getByRole('button', { name: 'Test' });
  await user.click(screen.getByRole('button', { name: 'Open production' }));
  await user.type(screen.getByLabelText('External id'), 'secret-1');
  await user.tab();
  expect(testButton()).toHaveAttribute('aria-disabled', 'true');
  await user.click(screen.getByRole('button', { name: 'save' }));
  expect(testButton()).not.toHaveAttribute('aria-disabled', 'true');
});

test('keys are secrets, and shown only for the type that uses them', async () => {
  const { onOptionsChange, user } = setup({ authType: 'keys' });
  await user.type(screen.getByLabelText('Access key'), 'A');
  expect(onOptionsChange).toHaveBeenLastCalledWith(
    expect.objectContaining({ secureJsonData: { accessKey: 'A' }, jsonData: { authType: 'keys' } })
  );
  expect(screen.queryByLabelText('Profile')).not.toBeInTheDocument();
});

test('the profile belongs to the credentials file', () => {
  setup({ authType: 'credentials' });
  expect(screen.getByLabelText(/^Profile/)).toBeInTheDocument();
  expect(screen.queryByLabelText('Access key')).not.toBeInTheDocument();
});

test('a simulated source needs no credentials and says what it is', async () => {
  const { jsonDataNow, user } = setup({});
  await user.click(screen.getByLabelText(/^Simulated/));
  expect(jsonDataNow()).toEqual({ simulated: true });
  expect(screen.getByText('Simulated data')).toBeInTheDocument();
  expect(screen.queryByText('Authentication')).not.toBeInTheDocument();
});

test('wrong settings are told at their field', () => {
  setup({ timezone: 'Mars/Olympus', stsEndpoint: 'sts.local' });
  expect(screen.getByText('Use an IANA name such as Europe/Madrid')).toBeInTheDocument();
  expect(screen.getByText('Use an address that begins with https:// or http://')).toBeInTheDocument();
});

test('a daily budget is an amount above 0, or none', async () => {
  const { jsonDataNow, user } = setup({});
  const budget = screen.getByLabelText(/^Daily budget/);
  await user.type(budget, '2.5{Enter}');
  expect(jsonDataNow()).toEqual({ dailyBudgetUSD: 2.5 });
  await user.clear(budget);
  await user.type(budget, '0{Enter}');
  expect(screen.getByText('Use an amount above 0, or none')).toBeInTheDocument();
  await user.clear(budget);
  await user.tab();
  expect(jsonDataNow().dailyBudgetUSD).toBeUndefined();
  expect(screen.queryByText('Use an amount above 0, or none')).not.toBeInTheDocument();
});

test('a provisioned source can be looked at and tested, not edited', () => {
  setup({ accounts: [production] }, { readOnly: true });
  expect(screen.getByRole('button', { name: 'Add account' })).toBeDisabled();
  expect(screen.getByLabelText(/^Simulated/)).toBeDisabled();
  expect(screen.getByRole('button', { name: 'Test' })).toBeEnabled();
});

describe('calendars', () => {
  const sale = { name: 'sale', windows: [{ from: '2026-11-27T00:00:00', to: '2026-11-28T00:00:00' }] };

  it('are added and filled in, each window with its first field', async () => {
    const { jsonDataNow, user } = setup({});
    await user.click(screen.getByRole('button', { name: 'Add calendar' }));
    const row = within(screen.getByRole('group', { name: 'Calendar calendar 1' }));
    expect(row.getByText('Give the calendar a name')).toBeInTheDocument();
    await user.type(row.getByLabelText('Name'), 'nights');
    await user.type(row.getByLabelText('Time zone'), 'America/Bogota');
    await user.type(row.getByLabelText('Holidays'), '2026-12-25, 01-01{Enter}');
    await user.click(row.getByRole('button', { name: 'Add weekly window' }));
    await user.type(row.getByLabelText('Days'), 'sat, sun');
    await user.type(row.getByLabelText('From'), '22:00');
    expect(row.getAllByText('Use a time of day such as 02:00')).toHaveLength(1);
    await user.type(row.getByLabelText('To'), '02:00{Enter}');
    expect(jsonDataNow().calendars).toEqual([
      {
        name: 'nights',
        timezone: 'America/Bogota',
        holidays: ['2026-12-25', '01-01'],
        weekly: [{ days: ['sat', 'sun'], from: '22:00', to: '02:00' }],
      },
    ]);
    expect(screen.queryByText('Incomplete')).not.toBeInTheDocument();
  });

  it('recur on days of the month, and need not silence scores', async () => {
    const { jsonDataNow, user } = setup({ calendars: [{ name: 'paydays' }] });
    await user.click(screen.getByRole('button', { name: 'Open paydays' }));
    await user.click(screen.getByRole('button', { name: 'Add monthly window' }));
    const days = screen.getByLabelText('Days of the month');
    await user.type(days, '15, last{Enter}');
    expect(screen.getByText('Use days from 1 to 31, such as 15, 30')).toBeInTheDocument();
    expect(days).toHaveValue('15, last');
    await user.clear(days);
    await user.type(days, '15, 30{Enter}');
    await user.type(screen.getByLabelText('To'), '12:00{Enter}');
    await user.type(screen.getByLabelText('From'), '09:00{Enter}');
    await user.clear(screen.getByLabelText('From'));
    const silence = screen.getByRole('switch', { name: /^Silence anomaly scores/ });
    expect(silence).toBeChecked();
    await user.click(silence);
    expect(jsonDataNow().calendars).toStrictEqual([
      { name: 'paydays', quiet: false, monthly: [{ days: [15, 30], to: '12:00' }] },
    ]);
    expect(screen.getByText('1 monthly window · scored')).toBeInTheDocument();
    await user.click(silence);
    expect(jsonDataNow().calendars).toStrictEqual([{ name: 'paydays', monthly: [{ days: [15, 30], to: '12:00' }] }]);
  });

  it('say in one line what they hold, or what is wrong', async () => {
    const wrong = { name: 'wrong', windows: [{ from: sale.windows[0].to, to: sale.windows[0].from }] };
    const { jsonDataNow, user } = setup({ calendars: [sale, wrong] });
    expect(screen.getAllByText('1 window')).toHaveLength(2);
    expect(screen.getByText('The end is not after the start')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Remove wrong' }));
    expect(jsonDataNow().calendars).toEqual([sale]);
  });

  it('of a provisioned source can be opened, not edited', async () => {
    const { user } = setup({ calendars: [sale] }, { readOnly: true });
    await user.click(screen.getByRole('button', { name: 'Open sale' }));
    expect(screen.getByLabelText('From')).toHaveValue('2026-11-27T00:00:00');
    expect(screen.getByLabelText('From')).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Add window' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Add monthly window' })).toBeDisabled();
    expect(screen.getByRole('switch', { name: /^Silence anomaly scores/ })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Add calendar' })).toBeDisabled();
  });
});
