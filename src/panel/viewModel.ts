import { type DataFrame, type Field, type Labels } from '@grafana/data';
import {
  COMPONENT_MEASURES,
  type ComponentMeasure,
  edgesOf,
  LEVELS,
  type LevelMeasure,
  type Measure,
  NUMBER_MEASURES,
  type Usage,
} from '../contract';
import { SERIES_LABELS } from '../labels';
import { type Column, type ForecastReport, isOfOtherKind, readColumns } from './measures';
import { type AnomalyEvent, countEvents, type EventCounts, findEvents, type Mark, markPoints } from './severity';

/** A value at each time of a series; null is a gap. */
export type Cells = Array<number | null>;

/** One series with all its measures on one time axis. */
export interface SeriesView {
  /** Unique among the series of a panel, and the same at the next refresh. */
  key: string;
  /** Unique among the series of a panel; what people read. */
  name: string;
  refId: string;
  labels: Labels;
  /** Milliseconds, ascending: the union of the times of all measures. */
  time: number[];
  value: Cells;
  expected: Cells;
  lower: Cells;
  upper: Cells;
  score: Cells;
  direction: Cells;
  /** The score where an anomaly begins, 0 elsewhere; undefined was not asked for. */
  event?: Cells;
  /** In the detector's own unit. */
  raw: Cells;
  /** Which points of 25 or more begin an anomaly, and which are held back. */
  marks: Array<Mark | null>;
  /** Only after the last observation. */
  forecast: Cells;
  /** The main one first. */
  forecastBands: ForecastBand[];
  /** How the back-tests of the forecast fared. */
  forecastReport?: ForecastReport;
  /** What the series is taken apart into, as far as it was asked for. */
  components: Partial<Record<ComponentMeasure, Cells>>;
  /** Index of the last observation; -1 where nothing was observed. */
  last: number;
  /** Index of the newest score; -1 while there is none. */
  lastScore: number;
  events: AnomalyEvent[];
  counts: EventCounts;
  /** When the forecast reaches the threshold; undefined was not asked for. */
  toThreshold?: ToThreshold;
  /** The highest and the lowest of what is forecast; undefined were not asked for. */
  maxInHorizon?: Extreme;
  minInHorizon?: Extreme;
  /** Of the query, or what the metric that gives it stood at. */
  threshold: number | null;
  periodMs?: number;
  simulated: boolean;
  /** Answered by Vigia, so that its scores can be explained. */
  isVigia: boolean;
  /** A score over many series: it is what is drawn, too. */
  isRollUp: boolean;
  /** How many series stand behind a roll-up or a split; undefined of a series that is one by itself. */
  members?: number;
  /** Why there is no forecast, where one was asked for. */
  forecastNote?: string;
  /** Why it is not taken apart, where that was asked for. */
  componentsNote?: string;
  /** Formats the values of this series. */
  field: Field;
}

/** The band in which a share of what comes is to lie. */
export interface ForecastBand {
  /** The share in per cent; undefined where the frames do not tell. */
  level?: number;
  lower: Cells;
  upper: Cells;
}

/** Hours from now until a threshold is reached, and their uncertainty. */
export interface ToThreshold {
  /** Null where it is not reached within the horizon, or not known. */
  hours: number | null;
  /** By the near and the far edge of the band; undefined where it does not reach the threshold. */
  early?: number;
  late?: number;
  /** Why there is no number. */
  note?: string;
}

/** The highest or the lowest value of a forecast, and what it is by the edges of the band. */
export interface Extreme {
  value: number | null;
  lower?: number;
  upper?: number;
}

export interface ViewModel {
  series: SeriesView[];
  simulated: boolean;
  /** Of each query that told it, added up. */
  usage?: Usage;
}

/** Makes of data frames what the panel draws. Series keep the order of the frames. */
export function buildViewModel(frames: DataFrame[]): ViewModel {
  const columns = readColumns(frames);
  const series = [...groupBySeries(columns).entries()].map(([key, group]) => buildSeries(key, group));
  return {
    series: withUniqueNames(series),
    simulated: series.some((one) => one.simulated),
    usage: totalUsage(columns),
  };
}

const isRollUp = ({ meta }: Column) => (meta?.rollUp ?? []).length > 0;

/** Columns of one series share the query and the labels; a roll-up is apart from the series below it, and each measure of costs or quality. */
function groupBySeries(columns: Column[]): Map<string, Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const labels = Object.entries(column.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const apart = isOfOtherKind(column) ? [column.field.name] : isRollUp(column) ? ['roll-up'] : [];
    const key = JSON.stringify([column.refId, labels, ...apart]);
    groups.set(key, [...(groups.get(key) ?? []), column]);
  }
  return groups;
}

