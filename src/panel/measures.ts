import { type DataFrame, type Field, FieldType, getFieldDisplayName, type Labels } from '@grafana/data';
import { COMPONENT_MEASURES, levelOf, type LevelMeasure, type Measure, MEASURES, type Usage } from '../contract';

/** How the back-tests of a forecast fared. Null is what was not measured. */
export interface ForecastReport {
  /** As the query names it. */
  forecaster: string;
  /** What it chose. */
  model?: string;
  /** It follows a trend that is under way, of which back-tests say nothing. */
  trend?: boolean;
  /** Of the band of the frame, and of what goes by it; in per cent. */
  level?: number;
  /** Moments of the past from which it was forecast again. */
  origins?: number;
  /** How far ahead. */
  hours?: number | null;
  /** In the unit of the series. */
  mae?: number | null;
  /** Over that of the seasonal naive forecast. */
  mase?: number | null;
  /** By level: the share of what came that lay within the band. */
  coverage?: Record<string, number | null> | null;
}

/** `Meta.Custom` of a Vigia frame. */
interface VigiaMeta {
  vigia: 1;
  /** `events`: the frame is a table of the log of anomalies. */
  kind?: string;
  periodSeconds?: number;
  simulated?: boolean;
  threshold?: number | null;
  /** Labels: the frame is a score over all series that share their values. */
  rollUp?: string[];
  /** How many series stand behind a roll-up or a split. */
  members?: number;
  /** Of hours_to_threshold: by the near and the far edge of the band. */
  early?: number | null;
  late?: number | null;
  /** Of max_in_horizon and min_in_horizon: by the edges of the band. */
  lower?: number | null;
  upper?: number | null;
  forecast?: ForecastReport;
  /** Why a value is null. */
  note?: string;
  usage?: Usage;
}

/** One number field of one frame, with what the frame says about it. */
export interface Column {
  refId: string;
  measure: Measure | LevelMeasure;
  labels: Labels;
  field: Field<number | null>;
  name: string;
  time: number[];
  values: Array<number | null>;
  meta?: VigiaMeta;
}

/**
 * Every number field with its time. A field that is named by no measure is an observed value, so that the panel also shows
 * what other data sources and expressions answer. Frames without a time or a number are left out, as are tables of events.
 */
export function readColumns(frames: DataFrame[]): Column[] {
  return frames.flatMap((frame) => {
    if (isEventTable(frame)) {
      return [];
    }
    const time = frame.fields.find((field) => field.type === FieldType.time);
    if (!time) {
      return [];
    }
    return frame.fields
      .filter((field) => field.type === FieldType.number)
      .map((field) => readColumn(frame, time as Field<number>, field as Field<number | null>, frames));
  });
}

function readColumn(frame: DataFrame, time: Field<number>, field: Field<number | null>, all: DataFrame[]): Column {
  const meta = vigiaMeta(frame);
  const measure = measureOf(field.name, meta !== undefined);
  const name = getFieldDisplayName(field, frame, all);
  const foreign = measure === undefined && !meta;
  return {
    refId: frame.refId ?? '',
    measure: measure ?? 'value',
    labels: foreign ? { ...field.labels, name } : (field.labels ?? {}),
    field,
    name,
    ...ascending(time.values, field.values),
    meta,
  };
}

/** Says whether a frame is the answer to a query of kind events: rows, not points of a series. */
export const isEventTable = (frame: DataFrame): boolean => vigiaMeta(frame)?.kind === 'events';

/** Says whether a column is a measure of another kind of query than that of metrics: each of them is a series of its own. */
export const isOfOtherKind = ({ measure, field, meta }: Column): boolean =>
  meta !== undefined && measure === 'value' && field.name !== 'value';

/** The measure of a name. Of other data sources, `trend` and the like are values as any other. */
function measureOf(name: string, isVigia: boolean): Measure | LevelMeasure | undefined {
  const known = MEASURES.find((measure) => measure === name);
  if (known === undefined) {
    return levelOf(name) === undefined ? undefined : (name as LevelMeasure);
  }
  return isVigia || !COMPONENT_MEASURES.some((component) => component === known) ? known : undefined;
}

function vigiaMeta(frame: DataFrame): VigiaMeta | undefined {
  const custom = frame.meta?.custom as VigiaMeta | undefined;
  return custom?.vigia ? custom : undefined;
}

/** Points in the order of time; what is no finite number is a gap. */
function ascending(time: ArrayLike<number>, values: ArrayLike<number | null | undefined>) {
  const order = Array.from(time, (_, i) => i).sort((a, b) => time[a] - time[b]);
  return {
    time: order.map((i) => time[i]),
    values: order.map((i) => {
      const value = values[i];
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    }),
  };
}
