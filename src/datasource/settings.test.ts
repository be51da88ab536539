import { labelsToText, textToLabels, validateAccount, validateOptions } from './settings';
import { type Account } from './types';

const account = (patch: Partial<Account> = {}): Account => ({
  id: '111111111111',
  alias: 'production',
  roleArn: 'arn:aws:iam::111111111111:role/vigia-reader',
  ...patch,
});

const check = (patch: Partial<Account>, ...others: Account[]) => {
  const one = account(patch);
  return validateAccount(one, [one, ...others]);
};

describe('validateAccount', () => {
  it.each<Partial<Account>>([
    {},
    { roleArn: '' },
    { roleArn: 'arn:aws-us-gov:iam::111111111111:role/path/to/vigia@x' },
    { externalId: 'vigia-2026:prod' },
    { regions: [], labels: {} },
    { regions: ['us-east-1', 'us-gov-west-1', 'ap-southeast-3'], labels: { team: 'payments' } },
  ])('accepts %j', (patch) => {
    expect(check(patch)).toEqual({});
  });

  it.each<[keyof Account, Partial<Account>]>([
    ['id', { id: '11111111111' }],
    ['id', { id: '' }],
    ['alias', { alias: ' ' }],
    ['alias', { alias: '*' }],
    ['roleArn', { roleArn: 'vigia-reader' }],
    ['roleArn', { roleArn: 'arn:aws:iam::222222222222:role/vigia-reader' }],
    ['roleArn', { roleArn: 'arn:aws:iam::111111111111:user/someone' }],
    ['externalId', { externalId: 'has blank' }],
    ['externalId', { externalId: 'x' }],
    ['regions', { regions: ['us-east-1', 'Virginia'] }],
    ['labels', { labels: { account: 'x' } }],
  ])('puts an error on %s for %j, and on nothing else', (field, patch) => {
    expect(Object.keys(check(patch))).toEqual([field]);
  });

  it('names the account that a role belongs to', () => {
    expect(check({ roleArn: 'arn:aws:iam::222222222222:role/x' }).roleArn).toContain('222222222222');
  });

  it('refuses an id and an alias that another account has', () => {
    const errors = check({}, account());
    expect(Object.keys(errors)).toEqual(['id', 'alias']);
  });
});

describe('validateOptions', () => {
  it('accepts empty settings', () => {
    expect(validateOptions({})).toEqual({});
  });

  it.each([
    ['defaultRegion', 'Ireland'],
    ['stsEndpoint', 'sts.local'],
    ['cloudWatchEndpoint', 'http://'],
    ['timezone', 'Mars/Olympus'],
    ['dailyBudgetUSD', 0],
    ['dailyBudgetUSD', -1],
  ])('refuses %s %s', (field, value) => {
    expect(Object.keys(validateOptions({ [field]: value }))).toEqual([field]);
  });

  it('accepts endpoints on this machine and IANA time zones', () => {
    expect(validateOptions({ stsEndpoint: 'http://127.0.0.1:4566', timezone: 'America/Bogota' })).toEqual({});
  });
});

test('labels are written as text and read back', () => {
  const labels = { team: 'payments', url: 'a=b', empty: '' };
  expect(labelsToText(labels)).toBe('team=payments, url=a=b, empty=');
  expect(textToLabels(labelsToText(labels))).toEqual(labels);
  expect(textToLabels(' team = payments ,, tier')).toEqual({ team: 'payments', tier: '' });
});
