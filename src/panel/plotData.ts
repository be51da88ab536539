import { type AbsoluteTimeRange } from '@grafana/data';
import { type PanelOptions } from './options';
import { type Cells, type ForecastBand, type SeriesView } from './viewModel';

/** The lines that are the edges of up to three forecast bands, the widest first. */
export const BAND_LINES = [
  { lower: 'forecastLower', upper: 'forecastUpper' },
  { lower: 'forecastLower2', upper: 'forecastUpper2' },
  { lower: 'forecastLower3', upper: 'forecastUpper3' },
] as const;

/** The lines of one series, in the order in which a plot draws them; `lower`/`upper` pairs are edges of bands. */
export const LINES = [
  'lower',
  'upper',
  ...BAND_LINES.flatMap(({ lower, upper }) => [lower, upper]),
  'forecast',
  'value',
] as const;
export type Line = (typeof LINES)[number];

/** Position of a line among the series of a uPlot chart, where 0 is the time. */
export const lineIndex = (series: number, line: Line): number => 1 + series * LINES.length + LINES.indexOf(line);

/** The series that a line of a uPlot chart belongs to. */
export const seriesOfLine = (index: number): number => Math.floor((index - 1) / LINES.length);

/** A uPlot table. Undefined is a time of another series, which breaks no line; null is a gap. */
export type Table = [number[], ...Array<Array<number | null | undefined>>];

/** Puts the shown series on one time axis. What the options hide is left out, so that it does not stretch the value axis. */
export function buildTable(
  series: SeriesView[],
  options: Pick<PanelOptions, 'showBand' | 'showForecast'>,
  range: AbsoluteTimeRange
): Table {
  const time = [...new Set(series.flatMap((one) => one.time))]
    .filter((t) => t >= range.from && t <= range.to)
    .sort((a, b) => a - b);
  // Most series have one forecast band: the lines that nobody sees share one column.
  const empty = new Array<null>(time.length).fill(null);
  const columns = series.flatMap((one) => {
    const index = new Map(one.time.map((t, i) => [t, i]));
    const lines: Partial<Record<Line, Cells>> = {
      ...(options.showBand && { lower: one.lower, upper: one.upper }),
      ...(options.showForecast && forecastLines(one)),
      value: one.value,
    };
    return LINES.map((line) => spread(lines[line], time, index) ?? empty);
  });
  return [time, ...columns];
}

/** The cells of a series at other times; `index` is where its own stand. */
function spread(cells: Cells | undefined, time: number[], index: Map<number, number>) {
  return cells && time.map((t) => (index.has(t) ? cells[index.get(t)!] : undefined));
}

/** The bands of a forecast as they are drawn, so that the narrow ones lie on the wide ones. */
export const widestFirst = (bands: ForecastBand[]): ForecastBand[] =>
  bands.toSorted((a, b) => (b.level ?? 0) - (a.level ?? 0)).slice(0, BAND_LINES.length);

/**
 * The forecast with the last observation as its first point, where the one follows the other without a hole: the dashed line
 * then goes on from the observed one and its bands open like a fan.
 */
function forecastLines(series: SeriesView): Partial<Record<Line, Cells>> {
  const { last, value, time, forecast } = series;
  const first = forecast.findIndex((cell) => cell !== null);
  const step = series.periodMs ?? time[first + 1] - time[first];
  const isJoined = last >= 0 && first >= 0 && time[first] - time[last] <= 2.5 * step;
  // Buckets between the two are unfinished or not yet delivered: empty cells there would break the line.
  const joined = (cells: Cells): Cells =>
    cells.map((cell, i) => {
      if (!isJoined || i < last || i >= first) {
        return cell;
      }
      const share = (time[i] - time[last]) / (time[first] - time[last]);
      return value[last]! + share * ((cells[first] ?? value[last]!) - value[last]!);
    });
  const edges = widestFirst(series.forecastBands).flatMap((band, i): Array<[Line, Cells]> => [
    [BAND_LINES[i].lower, joined(band.lower)],
    [BAND_LINES[i].upper, joined(band.upper)],
  ]);
  return { ...Object.fromEntries(edges), forecast: joined(forecast) };
}

/** The time axis: the dashboard's range, and as much of the future as the options grant. */
export function timeAxis(
  series: SeriesView[],
  options: Pick<PanelOptions, 'showForecast' | 'forecastSpan'>,
  range: AbsoluteTimeRange
): AbsoluteTimeRange {
  const end = Math.max(range.to, ...series.map(lastForecastTime));
  if (!options.showForecast || options.forecastSpan === 'range') {
    return range;
  }
  const limit = options.forecastSpan === 'half' ? range.to + (range.to - range.from) : Infinity;
  return { from: range.from, to: Math.min(end, limit) };
}

/** The time of the last point of a forecast; -Infinity where there is none. */
export function lastForecastTime(series: SeriesView): number {
  const last = series.forecast.findLastIndex((cell) => cell !== null);
  return last < 0 ? -Infinity : series.time[last];
}

/** A horizontal line. */
export interface Threshold {
  value: number;
  label: string;
  /** The series it is drawn for decide its axis. */
  series: number;
}

/** The panel's own threshold, and each one that a shown query has. */
export function thresholds(series: SeriesView[], options: PanelOptions): Threshold[] {
  const own =
    typeof options.threshold === 'number'
      ? [{ value: options.threshold, label: options.thresholdLabel || 'Threshold', series: 0 }]
      : [];
  const queried = series.flatMap((one, i) =>
    one.threshold === null ? [] : [{ value: one.threshold, label: thresholdLabel(one, series), series: i }]
  );
  const all = [...own, ...queried];
  return all.filter((one, i) => all.findIndex((other) => other.value === one.value) === i);
}

/** Where series have thresholds of their own, such as quotas, each is told by the name of its series. */
function thresholdLabel({ threshold, name }: SeriesView, all: SeriesView[]): string {
  const values = all.map((one) => one.threshold).filter((value) => value !== null);
  const isItsOwn = new Set(values).size > 1 && values.filter((value) => value === threshold).length === 1;
  return isItsOwn ? `Threshold of ${name}` : 'Threshold';
}
