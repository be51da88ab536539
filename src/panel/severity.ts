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

/** A run of observations in a row that score 25 or more. Times are milliseconds, both ends included. */
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

/** The runs of scores of at least 25. A missing score ends a run, as a lower one does. All arrays have one length. */
export function findEvents(
  time: number[],
  score: Array<number | null>,
  direction: Array<number | null>
): AnomalyEvent[] {
  const events: AnomalyEvent[] = [];
  let run: AnomalyEvent | undefined;
  score.forEach((points, i) => {
    const severity = severityOf(points);
    if (points === null || severity === undefined) {
      run = undefined;
      return;
    }
    const peak = { peakTime: time[i], peakScore: points, severity, direction: direction[i] ?? 0 };
    if (run === undefined) {
      run = { from: time[i], to: time[i], ...peak };
      events.push(run);
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
