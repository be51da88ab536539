import { DEFAULT_QUERY } from './query';
import { type VigiaQuery } from './types';

/** The fields that each kind of query but that of metrics uses, as pkg/query lists them. */
const FIELDS: Record<string, ReadonlyArray<keyof VigiaQuery>> = {
  quality: ['accounts', 'regions', 'namespace', 'metric', 'statistic', 'dimensions', 'period', 'output', 'legend'],
  costs: ['accounts', 'regions', 'by', 'period', 'output', 'legend'],
  events: ['accounts', 'regions', 'namespace', 'metric', 'dimensions'],
};

/** Says whether a query of its kind names a metric; what costs are about, and what events may be about, has none. */
export const needsMetric = ({ kind }: VigiaQuery): boolean => kind !== 'costs' && kind !== 'events';

/** The query without the defaults that its kind does not use: the back end would name them in a notice. */
export function withoutUnused(query: VigiaQuery): VigiaQuery {
  const used = FIELDS[query.kind ?? ''] as readonly string[] | undefined;
  if (!used) {
    return query;
  }
  const isSent = (name: string) => name === 'version' || used.includes(name) || !(name in DEFAULT_QUERY);
  return Object.fromEntries(Object.entries(query).filter(([name]) => isSent(name))) as unknown as VigiaQuery;
}
