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
  expect(details()).toEqual({ 'Median forecast': '14', 'Forecast band': '11 to 17' });
});

test('a forecast is told with each band, the numbers of now, its model and how its back-tests fared', () => {
  const start = STEP;
  const forecast = {
    forecaster: 'auto',
    model: 'calendar lags 0.6, seasonal naive 0.4',
    level: 95,
    origins: 10,
    hours: 24,
    mae: 1.2,
    mase: 0.71,
    coverage: { '95': 0.94 },
  };
  const { series: told } = buildViewModel([
    measureFrame('value', [10]),
    measureFrame('forecast', [14], { start, custom: { forecast } }),
    measureFrame('forecast_lower', [11], { start }),
    measureFrame('forecast_upper', [17], { start }),
    measureFrame('forecast_lower_80', [12], { start }),
    measureFrame('forecast_upper_80', [16], { start }),
    measureFrame('hours_to_threshold', [6.5], { custom: { early: 5 } }),
    measureFrame('max_in_horizon', [18], { custom: { lower: 15, upper: 21 } }),
  ]);
  show(start, 0, told);
  expect(details()).toEqual({
    'Median forecast': '14',
    '80 % band': '12 to 16',
    '95 % band': '11 to 17',
    'To threshold': '6.5 h (earliest 5 h)',
    'Highest ahead': '18 (15 to 21)',
  });
  expect(screen.getByText(/^auto: calendar lags 0.6, seasonal naive 0.4/)).toHaveTextContent(
    'back-tested 10 times over 24 h: off by 1.2 on average (0.71 of the seasonal naive), the 95 % band held 94 %'
  );
});

test('what a series is taken apart into is told beside it', () => {
  const apart = buildViewModel([
    measureFrame('value', [10]),
    measureFrame('trend', [9]),
    measureFrame('season_day', [-1]),
  ]);
  show(0, 0, apart.series);
  expect(details()).toEqual({ Value: '10', Trend: '9', 'Daily season': '-1' });
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
