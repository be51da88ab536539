import { formatHours } from './format';
import { type ForecastReport } from './measures';
import { type Extreme, type ForecastBand, type SeriesView, type ToThreshold } from './viewModel';

/** What is said of a forecast: how far it can be trusted, its numbers of now, and why there is none. */

type Format = (value: number) => string;

/**
 * How the back-tests of a forecast fared: "back-tested 10 times over 24 h: off by 1.2 on average (0.71 of the seasonal naive), the 95 %
 * band held 94 %". What was not measured is left out.
 */
export function backTestText({ trend, ...tests }: ForecastReport, format: Format): string {
  return trend
    ? `${findingsText(tests, format)}; it follows a trend that they do not know`
    : findingsText(tests, format);
}

function findingsText({ origins, hours, mae, mase, coverage }: Omit<ForecastReport, 'trend'>, format: Format): string {
  if (!origins) {
    return 'not back-tested: the history is too short for it';
  }
  const times = `back-tested ${origins === 1 ? 'once' : `${origins} times`}`;
  const over = hours == null ? '' : ` over ${formatHours(hours)}`;
  const naive = mase == null ? '' : ` (${Number(mase.toPrecision(2))} ${mase > 1 ? 'times' : 'of'} the seasonal naive)`;
  const error = mae == null ? [] : [`off by ${format(mae)} on average${naive}`];
  const held = Object.entries(coverage ?? {})
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([level, share]) => `the ${level} % band held ${Math.round(100 * share)} %`);
  const findings = [...error, ...held].join(', ');
  return `${times}${over}${findings === '' ? '' : `: ${findings}`}`;
}

/** Who made a forecast: "auto: calendar lags 0.6, seasonal naive 0.4". */
export const modelText = ({ forecaster, model }: ForecastReport): string =>
  model && model !== forecaster ? `${forecaster}: ${model}` : forecaster;

export const bandLabel = ({ level }: ForecastBand): string =>
  level === undefined ? 'Forecast band' : `${level} % band`;

/**
 * Hours until a threshold is reached. Where nothing could be forecast, or the threshold is not known, nothing was seen and nothing is
 * ruled out.
 */
export function hoursText({ toThreshold, threshold, forecastNote }: HoursOf): string {
  if (toThreshold === undefined || (toThreshold.hours === null && (forecastNote !== undefined || threshold === null))) {
    return '–';
  }
  if (toThreshold.hours === null) {
    return 'none seen';
  }
  return toThreshold.hours <= 0 ? 'reached' : formatHours(toThreshold.hours);
}

type HoursOf = Pick<SeriesView, 'toThreshold' | 'threshold' | 'forecastNote'>;

/** Their uncertainty; empty where nothing is known of it. */
export function hoursRange({ early, late }: ToThreshold): string {
  if (early === undefined) {
    return '';
  }
  return late === undefined ? `earliest ${formatHours(early)}` : `${formatHours(early)} to ${formatHours(late)}`;
}

/** The uncertainty of the hours in words, or why there are none. */
export function hoursTitle({ hours, early, late, note }: ToThreshold): string | undefined {
  const word = (edge?: number) => (edge === undefined ? 'not in the horizon' : formatHours(edge));
  const edges = `Earliest ${word(early)}, latest ${word(late)}`;
  return hours === null ? [note, early === undefined ? '' : edges].filter(Boolean).join('; ') : edges;
}

/** The uncertainty of a highest or lowest value; empty where nothing is known of it. */
export function extremeRange({ lower, upper }: Extreme, format: Format): string {
  return lower === undefined || upper === undefined ? '' : `${format(lower)} to ${format(upper)}`;
}

/** A number with its uncertainty after it. */
export const withRange = (text: string, range: string): string => (range === '' ? text : `${text} (${range})`);

/** What was refused to some of the shown series. */
export interface Refusal {
  text: string;
  /** Of each series, a line each. */
  details: string;
}

/** Why some of the shown series have no forecast, no threshold or no components, in the words of the back end. */
export function refusals(shown: SeriesView[], options: { showForecast: boolean }): Refusal[] {
  const forecast = options.showForecast ? refusal('forecast', shown, (one) => one.forecastNote) : [];
  const threshold = options.showForecast ? refusal('threshold', shown, thresholdNote) : [];
  const components = refusal('decomposition', shown, (one) => one.componentsNote);
  return [...forecast, ...threshold, ...components];
}

/** Why the metric that gives the threshold gives none. */
const thresholdNote = ({ toThreshold, threshold, forecastNote }: SeriesView) =>
  threshold === null && forecastNote === undefined ? toThreshold?.note : undefined;

function refusal(what: string, shown: SeriesView[], noteOf: (one: SeriesView) => string | undefined): Refusal[] {
  const refused = shown.filter((one) => noteOf(one) !== undefined);
  if (refused.length === 0) {
    return [];
  }
  const [first, ...others] = new Set(refused.map(noteOf));
  const who = refused.length === shown.length ? `No ${what}` : `${refused.length} of ${shown.length} without a ${what}`;
  const more = others.length === 0 ? '' : ` (and ${others.length} other ${others.length === 1 ? 'reason' : 'reasons'})`;
  return [{ text: `${who}: ${first}${more}`, details: refused.map((one) => `${one.name}: ${noteOf(one)}`).join('\n') }];
}
