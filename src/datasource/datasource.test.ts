import { type DataQueryRequest, type DataSourceInstanceSettings, type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { VigiaDataSource } from './datasource';
import { DEFAULT_QUERY, DEFAULT_VARIABLE_QUERY } from './query';
import { type VigiaOptions, type VigiaQuery, type VigiaVariableQuery } from './types';
import { VigiaVariableSupport } from './variableSupport';

type Format = (value: unknown) => string;

/** A template service with one variable of several values, `$accounts`. */
const templateSrv = {
  replace: (text: string, scopedVars: ScopedVars = {}, format?: Format | string) => {
    const value = (scopedVars.accounts?.value as string[] | undefined) ?? ['production', 'staging'];
    return text.replaceAll('$accounts', typeof format === 'function' ? format(value) : value.join(','));
  },
} as unknown as TemplateSrv;

const settings = {
  uid: 'vigia',
  type: 'vigia-cloudwatch-datasource',
} as DataSourceInstanceSettings<VigiaOptions>;
const datasource = new VigiaDataSource(settings, templateSrv);
const query = (patch: Partial<VigiaQuery> = {}): VigiaQuery => ({
  refId: 'A',
  ...DEFAULT_QUERY,
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  ...patch,
});

test('a query is sent once it has a namespace and a metric, and is not hidden', () => {
  expect(datasource.filterQuery(query())).toBe(true);
  expect(datasource.filterQuery({ refId: 'A' } as VigiaQuery)).toBe(false);
  expect(datasource.filterQuery(query({ metric: '' }))).toBe(false);
  expect(datasource.filterQuery(query({ dimensions: { '': ['*'] } }))).toBe(false);
  expect(datasource.filterQuery(query({ hide: true }))).toBe(false);
  const columns = [{ metric: '', statistic: 'Sum' }];
  expect(datasource.filterQuery(query({ detector: { name: 'random_cut_forest', columns } }))).toBe(false);
});

test('an old query is sent in today’s form, with every value of its variables', () => {
  const old = { refId: 'A', namespace: 'AWS/EC2', metricName: 'CPUUtilization', accountId: '$accounts' };
  expect(datasource.applyTemplateVariables(old as unknown as VigiaQuery, {})).toEqual(
    query({ accounts: ['production', 'staging'] })
  );
});

test('a query of costs names no metric, and carries nothing that its kind does not use', () => {
  const costs = {
    refId: 'A',
    version: 1,
    kind: 'costs',
    by: ['asked_by'],
    accounts: ['$accounts'],
    output: 'cost_usd',
  };
  expect(datasource.filterQuery(costs as unknown as VigiaQuery)).toBe(true);
  expect(datasource.applyTemplateVariables(costs as unknown as VigiaQuery, {})).toEqual({
    ...costs,
    accounts: ['production', 'staging'],
    regions: ['*'],
    period: 'auto',
    legend: '',
  });
  expect(datasource.filterQuery({ ...costs, kind: 'quality' } as unknown as VigiaQuery)).toBe(false);
  expect(datasource.getQueryDisplayText(costs as unknown as VigiaQuery)).toBe('Costs of $accounts');
});

test('a query of events is named without the metric that it need not have', () => {
  const events = { refId: 'A', kind: 'events', accounts: ['production'] };
  expect(datasource.filterQuery(events as unknown as VigiaQuery)).toBe(true);
  expect(datasource.getQueryDisplayText(events as unknown as VigiaQuery)).toBe('Events of production');
});

test('scoped values come before those of the dashboard', () => {
  const scopedVars = { accounts: { text: 'data', value: ['data'] } };
  expect(datasource.applyTemplateVariables(query({ accounts: ['$accounts'] }), scopedVars).accounts).toEqual(['data']);
});

test('a query that goes to Explore has its variables replaced and names its data source', () => {
  const [moved] = datasource.interpolateVariablesInQueries([query({ accounts: ['$accounts'] })], {});
  expect(moved).toMatchObject({ accounts: ['production', 'staging'], datasource: { uid: 'vigia' } });
});

test('a variable lists names within the values of the variables it hangs on', async () => {
  const list = jest.spyOn(datasource.resources, 'list').mockResolvedValue({ items: ['eu-west-1'], notice: '' });
  const targets: VigiaVariableQuery[] = [
    { refId: 'A', ...DEFAULT_VARIABLE_QUERY, kind: 'regions', accounts: ['$accounts'] },
  ];
  const request = { targets, scopedVars: {} } as unknown as DataQueryRequest<VigiaVariableQuery>;
  const answer = await lastValueFrom(new VigiaVariableSupport(datasource).query(request));
  expect(answer.data).toEqual([{ text: 'eu-west-1', value: 'eu-west-1' }]);
  expect(list).toHaveBeenCalledWith('regions', expect.objectContaining({ accounts: ['production', 'staging'] }));
});

test('the names of its calendars are those of its settings', () => {
  const jsonData = { calendars: [{ name: 'black-friday' }, { name: 'nights' }] };
  expect(new VigiaDataSource({ ...settings, jsonData }, templateSrv).calendars).toEqual(['black-friday', 'nights']);
  expect(datasource.calendars).toEqual([]);
});
