/** The names of the frame contract in docs/architecture.md, which the editors offer and the panel reads. */

/** The measures that make points of a plot, in the order of the frames. */
export const POINT_MEASURES = [
  'value',
  'expected',
  'lower',
  'upper',
  'anomaly_score',
  'direction',
  'anomaly_event',
  'raw_score',
  'forecast',
  'forecast_lower',
  'forecast_upper',
] as const;

/** What a series is taken apart into, which comes after them. */
export const COMPONENT_MEASURES = ['trend', 'season_day', 'season_week', 'remainder'] as const;

/** One-point numbers of now, which come last. */
export const NUMBER_MEASURES = [
  'hours_to_threshold',
  'hours_to_threshold_early',
  'hours_to_threshold_late',
  'max_in_horizon',
  'max_in_horizon_lower',
  'max_in_horizon_upper',
  'min_in_horizon',
  'min_in_horizon_lower',
  'min_in_horizon_upper',
] as const;

export const MEASURES = [...POINT_MEASURES, ...COMPONENT_MEASURES, ...NUMBER_MEASURES] as const;

/** The levels that a forecast band can have, in per cent. */
export const LEVELS = [80, 95, 99] as const;
export type Level = (typeof LEVELS)[number];

export type PointMeasure = (typeof POINT_MEASURES)[number];
export type ComponentMeasure = (typeof COMPONENT_MEASURES)[number];
export type NumberMeasure = (typeof NUMBER_MEASURES)[number];
export type Measure = (typeof MEASURES)[number];

/** The edges of the band of a further level: those of the first one are plain measures. */
export type LevelMeasure = `forecast_lower_${Level}` | `forecast_upper_${Level}`;

/** The edges of the band of a level that is not the first. */
export const edgesOf = (level: Level): { lower: LevelMeasure; upper: LevelMeasure } => ({
  lower: `forecast_lower_${level}`,
  upper: `forecast_upper_${level}`,
});

/** The level of a measure that is an edge of a further band; undefined of any other name. */
export function levelOf(measure: string): Level | undefined {
  const [, written] = /^forecast_(?:lower|upper)_(\d+)$/.exec(measure) ?? [];
  return LEVELS.find((level) => String(level) === written);
}

/** What a query cost, in `Meta.Custom` of its every frame. */
export interface Usage {
  series: number;
  /** Calls of AWS. */
  requests: number;
  metricsAsked: number;
  /** Metrics for which AWS was not asked. */
  metricsSaved?: number;
  estimatedCostUSD: number;
  /** Series that AWS was not asked for. */
  cacheHits: number;
}
