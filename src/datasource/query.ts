import { edgesOf, type LevelMeasure, levelOf, LEVELS, type Measure, MEASURES, NUMBER_MEASURES } from '../contract';
import { withoutAbsent } from './absent';
import { normaliseDetector } from './detector';
import {
  levelsError,
  levelsInForce,
  normaliseForecaster,
  normaliseThresholdMetric,
  thresholdKind,
  thresholdMetricErrors,
} from './forecaster';
import { nonEmptyList, texts } from './json';
import { statisticError } from './statistics';
import { ALL, DEFAULT_STATISTIC, type Dimensions, type VigiaQuery, type VigiaVariableQuery } from './types';
import { hasVariable } from './variables';

/** The newest version that this front end and pkg/query understand. */
const VERSION = 1;

/** A new query, but for its refId. */
export const DEFAULT_QUERY: Omit<VigiaQuery, 'refId'> = {
  version: VERSION,
  accounts: [ALL],
  regions: [ALL],
  namespace: '',
  metric: '',
  statistic: DEFAULT_STATISTIC,
  dimensions: {},
  period: 'auto',
  score: true,
  band: true,
  forecast: false,
  horizon: '24h',
  threshold: null,
  output: '',
  legend: '',
};

/** A new variable query, but for its refId. */
export const DEFAULT_VARIABLE_QUERY: Omit<VigiaVariableQuery, 'refId'> = {
  kind: 'accounts',
  accounts: [ALL],
  regions: [ALL],
  namespace: '',
  metric: '',
  dimensionKey: '',
};

export const PERIODS = ['auto', '1m', '5m', '15m', '1h', '6h', '1d'];
export const HORIZONS = ['6h', '24h', '3d', '7d', '14d', '30d'];

/** Query JSON of any age: unversioned, or of Grafana's own CloudWatch data source. */
export type AnyQuery = Record<string, unknown> & { refId: string };

const CLOUDWATCH_LEFTOVERS = new Set([
  'matchExact',
  'expression',
  'sqlExpression',
  'sql',
  'id',
  'alias',
  'label',
  'queryMode',
  'metricQueryType',
  'metricEditorMode',
  'logGroups',
  'statsGroups',
  'returnData',
  'metricName',
  'region',
  'accountId',
  'statistics',
]);

/**
 * Fills in defaults and translates older JSON, by the rules of pkg/query. Fields that it does not know are kept, so that
 * saving a dashboard loses nothing. A version from the future is left as it is: the back end refuses it by name.
 */
export function normaliseQuery(raw: Partial<VigiaQuery> | AnyQuery): VigiaQuery {
  const fields: Record<string, unknown> = { ...raw };
  const version = typeof fields.version === 'number' && fields.version > VERSION ? fields.version : VERSION;
  const current = typeof fields.version === 'number' && fields.version >= VERSION ? fields : migrated(fields);
  const own: Partial<VigiaQuery> = {
    accounts: listOr(current.accounts, [ALL]),
    regions: listOr(current.regions, [ALL]),
    dimensions: dimensionLists(current.dimensions),
    threshold: finiteOrNull(current.threshold),
    output: isOutput(current.output) || isOfOtherKind(current) ? (current.output as VigiaQuery['output']) : '',
  };
  // Absent is the default of these: an untouched form writes nothing.
  const sparse: Partial<VigiaQuery> = {
    kind: current.kind === 'metric' || current.kind === '' ? undefined : (current.kind as VigiaQuery['kind']),
    by: nonEmptyList(texts(current.by)),
    events: current.events === true ? true : undefined,
    raw: current.raw === true ? true : undefined,
    decompose: current.decompose === true ? true : undefined,
    forecaster: normaliseForecaster(current.forecaster),
    thresholdMetric: normaliseThresholdMetric(current.thresholdMetric),
    detector: normaliseDetector(current.detector),
    rollUp: nonEmptyList(texts(current.rollUp)),
  };
  return { refId: 'A', ...DEFAULT_QUERY, ...withoutAbsent({ ...current, ...sparse }), ...own, version };
}

function migrated(fields: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {
    ...fields,
    accounts: fields.accounts ?? oneAsList(fields.accountId, 'all'),
    regions: fields.regions ?? oneAsList(fields.region, 'default'),
    metric: fields.metric ?? fields.metricName,
    statistic: fields.statistic ?? (Array.isArray(fields.statistics) ? (fields.statistics as unknown[])[0] : undefined),
    period: typeof fields.period === 'number' ? `${fields.period}s` : fields.period || undefined,
  };
  return Object.fromEntries(Object.entries(result).filter(([name]) => !CLOUDWATCH_LEFTOVERS.has(name)));
}

function oneAsList(value: unknown, wordForAll: string): string[] | undefined {
  if (typeof value !== 'string' || value === '') {
    return undefined;
  }
  return [value === wordForAll ? ALL : value];
}

function listOr(value: unknown, otherwise: string[]): string[] {
  if (typeof value === 'string' && value !== '') {
    return [value];
  }
  const kept = texts(value);
  return kept.length > 0 ? kept : otherwise;
}

