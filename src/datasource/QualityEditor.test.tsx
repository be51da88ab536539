import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { EMPTY_RULE, qualityOf, rangesError, rulesError } from './quality';
import { QualityEditor } from './QualityEditor';
import { type Quality, type QualityRule } from './types';

const errors: QualityRule = {
  namespace: 'AWS/Lambda',
  metric: 'Errors',
  statistic: 'Sum',
  op: '<=',
  than: { metric: 'Invocations', statistic: 'Sum' },
};

function setup(initial?: Quality, disabled = false) {
  const onChange = jest.fn<void, [Quality | undefined]>();
  function Host() {
    const [quality, setQuality] = useState(initial);
    return (
      <QualityEditor
        quality={quality}
        disabled={disabled}
        onChange={(next) => {
          onChange(next);
          setQuality(next);
        }}
      />
    );
  }
  render(<Host />);
  return { now: () => onChange.mock.lastCall?.[0], onChange, user: userEvent.setup() };
}

test('a range is filled in field by field, and nothing is left when it is removed', async () => {
  const { now, user } = setup();
  await user.click(screen.getByRole('button', { name: 'Add range' }));
  await user.type(screen.getByLabelText('Namespace'), ' AWS/EC2 {Enter}');
  expect(screen.getByText('Name the namespace and the metric')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Metric'), 'CPUUtilization{Enter}');
  expect(screen.getByText('Set a lower limit, an upper one or both')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Upper limit'), '100{Enter}');
  await user.type(screen.getByLabelText('Lower limit'), '0{Enter}');
  expect(now()).toStrictEqual({ ranges: [{ namespace: 'AWS/EC2', metric: 'CPUUtilization', lower: 0, upper: 100 }] });
  await user.clear(screen.getByLabelText('Upper limit'));
  await user.tab();
  expect(now()).toStrictEqual({ ranges: [{ namespace: 'AWS/EC2', metric: 'CPUUtilization', lower: 0 }] });
  await user.click(screen.getByRole('button', { name: 'Remove range 1' }));
  expect(now()).toBeUndefined();
});

test('a rule between two metrics is written as the back end reads it', async () => {
  const { now, user } = setup({ ranges: [{ namespace: 'AWS/EC2', metric: 'CPUUtilization', upper: 100 }] });
  await user.click(screen.getByRole('button', { name: 'Add rule' }));
  await user.type(screen.getAllByLabelText('Namespace')[1], 'AWS/Lambda{Enter}');
  await user.type(screen.getAllByLabelText('Metric')[1], 'Errors{Enter}');
  expect(screen.getByText('Name the namespace and both metrics')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Other metric'), 'Invocations{Enter}');
  expect(now()).toStrictEqual({
    ranges: [{ namespace: 'AWS/EC2', metric: 'CPUUtilization', upper: 100 }],
    rules: [errors],
  });
});

test('a provisioned source is looked at', () => {
  setup({ rules: [errors] }, true);
  expect(screen.getByLabelText('Other metric')).toBeDisabled();
  expect(screen.getByRole('button', { name: 'Add rule' })).toBeDisabled();
});

test('mistakes are those that the back end refuses', () => {
  expect(rulesError([errors])).toBeUndefined();
  expect(rulesError([errors, errors])).toBe('The rule stands twice');
  expect(rulesError([{ ...errors, than: { metric: 'Errors', statistic: 'Sum' } }])).toBe(
    'A metric is compared with itself'
  );
  expect(rulesError([{ ...errors, statistic: 'Median' }])).toContain('Use Average');
  expect(rulesError([EMPTY_RULE])).toBe('Name the namespace and both metrics');
  expect(rangesError([{ namespace: 'N', metric: 'M', lower: 2, upper: 1 }])).toBe(
    'The upper limit is below the lower one'
  );
  const half = { namespace: 'N', metric: 'M', lower: 0 };
  expect(rangesError([half, half])).toBe('A metric has two ranges');
  expect(rangesError([half])).toBeUndefined();
  expect(qualityOf([], [])).toBeUndefined();
});
