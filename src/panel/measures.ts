import { type DataFrame, type Field, FieldType, getFieldDisplayName, type Labels } from '@grafana/data';
import { NUMBER_MEASURES, type NumberMeasure, POINT_MEASURES, type PointMeasure } from '../contract';

/** What a query cost, from `Meta.Custom`. */
export interface Usage {
  series: number;
  requests: number;
  metricsAsked: number;
  estimatedCostUSD: number;
  cacheHits: number;
}

/** `Meta.Custom` of a Vigia frame. */
interface VigiaMeta {
  vigia: 1;
  periodSeconds?: number;
  simulated?: boolean;
  threshold?: number | null;
  /** Labels: the frame is a score over all series that share their values. */
  rollUp?: string[];
  /** How many series stand behind a roll-up or a split. */
  members?: number;
  /** Of hours_to_threshold: by the near and the far edge of the band. */
  early?: number;
  late?: number;
  /** Why a value is null. */
  note?: string;
  usage?: Usage;
}

/** One number field of one frame, with what the frame says about it. */
export interface Column {
  refId: string;
  measure: PointMeasure | NumberMeasure;
  labels: Labels;
  field: Field<number | null>;
  name: string;
  time: number[];
  values: Array<number | null>;
  meta?: VigiaMeta;
}

/**
 * Every number field with its time. A field that is named by no measure is an observed value, so that the panel also shows
 * what other data sources and expressions answer. Frames without a time or a number are left out.
 */
export function readColumns(frames: DataFrame[]): Column[] {
  return frames.flatMap((frame) => {
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
  const measure = [...POINT_MEASURES, ...NUMBER_MEASURES].find((name) => name === field.name);
  const meta = vigiaMeta(frame);
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
