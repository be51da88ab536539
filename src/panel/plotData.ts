import { type AbsoluteTimeRange } from '@grafana/data';
import { type PanelOptions } from './options';
import { type Cells, type SeriesView } from './viewModel';

/** The lines of one series, in the order in which a plot draws them; `lower`/`upper` pairs are edges of bands. */
export const LINES = ['lower', 'upper', 'forecastLower', 'forecastUpper', 'forecast', 'value'] as const;
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
  const columns = series.flatMap((one) => {
    const index = new Map(one.time.map((t, i) => [t, i]));
    const forecast = options.showForecast ? joinedForecast(one) : undefined;
    const lines: Record<Line, Cells | undefined> = {
      lower: options.showBand ? one.lower : undefined,
      upper: options.showBand ? one.upper : undefined,
      forecastLower: forecast?.lower,
      forecastUpper: forecast?.upper,
      forecast: forecast?.middle,
      value: one.value,
    };
    return LINES.map((line) =>
      time.map((t) => {
        const i = index.get(t);
        return i === undefined ? undefined : (lines[line]?.[i] ?? null);
      })
    );
  });
  return [time, ...columns];
}

/**
 * The forecast with the last observation as its first point, where the one follows the other without a hole: the dashed line
 * then goes on from the observed one and its band opens like a fan.
 */
function joinedForecast(series: SeriesView): { middle: Cells; lower: Cells; upper: Cells } {
  const { last, value, time, forecast, forecastLower, forecastUpper } = series;
  const first = forecast.findIndex((cell) => cell !== null);
  const step = series.periodMs ?? time[first + 1] - time[first];
  if (last < 0 || first < 0 || !(time[first] - time[last] <= 2.5 * step)) {
    return { middle: forecast, lower: forecastLower, upper: forecastUpper };
  }
  // Buckets between the two are unfinished or not yet delivered: empty cells there would break the line.
  const joined = (cells: Cells): Cells =>
    cells.map((cell, i) => {
      if (i < last || i >= first) {
        return cell;
      }
      const share = (time[i] - time[last]) / (time[first] - time[last]);
      return value[last]! + share * ((cells[first] ?? value[last]!) - value[last]!);
    });
  return { middle: joined(forecast), lower: joined(forecastLower), upper: joined(forecastUpper) };
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
    one.threshold === null ? [] : [{ value: one.threshold, label: 'Threshold', series: i }]
  );
  const all = [...own, ...queried];
  return all.filter((one, i) => all.findIndex((other) => other.value === one.value) === i);
}
