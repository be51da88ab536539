import { SERIES_LABELS } from '../labels';
import { withoutAbsent } from './absent';
import { type Account, type AuthType, type VigiaOptions } from './types';

export const AUTH_TYPE_NAMES: Record<AuthType, string> = {
  default: 'AWS SDK default',
  keys: 'Access and secret key',
  credentials: 'Credentials file',
  ec2_iam_role: 'Workspace IAM role (EC2, ECS, EKS)',
  grafana_assume_role: 'Grafana assume role (Grafana Cloud)',
};

/** Regions to choose from; any other that AWS opens can be typed. */
export const REGIONS = [
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-central-1',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'us-west-1',
  'us-west-2',
];

export type AccountErrors = Partial<Record<keyof Account, string>>;
export type OptionsErrors = Partial<
  Record<'defaultRegion' | 'stsEndpoint' | 'cloudWatchEndpoint' | 'timezone' | 'dailyBudgetUSD', string>
>;

const ACCOUNT_ID = /^\d{12}$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):role\/[\w+=,.@/-]+$/;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

/** What is wrong with one account among all of them, by field. */
export function validateAccount(account: Account, all: Account[]): AccountErrors {
  const errors: AccountErrors = {
    id: idError(account, all),
    alias: aliasError(account, all),
    roleArn: roleError(account),
    externalId:
      account.externalId && !EXTERNAL_ID.test(account.externalId)
        ? 'Use 2 to 1224 letters, digits or + = , . @ : / - _'
        : undefined,
    regions: regionsError(account.regions),
    labels: labelsError(account.labels),
  };
  return withoutAbsent(errors);
}

function idError({ id }: Account, all: Account[]): string | undefined {
  if (!ACCOUNT_ID.test(id)) {
    return 'An account id has twelve digits';
  }
  return all.filter((other) => other.id === id).length > 1 ? 'Another account has this id' : undefined;
}

function aliasError({ alias }: Account, all: Account[]): string | undefined {
  if (alias.trim() === '') {
    return 'Give the account a name';
  }
  if (alias.trim() === '*') {
    return '* stands for every account';
  }
  return all.filter((other) => other.alias === alias).length > 1 ? 'Another account has this alias' : undefined;
}

function roleError({ id, roleArn }: Account): string | undefined {
  if (!roleArn) {
    return undefined;
  }
  const account = ROLE_ARN.exec(roleArn)?.[1];
  if (account === undefined) {
    return 'A role looks like arn:aws:iam::123456789012:role/name';
  }
  return ACCOUNT_ID.test(id) && account !== id ? `This role belongs to account ${account}` : undefined;
}

function regionsError(regions: string[] = []): string | undefined {
  const wrong = regions.find((region) => !REGION.test(region));
  return wrong === undefined ? undefined : `"${wrong}" is no region`;
}

function labelsError(labels: Record<string, string> = {}): string | undefined {
  // Frames use these names themselves: an account's label under one of them would be lost.
  const reserved = Object.keys(labels).find((name) => SERIES_LABELS.includes(name));
  return reserved === undefined ? undefined : `"${reserved}" is a label of every series already`;
}

/** What is wrong outside the accounts, by field. */
export function validateOptions(options: VigiaOptions): OptionsErrors {
  const errors: OptionsErrors = {
    defaultRegion:
      options.defaultRegion && !REGION.test(options.defaultRegion) ? 'A region looks like us-east-1' : undefined,
    stsEndpoint: endpointError(options.stsEndpoint),
    cloudWatchEndpoint: endpointError(options.cloudWatchEndpoint),
    dailyBudgetUSD: budgetError(options.dailyBudgetUSD),
    timezone: options.timezone && !isTimeZone(options.timezone) ? 'Use an IANA name such as Europe/Madrid' : undefined,
  };
  return withoutAbsent(errors);
}

const budgetError = (usd: number | undefined) =>
  usd !== undefined && usd <= 0 ? 'Use an amount above 0, or none' : undefined;

function endpointError(endpoint = ''): string | undefined {
  if (endpoint === '') {
    return undefined;
  }
  const isUrl = /^https?:\/\//.test(endpoint) && URL.canParse(endpoint);
  return isUrl ? undefined : 'Use an address that begins with https:// or http://';
}

/** Says whether a name is one of the IANA time zones. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Labels as one writes them: `team=payments, tier=1`. */
export const labelsToText = (labels: Record<string, string> = {}): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** The reverse of `labelsToText`; an entry without `=` is a label with an empty value. */
export function textToLabels(text: string): Record<string, string> {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [name, ...value] = entry.split('=');
      return [name.trim(), value.join('=').trim()];
    });
  return Object.fromEntries(entries) as Record<string, string>;
}
