import { withoutAbsent } from './absent';
import { statisticError } from './statistics';
import { type Quality, type QualityRange, type QualityRule } from './types';

export const EMPTY_RULE: QualityRule = {
  namespace: '',
  metric: '',
  statistic: 'Sum',
  op: '<=',
  than: { metric: '', statistic: 'Sum' },
};
export const EMPTY_RANGE: QualityRange = { namespace: '', metric: '' };

/** The settings without empty lists; nothing left is no setting, so that an untouched form writes none. */
export function qualityOf(rules: QualityRule[], ranges: QualityRange[]): Quality | undefined {
  if (rules.length === 0 && ranges.length === 0) {
    return undefined;
  }
  return withoutAbsent({
    rules: rules.length > 0 ? rules : undefined,
    ranges: ranges.length > 0 ? ranges : undefined,
  });
}

/** What is wrong with the rules, by the rules of pkg/accounts: the first mistake. */
export function rulesError(rules: QualityRule[]): string | undefined {
  return (
    firstError(rules, ruleError) ??
    repeated(
      rules.map((rule) => JSON.stringify(sides(rule))),
      'The rule stands twice'
    )
  );
}

function ruleError(rule: QualityRule): string | undefined {
  const { namespace, metric, statistic, than } = rule;
  if (!namespace || !metric || !than.metric) {
    return 'Name the namespace and both metrics';
  }
  const wrong = statisticError(statistic) ?? statisticError(than.statistic);
  if (wrong) {
    return wrong;
  }
  return metric === than.metric && statistic === than.statistic ? 'A metric is compared with itself' : undefined;
}

const sides = ({ namespace, metric, statistic, than }: QualityRule) => [
  namespace,
  metric,
  statistic,
  than.metric,
  than.statistic,
];

/** What is wrong with the ranges: the first mistake. */
export function rangesError(ranges: QualityRange[]): string | undefined {
  return (
    firstError(ranges, rangeError) ??
    repeated(
      ranges.map(({ namespace, metric }) => JSON.stringify([namespace, metric])),
      'A metric has two ranges'
    )
  );
}

function rangeError({ namespace, metric, lower, upper }: QualityRange): string | undefined {
  if (!namespace || !metric) {
    return 'Name the namespace and the metric';
  }
  if (lower === undefined && upper === undefined) {
    return 'Set a lower limit, an upper one or both';
  }
  return lower !== undefined && upper !== undefined && lower > upper
    ? 'The upper limit is below the lower one'
    : undefined;
}

function firstError<T>(values: T[], error: (value: T) => string | undefined): string | undefined {
  return values.map(error).find((text) => text !== undefined);
}

const repeated = (names: string[], error: string) => (new Set(names).size < names.length ? error : undefined);
