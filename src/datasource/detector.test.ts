import {
  columnsError,
  detectorError,
  detectorSummary,
  normaliseDetector,
  parameterError,
  patchedDetector,
  ruleErrors,
  ruleWords,
  switchedDetector,
  withFunction,
  withParameter,
} from './detector';
import { DETECTORS } from './testDetectors';
import { type Detector, type Rule } from './types';

const forest = DETECTORS[1];
const [trees, decay, directed] = forest.parameters;

describe('normaliseDetector', () => {
  it.each([
    undefined,
    null,
    'auto',
    [],
    {},
    { name: 'auto' },
    { name: 7, function: '', direction: 'both', parameters: { trees: null } },
  ])('finds nothing set in %j', (raw) => {
    expect(normaliseDetector(raw)).toBeUndefined();
  });

  it('keeps what it does not know, for the back end to refuse by name', () => {
    const strange = {
      fromTheFuture: 7,
      function: 'median',
      direction: 'up',
      parameters: { trees: 'many' },
      rules: [{ skipSometimes: true }],
    };
    expect(normaliseDetector(strange)).toEqual(strange);
  });

  it('reads a column without a statistic and a switch in words', () => {
    expect(normaliseDetector({ parameters: { directed: false }, columns: [{ metric: 'Errors' }] })).toEqual({
      parameters: { directed: 0 },
      columns: [{ metric: 'Errors', statistic: 'Average' }],
    });
  });

  it.each([
    [{ function: 'low_count' }, { function: 'count', direction: 'low' }],
    [
      { function: 'high_avg', direction: 'both' },
      { function: 'mean', direction: 'high' },
    ],
    [
      { function: 'low_sum', direction: 'low' },
      { function: 'sum', direction: 'low' },
    ],
    [
      { function: 'low_sum', direction: 'high' },
      { function: 'low_sum', direction: 'high' },
    ],
  ])('reads the function and the direction of %j', (raw, expected) => {
    expect(normaliseDetector(raw)).toEqual(expected);
  });

  it('writes the score of an event only where it is not the default', () => {
    expect(normaliseDetector({ eventScore: 25 })).toBeUndefined();
    expect(normaliseDetector({ eventScore: 50 })).toEqual({ eventScore: 50 });
  });

  it('knows no calendar from every calendar', () => {
    expect(normaliseDetector({ calendars: [] })).toEqual({ calendars: [] });
    expect(normaliseDetector({ calendars: ['nights', '*'] })).toBeUndefined();
  });
});

describe('changes', () => {
  it('go back to the default by taking the field away', () => {
    expect(patchedDetector({ direction: 'low', split: ['region'] }, { direction: undefined })).toEqual({
      split: ['region'],
    });
    expect(patchedDetector({ direction: 'low' }, { direction: undefined })).toBeUndefined();
  });

  it('of a function drop a statistic that contradicts it', () => {
    expect(withFunction({ statistic: 'p99' }, 'sum')).toEqual({ detector: { function: 'sum' }, statistic: 'Average' });
    expect(withFunction({ statistic: 'Sum' }, 'rare_zero')).toEqual({ detector: { function: 'rare_zero' } });
    expect(withFunction({ detector: { function: 'sum' }, statistic: 'p99' }, undefined)).toEqual({});
  });

  it('of a parameter write only what is not its default', () => {
    const set = withParameter({ name: forest.name }, trees, 50);
    expect(set).toEqual({ name: forest.name, parameters: { trees: 50 } });
    expect(withParameter(set, trees, 100)).toEqual({ name: forest.name });
    expect(withParameter(set, trees, null)).toEqual({ name: forest.name });
  });

  it('to another detector drop the parameters, and the columns that it has no room for', () => {
    const column = { metric: 'Errors', statistic: 'Sum' };
    const detector: Detector = {
      name: forest.name,
      parameters: { trees: 50 },
      columns: [column, column, column],
      direction: 'high',
    };
    expect(switchedDetector(detector, forest.name, forest)).toMatchObject({ columns: [column, column] });
    expect(switchedDetector(detector, 'auto', DETECTORS[0])).toEqual({ direction: 'high' });
  });
});

test.each([
  [trees, undefined, undefined],
  [trees, 1, undefined],
  [trees, 0, 'Use a whole number from 1 to 1000'],
  [trees, 1.5, 'Use a whole number from 1 to 1000'],
  [decay, 0.5, undefined],
  [decay, 1.5, 'Use from 0 to 1'],
  [directed, 1, undefined],
])('of %j the value %s has the error %s', (parameter, value, error) => {
  expect(parameterError(parameter, value)).toBe(error);
});

