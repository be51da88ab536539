import { type ScopedVars } from '@grafana/data';
import { type Scope } from './resources';
import { type Detector, type Dimensions, type Forecaster, type VigiaQuery } from './types';

/** `TemplateSrv.replace`, as far as it is used here. */
export type Replace = (text: string, scopedVars?: ScopedVars, format?: string | ((value: unknown) => string)) => string;

/** Says whether a text holds a variable that is not replaced yet. */
export const hasVariable = (text: string) => /\$\w+|\$\{[^}]+\}|\[\[[^\]]+\]\]/.test(text);

// Unit and group separators of ASCII: no name in AWS contains them, so they can mark what a variable was replaced by.
const OPEN = '\u001d';
const CLOSE = '\u001e';
const BETWEEN = '\u001f';

const asAlternatives = (value: unknown): string =>
  OPEN + (Array.isArray(value) ? value : [value]).join(BETWEEN) + CLOSE;

/**
 * Every text that `text` stands for: a variable with several values gives one text for each, also in the middle
 * (`web-$zone`), and several variables give each combination. Values with commas or braces stay whole.
 */
export function expand(text: string, replace: Replace, scopedVars?: ScopedVars): string[] {
  const replaced = replace(text, scopedVars, asAlternatives);
  const segments = replaced.split(OPEN).flatMap((segment, index) => {
    if (index === 0) {
      return [[segment]];
    }
    const [alternatives, rest] = segment.split(CLOSE);
    return [alternatives.split(BETWEEN), [rest]];
  });
  return segments.reduce<string[]>(
    (texts, alternatives) => texts.flatMap((start) => alternatives.map((end) => start + end)),
    ['']
  );
}

/**
 * Expands each entry; empty and repeated results are left out, the order stays. Where nothing would be left, the entries stay
 * as they are and the back end names the variable: an empty list would mean every account.
 */
export function expandAll(texts: string[], replace: Replace, scopedVars?: ScopedVars): string[] {
  const expanded = texts.flatMap((text) => expand(text, replace, scopedVars)).filter((text) => text !== '');
  return expanded.length > 0 ? [...new Set(expanded)] : texts;
}

function expandDimensions(dimensions: Dimensions, replace: Replace, scopedVars?: ScopedVars): Dimensions {
  return Object.fromEntries(
    Object.entries(dimensions).map(([key, values]) => [
      replace(key, scopedVars),
      expandAll(values, replace, scopedVars),
    ])
  );
}

function expandDetector(detector: Detector, replace: Replace, scopedVars?: ScopedVars): Detector {
  const { split, columns, calendars } = detector;
  const single = (text: string) => replace(text, scopedVars, 'csv');
  return {
    ...detector,
    ...(split && { split: expandAll(split, replace, scopedVars) }),
    ...(columns && {
      columns: columns.map(({ metric, statistic }) => ({ metric: single(metric), statistic: single(statistic) })),
    }),
    ...(calendars && { calendars: expandAll(calendars, replace, scopedVars) }),
  };
}

function expandForecaster(forecaster: Forecaster, replace: Replace, scopedVars?: ScopedVars): Forecaster {
  const { calendars } = forecaster;
  return { ...forecaster, ...(calendars && { calendars: expandAll(calendars, replace, scopedVars) }) };
}

/** The query with its variables replaced. Lists take every value of a variable, single fields take one. */
export function expandQuery(query: VigiaQuery, replace: Replace, scopedVars?: ScopedVars): VigiaQuery {
  const single = (text: string) => replace(text, scopedVars, 'csv');
  return {
    ...query,
    accounts: expandAll(query.accounts, replace, scopedVars),
    regions: expandAll(query.regions, replace, scopedVars),
    namespace: single(query.namespace),
    metric: single(query.metric),
    statistic: single(query.statistic),
    dimensions: expandDimensions(query.dimensions, replace, scopedVars),
    period: single(query.period),
    horizon: single(query.horizon),
    legend: single(query.legend),
    ...(query.detector && { detector: expandDetector(query.detector, replace, scopedVars) }),
    ...(query.forecaster && { forecaster: expandForecaster(query.forecaster, replace, scopedVars) }),
    ...(query.thresholdMetric && {
      thresholdMetric: {
        ...query.thresholdMetric,
        metric: single(query.thresholdMetric.metric),
        ...(query.thresholdMetric.statistic && { statistic: single(query.thresholdMetric.statistic) }),
      },
    }),
    ...(query.rollUp && { rollUp: expandAll(query.rollUp, replace, scopedVars) }),
  };
}

/** The same for what a list of names is narrowed by. */
export function expandScope(scope: Scope, replace: Replace, scopedVars?: ScopedVars): Scope {
  const single = (text = '') => replace(text, scopedVars, 'csv');
  return {
    accounts: expandAll(scope.accounts ?? [], replace, scopedVars),
    regions: expandAll(scope.regions ?? [], replace, scopedVars),
    namespace: single(scope.namespace),
    metric: single(scope.metric),
    dimensionKey: single(scope.dimensionKey),
  };
}
