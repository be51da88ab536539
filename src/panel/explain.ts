import { type DataQueryRequest, type Labels } from '@grafana/data';
import { type DataSourceWithBackend, getDataSourceSrv } from '@grafana/runtime';
import { DATASOURCE_ID } from '../constants';
import { dimensionLabel } from '../labels';
import { failureText } from '../datasource/resources';
import { type VigiaQuery } from '../datasource/types';
import { type SeriesView } from './viewModel';

/** A statistic that looked at an observation. */
export interface Channel {
  name: string;
  score: number | null;
  direction: number;
}

/** A column's share of a forest's score. */
export interface Attribution {
  name: string;
  direction: 'HIGH' | 'LOW';
  /** 0 to 1. */
  strength: number;
  attribution: number;
  high: number;
  low: number;
}

/** An answer of the resource `explain`. */
export interface Explanation {
  expected: number | null;
  lower: number | null;
  upper: number | null;
  score: number | null;
  direction: number;
  /** Which rule or calendar silenced the score; empty where none did. */
  skipped?: string;
  /** The one that spoke first. */
  channels?: Channel[] | null;
  columns?: Attribution[] | null;
  raw: number | null;
  strength: number | null;
}

/** Who carries a roll-up. */
export interface Influencer {
  label: string;
  value: string;
  /** Of the value's own roll-up. */
  score: number | null;
  /** 0 to 1: of what exceeds the expected. */
  share: number;
  series: number;
}

/** An answer of the resource `influencers`. */
export interface Influencers {
  score: number | null;
  influencers?: Influencer[] | null;
}

export type Answer = ({ kind: 'explanation' } & Explanation) | ({ kind: 'influencers' } & Influencers);

/** Asks the data sources of a panel's queries why a point has its score. */
export interface Explainer {
  canAsk: (series: SeriesView, at: number) => boolean;
  /** Rejects with an Error whose message a person can act on. */
  ask: (series: SeriesView, at: number) => Promise<Answer>;
}

/** The explainer of what a request answered; without a request, as in a snapshot, there is no one to ask. */
export function explainerOf(request: DataQueryRequest | undefined): Explainer {
  const targetOf = (series: SeriesView) =>
    request?.targets.find(
      ({ refId, datasource }) => refId === series.refId && (datasource?.type ?? DATASOURCE_ID) === DATASOURCE_ID
    ) as VigiaQuery | undefined;

  const post = async <T>(target: VigiaQuery, path: string, body: (query: VigiaQuery) => object): Promise<T> => {
    const scopedVars = request?.scopedVars ?? {};
    try {
      const api = await getDataSourceSrv().get(target.datasource, scopedVars);
      if (api.type !== DATASOURCE_ID) {
        throw new Error(`${api.name} cannot explain a score`);
      }
      const source = api as DataSourceWithBackend<VigiaQuery>;
      const query = source.applyTemplateVariables(target, scopedVars);
      return await source.postResource<T>(path, body(query), { showErrorAlert: false });
    } catch (failure) {
      throw new Error(failureText(failure));
    }
  };

  return {
    canAsk: (series, at) => series.isVigia && series.score[at] != null && targetOf(series) !== undefined,
    ask: async (series, at) => {
      const target = targetOf(series);
      if (target === undefined) {
        throw new Error('The query of this series is not known');
      }
      const time = series.time[at];
      if (series.isRollUp) {
        const answer = await post<Influencers>(target, 'influencers', (query) => ({
          query: narrowed(query, series.labels),
          from: rfc3339(time),
          to: rfc3339(time + (series.periodMs ?? 1000)),
          labels: series.labels,
        }));
        return { kind: 'influencers', ...answer };
      }
      const answer = await post<Explanation>(target, 'explain', (query) => ({
        query,
        time: rfc3339(time),
        labels: series.labels,
      }));
      return { kind: 'explanation', ...answer };
    },
  };
}

const rfc3339 = (time: number) => new Date(time).toISOString();

/**
 * The query of one roll-up: narrowed by its labels to the series below it, as far as a query can say so, that no more is read than is
 * needed. What is scored against others, or joined with them, keeps them all.
 */
export function narrowed(query: VigiaQuery, labels: Labels): VigiaQuery {
  if (query.detector?.name === 'peers' || query.detector?.split) {
    return query;
  }
  const account = labels.account ?? labels.account_id;
  const dimensions = Object.entries(query.dimensions).map(([key, values]): [string, string[]] => {
    const value = labels[dimensionLabel(key)];
    return [key, value === undefined ? values : [value]];
  });
  return {
    ...query,
    accounts: account ? [account] : query.accounts,
    regions: labels.region ? [labels.region] : query.regions,
    dimensions: Object.fromEntries(dimensions),
  };
}
