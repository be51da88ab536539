import { createTheme } from '@grafana/data';
import { buildComponentConfig } from './componentConfig';
import { componentsOf, componentTable, leastStackHeight, stackHeights } from './components';
import { DEFAULT_OPTIONS } from './options';
import { buildPlotConfig } from './plotConfig';
import { buildTable } from './plotData';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const other = { ...LABELS, InstanceId: 'i-2' };
const { series } = buildViewModel([
  measureFrame('value', [1, 2, 3], { config: { unit: 'percent', min: 0, max: 100 } }),
  measureFrame('remainder', [0, null, -1]),
  measureFrame('trend', [null, null, null]),
  measureFrame('value', [7], { labels: other, time: [STEP / 2], config: { unit: 'bytes' } }),
  measureFrame('season_day', [4], { labels: other, time: [STEP / 2] }),
]);
const AXIS = { from: 0, to: STEP };
const look = {
  series,
  colors: ['#ff0000', '#00ff00'],
  options: DEFAULT_OPTIONS,
  thresholds: [],
  axis: AXIS,
  theme: createTheme(),
  timeZone: 'utc',
  isSmall: false,
  axisSize: 64,
};

test('components are those that at least one series has a value of, in their order', () => {
  expect(componentsOf(series)).toEqual(['season_day', 'remainder']);
  expect(componentsOf([])).toEqual([]);
});

test('a component of each series stands on one time axis; only its own gaps break a line', () => {
  expect(componentTable(series, 'remainder', AXIS)).toEqual([
    [0, STEP / 2, STEP],
    [0, undefined, null],
    [undefined, null, undefined],
  ]);
});

describe('the heights of a stack', () => {
  it.each([
    [1, 400, { main: 290, component: 110, scrolls: false }],
    [4, 700, { main: 352, component: 87, scrolls: false }],
    [4, 338, { main: 130, component: 52, scrolls: false }],
    [4, 300, { main: 130, component: 52, scrolls: true }],
  ])('of %i components in %i pixels', (count, height, heights) => {
    expect(stackHeights(count, height)).toEqual(heights);
  });

  it('is scrolled only below its least', () => {
    expect(stackHeights(3, leastStackHeight(3)).scrolls).toBe(false);
    expect(stackHeights(3, leastStackHeight(3) - 1).scrolls).toBe(true);
  });
});

test('the plots of a stack stand exactly above each other: the same time axis and value axes of one size', () => {
  const main = buildPlotConfig(look, buildTable(series, DEFAULT_OPTIONS, AXIS)).getConfig();
  const component = buildComponentConfig(look).getConfig();
  const valueAxes = ({ axes }: typeof main) => axes?.slice(1).map(({ scale, side, size }) => ({ scale, side, size }));
  expect(valueAxes(component)).toEqual(valueAxes(main));
  expect(valueAxes(component)).toEqual([
    { scale: 'y-percent', side: 3, size: 64 },
    { scale: 'y-bytes', side: 1, size: 64 },
  ]);
  const padding = (config: typeof main) => [config.padding?.[1], config.padding?.[3]];
  expect(padding(component)).toEqual(padding(main));
  expect(component.series).toHaveLength(1 + series.length);
});

test('a season may be negative, whatever the limits of the metric', () => {
  const scale = buildComponentConfig(look).scales.find(({ props }) => props.scaleKey === 'y-percent')!;
  expect([scale.props.min, scale.props.max]).toEqual([undefined, undefined]);
});
