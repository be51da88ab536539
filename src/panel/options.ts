import { type SeverityName } from './severity';

/** How many series share one plot: all that are shown, or one each. */
export type Layout = 'overlay' | 'grid';

/** How much of the time axis the future may take. */
export type ForecastSpan = 'half' | 'all' | 'range';

export interface PanelOptions {
  layout: Layout;
  /** Series drawn at once, the most anomalous first; the legend offers the rest. */
  maxSeries: number;
  showBand: boolean;
  showForecast: boolean;
  forecastSpan: ForecastSpan;
  /** The least severity that is marked. */
  markers: SeverityName | 'none';
  /** A horizontal line of the panel's own, beside those of the queries. */
  threshold?: number;
  thresholdLabel: string;
  showLegend: boolean;
}

export const DEFAULT_OPTIONS: PanelOptions = {
  layout: 'overlay',
  maxSeries: 6,
  showBand: true,
  showForecast: true,
  forecastSpan: 'half',
  markers: 'warning',
  thresholdLabel: '',
  showLegend: true,
};
