import {
  calendarError,
  calendarSummary,
  daysToText,
  listToText,
  monthlyErrors,
  textToDays,
  textToList,
  validateCalendar,
  weeklyErrors,
  windowErrors,
} from './calendars';
import { type Calendar } from './types';

describe('validateCalendar', () => {
  const check = (calendar: Calendar, ...others: Calendar[]) =>
    Object.keys(validateCalendar(calendar, [calendar, ...others]));

  it.each<Partial<Calendar>>([
    {},
    { timezone: '' },
    { timezone: 'America/Bogota' },
    { holidays: ['2026-12-25', '01-01', '02-29', '2028-02-29'] },
  ])('accepts %j', (patch) => {
    expect(check({ name: 'sale', ...patch })).toEqual([]);
  });

  it.each<[string, Partial<Calendar>]>([
    ['name', { name: ' ' }],
    ['name', { name: '*' }],
    ['timezone', { timezone: 'Bogota' }],
    ['holidays', { holidays: ['2026-02-29'] }],
    ['holidays', { holidays: ['02-30'] }],
    ['holidays', { holidays: ['Christmas'] }],
  ])('puts an error on %s for %j', (field, patch) => {
    expect(check({ name: 'sale', ...patch })).toEqual([field]);
  });

  it('refuses a name that another calendar has', () => {
    expect(check({ name: 'sale' }, { name: 'sale' })).toEqual(['name']);
  });
});

describe('windows', () => {
  it.each([
    ['2026-11-27T00:00:00', '2026-11-28T00:00:00'],
    ['2026-11-27 22:00', '2026-11-27T22:00:01'],
    ['2026-11-27T00:00:00Z', '2026-11-27T00:00:00-05:00'],
    // One is of the wall clock, the other an instant: only the back end can compare them.
    ['2026-11-28T00:00:00', '2026-11-27T00:00:00Z'],
  ])('accept %s to %s', (from, to) => {
    expect(windowErrors({ from, to })).toEqual({});
  });

  it.each([
    ['from', '27.11.2026', '2026-11-28T00:00:00'],
    ['from', '2026-02-30T00:00:00', '2026-11-28T00:00:00'],
    ['from', '2026-11-27T00:00Z', '2026-11-28T00:00:00'],
    ['to', '2026-11-27T00:00:00', ''],
    ['to', '2026-11-27T00:00:00', '2026-11-27T24:00:00'],
    ['to', '2026-11-27T00:00:00', '2026-11-27T00:00:00'],
    ['to', '2026-11-27T00:00:00-05:00', '2026-11-27T00:00:00Z'],
  ])('have an error at %s for %s to %s', (field, from, to) => {
    expect(Object.keys(windowErrors({ from, to }))).toEqual([field]);
  });
});

test('a weekly window names its days and two times of day; the end may be on the next day, or its end', () => {
  expect(weeklyErrors({ days: ['sat', 'Sunday'], from: '22:00', to: '02:00:30' })).toEqual({});
  expect(weeklyErrors({ days: ['mon'], from: '00:00', to: '24:00' })).toEqual({});
  expect(Object.keys(weeklyErrors({ days: [], from: '24:00', to: '2' }))).toEqual(['days', 'from', 'to']);
  expect(weeklyErrors({ days: ['domingo'], from: '22:00', to: '02:00' })).toHaveProperty('days');
});

test.each([
  [[], { days: [15, 30] }],
  [[], { days: [1, 31], from: '22:00', to: '02:00:30' }],
  [[], { days: [15], from: '', to: '24:00' }],
  [['days'], { days: [] }],
  [['days'], { days: [0] }],
  [['days'], { days: [15, 32] }],
  [['days'], { days: [1.5] }],
  [['days'], { days: [15, 'last'] }],
  [['from', 'to'], { days: [15], from: '24:00', to: '2' }],
])('a monthly window has errors at %j: %j', (fields, window) => {
  expect(Object.keys(monthlyErrors(window))).toEqual(fields);
});

test('a calendar is told in one line', () => {
  const calendar: Calendar = {
    name: 'sale',
    timezone: 'America/Bogota',
    windows: [{ from: '2026-11-27T00:00:00', to: '2026-11-28T00:00:00' }],
    weekly: [{ days: [], from: '22:00', to: '02:00' }],
    holidays: ['01-01', '12-25'],
  };
  expect(calendarSummary(calendar)).toBe('1 window, 1 weekly window, 2 holidays · America/Bogota');
  expect(calendarSummary({ name: 'new' })).toBe('nothing planned');
  expect(calendarSummary({ name: 'paydays', quiet: false, monthly: [{ days: [15] }, { days: [30] }] })).toBe(
    '2 monthly windows · scored'
  );
  expect(calendarError(calendar, [calendar])).toContain('mon, tue');
  expect(calendarError({ name: 'paydays', monthly: [{ days: [15] }, { days: [32] }] }, [])).toContain('1 to 31');
  expect(calendarError({ name: 'sale' }, [])).toBeUndefined();
});

test('a list is written as text and read back', () => {
  expect(listToText(['sat', 'sun'])).toBe('sat, sun');
  expect(textToList(' sat ,, sun')).toEqual(['sat', 'sun']);
  expect([listToText(), textToList(' ')]).toEqual(['', []]);
});

test('days of a month are written as text and read back; what is no number is kept', () => {
  expect(daysToText([15, 30])).toBe('15, 30');
  expect(textToDays('15, 30')).toEqual([15, 30]);
  expect(textToDays(' 15 ,, last, -1, 1.5')).toEqual([15, 'last', '-1', '1.5']);
});
