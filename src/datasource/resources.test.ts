import { of, throwError } from 'rxjs';
import { failureText, parametersOf, Resources } from './resources';

const fetch = jest.fn();
jest.mock('@grafana/runtime', () => ({
  getBackendSrv: () => ({ fetch: (request: unknown): unknown => fetch(request) }),
}));

const answer = (data: unknown, headers = {}) => of({ data, headers: new Headers(headers) });

beforeEach(() => fetch.mockReset());

test('each list is asked for with the parameters that it takes, repeated for several values', () => {
  const scope = { accounts: ['a', 'b'], regions: ['*'], namespace: 'AWS/EC2', metric: '', dimensionKey: 'InstanceId' };
  expect(parametersOf('accounts', scope)).toEqual({});
  expect(parametersOf('regions', scope)).toEqual({ account: ['a', 'b'] });
  expect(parametersOf('metrics', scope)).toEqual({ account: ['a', 'b'], region: ['*'], namespace: ['AWS/EC2'] });
  expect(parametersOf('dimension-values', scope)).toEqual({
    account: ['a', 'b'],
    region: ['*'],
    namespace: ['AWS/EC2'],
    key: ['InstanceId'],
  });
});

test('a list comes with the notice about accounts that could not answer', async () => {
  fetch.mockReturnValue(answer(['AWS/EC2'], { 'X-Vigia-Notice': 'staging: access denied' }));
  const listing = await new Resources('uid/1').list('namespaces', { accounts: ['*'] });
  expect(listing).toEqual({ items: ['AWS/EC2'], notice: 'staging: access denied' });
  expect(fetch).toHaveBeenCalledWith({
    url: '/api/datasources/uid/uid%2F1/resources/namespaces',
    params: { account: ['*'] },
    showErrorAlert: false,
    showSuccessAlert: false,
  });
});

test('accounts are listed by alias', async () => {
  fetch.mockReturnValue(
    answer([
      { id: '1', alias: 'production' },
      { id: '2', alias: '' },
    ])
  );
  expect((await new Resources('x').list('accounts')).items).toEqual(['production', '2']);
});

test('an empty answer is an empty list', async () => {
  fetch.mockReturnValue(answer(null));
  expect((await new Resources('x').list('metrics')).items).toEqual([]);
});

test('detectors are listed with their parameters, also where there are none', async () => {
  fetch.mockReturnValue(answer([{ name: 'auto', title: 'Automatic', help: '', maxColumns: 0, parameters: null }]));
  expect(await new Resources('x').detectors()).toMatchObject([{ name: 'auto', parameters: [] }]);
});

test('forecasters are listed as they come', async () => {
  const auto = { name: 'auto', title: 'Automatic', help: 'The best choice.' };
  fetch.mockReturnValue(answer([auto]));
  expect(await new Resources('x').forecasters()).toEqual([auto]);
  fetch.mockReturnValue(answer(null));
  expect(await new Resources('x').forecasters()).toEqual([]);
});

test("a failure is told in the back end's words", async () => {
  fetch.mockReturnValue(throwError(() => ({ status: 403, data: { error: 'account staging: access denied' } })));
  await expect(new Resources('x').accountHealth('staging')).rejects.toThrow('account staging: access denied');
});

test.each([
  [{ data: { message: 'plugin unavailable' } }, 'plugin unavailable'],
  [{ status: 502, statusText: 'Bad Gateway' }, '502 Bad Gateway'],
  [new Error('offline'), 'offline'],
  ['nothing', 'nothing'],
])('failureText of %j is %s', (failure, text) => {
  expect(failureText(failure)).toBe(text);
});