test('columns are limited and named', () => {
  expect(columnsError(undefined, 0)).toBeUndefined();
  expect(columnsError([{ metric: 'a', statistic: 'Sum' }], 0)).toBe('This detector looks at one metric');
  expect(columnsError([{ metric: ' ', statistic: 'Sum' }], 2)).toBe('A column has no metric');
});

test.each<[Detector, string | undefined]>([
  [{}, undefined],
  [{ function: 'median' }, 'There is no function "median"'],
  [{ direction: 'up' }, 'There is no direction "up"'],
  [
    { name: forest.name, parameters: { trees: 'many' as unknown as number } },
    'Trees: Use a whole number from 1 to 1000',
  ],
  [{ rules: [{ onlyAbove: 9 }, { onlyBelow: 3 }] }, 'Nothing is left to score: no value is above 9 and below 3'],
  [{ split: ['account'] }, 'p99 of several series cannot be joined: use Average, Sum, Minimum, Maximum, SampleCount'],
  [{ split: ['account'], function: 'mean' }, undefined],
  [{ eventScore: 0 }, 'Use above 0, at most 100'],
  [{ eventScore: 62.5 }, undefined],
  [{ name: 'unknown' }, 'There is no detector "unknown"'],
  [{ name: forest.name, parameters: { leaves: 1 } }, 'There is no parameter "leaves"'],
  [{ name: forest.name, parameters: { decay: 2 } }, 'Time decay: Use from 0 to 1'],
  [{ rules: [{ skipWithin: -1 }] }, 'Use 0 or more'],
  [{ function: 'rare_zero', name: 'unknown' }, undefined],
])('the first error of %j is %s', (detector, error) => {
  expect(detectorError({ detector, statistic: 'p99' }, DETECTORS)).toBe(error);
});

test('peers are not joined, so any statistic will do', () => {
  expect(detectorError({ detector: { name: 'peers', split: ['account'] }, statistic: 'p99' }, [])).toBeUndefined();
});

test('a detector is taken on trust while the list is not here', () => {
  expect(detectorError({ detector: { name: 'unknown' }, statistic: 'Sum' }, [])).toBeUndefined();
});

test('a rule that leaves nothing is told at its field', () => {
  expect(ruleErrors({ onlyAbove: 10, onlyBelow: 10 })).toEqual({ onlyBelow: 'No value is left' });
  expect(ruleErrors({ onlyAbove: 10, onlyBelow: 20, skipWithin: 0, skipWithinPercent: null })).toEqual({});
});

test.each<[Rule, string]>([
  [{}, 'Set a limit: what lies within it gets no score.'],
  [{ skipWithin: 5 }, 'No score where the value is less than 5 from the expected one.'],
  [
    { skipWithinPercent: 10, onlyAbove: 100, onlyBelow: 500 },
    'No score where the value is less than 10 % from the expected one, or not above 100, or not below 500.',
  ],
])('the rule %j reads: %s', (rule, words) => {
  expect(ruleWords(rule)).toBe(words);
});

describe('summary', () => {
  it.each<[Detector | undefined, string[] | undefined, string]>([
    [undefined, undefined, 'Automatic, both directions'],
    [{ name: 'ewma', direction: 'low' }, undefined, 'ewma, only low values'],
    [{ eventScore: 50 }, undefined, 'Automatic, both directions, an anomaly begins at 50'],
    [{ function: 'rare_zero' }, undefined, 'Rare zero, both directions'],
    [
      {
        name: forest.name,
        parameters: { trees: 50 },
        function: 'sum',
        split: ['account', 'region'],
        columns: [{ metric: 'Errors', statistic: 'Sum' }],
        rules: [{ onlyAbove: 1 }, { onlyBelow: 9 }],
        calendars: [],
      },
      ['account'],
      'Random cut forest, sum, both directions, 1 parameter, split by account, region, 1 further column, 2 rules, no calendar, rolled up by account',
    ],
    [{ calendars: ['nights'] }, undefined, 'Automatic, both directions, only calendar nights'],
  ])('of %j, rolled up by %j', (detector, rollUp, words) => {
    expect(detectorSummary({ detector, rollUp }, DETECTORS)).toBe(words);
  });

  it('has words for the default before the list is here', () => {
    expect(detectorSummary({}, [])).toBe('Automatic, both directions');
  });
});
