import { type DataSourceJsonData } from '@grafana/data';
import { type DataQuery } from '@grafana/schema';
import { type Measure } from '../contract';

/** Stands for every account, every region of an account, or every value of a dimension. */
export const ALL = '*';

/** Each key with its values; `["*"]` is any value, `{}` is the metric without dimensions. */
export type Dimensions = Record<string, string[]>;

/** The query model, version 1, as docs/architecture.md gives it. */
export interface VigiaQuery extends DataQuery {
  version: number;
  accounts: string[];
  regions: string[];
  namespace: string;
  metric: string;
  statistic: string;
  dimensions: Dimensions;
  /** `auto`, or a duration such as 1m, 5m or 1h. */
  period: string;
  score: boolean;
  band: boolean;
  forecast: boolean;
  /** How far the forecast reaches: a duration such as 6h or 7d. */
  horizon: string;
  threshold: number | null;
  /** Empty: every measure asked for. One measure: what an alert rule needs. */
  output: Measure | '';
  legend: string;
}

/** What a dashboard variable can list. */
export const VARIABLE_KINDS = [
  'accounts',
  'regions',
  'namespaces',
  'metrics',
  'dimension-keys',
  'dimension-values',
] as const;
export type VariableKind = (typeof VARIABLE_KINDS)[number];

export interface VigiaVariableQuery extends DataQuery {
  kind: VariableKind;
  accounts: string[];
  regions: string[];
  namespace: string;
  metric: string;
  dimensionKey: string;
}

export const AUTH_TYPES = ['default', 'keys', 'credentials', 'ec2_iam_role', 'grafana_assume_role'] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** One AWS account, as it stands in jsonData. */
export interface Account {
  /** Twelve digits. */
  id: string;
  /** Unique; what people see. */
  alias: string;
  /** Empty: the data source's own credentials. */
  roleArn?: string;
  externalId?: string;
  /** Empty: the default region. */
  regions?: string[];
  labels?: Record<string, string>;
}

export interface VigiaOptions extends DataSourceJsonData {
  authType?: AuthType;
  profile?: string;
  defaultRegion?: string;
  stsEndpoint?: string;
  cloudWatchEndpoint?: string;
  simulated?: boolean;
  /** IANA name: the wall clock of daily and weekly seasons. */
  timezone?: string;
  accounts?: Account[];
}

export interface VigiaSecrets {
  accessKey?: string;
  secretKey?: string;
  sessionToken?: string;
}

/** An answer of the resource `accounts`. */
export interface AccountInfo {
  id: string;
  alias: string;
  roleArn: string;
  regions: string[];
  labels: Record<string, string>;
  simulated: boolean;
}

/** An answer of the resource `account-health`. */
export interface AccountHealth {
  account: string;
  alias: string;
  role: string;
  region: string;
  ok: boolean;
  message: string;
  simulated: boolean;
}
