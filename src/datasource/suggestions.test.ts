import { renderHook } from '@testing-library/react';
import { reconcileAll, toOption, useOptions } from './suggestions';

jest.mock('@grafana/runtime', () => ({ getTemplateSrv: () => ({ getVariables: () => [{ name: 'account' }] }) }));

test.each([
  [['*'], ['*', 'production'], ['production']],
  [['production'], ['production', '*'], ['*']],
  [['production'], [], ['*']],
  [['production'], ['production', 'staging'], ['production', 'staging']],
  [['*'], ['*'], ['*']],
])('reconcileAll of %j and then %j is %j', (before, after, expected) => {
  expect(reconcileAll(before, after)).toEqual(expected);
});

describe('useOptions', () => {
  const values = async (load: (typed: string) => Promise<Array<{ value: string }>>, typed = '') =>
    (await load(typed)).map(({ value }) => value);

  it('loads once for a scope, filters while typing, and offers the variables of the dashboard', async () => {
    const load = jest.fn(() => Promise.resolve(['AWS/EC2', 'AWS/RDS'].map(toOption)));
    const { result, rerender } = renderHook(({ scope }) => useOptions(scope, [toOption('*')], load, jest.fn()), {
      initialProps: { scope: 'one' },
    });
    expect(await values(result.current)).toEqual(['*', '$account', 'AWS/EC2', 'AWS/RDS']);
    expect(await values(result.current, 'rds')).toEqual(['AWS/RDS']);
    rerender({ scope: 'one' });
    await values(result.current);
    expect(load).toHaveBeenCalledTimes(1);
    rerender({ scope: 'two' });
    await values(result.current);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('says that loading failed, still offers what is known, and tries again', async () => {
    const onFailure = jest.fn();
    const load = jest
      .fn<Promise<Array<{ value: string }>>, []>()
      .mockRejectedValueOnce(new Error('access denied'))
      .mockResolvedValueOnce([toOption('AWS/EC2')]);
    const { result } = renderHook(() => useOptions('one', [], load, onFailure));
    expect(await values(result.current)).toEqual(['$account']);
    expect(onFailure).toHaveBeenCalledWith(new Error('access denied'));
    expect(await values(result.current)).toEqual(['$account', 'AWS/EC2']);
  });
});
