import { type DataSourceJsonData } from '@grafana/data';
import { type DataQuery } from '@grafana/schema';
import { type LevelMeasure, type Measure } from '../contract';
import { type KindMeasure } from './kinds';

/** Stands for every account, every region of an account, or every value of a dimension. */
export const ALL = '*';

/** The detector or the forecaster of a query that names none. */
export const AUTO = 'auto';

/** The statistic of a query that chooses none. */
export const DEFAULT_STATISTIC = 'Average';

/** Each key with its values; `["*"]` is any value, `{}` is the metric without dimensions. */
export type Dimensions = Record<string, string[]>;

export const FUNCTIONS = ['count', 'mean', 'min', 'max', 'sum', 'rare_zero'] as const;
export type DetectorFunction = (typeof FUNCTIONS)[number];

/** One more metric of the same dimensions, as a column of the detector. */
export interface ExtraColumn {
  metric: string;
  statistic: string;
}

/** What silences a score: each limit that is set does so by itself. */
export interface Rule {
  /** In the unit of the metric. */
  skipWithin?: number | null;
  skipWithinPercent?: number | null;
  onlyAbove?: number | null;
  onlyBelow?: number | null;
}

/** How a query's score is made. What is absent has its default, so that an untouched form writes nothing. */
export interface Detector {
  /** Absent: auto. */
  name?: string;
  /** By name, as the resource `detectors` lists them. */
  parameters?: Record<string, number>;
  /** One of FUNCTIONS; what is none is kept for the back end to refuse. Absent: the statistic as it is. */
  function?: string;
  /** low or high: what deviates the other way scores 0. Absent: both. */
  direction?: string;
  /** Absent: each series by itself. */
  split?: string[];
  columns?: ExtraColumn[];
  rules?: Rule[];
  /** Absent: every calendar of the data source; empty: none. */
  calendars?: string[];
  /** Above 0, up to 100: scores from it on can begin an anomaly. Absent: 25. */
  eventScore?: number;
}

/** How a query's forecast is made. What is absent has its default, so that an untouched form writes nothing. */
export interface Forecaster {
  /** Absent: auto. */
  name?: string;
  /** Of the bands, in per cent, one to three; the first is the one that numbers of now go by. Absent: 95 alone. */
  levels?: number[];
  /** Whose effect is learnt and expected again. Absent: every calendar of the data source; empty: none. */
  calendars?: string[];
}

/** A threshold that another metric of the same namespace, account, region and dimensions gives by its newest value. */
export interface ThresholdMetric {
  metric: string;
  /** Absent: Average. */
  statistic?: string;
  /** Of its value. Absent: 100. */
  percent?: number;
}

