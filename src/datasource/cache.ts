import { withoutAbsent } from './absent';
import { durationSeconds } from './query';
import { type CacheOptions, type KeepDays } from './types';

/** How long history is kept, by period of the points: what the back end takes where nothing is set, and the least it takes. */
export const KEPT: Array<{ field: keyof KeepDays; label: string; days: number; least: number }> = [
  { field: 'seconds', label: 'Under 1 minute', days: 7, least: 1 },
  { field: 'minutes', label: 'Under 5 minutes', days: 90, least: 22 },
  { field: 'fiveMinutes', label: 'Under 1 hour', days: 455, least: 36 },
  { field: 'hours', label: '1 hour and longer', days: 1095, least: 456 },
  { field: 'events', label: 'Log of anomalies', days: 1095, least: 0 },
];

export const MAX_GIB = 2;
export const MAX_STALENESS = '5m';

const MOST_DAYS = 36_500;
const MOST_GIB = 1_048_576;
const MOST_STALENESS_SECONDS = 3600;

/** What is wrong with the settings of the cache, by field. */
export function cacheErrors({ maxStaleness = MAX_STALENESS, maxGiB = 0, keepDays = {} }: CacheOptions) {
  const days = KEPT.map(({ field, least }) => [field, daysError(keepDays[field], least)] as const);
  return withoutAbsent<Partial<Record<keyof KeepDays | 'maxGiB' | 'maxStaleness', string>>>({
    ...Object.fromEntries(days),
    maxStaleness: isLate(maxStaleness) ? undefined : 'Use a duration from 0s to 1h',
    maxGiB: maxGiB < 0 || maxGiB > MOST_GIB ? 'Use a size above 0, or none' : undefined,
  });
}

function isLate(text: string): boolean {
  const seconds = durationSeconds(text);
  return /\D$/.test(text) && seconds !== undefined && seconds <= MOST_STALENESS_SECONDS;
}

/** Detectors learn from what is kept: less would be asked for again and again. 0 is the default, as the back end has it. */
function daysError(days: number | undefined, least: number): string | undefined {
  const isKept = !days || (days >= least && days > 0 && days <= MOST_DAYS);
  return isKept ? undefined : `Use ${least > 0 ? least : 'above 0'} to ${MOST_DAYS}`;
}
