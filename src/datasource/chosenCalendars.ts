import { texts } from './json';
import { ALL } from './types';

/** Which of the data source's calendars a query follows. Absent: all of them; empty: none. */

/** Stands in a field of calendars for none of them. */
export const NO_CALENDAR = '(none)';

/** The calendars of a query as a field shows them. */
export const shownCalendars = (calendars?: string[]): string[] =>
  calendars === undefined ? [ALL] : calendars.length === 0 ? [NO_CALENDAR] : calendars;

/** The reverse of `shownCalendars`: "none" stands alone as "all" does, and the one that came last holds. */
export function chosenCalendars(before: string[], after: string[]): string[] | undefined {
  if (after.includes(NO_CALENDAR) && !before.includes(NO_CALENDAR)) {
    return [];
  }
  return calendarsOf(after.filter((name) => name !== NO_CALENDAR));
}

/** Reads them from JSON. */
export function calendarsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const names = texts(value);
  return names.includes(ALL) ? undefined : names;
}

/** Which calendars are followed, in words; empty for all of them. */
export function calendarWords(calendars?: string[]): string {
  if (calendars === undefined) {
    return '';
  }
  return calendars.length === 0
    ? 'no calendar'
    : `only ${calendars.length === 1 ? 'calendar' : 'calendars'} ${calendars.join(', ')}`;
}
