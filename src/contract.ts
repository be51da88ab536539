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

/** One-point numbers of now, which come after them. */
export const NUMBER_MEASURES = ['hours_to_threshold', 'max_in_horizon'] as const;

export const MEASURES = [...POINT_MEASURES, ...NUMBER_MEASURES] as const;

export type PointMeasure = (typeof POINT_MEASURES)[number];
export type NumberMeasure = (typeof NUMBER_MEASURES)[number];
export type Measure = (typeof MEASURES)[number];
