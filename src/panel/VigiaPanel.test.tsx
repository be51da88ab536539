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
import { Plot } from './Plot';
import { LABELS, measureFrame, STEP } from './testFrames';
import { VigiaPanel } from './VigiaPanel';

// A canvas draws nothing in jsdom: what reaches the plots is looked at instead.
jest.mock('./Plot', () => ({ Plot: jest.fn(() => null) }));

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

function show(series: DataFrame[], options: Partial<PanelOptions> = {}, data: Partial<PanelData> = {}) {
  const props = {
    data: { state: LoadingState.Done, series, timeRange: getDefaultTimeRange(), ...data },
    options: { ...DEFAULT_OPTIONS, ...options },
    width: 800,
    height: 400,
    timeZone: 'utc',
    onChangeTimeRange: jest.fn(),
  } as unknown as PanelProps<PanelOptions>;
  return render(<VigiaPanel {...props} />);
}

const rowOf = (name: string) => {
  const row = screen.getAllByRole('row').find((candidate) => within(candidate).queryByText(name));
  return within(row!);
};

beforeEach(() => jest.mocked(Plot).mockClear());

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

  it('explains frames that hold only scores', () => {
    show(frames('web', [80]).slice(1));
    expect(screen.getByText('Scores without observed values')).toBeInTheDocument();
  });

  it('explains frames that hold only events', () => {
    show([measureFrame('anomaly_event', [0, 0])]);
    expect(screen.getByText('Scores without observed values')).toBeInTheDocument();
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
