import {
  type DataFrame,
  dateTime,
  FieldColorModeId,
  getDefaultTimeRange,
  LoadingState,
  type PanelData,
  type PanelProps,
} from '@grafana/data';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DEFAULT_OPTIONS, type PanelOptions } from './options';
import { ComponentPlot, Plot } from './Plot';
import { LABELS, measureFrame, STEP } from './testFrames';
import { VigiaPanel } from './VigiaPanel';

// A canvas draws nothing in jsdom: what reaches the plots is looked at instead.
jest.mock('./Plot', () => ({ Plot: jest.fn(() => null), ComponentPlot: jest.fn(() => null) }));

const plots = () => jest.mocked(Plot).mock.calls.map(([props]) => props);
const plotted = () => plots().map(({ series }) => series.map(({ name }) => name));

function frames(name: string, scores: Array<number | null>, custom: Record<string, unknown> = {}): DataFrame[] {
  const options = { name, labels: { ...LABELS, InstanceId: name }, custom };
  return [
    measureFrame(
      'value',
      scores.map((_, i) => i + 1),
      options
    ),
    measureFrame('anomaly_score', scores, options),
  ];
}

function show(
  series: DataFrame[],
  options: Partial<PanelOptions> = {},
  data: Partial<PanelData> = {},
  size: { width?: number; height?: number } = {}
) {
  const props = {
    data: { state: LoadingState.Done, series, timeRange: getDefaultTimeRange(), ...data },
    options: { ...DEFAULT_OPTIONS, ...options },
    width: 800,
    height: 400,
    ...size,
    timeZone: 'utc',
    onChangeTimeRange: jest.fn(),
  } as unknown as PanelProps<PanelOptions>;
  return render(<VigiaPanel {...props} />);
}

const rowOf = (name: string) => {
  const row = screen.getAllByRole('row').find((candidate) => within(candidate).queryByText(name));
  return within(row!);
};

beforeEach(() => {
  jest.mocked(Plot).mockClear();
  jest.mocked(ComponentPlot).mockClear();
});

describe('states', () => {
  it('says that data is on its way', () => {
    show([], {}, { state: LoadingState.Loading });
    expect(screen.getByText('Loading')).toBeInTheDocument();
  });

  it('shows each failure of a query once', () => {
    const errors = [{ message: 'account staging: access denied' }, { message: 'account staging: access denied' }];
    show([], {}, { state: LoadingState.Error, errors });
    expect(screen.getByText('account staging: access denied')).toBeInTheDocument();
  });

  it('says that a range is empty', () => {
    show([]);
    expect(screen.getByText('No data in this range')).toBeInTheDocument();
  });

  it('a table of events belongs into another panel', () => {
    show([measureFrame('score', [80], { custom: { kind: 'events' } })]);
    expect(screen.getByText('Events are a table')).toBeInTheDocument();
  });

  it('explains frames that hold only scores', () => {
    show(frames('web', [80]).slice(1));
    expect(screen.getByText('One measure without observed values')).toBeInTheDocument();
  });

  it('explains frames that hold only events', () => {
    show([measureFrame('anomaly_event', [0, 0])]);
    expect(screen.getByText('One measure without observed values')).toBeInTheDocument();
  });

  it('explains a number of now without a plot', () => {
    show([measureFrame('hours_to_threshold', [6.5])]);
    expect(screen.getByText('One measure without observed values')).toBeInTheDocument();
  });

  it('tells why a forecast that stands alone was refused', () => {
    show([measureFrame('forecast', [], { custom: { note: 'too little history' } })]);
    expect(screen.getByText('No forecast: too little history.')).toBeInTheDocument();
  });

  it('draws what it has even where a part of the query failed', () => {
    show(
      frames('web', [10]),
      {},
      { state: LoadingState.Error, errors: [{ message: 'account staging: access denied' }] }
    );
    expect(plotted()).toEqual([['web']]);
  });
});

