import { dateTimeFormat, type Field, formattedValueToString } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';

/** A value in the unit of its field; a dash where there is none. */
export function formatValue(field: Field, value: number | null | undefined): string {
  if (value == null) {
    return '–';
  }
  return field.display ? formattedValueToString(field.display(value)) : String(Number(value.toPrecision(6)));
}

export const formatScore = (score: number | null | undefined): string =>
  score == null ? '–' : String(Math.round(score));

export const formatDirection = (direction: number | null | undefined): string =>
  direction == null || direction === 0 ? '' : direction > 0 ? '▲ above expected' : '▼ below expected';

/** A direction as one sign. */
export const formatArrow = (direction: number): string => (direction > 0 ? '▲' : direction < 0 ? '▼' : '');

/** 0 to 1 in per cent. */
export const formatShare = (share: number): string => `${Math.round(100 * share)} %`;

/** A time of the plot; without the day where that is told elsewhere. */
export const formatTime = (time: number, timeZone: TimeZone, format = 'ddd YYYY-MM-DD HH:mm'): string =>
  dateTimeFormat(time, { timeZone, format });

/** Hours as people say them. */
export function formatHours(hours: number): string {
  if (hours < 1) {
    return `${Math.max(0, Math.round(hours * 60))} min`;
  }
  return hours < 48 ? `${Number(hours.toFixed(1))} h` : `${Number((hours / 24).toFixed(1))} d`;
}

/** A step such as 5 min. */
export function formatPeriod(periodMs: number): string {
  return periodMs < 60_000
    ? `${periodMs / 1000} s`
    : periodMs < 3_600_000
      ? `${periodMs / 60_000} min`
      : formatHours(periodMs / 3_600_000);
}
