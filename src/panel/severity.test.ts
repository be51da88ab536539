import { countEvents, findEvents, markedFrom, markPoints, severityOf } from './severity';

test.each([
  [null, undefined],
  [undefined, undefined],
  [0, undefined],
  [24.99, undefined],
  [25, 'warning'],
  [49.9, 'warning'],
  [50, 'major'],
  [75, 'critical'],
  [100, 'critical'],
])('the severity of %s is %s', (score, name) => {
  expect(severityOf(score)?.name).toBe(name);
});

test('markers begin at the chosen severity', () => {
  expect([markedFrom('warning'), markedFrom('critical'), markedFrom('none')]).toEqual([25, 75, Infinity]);
});

describe('markPoints', () => {
  it('lets an anomaly begin with the first point of a run, and holds back the rest', () => {
    expect(markPoints([0, 30, 80, 10, 25, null, 25])).toEqual([null, 'begins', 'held', null, 'begins', null, 'begins']);
  });

  it('follows anomaly_event where it is there: another run may belong to the same anomaly', () => {
    expect(markPoints([30, 80, 10, 60, 30], [0, 80, 0, 0, 0])).toEqual(['held', 'begins', null, 'held', 'held']);
  });
});

describe('findEvents', () => {
  const events = (score: Array<number | null>, direction = score.map(() => 1)) =>
    findEvents(
      score.map((_, i) => i * 10),
      score,
      direction
    );

  it('finds nothing in unremarkable and missing scores', () => {
    expect(events([0, null, 24, 10])).toEqual([]);
  });

  it('makes one event of a run and takes severity, time and direction from its peak', () => {
    expect(events([0, 30, 80, 60, 10], [0, 1, -1, 1, 0])).toEqual([
      {
        from: 10,
        to: 30,
        peakTime: 20,
        peakScore: 80,
        severity: expect.objectContaining({ name: 'critical' }) as unknown,
        direction: -1,
      },
    ]);
  });

  it('ends a run at a lower score and at a missing one', () => {
    expect(events([30, 10, 30, null, 30]).map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [20, 20],
      [40, 40],
    ]);
  });

  it('follows anomaly_event: what is held back belongs to the anomaly before it', () => {
    const score = [30, 10, 80, 10, 90];
    const marks = markPoints(score, [0, 0, 80, 0, 0]);
    const found = findEvents([0, 10, 20, 30, 40], score, [1, 1, 1, 1, 1], marks);
    expect(found).toMatchObject([
      { from: 0, to: 0, peakScore: 30 },
      { from: 20, to: 40, peakScore: 90 },
    ]);
  });

  it('keeps a run that lasts to the end', () => {
    expect(events([0, 26, 26])).toMatchObject([{ from: 10, to: 20 }]);
  });

  it('is counted by the severity of the peaks', () => {
    expect(countEvents(events([30, 0, 55, 80, 55, 0, 25]))).toEqual({ warning: 2, major: 0, critical: 1 });
  });
});
