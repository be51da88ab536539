/** The severities of a score, as docs/architecture.md defines them, the least first. */
export const SEVERITIES = [
  { name: 'warning', from: 25, label: 'Warning' },
  { name: 'major', from: 50, label: 'Major' },
  { name: 'critical', from: 75, label: 'Critical' },
] as const;

export type Severity = (typeof SEVERITIES)[number];
export type SeverityName = Severity['name'];

/** The severity of a score; undefined below 25, while learning, and where there is no score. */
export function severityOf(score: number | null | undefined): Severity | undefined {
  return score == null ? undefined : SEVERITIES.findLast((severity) => score >= severity.from);
}

/** The least score that is marked; infinite where none is. */
export const markedFrom = (least: SeverityName | 'none'): number =>
  SEVERITIES.find((severity) => severity.name === least)?.from ?? Infinity;

/** An anomaly: from where it begins to the last observation that scores 25 or more. Times are milliseconds, both included. */
export interface AnomalyEvent {
  from: number;
  to: number;
  /** Where the score was highest. */
  peakTime: number;
  peakScore: number;
  severity: Severity;
  /** +1 above, -1 below what was expected, 0 where it is not known; at the peak. */
  direction: number;
}

export type EventCounts = Record<SeverityName, number>;

/** What a scored point of 25 or more is: where an anomaly begins, which is what an alert is sent for, or held back after that. */
export type Mark = 'begins' | 'held';

/**
 * The mark of each point. `begin` is the measure anomaly_event; without it an anomaly begins with the first point of each run. All
 * arrays have one length.
 */
export function markPoints(score: Array<number | null>, begin?: Array<number | null>): Array<Mark | null> {
  return score.map((points, i) => {
    if (begin !== undefined && (begin[i] ?? 0) > 0) {
      return 'begins';
    }
    if (severityOf(points) === undefined) {
      return null;
    }
    return begin === undefined && severityOf(score[i - 1]) === undefined ? 'begins' : 'held';
  });
}

/**
 * The anomalies of a range. Each mark that begins opens one, and what is held back goes on with the one before it; held back without
 * one, it began before the range. A missing score ends a run, as a lower one does. All arrays have one length.
 */
export function findEvents(
  time: number[],
  score: Array<number | null>,
  direction: Array<number | null>,
  marks: Array<Mark | null> = markPoints(score)
): AnomalyEvent[] {
  const events: AnomalyEvent[] = [];
  score.forEach((points, i) => {
    const severity = severityOf(points);
    if (points === null || severity === undefined || marks[i] === null) {
      return;
    }
    const peak = { peakTime: time[i], peakScore: points, severity, direction: direction[i] ?? 0 };
    const run = events.at(-1);
    if (run === undefined || marks[i] === 'begins') {
      events.push({ from: time[i], to: time[i], ...peak });
      return;
    }
    Object.assign(run, { to: time[i] }, points > run.peakScore ? peak : {});
  });
  return events;
}

/** How many events peaked at each severity. */
export function countEvents(events: AnomalyEvent[]): EventCounts {
  const counts: EventCounts = { warning: 0, major: 0, critical: 0 };
  events.forEach((event) => counts[event.severity.name]++);
  return counts;
}
