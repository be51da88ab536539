import { type AbsoluteTimeRange } from '@grafana/data';
import { COMPONENT_MEASURES, type ComponentMeasure } from '../contract';
import { type Table } from './plotData';
import { type SeriesView } from './viewModel';

/** The components that series are taken apart into, each of which has a small plot under that of the series. */

export const COMPONENT_TITLES: Record<ComponentMeasure, string> = {
  trend: 'Trend',
  season_day: 'Daily season',
  season_week: 'Weekly season',
  remainder: 'Remainder',
};

/** The components that at least one of the series has. */
export const componentsOf = (series: SeriesView[]): ComponentMeasure[] =>
  COMPONENT_MEASURES.filter((measure) =>
    series.some(({ components }) => components[measure]?.some((cell) => cell !== null))
  );

/** One component of each series on one time axis. */
export function componentTable(series: SeriesView[], measure: ComponentMeasure, axis: AbsoluteTimeRange): Table {
  const time = [...new Set(series.flatMap((one) => one.time))]
    .filter((t) => t >= axis.from && t <= axis.to)
    .sort((a, b) => a - b);
  const columns = series.map(({ time: own, components }) => {
    const index = new Map(own.map((t, i) => [t, i]));
    return time.map((t) => (index.has(t) ? (components[measure]?.[index.get(t)!] ?? null) : undefined));
  });
  return [time, ...columns];
}

/** What the plot of the series themselves needs at least, in pixels. */
export const LEAST_MAIN_HEIGHT = 130;
const LEAST_COMPONENT_HEIGHT = 52;
const MOST_COMPONENT_HEIGHT = 110;

/** What a stack needs at least, in pixels. */
export const leastStackHeight = (components: number): number => LEAST_MAIN_HEIGHT + components * LEAST_COMPONENT_HEIGHT;

/** How high the plots of a stack are, in pixels: at most half of it for the components; a stack that does not fit is scrolled. */
export function stackHeights(components: number, height: number) {
  const share = Math.floor((0.5 * height) / components);
  const component = Math.min(MOST_COMPONENT_HEIGHT, Math.max(LEAST_COMPONENT_HEIGHT, share));
  const main = Math.max(LEAST_MAIN_HEIGHT, height - components * component);
  return { main, component, scrolls: main + components * component > height };
}