describe('legend', () => {
  it('tells account, newest value and score, and events by severity', () => {
    show(frames('web', [10, 60, 10, 90, 80, 30]));
    const row = rowOf('web');
    expect(row.getByText('production')).toBeInTheDocument();
    expect(row.getByText('6')).toBeInTheDocument();
    expect(row.getByText('30')).toBeInTheDocument();
    expect(row.getByTitle('Critical: 1')).toBeInTheDocument();
    expect(row.getByTitle('Major: 1')).toBeInTheDocument();
    expect(row.queryByTitle(/Warning/)).not.toBeInTheDocument();
  });

  it('says that a series is still learning', () => {
    show([...frames('new', [null]), ...frames('old', [1])]);
    expect(rowOf('new').getByText('learning')).toBeInTheDocument();
    expect(screen.getAllByText('learning')).toHaveLength(1);
  });

  it('does not say so of a series without a value', () => {
    const labels = { ...LABELS, InstanceId: 'silent' };
    show([...frames('old', [1]), measureFrame('value', [null], { name: 'silent', labels })]);
    expect(rowOf('silent').getAllByText('–')).toHaveLength(2);
  });

  it('tells the hours to the threshold and their uncertainty', () => {
    const custom = { early: 5, late: 9 };
    const hours = measureFrame('hours_to_threshold', [6.5], { labels: { ...LABELS, InstanceId: 'web' }, custom });
    show([...frames('web', [1]), hours]);
    expect(screen.getByTitle('Earliest 5 h, latest 9 h')).toHaveTextContent('6.5 h');
  });

  it('tells the highest and the lowest ahead, with their edges where there is room', () => {
    const labels = { ...LABELS, InstanceId: 'web' };
    const ahead = [
      measureFrame('max_in_horizon', [88], { labels, custom: { lower: 80, upper: 93 } }),
      measureFrame('min_in_horizon', [7], { labels, custom: { lower: 5, upper: 9 } }),
    ];
    const { unmount } = show([...frames('web', [1]), ...ahead]);
    expect(screen.getByTitle('Between 80 and 93')).toHaveTextContent(/^88$/);
    unmount();
    show([...frames('web', [1]), ...ahead], {}, {}, { width: 1200 });
    expect(screen.getByTitle('Between 80 and 93')).toHaveTextContent('88 (80 to 93)');
    expect(screen.getByTitle('Between 5 and 9')).toHaveTextContent('7 (5 to 9)');
  });

  it('does not say that a threshold is far where nothing could be forecast', () => {
    const labels = { ...LABELS, InstanceId: 'web' };
    const custom = { note: 'too little history' };
    show([
      ...frames('web', [1]),
      measureFrame('forecast', [], { labels, custom }),
      measureFrame('hours_to_threshold', [null], { labels, custom }),
    ]);
    expect(screen.queryByText('none seen')).not.toBeInTheDocument();
    expect(rowOf('web').getByTitle('too little history')).toHaveTextContent('–');
  });

  it('is the picker: a box shows or hides a series, a name shows it alone', async () => {
    const user = userEvent.setup();
    show([...frames('a', [1]), ...frames('b', [1]), ...frames('c', [90])], { maxSeries: 1 });
    expect(plotted().at(-1)).toEqual(['c']);
    expect(screen.getByText('1 of 3 series, the most anomalous')).toBeInTheDocument();

    await user.click(screen.getByRole('checkbox', { name: 'Show a' }));
    expect(plotted().at(-1)).toEqual(['a', 'c']);
    await user.click(screen.getByRole('button', { name: 'b' }));
    expect(plotted().at(-1)).toEqual(['b']);
    await user.click(screen.getByRole('button', { name: 'Automatic choice' }));
    expect(plotted().at(-1)).toEqual(['c']);
  });

  it('keeps the colour of a series, whatever else is shown', async () => {
    const user = userEvent.setup();
    show([...frames('a', [1]), ...frames('b', [1])]);
    const before = plots().at(-1)!.colors[1];
    await user.click(screen.getByRole('button', { name: 'b' }));
    expect(plots().at(-1)!.colors).toEqual([before]);
  });

  it('gives way in a small panel', () => {
    show(frames('web', [1]), { showLegend: false });
    expect(screen.queryByRole('table')).not.toBeInTheDocument();
  });
});

