import { FieldType } from '@grafana/data';
import { formatDirection, formatHours, formatPeriod, formatScore, formatValue } from './format';

test.each([
  [0.25, '15 min'],
  [6.24, '6.2 h'],
  [24, '24 h'],
  [60, '2.5 d'],
  [-1, '0 min'],
])('%s hours read %s', (hours, text) => {
  expect(formatHours(hours)).toBe(text);
});

test.each([
  [1000, '1 s'],
  [300_000, '5 min'],
  [3_600_000, '1 h'],
])('a period of %s ms reads %s', (period, text) => {
  expect(formatPeriod(period)).toBe(text);
});

test('what is missing reads as a dash or not at all', () => {
  const field = { name: 'value', type: FieldType.number, config: {}, values: [] };
  expect([formatValue(field, null), formatScore(null), formatDirection(null), formatDirection(0)]).toEqual([
    '–',
    '–',
    '',
    '',
  ]);
  expect([formatValue(field, 1 / 3), formatScore(74.6)]).toEqual(['0.333333', '75']);
  expect([formatDirection(1), formatDirection(-1)]).toEqual(['▲ above expected', '▼ below expected']);
});