function buildSeries(key: string, columns: Column[]): SeriesView {
  const column = (measure: Measure | LevelMeasure) => columns.find((one) => one.measure === measure);
  const meta = columns.find((one) => one.meta)?.meta;
  const periodMs = meta?.periodSeconds ? meta.periodSeconds * 1000 : undefined;
  const lead = column('value') ?? columns[0];
  const lastObserved = lastTime(column('value'));
  const time = mergeTimes(columns, lastObserved, periodMs);
  const index = new Map(time.map((t, i) => [t, i]));

  const cells = (measure: Measure | LevelMeasure, from = -Infinity): Cells => {
    const result: Cells = new Array<number | null>(time.length).fill(null);
    const source = column(measure);
    source?.time.forEach((t, i) => t > from && (result[index.get(t) ?? -1] = source.values[i]));
    return result;
  };
  // The frames of further bands tell their own level: those of the main one come first.
  const told = [column('forecast'), column('forecast_upper'), ...columns].find((one) => one?.meta?.forecast);
  const report = told?.meta?.forecast;
  const score = cells('anomaly_score');
  const direction = cells('direction');
  const event = column('anomaly_event') && cells('anomaly_event');
  const marks = markPoints(score, event);
  const events = findEvents(time, score, direction, marks);
  const rolledUp = isRollUp(lead);
  const value = rolledUp ? score : cells('value');

  return {
    key,
    name: nameOf(lead),
    refId: lead.refId,
    labels: lead.labels,
    time,
    value,
    expected: cells('expected'),
    lower: cells('lower'),
    upper: cells('upper'),
    score,
    direction,
    event,
    raw: cells('raw_score'),
    marks,
    forecast: cells('forecast', lastObserved),
    forecastBands: bandEdges(report?.level)
      .filter(({ lower, upper }) => column(lower) || column(upper))
      .map(({ level, lower, upper }) => ({
        level,
        lower: cells(lower, lastObserved),
        upper: cells(upper, lastObserved),
      })),
    forecastReport: report,
    components: Object.fromEntries(
      COMPONENT_MEASURES.filter((measure) => column(measure)).map((measure) => [measure, cells(measure)])
    ),
    last: value.findLastIndex((cell) => cell !== null),
    lastScore: score.findLastIndex((cell) => cell !== null),
    events,
    counts: countEvents(events),
    toThreshold: readToThreshold(column('hours_to_threshold')),
    maxInHorizon: readExtreme(column('max_in_horizon')),
    minInHorizon: readExtreme(column('min_in_horizon')),
    threshold: columns.map((one) => one.meta?.threshold).find((one) => typeof one === 'number') ?? null,
    periodMs,
    simulated: columns.some((one) => one.meta?.simulated),
    isVigia: meta !== undefined,
    isRollUp: rolledUp,
    members: meta?.members,
    forecastNote: (column('forecast') ?? column('max_in_horizon') ?? column('min_in_horizon'))?.meta?.note || undefined,
    componentsNote: column('trend')?.meta?.note || undefined,
    field: lead.field,
  };
}

/** The edges of the main band, whose level the frames tell, and of all others. */
const bandEdges = (level?: number) => [
  { level, lower: 'forecast_lower', upper: 'forecast_upper' } as const,
  ...LEVELS.map((further) => ({ level: further, ...edgesOf(further) })),
];

const isPoint = ({ measure }: Column) => !NUMBER_MEASURES.some((number) => number === measure);

/** The time of the last observation that is no gap; -Infinity where nothing was observed. */
function lastTime(value?: Column): number {
  const last = value?.values.findLastIndex((cell) => cell !== null) ?? -1;
  return value && last >= 0 ? value.time[last] : -Infinity;
}

/** The union of all times, with one more in each hole of the period grid, so that a line breaks where points are missing. */
function mergeTimes(columns: Column[], lastObserved: number, periodMs?: number): number[] {
  const kept = columns
    .filter(isPoint)
    .flatMap(({ measure, time }) => (measure.startsWith('forecast') ? time.filter((t) => t > lastObserved) : time));
  const times = [...new Set(kept)].sort((a, b) => a - b);
  if (periodMs === undefined) {
    return times;
  }
  return times.flatMap((t, i) => (i > 0 && t - times[i - 1] > 1.5 * periodMs ? [times[i - 1] + periodMs, t] : [t]));
}

