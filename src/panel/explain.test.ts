import { type DataQueryRequest, type ScopedVars } from '@grafana/data';
import { DATASOURCE_ID } from '../constants';
import { DEFAULT_QUERY } from '../datasource/query';
import { type VigiaQuery } from '../datasource/types';
import { explainerOf, narrowed } from './explain';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const post = jest.fn();
const get = jest.fn();
jest.mock('@grafana/runtime', () => ({
  ...jest.requireActual<object>('@grafana/runtime'),
  getDataSourceSrv: () => ({ get: (...args: unknown[]): unknown => get(...args) }),
}));

const query: VigiaQuery = {
  refId: 'A',
  ...DEFAULT_QUERY,
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  dimensions: { InstanceId: ['*'] },
  datasource: { uid: 'vigia', type: DATASOURCE_ID },
};
const scopedVars: ScopedVars = { account: { text: 'x', value: 'x' } };
const request = (...targets: VigiaQuery[]) => ({ targets, scopedVars }) as unknown as DataQueryRequest;

const rollUpLabels = { account: 'payments', InstanceId: 'i-1' };
const { series } = buildViewModel([
  measureFrame('value', [1, 2]),
  measureFrame('anomaly_score', [null, 88]),
  measureFrame('anomaly_score', [10, 80], { labels: rollUpLabels, custom: { rollUp: ['account', 'InstanceId'] } }),
]);
const [one, rollUp] = series;

beforeEach(() => {
  post.mockReset().mockResolvedValue({ score: 88 });
  get.mockReset().mockResolvedValue({
    type: DATASOURCE_ID,
    name: 'Vigia',
    postResource: post,
    applyTemplateVariables: (target: VigiaQuery) => ({ ...target, legend: 'replaced' }),
  });
});

test('the data source of the query is asked about a series and a time, with variables replaced', async () => {
  const answer = await explainerOf(request(query)).ask(one, 1);
  expect(get).toHaveBeenCalledWith(query.datasource, scopedVars);
  expect(post).toHaveBeenCalledWith(
    'explain',
    { query: { ...query, legend: 'replaced' }, time: '1970-01-01T00:05:00.000Z', labels: LABELS },
    { showErrorAlert: false }
  );
  expect(answer).toEqual({ kind: 'explanation', score: 88 });
});

test('of a roll-up the influencers of one bucket are asked for', async () => {
  const answer = await explainerOf(request(query)).ask(rollUp, 1);
  expect(post).toHaveBeenCalledWith(
    'influencers',
    {
      query: { ...query, legend: 'replaced', accounts: ['payments'], dimensions: { InstanceId: ['i-1'] } },
      from: new Date(STEP).toISOString(),
      to: new Date(2 * STEP).toISOString(),
      labels: rollUpLabels,
    },
    { showErrorAlert: false }
  );
  expect(answer).toEqual({ kind: 'influencers', score: 88 });
});

test('what has no score, or was answered by something else, cannot be asked about', () => {
  const canAsk = (from: DataQueryRequest | undefined, at = 1) => explainerOf(from).canAsk(one, at);
  expect(canAsk(request(query))).toBe(true);
  expect(canAsk(request(query), 0)).toBe(false);
  expect(canAsk(undefined)).toBe(false);
  expect(canAsk(request({ ...query, refId: 'B' }))).toBe(false);
  expect(canAsk(request({ ...query, datasource: { uid: 'x', type: 'prometheus' } }))).toBe(false);
});

test('a failure is told in the words of the back end', async () => {
  post.mockRejectedValue({ status: 400, data: { error: 'field "labels": two series match' } });
  await expect(explainerOf(request(query)).ask(one, 1)).rejects.toThrow('field "labels": two series match');
});

test('another data source behind the query is told by name', async () => {
  get.mockResolvedValue({ type: 'prometheus', name: 'Metrics' });
  await expect(explainerOf(request(query)).ask(one, 1)).rejects.toThrow('Metrics cannot explain a score');
});

test('a roll-up’s query is narrowed by its labels, unless its series are scored together', () => {
  expect(narrowed(query, { region: 'eu-west-1', team: 'x' })).toEqual({ ...query, regions: ['eu-west-1'] });
  const peers = { ...query, detector: { name: 'peers' } };
  const split = { ...query, detector: { split: ['region'] } };
  expect([narrowed(peers, rollUpLabels), narrowed(split, rollUpLabels)]).toEqual([peers, split]);
});
