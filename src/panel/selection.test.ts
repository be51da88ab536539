import { gridCells } from './PlotGrid';
import { isolated, shownSeries, toggled } from './selection';
import { LABELS, measureFrame } from './testFrames';
import { buildViewModel } from './viewModel';

const { series } = buildViewModel(
  [5, 90, 40].flatMap((score, i) => {
    const labels = { ...LABELS, InstanceId: `i-${i}` };
    return [
      measureFrame('value', [1], { name: `s${i}`, labels }),
      measureFrame('anomaly_score', [score], { name: `s${i}`, labels }),
    ];
  })
);
const names = (shown: typeof series) => shown.map(({ name }) => name);

describe('shown series', () => {
  it('are the worst ones, in their own order', () => {
    expect(names(shownSeries(series, undefined, 2))).toEqual(['s1', 's2']);
    expect(names(shownSeries(series, undefined, 9))).toEqual(['s0', 's1', 's2']);
    expect(names(shownSeries(series, undefined, 0))).toEqual(['s1']);
  });

  it('are those that were picked, as long as one of them exists', () => {
    expect(names(shownSeries(series, new Set([series[0].key, 'gone']), 2))).toEqual(['s0']);
    expect(names(shownSeries(series, new Set(['gone']), 1))).toEqual(['s1']);
  });
});

test('a series is added to and taken from the shown ones; without any the panel chooses', () => {
  const [a, b] = series;
  expect(toggled([a], b)).toEqual(new Set([a.key, b.key]));
  expect(toggled([a, b], b)).toEqual(new Set([a.key]));
  expect(toggled([a], a)).toBeUndefined();
});

test('a series is shown alone, and a second time the panel chooses again', () => {
  const [a, b] = series;
  expect(isolated([a, b], a)).toEqual(new Set([a.key]));
  expect(isolated([a], a)).toBeUndefined();
});

describe('grid cells', () => {
  it('fill the area', () => {
    expect(gridCells(4, 1000, 600)).toEqual({ columns: 3, cellWidth: 328, cellHeight: 296 });
    expect(gridCells(1, 1000, 600)).toEqual({ columns: 1, cellWidth: 1000, cellHeight: 600 });
  });

  it('stay legible in a small area, where the grid scrolls', () => {
    expect(gridCells(6, 200, 300)).toEqual({ columns: 1, cellWidth: 188, cellHeight: 130 });
  });
});