function numberOfNow(column?: Column): number | null | undefined {
  return column && (column.values.at(-1) ?? null);
}

function readToThreshold(column?: Column): ToThreshold | undefined {
  const { early, late, note } = column?.meta ?? {};
  return column && { hours: numberOfNow(column) ?? null, early: early ?? undefined, late: late ?? undefined, note };
}

function readExtreme(column?: Column): Extreme | undefined {
  const { lower, upper } = column?.meta ?? {};
  return column && { value: numberOfNow(column) ?? null, lower: lower ?? undefined, upper: upper ?? undefined };
}

function nameOf(lead: Column): string {
  if (isRollUp(lead)) {
    return `Roll-up ${lead.name.replace(/ · anomaly.(score|event)$/, '')}`;
  }
  return lead.measure === 'value' ? lead.name : nameOfLabels(lead.labels, lead.name);
}

/** The name of a series that has no observed value to name it. */
function nameOfLabels(labels: Labels, otherwise: string): string {
  const { account, region, metric, stat } = labels;
  const dimensions = Object.keys(labels).filter((name) => !SERIES_LABELS.includes(name));
  const parts = [account, region, metric, stat, ...dimensions.map((name) => labels[name])].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : otherwise;
}

/** Tells series of one name apart: by the query, and by number where that is the same too. */
function withUniqueNames(series: SeriesView[]): SeriesView[] {
  const total = occurrences(series.map(({ name }) => name));
  const names = series.map(({ name, refId }) => ((total.get(name) ?? 0) > 1 ? `${name} (${refId})` : name));
  const seen = new Map<string, number>();
  return series.map((one, i) => {
    const nth = (seen.get(names[i]) ?? 0) + 1;
    seen.set(names[i], nth);
    return { ...one, name: nth === 1 ? names[i] : `${names[i]} #${nth}` };
  });
}

function occurrences(texts: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  texts.forEach((text) => counts.set(text, (counts.get(text) ?? 0) + 1));
  return counts;
}

/** `usage` is of a whole query and stands on its every frame: one a query counts. A query that reads no series, as one of costs, has none. */
function totalUsage(columns: Column[]): Usage | undefined {
  const byQuery = new Map<string, Usage>();
  columns.forEach(({ refId, meta }) => meta?.usage?.series && !byQuery.has(refId) && byQuery.set(refId, meta.usage));
  if (byQuery.size === 0) {
    return undefined;
  }
  return [...byQuery.values()].reduce((total, one) => ({
    series: total.series + one.series,
    requests: total.requests + one.requests,
    metricsAsked: total.metricsAsked + one.metricsAsked,
    estimatedCostUSD: total.estimatedCostUSD + one.estimatedCostUSD,
    cacheHits: total.cacheHits + one.cacheHits,
  }));
}

/** The most anomalous first: by the newest score, then by the worst event. Series without a value come last; equal ones keep their order. */
export function worstFirst(series: SeriesView[]): SeriesView[] {
  const worst = (one: SeriesView) => Math.max(0, ...one.events.map((event) => event.peakScore));
  const rank = new Map(series.map((one) => [one.key, { now: one.score[one.lastScore] ?? 0, worst: worst(one) }]));
  return series.toSorted((a, b) => {
    const [left, right] = [rank.get(a.key)!, rank.get(b.key)!];
    const silent = Number(a.last < 0) - Number(b.last < 0);
    return silent || severityStep(right.now) - severityStep(left.now) || right.worst - left.worst;
  });
}

const severityStep = (score: number) => Math.floor(score / 25);

/** Index of the sample of a series that stands at a time, within half a step; -1 where there is none. */
export function sampleAt(series: SeriesView, time: number): number {
  const after = series.time.findIndex((t) => t >= time);
  const candidates = after < 0 ? [series.time.length - 1] : [after, after - 1];
  const [nearest = -1] = candidates
    .filter((i) => i >= 0)
    .sort((a, b) => Math.abs(series.time[a] - time) - Math.abs(series.time[b] - time));
  if (nearest < 0) {
    return -1;
  }
  const step = series.periodMs ?? neighbourStep(series.time, nearest);
  return Math.abs(series.time[nearest] - time) <= step / 2 ? nearest : -1;
}

function neighbourStep(time: number[], i: number): number {
  const steps = [time[i] - time[i - 1], time[i + 1] - time[i]].filter(Number.isFinite);
  return steps.length > 0 ? Math.max(...steps) : Infinity;
}
