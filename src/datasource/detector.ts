import { withoutAbsent } from './absent';
import { calendarsOf, calendarWords } from './chosenCalendars';
import { isObject, isText, nonEmpty, nonEmptyList, objects, texts } from './json';
import {
  ALL,
  AUTO,
  DEFAULT_STATISTIC,
  type Detector,
  type DetectorDefinition,
  type DetectorFunction,
  type DetectorParameter,
  type ExtraColumn,
  FUNCTIONS,
  type Rule,
  type VigiaQuery,
} from './types';
import { hasVariable } from './variables';

/** The score from which an anomaly begins, of a query that gives none. */
export const EVENT_SCORE = 25;

/** The statistic that a function stands for, whatever the query says. */
export const FUNCTION_STATISTIC: Record<DetectorFunction, string> = {
  count: 'SampleCount',
  mean: 'Average',
  min: 'Minimum',
  max: 'Maximum',
  sum: 'Sum',
  rare_zero: 'Sum',
};

export const FUNCTION_NAMES: Record<DetectorFunction, string> = {
  count: 'Count',
  mean: 'Mean',
  min: 'Minimum',
  max: 'Maximum',
  sum: 'Sum',
  rare_zero: 'Rare zero',
};

/** Statistics that can be joined over series; percentiles of the parts do not give that of the whole. */
const JOINABLE = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'];

/**
 * Only what differs from the default; undefined where nothing does. What it does not know is kept: fields, so that nothing is lost when
 * a dashboard is saved, and values, so that the back end refuses them by name.
 */
export function normaliseDetector(raw: unknown): Detector | undefined {
  if (!isObject(raw)) {
    return undefined;
  }
  const own: Detector = {
    name: isText(raw.name) && raw.name !== AUTO ? raw.name : undefined,
    parameters: nonEmpty(isObject(raw.parameters) ? parametersOf(raw.parameters) : {}),
    ...functionAndDirection(raw),
    split: nonEmptyList(texts(raw.split)),
    columns: nonEmptyList(objects(raw.columns).map(columnOf)),
    rules: nonEmptyList(
      objects(raw.rules)
        .map((rule): Rule => withoutAbsent(rule))
        .filter((rule) => Object.keys(rule).length > 0)
    ),
    calendars: calendarsOf(raw.calendars),
    eventScore: raw.eventScore === EVENT_SCORE ? undefined : (raw.eventScore as number | undefined),
  };
  return nonEmpty(withoutAbsent({ ...raw, ...own }));
}

/** Elastic names both at once, low_count; one that contradicts the direction is left for the back end to refuse. */
function functionAndDirection(raw: Record<string, unknown>): Pick<Detector, 'function' | 'direction'> {
  const written = isText(raw.function) ? raw.function : undefined;
  const direction = isText(raw.direction) && raw.direction !== 'both' ? raw.direction : undefined;
  const [, side, name] = /^(low|high)_(.+)$/.exec(written ?? '') ?? [];
  if (side !== undefined && (direction ?? side) === side) {
    return { function: canonical(name), direction: side };
  }
  return { function: written && canonical(written), direction };
}

const canonical = (name: string) => (name === 'avg' ? 'mean' : name);

/** The function of a detector, where it is one. */
export const functionOf = (detector: Detector = {}): DetectorFunction | undefined =>
  FUNCTIONS.find((name) => name === detector.function);

/** A patch on a detector; what is undefined goes back to its default. */
export const patchedDetector = (detector: Detector | undefined, patch: Detector): Detector | undefined =>
  normaliseDetector({ ...detector, ...patch });

/**
 * What changes with another function of a query. A function decides the statistic: another one that was chosen before goes back to the
 * default, which contradicts none.
 */
export function withFunction(
  { detector, statistic }: Pick<VigiaQuery, 'detector' | 'statistic'>,
  name: string | undefined
): Partial<VigiaQuery> {
  const next = patchedDetector(detector, { function: name });
  const decided = functionOf(next);
  const isContrary = decided !== undefined && FUNCTION_STATISTIC[decided] !== statistic;
  return { detector: next, ...(isContrary ? { statistic: DEFAULT_STATISTIC } : {}) };
}