function dimensionLists(value: unknown): Dimensions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {};
  }
  return Object.fromEntries(Object.entries(value).map(([key, values]) => [key, listOr(values, [ALL])]));
}

const finiteOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** Other kinds have measures of their own, which the back end checks. */
const isOfOtherKind = ({ kind, output }: Record<string, unknown>): boolean =>
  typeof output === 'string' && typeof kind === 'string' && kind !== '' && kind !== 'metric';

const isOutput = (value: unknown): value is Measure | LevelMeasure =>
  MEASURES.includes(value as Measure) || (typeof value === 'string' && levelOf(value) !== undefined);

/** What is wrong with a query, by field; an empty object says that it can be sent. */
export type QueryErrors = Partial<Record<keyof VigiaQuery, string>>;

const MAX_HORIZON_SECONDS = 30 * 86_400;
const MAX_HORIZON_STEPS = 8640;
const AUTO_PERIOD_SECONDS = 300;

/** Checks a query by the rules of pkg/query. Template variables are taken on trust: they are not replaced yet. */
export function validateQuery(query: VigiaQuery): QueryErrors {
  const errors: QueryErrors = {
    namespace: query.namespace.trim() ? undefined : 'Choose a namespace',
    metric: query.metric.trim() ? undefined : 'Choose a metric',
    statistic: statisticError(query.statistic),
    dimensions: dimensionsError(query.dimensions),
    period: periodError(query.period),
    horizon: usesForecast(query) ? horizonError(query.horizon, query.period) : undefined,
    threshold: thresholdError(query),
    thresholdMetric: query.thresholdMetric && Object.values(thresholdMetricErrors(query.thresholdMetric))[0],
    forecaster: usesForecast(query) ? levelsError(query.forecaster) : undefined,
    output: outputError(query),
  };
  return withoutAbsent(errors);
}

/** Says whether anything of the forecast is asked for. A roll-up has none. */
export function usesForecast({ output, forecast, rollUp }: VigiaQuery): boolean {
  if (rollUp) {
    return false;
  }
  return output === '' ? forecast : output.startsWith('forecast') || NUMBER_MEASURES.some((name) => name === output);
}

/** The edges of the further bands that a query can have as its output. */
export const furtherEdges = ({ forecaster }: Pick<VigiaQuery, 'forecaster'>): LevelMeasure[] =>
  levelsInForce(forecaster)
    .slice(1)
    .flatMap((written) => LEVELS.filter((level) => level === written))
    .flatMap((level) => Object.values(edgesOf(level)));

function thresholdError(query: VigiaQuery): string | undefined {
  if (query.thresholdMetric && query.threshold !== null) {
    return 'Give a value or a metric, not both';
  }
  const isMissing = query.output.startsWith('hours_to_threshold') && thresholdKind(query) === 'none';
  return isMissing ? `${query.output} needs a threshold` : undefined;
}

function outputError(query: VigiaQuery): string | undefined {
  if (query.rollUp && !['', 'anomaly_score', 'anomaly_event'].includes(query.output)) {
    return 'A roll-up has anomaly_score and anomaly_event alone';
  }
  const level = levelOf(query.output);
  const isDrawn = level === undefined || furtherEdges(query).some((edge) => edge === query.output);
  return isDrawn ? undefined : `The forecast has no further band of ${level} %`;
}

function dimensionsError(dimensions: Dimensions): string | undefined {
  return Object.keys(dimensions).some((key) => key.trim() === '') ? 'A dimension has no name' : undefined;
}

function periodError(period: string): string | undefined {
  if (period === 'auto' || hasVariable(period)) {
    return undefined;
  }
  const seconds = durationSeconds(period);
  if (seconds === undefined) {
    return 'Use auto or a duration such as 1m, 5m or 1h';
  }
  const onGrid = [1, 5, 10, 20, 30].includes(seconds) || (seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0);
  return onGrid ? undefined : 'Use 1, 5, 10, 20 or 30 s, or whole minutes up to 1d';
}

function horizonError(horizon: string, period: string): string | undefined {
  if (hasVariable(horizon)) {
    return undefined;
  }
  const seconds = durationSeconds(horizon);
  if (seconds === undefined || seconds <= 0) {
    return 'Use a duration such as 6h or 7d';
  }
  const step = durationSeconds(period) ?? AUTO_PERIOD_SECONDS;
  const limit = Math.min(MAX_HORIZON_SECONDS, MAX_HORIZON_STEPS * step);
  return seconds > limit ? `Longer than the limit of ${Math.floor(limit / 3600)}h at this period` : undefined;
}

const UNIT_SECONDS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a duration such as `90`, `30s`, `5m`, `1h30m` or `7d`; undefined where it is none. */
export function durationSeconds(text: string): number | undefined {
  const whole = /^(\d+)([smhd]?)$/.exec(text.trim());
  if (whole) {
    return Number(whole[1]) * UNIT_SECONDS[whole[2]];
  }
  if (!/^(\d+h)?(\d+m)?(\d+s)?$/.test(text.trim()) || text.trim() === '') {
    return undefined;
  }
  return [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNIT_SECONDS[unit], 0);
}

/** The number that a text field holds; null where it is empty or holds none. */
export function numberOrNull(text: string): number | null {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? null : number;
}
