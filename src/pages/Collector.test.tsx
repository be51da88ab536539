import { render, screen } from '@testing-library/react';
import { Resources } from '../datasource/resources';
import { type CollectorState } from '../datasource/types';
import { Collector, collectorWords } from './Collector';

const state: CollectorState = {
  enabled: true,
  running: false,
  done: 40,
  total: 100,
  warm: 120,
  watched: 100,
  lazy: 0,
  nextDue: '2026-11-22T12:07:00Z',
  metricsPerMinute: 1000,
  estimatedUSDPerDay: 0.3456,
  notes: [],
  runs: [],
};
const collector = jest.spyOn(Resources.prototype, 'collector');

test('a back-fill shows how far it is, and each run what it did', async () => {
  collector.mockResolvedValue({
    ...state,
    notes: ['collector.watch[1]: account nobody is unknown'],
    runs: [
      {
        started: '2026-11-22T12:02:00Z',
        ended: '2026-11-22T12:02:01Z',
        kind: 'back-fill',
        series: 40,
        asked: 41,
        points: 4032,
        revised: 3,
        error: 'account staging: denied',
      },
    ],
  });
  render(<Collector uid="vigia" />);
  expect(await screen.findByRole('progressbar', { name: 'Back-fill' })).toHaveAttribute('value', '40');
  expect(screen.getByText(/account nobody is unknown/)).toBeInTheDocument();
  expect(screen.getByRole('row', { name: /back-fill 40 41 4032 3 account staging: denied$/ })).toBeInTheDocument();
});

test('nothing is shown of a fill that is over', async () => {
  collector.mockResolvedValue({ ...state, done: 100 });
  render(<Collector uid="vigia" />);
  expect(await screen.findByText(/120 series kept/)).toBeInTheDocument();
  expect(screen.queryByRole('progressbar')).not.toBeInTheDocument();
});

test('a collector that does not answer says so', async () => {
  collector.mockRejectedValue(new Error('plugin unavailable'));
  render(<Collector uid="vigia" />);
  expect(await screen.findByText(/plugin unavailable/)).toBeInTheDocument();
});

test('what is kept, in words', () => {
  expect(collectorWords(state)).toBe(
    'Collector: 120 series kept, 100 of them watched, 40 of 100 filled in, some $0.346 a day.'
  );
  expect(collectorWords({ ...state, done: 0, total: 0, watched: 0 })).toBe(
    'Collector: 120 series kept, some $0.346 a day.'
  );
  expect(collectorWords({ ...state, warm: 0 })).toMatch(/nobody has looked/);
  expect(collectorWords({ ...state, enabled: false })).toMatch(/off/);
});