/** Another detector keeps everything that does not belong to one detector alone. */
export function switchedDetector(
  detector: Detector | undefined,
  name: string,
  definition: DetectorDefinition | undefined
): Detector | undefined {
  const columns = detector?.columns?.slice(0, definition?.maxColumns ?? 0);
  return patchedDetector(detector, { name, parameters: undefined, columns });
}

/** A parameter set to a value; to its default, or to nothing, it is no longer set. */
export function withParameter(
  detector: Detector | undefined,
  parameter: DetectorParameter,
  value: number | null
): Detector | undefined {
  const parameters = { ...detector?.parameters };
  delete parameters[parameter.name];
  if (value !== null && value !== parameter.default) {
    parameters[parameter.name] = value;
  }
  return patchedDetector(detector, { parameters });
}

/** Says whether a parameter is on or off. */
export const isSwitch = ({ whole, min, max }: DetectorParameter): boolean => whole && min === 0 && max === 1;

/** What is wrong with the value of a parameter. */
export function parameterError({ min, max, whole }: DetectorParameter, value: number | undefined): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
  return fits ? undefined : `Use ${whole ? 'a whole number ' : ''}from ${min} to ${max}`;
}

/** What is wrong with the score from which an anomaly begins. */
export function eventScoreError({ eventScore }: Detector): string | undefined {
  const fits = eventScore === undefined || (typeof eventScore === 'number' && eventScore > 0 && eventScore <= 100);
  return fits ? undefined : 'Use above 0, at most 100';
}

/** What is wrong with one rule, by its field. */
export function ruleErrors({
  skipWithin,
  skipWithinPercent,
  onlyAbove,
  onlyBelow,
}: Rule): Partial<Record<keyof Rule, string>> {
  const isNegative = (value?: number | null) => value != null && value < 0;
  const errors = {
    skipWithin: isNegative(skipWithin) ? 'Use 0 or more' : undefined,
    skipWithinPercent: isNegative(skipWithinPercent) ? 'Use 0 or more' : undefined,
    onlyBelow: onlyAbove != null && onlyBelow != null && onlyBelow <= onlyAbove ? 'No value is left' : undefined,
  };
  return withoutAbsent(errors);
}

/** What is wrong with the columns beside the metric. */
export function columnsError(columns: ExtraColumn[] = [], maxColumns: number): string | undefined {
  if (columns.length > maxColumns) {
    return maxColumns === 0 ? 'This detector looks at one metric' : `Use ${maxColumns} further columns at most`;
  }
  return columns.some(({ metric }) => metric.trim() === '') ? 'A column has no metric' : undefined;
}

/** What is wrong with all rules together: each of them can leave something, and nothing be left by both. */
export function rulesError(rules: Rule[] = []): string | undefined {
  const above = Math.max(...rules.map(({ onlyAbove }) => onlyAbove ?? -Infinity));
  const below = Math.min(...rules.map(({ onlyBelow }) => onlyBelow ?? Infinity));
  return above >= below ? `Nothing is left to score: no value is above ${above} and below ${below}` : undefined;
}

/** What is wrong with joining the series of a split, by the statistic of the query. */
export function splitError(detector: Detector = {}, statistic: string): string | undefined {
  const name = functionOf(detector);
  const joined = name ? FUNCTION_STATISTIC[name] : statistic;
  const isJoined = detector.split !== undefined && detectorName(detector) !== 'peers';
  const isJoinable = !isJoined || JOINABLE.includes(joined) || hasVariable(joined);
  return isJoinable ? undefined : `${joined} of several series cannot be joined: use ${JOINABLE.join(', ')}`;
}

/** The first thing that is wrong with a query's detector, in words; definitions that are not known yet are taken on trust. */
export function detectorError(
  { detector = {}, statistic }: Pick<VigiaQuery, 'detector' | 'statistic'>,
  definitions: DetectorDefinition[]
): string | undefined {
  return (
    definitionError(detector, definitions) ??
    splitError(detector, statistic) ??
    firstRuleError(detector.rules) ??
    eventScoreError(detector)
  );
}

const firstRuleError = (rules: Rule[] = []): string | undefined =>
  rules.flatMap((one) => Object.values(ruleErrors(one)))[0] ?? rulesError(rules);

