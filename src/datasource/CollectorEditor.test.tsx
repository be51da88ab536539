import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { CollectorEditor } from './CollectorEditor';
import { type CollectorOptions } from './types';

function setup(initial?: CollectorOptions) {
  const onChange = jest.fn();
  function Host() {
    const [collector, setCollector] = useState(initial);
    return (
      <CollectorEditor
        collector={collector}
        onChange={(next) => {
          onChange(next);
          setCollector(next);
        }}
      />
    );
  }
  render(<Host />);
  return { onChange, user: userEvent.setup() };
}

test('what is set is written, and what has its default is not', async () => {
  const { onChange, user } = setup();
  await user.type(screen.getByLabelText(/^For how long/), '2d{Enter}');
  await user.type(screen.getByLabelText(/^Metrics a minute/), '50{Enter}');
  expect(onChange).toHaveBeenLastCalledWith({ warmFor: '2d', metricsPerMinute: 50 });
  await user.click(screen.getByLabelText('Keep warm'));
  expect(onChange).toHaveBeenLastCalledWith({ enabled: false, warmFor: '2d', metricsPerMinute: 50 });
  expect(screen.queryByLabelText(/^For how long/)).not.toBeInTheDocument();
  await user.click(screen.getByLabelText('Keep warm'));
  await user.clear(screen.getByLabelText(/^For how long/));
  await user.clear(screen.getByLabelText(/^Metrics a minute/));
  await user.tab();
  expect(onChange).toHaveBeenLastCalledWith(undefined);
});

test('mistakes are named', () => {
  setup({ warmFor: 'soon', metricsPerMinute: 0 });
  expect(screen.getByText('Use a duration such as 6h')).toBeInTheDocument();
  expect(screen.getByText('Use a whole number from 1 to 100000')).toBeInTheDocument();
});

test('the watch list is counted and kept', async () => {
  const watch = [{ namespace: 'AWS/EC2', metric: 'CPUUtilization' }];
  const { onChange, user } = setup({ watch });
  expect(screen.getByText(/The watch list has 1 entry/)).toBeInTheDocument();
  await user.type(screen.getByLabelText(/^For how long/), '1h{Enter}');
  expect(onChange).toHaveBeenLastCalledWith({ watch, warmFor: '1h' });
});
