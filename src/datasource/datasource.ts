import {
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
  type LegacyMetricFindQueryOptions,
  type MetricFindValue,
  type ScopedVars,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { map, type Observable } from 'rxjs';
import { needsMetric, withoutUnused } from './kinds';
import { DEFAULT_QUERY, normaliseQuery } from './query';
import { type Listing, Resources, type Scope } from './resources';
import { type VariableKind, type VigiaOptions, type VigiaQuery, type VigiaVariableQuery } from './types';
import { withUsageStats } from './usage';
import { expandQuery, expandScope, type Replace } from './variables';
import { VigiaVariableSupport } from './variableSupport';

/** The front end of the data source: it replaces variables and lists names; everything else happens in the back end. */
export class VigiaDataSource extends DataSourceWithBackend<VigiaQuery, VigiaOptions> {
  readonly resources: Resources;
  /** The names of the calendars that a query may follow. */
  readonly calendars: string[];
  private readonly replace: Replace;

  constructor(settings: DataSourceInstanceSettings<VigiaOptions>, templateSrv: TemplateSrv = getTemplateSrv()) {
    super(settings);
    this.calendars = (settings.jsonData?.calendars ?? []).map(({ name }) => name);
    this.resources = new Resources(settings.uid);
    this.replace = (text, scopedVars, format) => templateSrv.replace(text, scopedVars, format);
    this.variables = new VigiaVariableSupport(this);
  }

  getDefaultQuery(): Partial<VigiaQuery> {
    return { ...DEFAULT_QUERY };
  }

  query(request: DataQueryRequest<VigiaQuery>): Observable<DataQueryResponse> {
    return super.query(request).pipe(map(withUsageStats));
  }

  /** A query that needs a namespace and a metric and lacks one, or with a dimension or a column that has no name, is still being written. */
  filterQuery(query: VigiaQuery): boolean {
    const normal = normaliseQuery(query);
    const { namespace, metric, dimensions, detector, hide } = normal;
    const isNamed = !('' in dimensions) && !detector?.columns?.some((column) => column.metric === '');
    const isComplete = !needsMetric(normal) || (namespace !== '' && metric !== '');
    return !hide && isComplete && isNamed;
  }

  applyTemplateVariables(query: VigiaQuery, scopedVars: ScopedVars): VigiaQuery {
    return withoutUnused(expandQuery(normaliseQuery(query), this.replace, scopedVars));
  }

  interpolateVariablesInQueries(queries: VigiaQuery[], scopedVars: ScopedVars): VigiaQuery[] {
    return queries.map((query) => ({
      ...this.applyTemplateVariables(query, scopedVars),
      datasource: this.getRef(),
    }));
  }

  getQueryDisplayText(query: VigiaQuery): string {
    const { kind, namespace, metric, statistic, accounts } = normaliseQuery(query);
    if (kind === 'costs') {
      return `Costs of ${accounts.join(', ')}`;
    }
    if (kind === 'events') {
      return `Events of ${accounts.join(', ')}`;
    }
    return `${namespace} ${metric} ${statistic} of ${accounts.join(', ')}`;
  }

  /** The values of a dashboard variable. */
  async metricFindQuery(query: VigiaVariableQuery, options?: LegacyMetricFindQueryOptions): Promise<MetricFindValue[]> {
    const scope = expandScope(query, this.replace, options?.scopedVars);
    const { items } = await this.resources.list(query.kind, scope);
    return items.map((text) => ({ text, value: text }));
  }

  /** Names for a field of an editor, within a scope that may hold variables. */
  suggest(kind: VariableKind, scope: Scope): Promise<Listing<string>> {
    return this.resources.list(kind, expandScope(scope, this.replace));
  }
}