/** The first thing that is wrong by the list of detectors and functions. */
function definitionError(detector: Detector, definitions: DetectorDefinition[]): string | undefined {
  if (detector.function !== undefined && functionOf(detector) === undefined) {
    return `There is no function "${detector.function}"`;
  }
  if (detector.direction !== undefined && !(detector.direction in ONE_SIDED)) {
    return `There is no direction "${detector.direction}"`;
  }
  const name = detectorName(detector);
  const definition = definitions.find((one) => one.name === name);
  if (definition === undefined) {
    return definitions.length === 0 ? undefined : `There is no detector "${name}"`;
  }
  const parameter = definition.parameters
    .map((one) => ({ title: one.title, error: parameterError(one, detector.parameters?.[one.name]) }))
    .find(({ error }) => error !== undefined);
  const unknown = unknownParameters(detector, definition)[0];
  return (
    (parameter && `${parameter.title}: ${parameter.error}`) ??
    (unknown === undefined ? undefined : `There is no parameter "${unknown}"`) ??
    columnsError(detector.columns, definition.maxColumns)
  );
}

/** The detector in force: a function may decide it. */
export const detectorName = (detector: Detector = {}): string =>
  detector.function === 'rare_zero' ? 'rare_zero' : (detector.name ?? AUTO);

/** Parameters that are set and that the detector does not have. */
export const unknownParameters = (detector: Detector = {}, { parameters }: DetectorDefinition): string[] =>
  Object.keys(detector.parameters ?? {}).filter((name) => !parameters.some((one) => one.name === name));

const ONE_SIDED: Record<string, string> = { low: 'only low values', high: 'only high values' };

/** One line that says what is set: "Automatic, both directions". */
export function detectorSummary(
  { detector = {}, rollUp = [] }: Pick<VigiaQuery, 'detector' | 'rollUp'>,
  definitions: DetectorDefinition[]
): string {
  const name = detectorName(detector);
  const title = definitions.find((one) => one.name === name)?.title ?? (name === AUTO ? 'Automatic' : name);
  const parameters = Object.keys(detector.parameters ?? {}).length;
  const parts = [
    title,
    detector.function === 'rare_zero' ? '' : (detector.function ?? ''),
    detector.direction === undefined ? 'both directions' : (ONE_SIDED[detector.direction] ?? detector.direction),
    parameters > 0 ? counted(parameters, 'parameter') : '',
    detector.split ? `split by ${detector.split.join(', ')}` : '',
    detector.columns ? counted(detector.columns.length, 'further column') : '',
    detector.rules ? counted(detector.rules.length, 'rule') : '',
    detector.eventScore === undefined ? '' : `an anomaly begins at ${detector.eventScore}`,
    calendarWords(detector.calendars),
    rollUp.length > 0 ? `rolled up by ${rollUp.join(', ')}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A rule read back: "No score where the value is less than 5 from the expected one, or not above 100." */
export function ruleWords({ skipWithin, skipWithinPercent, onlyAbove, onlyBelow }: Rule): string {
  const conditions = [
    skipWithin == null ? '' : `less than ${skipWithin} from the expected one`,
    skipWithinPercent == null ? '' : `less than ${skipWithinPercent} % from the expected one`,
    onlyAbove == null ? '' : `not above ${onlyAbove}`,
    onlyBelow == null ? '' : `not below ${onlyBelow}`,
  ].filter((condition) => condition !== '');
  return conditions.length === 0
    ? 'Set a limit: what lies within it gets no score.'
    : `No score where the value is ${conditions.join(', or ')}.`;
}

/** Labels as a field shows them, where none chosen stands under one name, and back. */
export const shownLabels = (labels?: string[]): string[] => labels ?? [ALL];
export const chosenLabels = (labels: string[]): string[] | undefined =>
  nonEmptyList(labels.filter((label) => label !== ALL));

const columnOf = (raw: Record<string, unknown>): ExtraColumn => ({
  ...raw,
  metric: isText(raw.metric) ? raw.metric : '',
  statistic: isText(raw.statistic) ? raw.statistic : DEFAULT_STATISTIC,
});

/** A switch may be written as true or false. */
const parametersOf = (raw: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(withoutAbsent(raw)).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? Number(value) : value,
    ])
  ) as Record<string, number>;
