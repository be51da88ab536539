import { withoutAbsent } from './absent';
import { DEFAULT_QUERY, durationSeconds, normaliseQuery, type QueryErrors, validateQuery } from './query';
import { type VigiaQuery } from './types';

/** What a query can ask about, the default first. */
export const KINDS = ['metric', 'quality', 'costs', 'events'] as const;

/** The measures of kind quality, in the order of the frames. */
export const QUALITY_MEASURES = [
  'quality',
  'quality_format',
  'quality_missing',
  'quality_range',
  'quality_duplicate',
  'quality_logic',
] as const;

/** The measures of kind costs, in the order of the frames. */
export const COST_MEASURES = ['cost_usd', 'metrics_asked', 'metrics_saved', 'calls', 'calls_failed'] as const;

export type KindMeasure = (typeof QUALITY_MEASURES)[number] | (typeof COST_MEASURES)[number];

/** What costs are told apart by, the default first. */
export const COST_LABELS = ['account', 'region', 'asked_by'] as const;

/** The fields that each kind of query but that of metrics uses, as pkg/query lists them. */
const FIELDS: Record<string, ReadonlyArray<keyof VigiaQuery>> = {
  quality: ['accounts', 'regions', 'namespace', 'metric', 'statistic', 'dimensions', 'period', 'output', 'legend'],
  costs: ['accounts', 'regions', 'by', 'period', 'output', 'legend'],
  events: ['accounts', 'regions', 'namespace', 'metric', 'dimensions'],
};

const MEASURES_OF: Record<string, readonly KindMeasure[]> = {
  quality: QUALITY_MEASURES,
  costs: COST_MEASURES,
  events: [],
};

/** Those of the fields that are absent by default: a query of another kind has them only where someone set them. */
const SPARSE: ReadonlyArray<keyof VigiaQuery> = [
  'by',
  'events',
  'raw',
  'forecaster',
  'thresholdMetric',
  'decompose',
  'detector',
  'rollUp',
];

export const kindOf = ({ kind }: Pick<VigiaQuery, 'kind'>): string => kind ?? KINDS[0];

/** Says whether a query of its kind names a metric; what costs are about, and what events may be about, has none. */
export const needsMetric = ({ kind }: VigiaQuery): boolean => kind !== 'costs' && kind !== 'events';

/** Says whether a query of its kind uses a field. One of an unknown kind is taken for one of a metric: the back end refuses it by name. */
export function usesField({ kind }: Pick<VigiaQuery, 'kind'>, name: keyof VigiaQuery): boolean {
  const used = FIELDS[kind ?? ''];
  return used ? used.includes(name) : name !== 'by';
}

/** The measures of a kind; undefined of metrics, which have those of the contract. */
export const measuresOf = ({ kind }: Pick<VigiaQuery, 'kind'>): readonly KindMeasure[] | undefined =>
  MEASURES_OF[kind ?? ''];

/** The query without the defaults that its kind does not use: the back end would name them in a notice. */
export function withoutUnused(query: VigiaQuery): VigiaQuery {
  const used = FIELDS[query.kind ?? ''] as readonly string[] | undefined;
  if (!used) {
    return query;
  }
  const isSent = (name: string) => name === 'version' || used.includes(name) || !(name in DEFAULT_QUERY);
  return Object.fromEntries(Object.entries(query).filter(([name]) => isSent(name))) as unknown as VigiaQuery;
}

/** Those that mean one thing of a metric and another of costs, which are counted by the hour and have labels of their own. */
const APART: ReadonlyArray<keyof VigiaQuery> = ['period', 'legend'];

/** Empty, they mean anything to a query of events and nothing to one of a metric. */
const NARROWING: ReadonlyArray<keyof VigiaQuery> = ['namespace', 'metric', 'dimensions'];

/** The fields that are the business of a kind; refId, version and what others keep in a query are not. */
const OF_A_KIND = [...(Object.keys(DEFAULT_QUERY) as Array<keyof VigiaQuery>), ...SPARSE].filter(
  (name) => name !== 'version'
);

/**
 * The query as one of another kind. What both use is carried over, but for the output: no measure belongs to two kinds. The rest is as it
 * last was: `left` is what the query was when it left other kinds, the newest first.
 */
export function ofKind(query: VigiaQuery, kind: string, left: VigiaQuery[] = []): VigiaQuery {
  if (kind === kindOf(query)) {
    return query;
  }
  const sayTheSame = (name: keyof VigiaQuery, other: VigiaQuery) =>
    usesField(other, name) &&
    !(NARROWING.includes(name) && Object.keys(other[name] ?? '').length === 0) &&
    (name !== 'output' || kindOf(other) === kind) &&
    (!APART.includes(name) || (other.kind === 'costs') === (kind === 'costs'));
  const valueOf = (name: keyof VigiaQuery) => {
    const told = [query, ...left].find((other) => sayTheSame(name, other));
    // A field that the query's kind does not use can still stand in its JSON, written by hand.
    const hidden = usesField(query, name) ? undefined : query[name];
    return told ? told[name] : hidden;
  };
  const own = OF_A_KIND.map((name) => [name, usesField({ kind }, name) ? valueOf(name) : undefined] as const);
  return withoutUnused(normaliseQuery({ ...query, ...Object.fromEntries(own), kind }));
}

/** What is wrong with a query, in the fields that its kind uses. */
export function queryErrors(query: VigiaQuery): QueryErrors {
  const errors = validateQuery(query);
  const measures = measuresOf(query);
  if (!measures) {
    return errors;
  }
  const isMeasure = query.output === '' || measures.some((name) => name === query.output);
  const own: QueryErrors = {
    ...errors,
    ...(!needsMetric(query) && { namespace: undefined, metric: undefined }),
    ...(query.kind === 'costs' && { period: errors.period ?? hoursError(query.period) }),
    output: isMeasure ? undefined : `${query.output} is no measure of kind ${query.kind}`,
  };
  const used = Object.entries(own).filter(([name]) => usesField(query, name as keyof VigiaQuery));
  return withoutAbsent(Object.fromEntries(used) as QueryErrors);
}

function hoursError(period: string): string | undefined {
  const seconds = durationSeconds(period) ?? 0;
  return seconds > 3600 && seconds % 3600 !== 0 ? 'Costs are counted by whole hours' : undefined;
}
