import { createTheme } from '@grafana/data';
import type uPlot from 'uplot';
import { severityColors } from './colors';
import { DEFAULT_OPTIONS, type PanelOptions } from './options';
import { buildPlotConfig } from './plotConfig';
import { buildTable, lineIndex, LINES, thresholds } from './plotData';
import { LABELS, measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const theme = createTheme();
const AXIS = { from: 0, to: 100 * STEP };

function build(frames: Parameters<typeof buildViewModel>[0], patch: Partial<PanelOptions> = {}) {
  const options = { ...DEFAULT_OPTIONS, ...patch };
  const { series } = buildViewModel(frames);
  const look = {
    series,
    colors: series.map(() => '#0000ff'),
    options,
    thresholds: thresholds(series, options),
    axis: AXIS,
    theme,
    timeZone: 'utc',
    isSmall: false,
  };
  return buildPlotConfig(look, buildTable(series, options, AXIS));
}

/** What the draw hooks put on a canvas whose pixels are the values themselves. */
function drawn(frames: Parameters<typeof buildViewModel>[0], patch: Partial<PanelOptions> = {}) {
  const dots: Array<{ x: number; y: number; fill: string; edge: string }> = [];
  const lines: Array<[number, number]> = [];
  const texts: string[] = [];
  const context = {
    fillStyle: '',
    strokeStyle: '',
    arc: (x: number, y: number) => dots.push({ x, y, fill: '', edge: '' }),
    fill: () => (dots.at(-1)!.fill = context.fillStyle),
    stroke: () => dots.length > 0 && (dots.at(-1)!.edge = context.strokeStyle),
    moveTo: (x: number, y: number) => lines.push([x, y]),
    fillText: (text: string) => texts.push(text),
  };
  const ignore = () => undefined;
  const plot = {
    ctx: new Proxy(context, { get: (target, name): unknown => Reflect.get(target, name) ?? ignore }),
    bbox: { left: 0, top: 0, width: 1e9, height: 1e9 },
    valToPos: (value: number) => value,
  } as unknown as uPlot;
  build(frames, patch)
    .getConfig()
    .hooks?.draw?.forEach((hook) => hook?.(plot));
  return { dots, lines, texts };
}

test('the bands of each series lie between its own edges', () => {
  const other = { ...LABELS, InstanceId: 'i-2' };
  const edges = (labels = LABELS) =>
    ['forecast_lower', 'forecast_upper'].map((measure) => measureFrame(measure, [1], { labels, start: STEP }));
  const { bands, series } = build([
    measureFrame('value', [1]),
    ...edges(),
    measureFrame('value', [1], { labels: other }),
  ]).getConfig();
  expect(series).toHaveLength(1 + 2 * LINES.length);
  expect(bands?.map((band) => band.series)).toEqual([
    [lineIndex(0, 'upper'), lineIndex(0, 'lower')],
    [lineIndex(0, 'forecastUpper'), lineIndex(0, 'forecastLower')],
    [lineIndex(1, 'upper'), lineIndex(1, 'lower')],
  ]);
});

test('of several forecast bands each is fainter than one alone, and the narrow ones lie on the wide ones', () => {
  const frames = (...suffixes: string[]) => [
    measureFrame('value', [1]),
    ...suffixes.flatMap((suffix) =>
      ['forecast_lower', 'forecast_upper'].map((edge) => measureFrame(edge + suffix, [1], { start: STEP }))
    ),
  ];
  const forecastBands = (...suffixes: string[]) =>
    build(frames(...suffixes))
      .getConfig()
      .bands!.slice(1);
  // The last two of eight hexadecimal digits.
  const alpha = (fill: unknown) => parseInt(/^#.{6}(..)$/.exec(String(fill))![1], 16);
  const [alone] = forecastBands('').map(({ fill }) => alpha(fill));
  const three = forecastBands('', '_80', '_99');
  expect(three.map(({ series }) => series)).toEqual([
    [lineIndex(0, 'forecastUpper'), lineIndex(0, 'forecastLower')],
    [lineIndex(0, 'forecastUpper2'), lineIndex(0, 'forecastLower2')],
    [lineIndex(0, 'forecastUpper3'), lineIndex(0, 'forecastLower3')],
  ]);
  three.forEach(({ fill }) => expect(alpha(fill)).toBeLessThan(alone));
});

test('the forecast is dashed, and only the forecast', () => {
  const { series } = build([measureFrame('value', [1])]).getConfig();
  const dashed = series.flatMap((one, i) => (one?.dash ? [i] : []));
  expect(dashed).toEqual([lineIndex(0, 'forecast')]);
});

test('series of one unit share an axis, others have their own', () => {
  const frames = [
    measureFrame('value', [1], { config: { unit: 's' } }),
    measureFrame('value', [1], { refId: 'B', config: { unit: 's' } }),
    measureFrame('value', [1], { refId: 'C', config: { unit: 'percent' } }),
  ];
  const { scales, axes } = build(frames).getConfig();
  expect(Object.keys(scales ?? {})).toEqual(['x', 'y-s', 'y-percent']);
  expect(axes?.map(({ scale }) => scale)).toEqual(['x', 'y-s', 'y-percent']);
});

test('a threshold outside the values is kept in sight', () => {
  const scaleOf = (threshold: number | null) =>
    build([measureFrame('value', [10, 20], { custom: { threshold } })]).scales.find(
      ({ props }) => props.scaleKey === 'y-'
    )!.props;
  expect(scaleOf(90).softMax).toBeGreaterThan(90);
  expect(scaleOf(90).softMin).toBeUndefined();
  expect(scaleOf(0).softMin).toBeLessThan(0);
  expect(scaleOf(15)).toMatchObject({ softMin: undefined, softMax: undefined });
  expect(scaleOf(null)).toMatchObject({ softMin: undefined, softMax: undefined });
});

describe('markers', () => {
  const colors = severityColors(theme);
  const frames = [
    measureFrame('value', [1, 2, 3, 4, null]),
    measureFrame('expected', [1, 1, 1, 1, 7]),
    measureFrame('anomaly_score', [10, 80, 55, 30, 90]),
  ];

  const background = theme.colors.background.primary;
  const dot = (color: string) => ({ fill: color, edge: background });
  const ring = (color: string) => ({ fill: background, edge: color });

  it('are a dot where an anomaly begins and rings after that, in the colour of their severity, the worst on top', () => {
    expect(drawn(frames).dots).toEqual([
      { x: 3 * STEP, y: 4, ...ring(colors.warning) },
      { x: 2 * STEP, y: 3, ...ring(colors.major) },
      { x: 4 * STEP, y: 7, ...ring(colors.critical) },
      { x: STEP, y: 2, ...dot(colors.critical) },
    ]);
  });

  it('follow the events where the query asks for them', () => {
    const events = measureFrame('anomaly_event', [0, 0, 55, 0, 0]);
    const begun = drawn([...frames, events]).dots.filter(({ edge }) => edge === background);
    expect(begun).toEqual([{ x: 2 * STEP, y: 3, ...dot(colors.major) }]);
  });

  it('begin at the chosen severity', () => {
    expect(drawn(frames, { markers: 'critical' }).dots.map(({ x }) => x)).toEqual([4 * STEP, STEP]);
    expect(drawn(frames, { markers: 'none' }).dots).toEqual([]);
  });
});

test('a roll-up is drawn as a line on an axis of scores', () => {
  const labels = { account: 'payments' };
  const rollUp = measureFrame('anomaly_score', [10, 80], { labels, custom: { rollUp: ['account'] } });
  const config = build([measureFrame('value', [1, 2]), rollUp]);
  expect(config.scales.find(({ props }) => props.scaleKey === 'score')?.props).toMatchObject({ min: 0, max: 100 });
  expect(drawn([rollUp]).dots).toMatchObject([{ x: STEP, y: 80 }]);
});

test('a threshold is a labelled horizontal line', () => {
  const { lines, texts } = drawn([measureFrame('value', [1])], { threshold: 90, thresholdLabel: 'Limit' });
  expect(lines).toEqual([[0, 90]]);
  expect(texts).toEqual(['Limit 90']);
});

test('the beginning of the forecast is marked', () => {
  const frames = [measureFrame('value', [1, 2]), measureFrame('forecast', [3], { start: 2 * STEP })];
  expect(drawn(frames).texts).toEqual(['forecast']);
  expect(drawn(frames).lines).toEqual([[STEP, 0]]);
  expect(drawn(frames, { showForecast: false }).texts).toEqual([]);
});
