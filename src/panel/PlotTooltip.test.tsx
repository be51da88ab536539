import { render, screen } from '@testing-library/react';
import { PlotTooltip } from './PlotTooltip';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const other = { ...LABELS, InstanceId: 'i-2' };
const { series } = buildViewModel([
  measureFrame('value', [10, 80]),
  measureFrame('expected', [10, 12]),
  measureFrame('lower', [8, 9]),
  measureFrame('upper', [12, 15]),
  measureFrame('anomaly_score', [0, 88]),
  measureFrame('direction', [0, 1]),
  measureFrame('forecast', [14], { start: 2 * STEP }),
  measureFrame('forecast_lower', [11], { start: 2 * STEP }),
  measureFrame('forecast_upper', [17], { start: 2 * STEP }),
  measureFrame('value', [5, 6], { labels: other, name: 'second' }),
]);

const show = (time: number, focused?: number, shown = series) =>
  render(<PlotTooltip series={shown} colors={['red', 'blue']} focused={focused} time={time} timeZone="utc" />);
const details = () =>
  Object.fromEntries(
    screen.getAllByRole('term').map((term) => [term.textContent, term.nextElementSibling?.textContent])
  );

test('an observation is told with what was expected, its score and its direction', () => {
  show(STEP + 1, 0);
  expect(screen.getByText('Thu 1970-01-01 00:05')).toBeInTheDocument();
  expect(details()).toEqual({
    Value: '80',
    Expected: '12',
    Band: '9 to 15',
    Score: '88 · Critical',
    Event: 'an anomaly begins',
    Direction: '▲ above expected',
  });
  expect(screen.getByText('second')).toBeInTheDocument();
  expect(screen.getByText('6')).toBeInTheDocument();
});

test('a time to come is told as a forecast', () => {
  show(2 * STEP, 0);
  expect(details()).toEqual({ Forecast: '14', 'Forecast band': '11 to 17' });
});

test('a series that stands alone needs no focus', () => {
  show(0, undefined, series.slice(1));
  expect(details()).toEqual({ Value: '5' });
});

test('without a focus each series has a line', () => {
  show(0);
  expect(screen.queryByRole('term')).not.toBeInTheDocument();
  expect([screen.getByText('production cpu'), screen.getByText('second')]).toHaveLength(2);
});

test('a time without samples shows nothing', () => {
  const { container } = show(99 * STEP);
  expect(container).toBeEmptyDOMElement();
});
