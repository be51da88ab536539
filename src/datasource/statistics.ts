import { hasVariable } from './variables';

/** The statistics that fields suggest. */
export const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p95', 'p99', 'tm90'];

const EXTENDED_STATISTIC = /^(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100)$|^IQM$|^(PR|TM|WM|TC|TS)\([\d.%:]+\)$/;

/** What is wrong with a statistic, by the rules of pkg/query. */
export function statisticError(statistic: string): string | undefined {
  const known = STATISTICS.includes(statistic) || EXTENDED_STATISTIC.test(statistic) || hasVariable(statistic);
  return known ? undefined : 'Use Average, Sum, Minimum, Maximum, SampleCount or one like p99 or tm90';
}
