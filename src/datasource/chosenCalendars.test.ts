import { chosenCalendars, shownCalendars } from './chosenCalendars';

test.each<[string[], string[], string[] | undefined]>([
  [['*'], ['nights'], ['nights']],
  [['nights'], ['*'], undefined],
  [['nights'], ['nights', '(none)'], []],
  [['(none)'], ['(none)', 'nights'], ['nights']],
])('calendars %j and then %j are %j', (before, after, expected) => {
  expect(chosenCalendars(before, after)).toEqual(expected);
});

test('a field shows all and none by name', () => {
  expect([shownCalendars(), shownCalendars([]), shownCalendars(['nights'])]).toEqual([['*'], ['(none)'], ['nights']]);
});
