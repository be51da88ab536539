import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { CacheEditor } from './CacheEditor';
import { type CacheOptions } from './types';

function setup(initial?: CacheOptions) {
  const onChange = jest.fn();
  function Host() {
    const [cache, setCache] = useState(initial);
    return (
      <CacheEditor
        cache={cache}
        onChange={(next) => {
          onChange(next);
          setCache(next);
        }}
      />
    );
  }
  render(<Host />);
  return { onChange, user: userEvent.setup() };
}

test('what is set is written, and what is emptied is not', async () => {
  const { onChange, user } = setup();
  await user.type(screen.getByLabelText(/^Largest size/), '0.5{Enter}');
  await user.type(screen.getByLabelText('Under 5 minutes'), '30{Enter}');
  expect(onChange).toHaveBeenLastCalledWith({ maxGiB: 0.5, keepDays: { minutes: 30 } });
  await user.clear(screen.getByLabelText('Under 5 minutes'));
  await user.clear(screen.getByLabelText(/^Largest size/));
  await user.tab();
  expect(onChange.mock.lastCall).toStrictEqual([undefined]);
});

test('what is set already is kept', async () => {
  const { onChange, user } = setup({ maxStaleness: '0s' });
  expect(screen.getByLabelText(/^Late by at most/)).toHaveValue('0s');
  await user.type(screen.getByLabelText('Log of anomalies'), '30{Enter}');
  expect(onChange).toHaveBeenLastCalledWith({ maxStaleness: '0s', keepDays: { events: 30 } });
});

test('too little is named', () => {
  setup({ keepDays: { fiveMinutes: 1 } });
  expect(screen.getByText('Use 36 to 36500')).toBeInTheDocument();
});
