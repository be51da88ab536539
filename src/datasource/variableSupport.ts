import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { type VigiaDataSource } from './datasource';
import { type VigiaQuery, type VigiaVariableQuery, type VigiaOptions } from './types';
import { DEFAULT_VARIABLE_QUERY } from './query';
import { VariableQueryEditor } from './VariableQueryEditor';

/** Dashboard variables that list accounts, regions, namespaces, metrics and dimensions. */
export class VigiaVariableSupport extends CustomVariableSupport<
  VigiaDataSource,
  VigiaVariableQuery,
  VigiaQuery,
  VigiaOptions
> {
  editor = VariableQueryEditor;

  constructor(private readonly datasource: VigiaDataSource) {
    super();
  }

  getDefaultQuery(): Partial<VigiaVariableQuery> {
    return { ...DEFAULT_VARIABLE_QUERY };
  }

  query = (request: DataQueryRequest<VigiaVariableQuery>): Observable<DataQueryResponse> => {
    const query = { ...DEFAULT_VARIABLE_QUERY, ...request.targets[0] };
    const values = this.datasource.metricFindQuery(query, { scopedVars: request.scopedVars });
    return from(values).pipe(map((data) => ({ data })));
  };
}