/** The query model, version 1, as docs/architecture.md gives it. */
export interface VigiaQuery extends DataQuery {
  version: number;
  /** metric, quality, costs or events. Absent: metric. */
  kind?: string;
  /** Of kind costs: account, region, asked_by. Absent: account. */
  by?: string[];
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
  output: Measure | LevelMeasure | KindMeasure | '';
  legend: string;
  /** anomaly_event as well. Absent: no. */
  events?: boolean;
  /** raw_score as well. Absent: no. */
  raw?: boolean;
  /** Absent: auto at 95 %. */
  forecaster?: Forecaster;
  /** Instead of a number as threshold. Absent: none. */
  thresholdMetric?: ThresholdMetric;
  /** trend, season_day, season_week and remainder as well. Absent: no. */
  decompose?: boolean;
  /** Absent: auto, with every default. */
  detector?: Detector;
  /** Labels: one score for each of their values. Absent: no roll-up. */
  rollUp?: string[];
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

/** A window of time, once. Wall clock of its calendar, or an instant where it has an offset or Z; the end is exclusive. */
export interface CalendarWindow {
  from: string;
  to: string;
}

/** A window of each week; an end before the start is on the next day. */
export interface WeeklyWindow extends CalendarWindow {
  /** mon to sun: the days it begins on. */
  days: string[];
}

/** A window of each month. Without times it is the whole day; an end before the start is on the next day. */
export interface MonthlyWindow extends Partial<CalendarWindow> {
  /** 1 to 31; one that a month does not have is its last. Text that is no number is kept as it was typed: the back end refuses it. */
  days: Array<number | string>;
}

/** Planned events, whose effect forecasts learn. */
export interface Calendar {
  /** Unique. */
  name: string;
  /** IANA name; empty: the data source's. */
  timezone?: string;
  /** Inside there is no score and detectors learn nothing. Absent: yes. */
  quiet?: boolean;
  windows?: CalendarWindow[];
  weekly?: WeeklyWindow[];
  monthly?: MonthlyWindow[];
  /** Whole days: 2026-12-25, or 01-01 in every year. */
  holidays?: string[];
}

/** A metric is never above another one of the same resource. */
export interface QualityRule {
  namespace: string;
  metric: string;
  statistic: string;
  op: '<=';
  than: { metric: string; statistic: string };
}

/** What a metric can be, in its own unit: a lower limit, an upper one or both. */
export interface QualityRange {
  namespace: string;
  metric: string;
  lower?: number;
  upper?: number;
}

/** What values must be like to be learnt from, beside the rules that are built in. */
export interface Quality {
  rules?: QualityRule[];
  ranges?: QualityRange[];
}

/** Labels whose values are masked before they leave the back end. */
export interface Privacy {
  /** account, account_id, region, namespace, metric, labels of accounts, dimensions. */
  labels?: string[];
  /** By label and value: what stands for the value instead of a hash. */
  aliases?: Record<string, Record<string, string>>;
  /** viewers: those who may not edit. Absent: everyone. */
  for?: string;
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
  calendars?: Calendar[];
  /** Absent: what was looked at is kept warm for 6 hours. */
  collector?: CollectorOptions;
  /** What the accounts may cost in a day, in UTC. Absent: any price. */
  dailyBudgetUSD?: number;
  quality?: Quality;
  privacy?: Privacy;
  /** Absent: what the back end keeps by default. */
  cache?: CacheOptions;
}

export interface VigiaSecrets {
  accessKey?: string;
  secretKey?: string;
  sessionToken?: string;
  /** Of the hash of masks. */
  privacyKey?: string;
}

/** How long history is kept, and how large it may become. */
export interface CacheOptions {
  /** How late the newest point of a long range may be: a duration up to 1h. Absent: 5m. */
  maxStaleness?: string;
  /** Of the whole cache, which data sources share. */
  maxGiB?: number;
  keepDays?: KeepDays;
}

/** Days by the period of the points. */
export interface KeepDays {
  seconds?: number;
  minutes?: number;
  fiveMinutes?: number;
  hours?: number;
  /** Of the log of anomalies. */
  events?: number;
}

/** What is kept warm without anyone looking. What is absent has its default. */
export interface CollectorOptions {
  /** Absent: yes. */
  enabled?: boolean;
  /** How long after a dashboard or Explore looked last, such as 6h. */
  warmFor?: string;
  metricsPerMinute?: number;
  /** Series that are always kept, as queries name them. Written by provisioning. */
  watch?: Array<Record<string, unknown>>;
}

/** One run of the collector. */
export interface CollectorRun {
  started: string;
  ended: string;
  /** warm, back-fill or lazy. */
  kind: string;
  series: number;
  /** Metrics asked of AWS. */
  asked: number;
  points: number;
  revised: number;
  /** Empty: none. */
  error: string;
}

/** An answer of the resource `collector`. */
export interface CollectorState {
  enabled: boolean;
  running: boolean;
  /** Series of the back-fill that is under way, or of the last one. */
  done: number;
  total: number;
  /** Series that are kept. */
  warm: number;
  watched: number;
  lazy: number;
  nextDue: string | null;
  metricsPerMinute: number;
  estimatedUSDPerDay: number;
  notes: string[];
  /** The newest first. */
  runs: CollectorRun[];
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

/** One number of a detector, in an answer of the resource `detectors`. */
export interface DetectorParameter {
  name: string;
  title: string;
  help: string;
  default: number;
  min: number;
  max: number;
  /** A whole number; from 0 to 1 it is a switch. */
  whole: boolean;
}

/** A detector to choose, in an answer of the resource `detectors`. */
export interface DetectorDefinition {
  name: string;
  title: string;
  help: string;
  /** Metrics beyond the first that it can look at together. */
  maxColumns: number;
  parameters: DetectorParameter[];
}

/** A forecaster to choose, in an answer of the resource `forecasters`. */
export interface ForecasterDefinition {
  name: string;
  title: string;
  help: string;
}
