import { withoutAbsent } from './absent';
import { isTimeZone } from './settings';
import { ALL, type Calendar, type CalendarWindow, type MonthlyWindow, type WeeklyWindow } from './types';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const DAY = /^(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$/i;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(Z|[+-]\d{2}:\d{2})?$/;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/;
const END_OF_DAY = /^24:00(:00)?$/;

/** Any leap year has every day that a year can have. */
const LEAP_YEAR = '2024-';

export type CalendarErrors = Partial<Record<'name' | 'timezone' | 'holidays', string>>;

/** What is wrong with the name, the time zone and the holidays of one calendar among all of them. */
export function validateCalendar({ name, timezone, holidays }: Calendar, all: Calendar[]): CalendarErrors {
  const errors: CalendarErrors = {
    name: nameError(name, all),
    timezone: timezone && !isTimeZone(timezone) ? 'Use an IANA name such as America/Bogota' : undefined,
    holidays: holidaysError(holidays),
  };
  return withoutAbsent(errors);
}

/** What is wrong with a window, by its edge. */
export function windowErrors({ from, to }: CalendarWindow): Partial<Record<'from' | 'to', string>> {
  const [start, end] = [from, to].map(momentOf);
  // A wall clock and an instant cannot be compared here: that takes the time zone.
  const isComparable = start !== undefined && end !== undefined && start.isInstant === end.isInstant;
  return withoutAbsent({
    from: start === undefined ? 'Use a time such as 2026-11-27T00:00:00' : undefined,
    to:
      end === undefined
        ? 'Use a time such as 2026-11-28T00:00:00'
        : isComparable && end.at <= start.at
          ? 'The end is not after the start'
          : undefined,
  });
}

/** What is wrong with a window of each week, by its field. */
export function weeklyErrors({ days, from, to }: WeeklyWindow): Partial<Record<keyof WeeklyWindow, string>> {
  return withoutAbsent({
    days: days.length > 0 && days.every((day) => DAY.test(day)) ? undefined : `Use ${DAYS.join(', ')}`,
    from: CLOCK.test(from) ? undefined : 'Use a time of day such as 22:00',
    to: CLOCK.test(to) || END_OF_DAY.test(to) ? undefined : 'Use a time of day such as 02:00',
  });
}

/** What is wrong with a window of each month, by its field. */
export function monthlyErrors({ days, from, to }: MonthlyWindow): Partial<Record<keyof MonthlyWindow, string>> {
  return withoutAbsent({
    days: days.length > 0 && days.every(isDayOfMonth) ? undefined : 'Use days from 1 to 31, such as 15, 30',
    from: !from || CLOCK.test(from) ? undefined : 'Use a time of day such as 09:00',
    to: !to || CLOCK.test(to) || END_OF_DAY.test(to) ? undefined : 'Use a time of day such as 18:00',
  });
}

const isDayOfMonth = (day: number | string) =>
  typeof day === 'number' && Number.isInteger(day) && day >= 1 && day <= 31;

/** The first thing that is wrong with a calendar, in words. */
export function calendarError(calendar: Calendar, all: Calendar[]): string | undefined {
  return [
    validateCalendar(calendar, all),
    ...(calendar.windows ?? []).map(windowErrors),
    ...(calendar.weekly ?? []).map(weeklyErrors),
    ...(calendar.monthly ?? []).map(monthlyErrors),
  ].flatMap((errors) => Object.values(errors))[0];
}

/** What a calendar holds, in a few words. */
export function calendarSummary(calendar: Calendar): string {
  const { timezone, windows = [], weekly = [], monthly = [], holidays = [], quiet } = calendar;
  const parts = [
    counted(windows.length, 'window'),
    counted(weekly.length, 'weekly window'),
    counted(monthly.length, 'monthly window'),
    counted(holidays.length, 'holiday'),
  ].filter((part) => part !== '');
  return [parts.join(', ') || 'nothing planned', timezone, quiet === false && 'scored'].filter(Boolean).join(' · ');
}

const counted = (n: number, what: string) => (n === 0 ? '' : `${n} ${what}${n === 1 ? '' : 's'}`);

/** A list as one writes it, `sat, sun`, and back. */
export const listToText = (list: string[] = []): string => list.join(', ');
export const textToList = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** The same of the days of a month. */
export const daysToText = (days: MonthlyWindow['days']): string => days.join(', ');
export const textToDays = (text: string): MonthlyWindow['days'] =>
  textToList(text).map((day) => (/^\d+$/.test(day) ? Number(day) : day));

function nameError(name: string, all: Calendar[]): string | undefined {
  if (name.trim() === '') {
    return 'Give the calendar a name';
  }
  if (name === ALL) {
    return '* stands for every calendar';
  }
  return all.filter((other) => other.name === name).length > 1 ? 'Another calendar has this name' : undefined;
}

function holidaysError(holidays: string[] = []): string | undefined {
  const wrong = holidays.find((day) => !isDate(day) && !isDate(LEAP_YEAR + day));
  return wrong === undefined ? undefined : `"${wrong}" is no day such as 2026-12-25, or 12-25 for every year`;
}

/** Milliseconds, of the wall clock or of an instant; undefined where the text is no time. */
function momentOf(text: string): { at: number; isInstant: boolean } | undefined {
  const [, date, clock, offset] = MOMENT.exec(text) ?? [];
  if (date === undefined || !isDate(date) || (offset !== undefined && clock.length < 8)) {
    return undefined;
  }
  const at = Date.parse(`${date}T${clock}${offset ?? 'Z'}`);
  return Number.isNaN(at) ? undefined : { at, isInstant: offset !== undefined };
}

/** A day that exists: Date.parse alone would take 30 February for 1 March. */
function isDate(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
