import { type Level, LEVELS } from '../contract';
import { withoutAbsent } from './absent';
import { calendarsOf } from './chosenCalendars';
import { isObject, isText, nonEmpty } from './json';
import { statisticError } from './statistics';
import {
  AUTO,
  DEFAULT_STATISTIC,
  type Forecaster,
  type ForecasterDefinition,
  type ThresholdMetric,
  type VigiaQuery,
} from './types';

/** The level of the band of a query that gives none, in per cent. */
export const DEFAULT_LEVEL: Level = 95;

const MAX_PERCENT = 1000;

/** What can be chosen where the list of forecasters cannot be read. */
export const FALLBACK_FORECASTERS: ForecasterDefinition[] = [{ name: AUTO, title: 'Automatic', help: '' }];

/**
 * Only what differs from the default; undefined where nothing does. As with a detector, what it does not know is kept: the back end
 * refuses it by name.
 */
export function normaliseForecaster(raw: unknown): Forecaster | undefined {
  if (!isObject(raw)) {
    return undefined;
  }
  const own: Forecaster = {
    name: isText(raw.name) && raw.name !== AUTO ? raw.name : undefined,
    levels: levelsOf(raw.levels),
    calendars: calendarsOf(raw.calendars),
  };
  return nonEmpty(withoutAbsent({ ...raw, ...own }));
}

function levelsOf(value: unknown): number[] | undefined {
  const levels = Array.isArray(value) ? [...new Set(value as number[])] : [];
  const isDefault = levels.length === 0 || (levels.length === 1 && levels[0] === DEFAULT_LEVEL);
  return isDefault ? undefined : levels;
}

/** The levels of the bands in force, the main one first. */
export const levelsInForce = ({ levels = [DEFAULT_LEVEL] }: Forecaster = {}): number[] => levels;

/** A patch on a forecaster; what is undefined goes back to its default. */
export const patchedForecaster = (forecaster: Forecaster | undefined, patch: Forecaster): Forecaster | undefined =>
  normaliseForecaster({ ...forecaster, ...patch });

/** What is wrong with the levels of the bands. */
export function levelsError(forecaster?: Forecaster): string | undefined {
  const levels = levelsInForce(forecaster);
  const areKnown = levels.every((level) => LEVELS.some((known) => known === level));
  return areKnown ? undefined : `Use one to three of ${LEVELS.join(', ')}`;
}

/** A forecaster that is not listed; a list that is not there yet is no reason to complain. */
export function forecasterError(name: string, definitions: ForecasterDefinition[]): string | undefined {
  const isKnown = name === AUTO || definitions.length <= 1 || definitions.some((one) => one.name === name);
  return isKnown ? undefined : `There is no forecaster "${name}"`;
}

/** The metric that gives the threshold, without what is the default; undefined where there is none. */
export function normaliseThresholdMetric(raw: unknown): ThresholdMetric | undefined {
  if (!isObject(raw) || Object.keys(withoutAbsent(raw)).length === 0) {
    return undefined;
  }
  const own: ThresholdMetric = {
    metric: isText(raw.metric) ? raw.metric : '',
    statistic: isText(raw.statistic) && raw.statistic !== DEFAULT_STATISTIC ? raw.statistic : undefined,
    percent: raw.percent === 100 ? undefined : (raw.percent as number | undefined),
  };
  return withoutAbsent({ ...raw, ...own });
}

/** What is wrong with the metric that gives the threshold, by its field. */
export function thresholdMetricErrors({
  metric,
  statistic = DEFAULT_STATISTIC,
  percent = 100,
}: ThresholdMetric): Partial<Record<keyof ThresholdMetric, string>> {
  const isShare = typeof percent === 'number' && percent > 0 && percent <= MAX_PERCENT;
  return withoutAbsent({
    metric: metric.trim() === '' ? 'Choose a metric' : undefined,
    statistic: statisticError(statistic),
    percent: isShare ? undefined : `Use above 0, at most ${MAX_PERCENT}`,
  });
}

/** Where the threshold of a query comes from. */
export type ThresholdKind = 'none' | 'value' | 'metric';

export function thresholdKind({
  threshold,
  thresholdMetric,
}: Pick<VigiaQuery, 'threshold' | 'thresholdMetric'>): ThresholdKind {
  return thresholdMetric ? 'metric' : threshold === null ? 'none' : 'value';
}
