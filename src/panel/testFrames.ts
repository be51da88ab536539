import { createDataFrame, type DataFrame, FieldType, type Labels } from '@grafana/data';

/** Frames as the back end makes them, for tests. */

export const MINUTE = 60_000;
export const STEP = 5 * MINUTE;

export const LABELS: Labels = {
  account_id: '111111111111',
  account: 'production',
  region: 'us-east-1',
  namespace: 'AWS/EC2',
  metric: 'CPUUtilization',
  stat: 'Average',
  InstanceId: 'i-1',
};

interface Options {
  refId?: string;
  labels?: Labels;
  name?: string;
  custom?: Record<string, unknown>;
  start?: number;
  time?: number[];
  config?: Record<string, unknown>;
}

/** One measure of one series, on a grid of five minutes from `start` unless times are given. */
export function measureFrame(measure: string, values: Array<number | null>, options: Options = {}): DataFrame {
  const { refId = 'A', labels = LABELS, name = 'production cpu', start = 0 } = options;
  return createDataFrame({
    refId,
    meta: { custom: { vigia: 1, measure, periodSeconds: 300, simulated: false, threshold: null, ...options.custom } },
    fields: [
      {
        name: 'time',
        type: FieldType.time,
        values: options.time ?? values.map((_, i) => start + i * STEP),
        config: {},
      },
      {
        name: measure,
        type: FieldType.number,
        labels,
        values,
        config: { displayNameFromDS: measure === 'value' ? name : `${name} · ${measure}`, ...options.config },
      },
    ],
  });
}
