import { withoutAbsent } from './absent';
import { type CollectorOptions } from './types';

/** What the back end takes where nothing is set. */
export const WARM_FOR = '6h';
export const METRICS_PER_MINUTE = 1000;

const MAX_METRICS_PER_MINUTE = 100_000;
const DURATION = /^(\d+d|(\d+(\.\d+)?(h|m|s))+)$/;

/** What is wrong with the settings of a collector, by field. */
export function collectorErrors({ warmFor, metricsPerMinute }: CollectorOptions) {
  const isRate =
    metricsPerMinute === undefined ||
    (Number.isInteger(metricsPerMinute) && metricsPerMinute >= 1 && metricsPerMinute <= MAX_METRICS_PER_MINUTE);
  return withoutAbsent<{ warmFor?: string; metricsPerMinute?: string }>({
    warmFor: warmFor && !DURATION.test(warmFor) ? 'Use a duration such as 6h' : undefined,
    metricsPerMinute: isRate ? undefined : 'Use a whole number from 1 to 100000',
  });
}
