import { COMPONENT_MEASURES, levelOf, type LevelMeasure, type Measure, MEASURES } from '../contract';
import { type KindMeasure, measuresOf } from './kinds';
import { furtherEdges } from './query';
import { type Option } from './suggestions';
import { ALL, type VigiaQuery } from './types';

type Named = Measure | KindMeasure;
type Output = Named | LevelMeasure;

const DESCRIPTIONS: Record<Named, string> = {
  value: 'Observed value',
  expected: 'Expected value',
  lower: 'Lower edge of the expected band',
  upper: 'Upper edge of the expected band',
  anomaly_score: '0 to 100; 25 warning, 50 major, 75 critical',
  direction: '+1 above, -1 below what was expected, 0 neither',
  anomaly_event: 'The score where an anomaly begins, 0 elsewhere: one alert for each anomaly',
  raw_score: 'The score in the detector’s own unit, 0 while it learns',
  forecast: 'Forecast value',
  forecast_lower: 'Lower edge of the forecast band',
  forecast_upper: 'Upper edge of the forecast band',
  trend: 'The level of the series without its seasons',
  season_day: 'What the time of day adds',
  season_week: 'What the day of the week adds',
  remainder: 'What neither trend nor seasons say',
  hours_to_threshold: 'Hours until the forecast reaches the threshold',
  hours_to_threshold_early: 'The same by the near edge of the band: the soonest',
  hours_to_threshold_late: 'The same by the far edge of the band: the latest',
  max_in_horizon: 'Highest forecast value within the horizon',
  max_in_horizon_lower: 'Highest value of the lower edge of the band within the horizon',
  max_in_horizon_upper: 'Highest value of the upper edge of the band within the horizon',
  min_in_horizon: 'Lowest forecast value within the horizon',
  min_in_horizon_lower: 'Lowest value of the lower edge of the band within the horizon',
  min_in_horizon_upper: 'Lowest value of the upper edge of the band within the horizon',
  quality: 'How many checks a bucket fails',
  quality_format: '1 where an answer is no point, such as one off the grid, else 0',
  quality_missing: '1 where there is no value and should be one, else 0',
  quality_range: '1 where the value is none that the metric can have, else 0',
  quality_duplicate: '1 where there is more than one value, else 0',
  quality_logic: '1 where the value contradicts another metric, else 0',
  cost_usd: 'Estimated cost in US dollars',
  metrics_asked: 'Metrics that AWS was asked for',
  metrics_saved: 'Metrics read without asking AWS',
  calls: 'Calls of AWS',
  calls_failed: 'Calls of AWS that failed',
};

/** What an author of an alert rule has to know of a measure. */
const ALERT_HELP: Partial<Record<Output, string>> = {
  anomaly_score:
    'Alert on “is above 75” for critical anomalies. The score stays up as long as the anomaly lasts; anomaly_event is up once.',
  anomaly_event:
    'Alert on “is above 25”: the score stands where an anomaly begins and is 0 elsewhere, so that an anomaly sends one alert.',
  raw_score:
    'In the detector’s own unit: its values mean nothing to another detector, and no severity belongs to them.',
  quality:
    'How many checks a value fails. Alert on “is above 0”: such values are shown, but neither scored nor learnt from.',
  cost_usd: 'Estimated cost in US dollars. Alert on it by the period 1d: what the day, in UTC, has cost so far.',
  hours_to_threshold:
    'Alert on “is below 24”: a day’s notice. It is null where the threshold is not reached within the horizon, so let “no data” be normal.',
  hours_to_threshold_early:
    'Alert on “is below 24” to be told early and sometimes for nothing: the near edge of the band reaches the threshold first.',
  hours_to_threshold_late:
    'Alert on “is below 24” to be told only when it is all but certain: even the far edge of the band reaches the threshold.',
};

const EVERY: Option = { value: ALL, label: 'Every measure', description: 'For dashboards' };

/** Words about an output. */
export function outputHelp(output: Output): string {
  const level = levelOf(output);
  const description = level === undefined ? DESCRIPTIONS[output as Named] : edgeWords(output, level);
  return ALERT_HELP[output] ?? `${description}.`;
}

const edgeWords = (edge: Output, level: number) =>
  `${edge.startsWith('forecast_lower') ? 'Lower' : 'Upper'} edge of the ${level} % forecast band`;

/** Why a rule cannot be alerted on an output; undefined where it can. */
export function alertError(output: Output | ''): string | undefined {
  if (output.startsWith('forecast')) {
    return 'It lies in the future: alert on hours_to_threshold, max_in_horizon or min_in_horizon';
  }
  return COMPONENT_MEASURES.some((name) => name === output)
    ? 'It changes with the points to come: alert on anomaly_score'
    : undefined;
}

/** The outputs that a query can have: for a rule those that can be alerted on, for a dashboard all that it can draw. */
export function outputOptions(query: VigiaQuery, isAlert: boolean): Option[] {
  const own = measuresOf(query);
  const measures = (own ?? MEASURES).map((value) => ({ value, label: value, description: DESCRIPTIONS[value] }));
  if (isAlert) {
    const alertable = measures.filter(({ value }) => alertError(value) === undefined);
    return query.output === '' ? [EVERY, ...alertable] : alertable;
  }
  if (own) {
    return [EVERY, ...measures];
  }
  const further = furtherEdges(query).map((value) => ({ value, label: value, description: outputHelp(value) }));
  const after = measures.findIndex(({ value }) => value === 'forecast_upper') + 1;
  return [EVERY, ...measures.slice(0, after), ...further, ...measures.slice(after)];
}

/** The measure that a rule is offered first. */
export const alertOutput = (query: VigiaQuery): Output => measuresOf(query)?.[0] ?? 'anomaly_score';

/** The output of a query that an option stands for. */
export const outputOf = (value: string): Output | '' => (value === ALL ? '' : (value as Output));
