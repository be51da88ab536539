import { type DataSourceInstanceSettings } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Resources } from '../datasource/resources';
import { type AccountInfo } from '../datasource/types';
import { roleName } from './accountHealth';
import { DataSourceHealth } from './DataSourceHealth';

const account = (alias: string, patch: Partial<AccountInfo> = {}) => ({
  id: `id of ${alias}`,
  alias,
  roleArn: `arn:aws:iam::111111111111:role/path/${alias}-reader`,
  regions: [],
  labels: {},
  simulated: false,
  ...patch,
});
const source = { uid: 'vigia', name: 'Vigia', isDefault: false } as DataSourceInstanceSettings;
const health = (ok: boolean, message: string) => ({ ok, message, role: '', simulated: false }) as never;

const accounts = jest.spyOn(Resources.prototype, 'accounts');
const accountHealth = jest.spyOn(Resources.prototype, 'accountHealth');
beforeEach(() => jest.spyOn(Resources.prototype, 'collector').mockReturnValue(new Promise(() => undefined)));

test('each account has a row with what it answers; a failing one changes no other', async () => {
  accounts.mockResolvedValue([account('production'), account('staging'), account('data')]);
  accountHealth.mockImplementation((id) => {
    if (id === 'id of data') {
      return Promise.reject(new Error('the call timed out'));
    }
    return Promise.resolve(
      id === 'id of production' ? health(true, 'assumed the role') : health(false, 'access denied')
    );
  });
  render(<DataSourceHealth source={source} />);
  expect(await screen.findByRole('row', { name: /^production .*assumed the role$/ })).toBeInTheDocument();
  expect(await screen.findByRole('row', { name: /^staging .*access denied$/ })).toBeInTheDocument();
  expect(await screen.findByRole('row', { name: /^data .*the call timed out$/ })).toBeInTheDocument();
  expect(screen.queryByText('Simulated data')).not.toBeInTheDocument();
});

test('a data source that does not answer says so, and is asked again', async () => {
  accounts.mockRejectedValueOnce(new Error('plugin unavailable')).mockResolvedValueOnce([]);
  render(<DataSourceHealth source={source} />);
  expect(await screen.findByText('plugin unavailable')).toBeInTheDocument();
  await userEvent.click(screen.getByRole('button', { name: 'Check again' }));
  expect(await screen.findByText(/No account yet/)).toBeInTheDocument();
});

test('simulated accounts are marked', async () => {
  accounts.mockResolvedValue([account('production', { simulated: true })]);
  accountHealth.mockReturnValue(new Promise(() => undefined));
  render(<DataSourceHealth source={source} />);
  expect(await screen.findByText('Simulated data')).toBeInTheDocument();
});

test('a role reads as its name', () => {
  expect(roleName('arn:aws:iam::111111111111:role/path/reader')).toBe('path/reader');
  expect(roleName('')).toBe('own credentials');
});
