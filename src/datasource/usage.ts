import { type DataFrame, type DataQueryResponse, type QueryResultMetaStat } from '@grafana/data';
import { type Usage } from '../contract';

/** Tells Grafana's query inspector, on the first frame of each query, what the query cost. */
export function withUsageStats(response: DataQueryResponse): DataQueryResponse {
  const told = new Set<string>();
  const data = (response.data as DataFrame[]).map((frame) => {
    const usage = (frame.meta?.custom as { usage?: Usage } | undefined)?.usage;
    const refId = frame.refId ?? '';
    if (!usage?.series || told.has(refId)) {
      return frame;
    }
    told.add(refId);
    return { ...frame, meta: { ...frame.meta, stats: [...(frame.meta?.stats ?? []), ...statsOf(refId, usage)] } };
  });
  return { ...response, data };
}

function statsOf(refId: string, usage: Usage): QueryResultMetaStat[] {
  const name = (text: string) => (refId ? `${refId}: ${text}` : text);
  return [
    { displayName: name('series'), value: usage.series },
    { displayName: name('calls of AWS'), value: usage.requests },
    { displayName: name('metrics asked of AWS'), value: usage.metricsAsked },
    { displayName: name('metrics answered from the cache'), value: usage.metricsSaved ?? 0 },
    { displayName: name('estimated price'), value: usage.estimatedCostUSD, unit: 'currencyUSD' },
  ];
}