test('a colour that an override fixes is taken', () => {
  const color = { mode: FieldColorModeId.Fixed, fixedColor: '#123456' };
  show([measureFrame('value', [1], { config: { color } })]);
  expect(plots().at(-1)!.colors).toEqual(['#123456']);
});

test('simulated data is marked, even without a legend', () => {
  show(frames('web', [1], { simulated: true }), { showLegend: false });
  expect(screen.getByText('Simulated data')).toBeInTheDocument();
});

test('what the query cost is told', () => {
  const usage = { series: 1, requests: 1, metricsAsked: 12, estimatedCostUSD: 0.00012, cacheHits: 0 };
  show(frames('web', [1], { usage }));
  expect(screen.getByText('every 5 min · 12 metrics asked · ≈ $0.00012')).toBeInTheDocument();
});

test('the grid gives each series a plot of its own', () => {
  show([...frames('a', [1]), ...frames('b', [1])], { layout: 'grid' });
  expect(plotted()).toEqual([['a'], ['b']]);
});

test('the plot gets the range of the dashboard', () => {
  const [from, to] = [dateTime(0), dateTime(9 * STEP)];
  show(frames('web', [1]), {}, { timeRange: { from, to, raw: { from, to } } });
  expect(plots().at(-1)!.range).toEqual({ from: 0, to: 9 * STEP });
});

describe('a refused forecast', () => {
  const note = 'too little history for a forecast: 100 of 576 buckets, 476 more are needed';
  const refused = [
    ...frames('web', [1]),
    measureFrame('forecast', [], { labels: { ...LABELS, InstanceId: 'web' }, custom: { note } }),
  ];

  it('is told above the plot, even without a legend, and takes its room from the plot', () => {
    show(refused, { showLegend: false });
    expect(screen.getByRole('status')).toHaveTextContent(`No forecast: ${note}`);
    expect(plots().at(-1)!.height).toBeLessThan(400);
  });

  it('is told of those that have none', () => {
    show([...refused, ...frames('other', [1])]);
    expect(screen.getByRole('status')).toHaveTextContent(`1 of 2 without a forecast: ${note}`);
  });

  it('is of no interest where the panel shows no forecasts', () => {
    show(refused, { showForecast: false });
    expect(screen.queryByRole('status')).not.toBeInTheDocument();
  });
});

describe('components', () => {
  const labels = { ...LABELS, InstanceId: 'web' };
  const apart = [
    ...frames('web', [1, 2]),
    measureFrame('trend', [5, 6], { labels }),
    measureFrame('season_day', [1, -1], { labels }),
    measureFrame('season_week', [null, null], { labels }),
    measureFrame('remainder', [0, 0.1], { labels }),
  ];
  const drawn = () => jest.mocked(ComponentPlot).mock.calls.map(([props]) => props);

  it('have small titled plots of the same width and time under the main one, in one stack', () => {
    show(apart, {}, {}, { height: 700 });
    const main = plots().at(-1)!;
    expect(drawn().map(({ component }) => component)).toEqual(['trend', 'season_day', 'remainder']);
    drawn().forEach((plot) =>
      expect(plot).toMatchObject({ stack: main.stack, width: main.width, range: main.range, series: main.series })
    );
    expect(main.stack).toBeTruthy();
    expect(screen.getAllByRole('group').map((group) => group.getAttribute('aria-label'))).toEqual([
      'Trend',
      'Daily season',
      'Remainder',
    ]);
  });

  it('are in the grid too, each under its series', () => {
    show([...apart, ...frames('other', [1, 2])], { layout: 'grid' });
    expect(plotted()).toEqual([['web'], ['other']]);
    expect(drawn().map(({ series }) => series[0].name)).toEqual(['web', 'web', 'web']);
  });

  it('take nothing from a plot without any', () => {
    show(frames('web', [1]));
    expect(plots().at(-1)!.stack).toBeUndefined();
    expect(drawn()).toEqual([]);
  });
});
