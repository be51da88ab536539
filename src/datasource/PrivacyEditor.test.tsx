import { type DataSourceSettings } from '@grafana/data';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { ConfigEditor } from './ConfigEditor';
import { aliasesError, aliasesToRows, keyError, maskedError, privacyOf, rowsToAliases, textToNames } from './privacy';
import { type VigiaOptions, type VigiaSecrets } from './types';

type Settings = DataSourceSettings<VigiaOptions, VigiaSecrets>;

function setup(jsonData: VigiaOptions, patch: Partial<Settings> = {}) {
  let now = { uid: 'vigia', version: 1, jsonData, secureJsonFields: {}, readOnly: false, ...patch } as Settings;
  function Host() {
    const [options, setOptions] = useState(now);
    return (
      <ConfigEditor
        options={options}
        onOptionsChange={(next) => {
          now = next;
          setOptions(next);
        }}
      />
    );
  }
  render(<Host />);
  return { settings: () => now, user: userEvent.setup() };
}

const labelsField = () => screen.getByLabelText(/^Masked labels/);

test('labels, a key and aliases are given', async () => {
  const { settings, user } = setup({});
  expect(screen.queryByLabelText(/^Key of masks/)).not.toBeInTheDocument();
  await user.type(labelsField(), 'account, InstanceId,, account{Enter}');
  expect(settings().jsonData).toEqual({ privacy: { labels: ['account', 'InstanceId'] } });

  expect(screen.getByText(/Give at least 16 characters/)).toBeInTheDocument();
  await user.type(screen.getByLabelText(/^Key of masks/), 'sixteen and more');
  expect(settings().secureJsonData).toEqual({ privacyKey: 'sixteen and more' });
  expect(screen.queryByText(/Give at least 16 characters/)).not.toBeInTheDocument();

  await user.click(screen.getByRole('button', { name: 'Add alias' }));
  await user.type(screen.getByLabelText('Value'), 'production{Enter}');
  expect(screen.getByText('Give a label, its value and what stands for it')).toBeInTheDocument();
  expect(settings().jsonData.privacy).toEqual({ labels: ['account', 'InstanceId'] });
  await user.type(screen.getByLabelText('Shown as'), 'A{Enter}');
  expect(settings().jsonData.privacy).toEqual({
    labels: ['account', 'InstanceId'],
    aliases: { account: { production: 'A' } },
  });
});

test('whom masks are for is chosen, and the default is not written', async () => {
  const { settings, user } = setup({ privacy: { labels: ['account'] } });
  await user.click(screen.getByLabelText('Masked for'));
  await user.click(await screen.findByRole('option', { name: /Viewers/ }));
  expect(settings().jsonData.privacy).toEqual({ labels: ['account'], for: 'viewers' });
});

test('no labels are no privacy', async () => {
  const { settings, user } = setup({ privacy: { labels: ['account'], for: 'viewers' } });
  await user.clear(labelsField());
  await user.tab();
  expect(settings().jsonData.privacy).toBeUndefined();
});

test('a key that is set need not be typed again, and a provisioned one cannot be changed', () => {
  setup({ privacy: { labels: ['account'] } }, { secureJsonFields: { privacyKey: true }, readOnly: true });
  expect(screen.queryByText(/Give at least 16 characters/)).not.toBeInTheDocument();
  expect(labelsField()).toBeDisabled();
  expect(within(document.body).getByRole('button', { name: 'Add alias' })).toBeDisabled();
});

describe('aliases', () => {
  const rows = [
    { label: 'account', value: 'production', alias: 'A' },
    { label: 'InstanceId', value: 'i-1', alias: 'first' },
  ];

  it('are a map in the settings', () => {
    expect(rowsToAliases(rows)).toEqual({ account: { production: 'A' }, InstanceId: { 'i-1': 'first' } });
    expect(aliasesToRows(rowsToAliases(rows))).toEqual(rows);
    expect(rowsToAliases([{ label: 'account', value: 'x', alias: '' }])).toBeUndefined();
  });

  it.each([
    ['is not masked', [{ label: 'region', value: 'x', alias: 'y' }]],
    ['holds the value', [{ label: 'account', value: 'prod', alias: 'the Prod one' }]],
    ['stands for two', [rows[0], { label: 'account', value: 'b', alias: 'A' }]],
    ['stands twice', [rows[0], { label: 'account', value: 'production', alias: 'B' }]],
  ])('that %s are refused', (words, wrong) => {
    expect(aliasesError(wrong, ['account', 'InstanceId'])).toContain(words);
    expect(aliasesError(rows, ['alias', 'InstanceId'])).toBeUndefined();
  });
});

test('what the settings refuse is said at the field', () => {
  expect(textToNames(' a ,, b,a')).toEqual(['a', 'b']);
  expect(maskedError({ labels: ['stat'] })).toContain('cannot be masked');
  expect(maskedError({ labels: ['account'] })).toBeUndefined();
  expect(keyError({ labels: ['account'] }, true, 'short')).toBeDefined();
  expect(keyError(undefined, false, '')).toBeUndefined();
  expect(privacyOf({ labels: [], aliases: { account: { a: 'b' } } })).toEqual({ aliases: { account: { a: 'b' } } });
});
