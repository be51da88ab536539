import { render, screen, within } from '@testing-library/react';
import { type Answer, type Explainer } from './explain';
import { PlotTooltip } from './PlotTooltip';
import { measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

const [series] = buildViewModel([measureFrame('value', [10, 80]), measureFrame('anomaly_score', [0, 88])]).series;
const [rollUp] = buildViewModel([measureFrame('anomaly_score', [0, 88], { custom: { rollUp: ['account'] } })]).series;

const explanation: Answer = {
  kind: 'explanation',
  expected: 12,
  lower: 9,
  upper: 15,
  score: 88,
  direction: 1,
  raw: 2.0312,
  strength: 0.86,
  channels: [
    { name: 'forest', score: 88, direction: 1 },
    { name: 'step', score: 31, direction: 0 },
  ],
  columns: [
    { name: 'CPUUtilization', direction: 'HIGH', strength: 0.86, attribution: 1.5, high: 1.4, low: 0.1 },
    { name: 'NetworkIn', direction: 'LOW', strength: 0.4, attribution: 0.5, high: 0.1, low: 0.4 },
  ],
};

function show(answer: Promise<Answer>, { one = series, isPinned = true, canAsk = true, isNear = true } = {}) {
  const explainer: Explainer = { canAsk: () => canAsk, ask: jest.fn(() => answer) };
  render(
    <PlotTooltip
      series={[one]}
      colors={['red']}
      focused={isNear ? 0 : undefined}
      time={STEP}
      timeZone="utc"
      explainer={explainer}
      isPinned={isPinned}
    />
  );
  return explainer;
}
const rows = (list: HTMLElement) =>
  within(list)
    .getAllByRole('listitem')
    .map((item) => item.textContent);

test('a pinned point tells the channel that spoke, what each one says, and the attribution of the columns', async () => {
  const explainer = show(Promise.resolve(explanation));
  expect(screen.getByText('Asking for the reasons…')).toBeInTheDocument();
  expect(rows(await screen.findByRole('list', { name: 'Channels: forest spoke' }))).toEqual(['forest88 ▲', 'step31']);
  expect(rows(screen.getByRole('list', { name: 'Attribution' }))).toEqual([
    'CPUUtilizationHIGH 1.5',
    'NetworkInLOW 0.5',
  ]);
  expect(screen.getByText('Raw score 2.03, strength 0.86')).toBeInTheDocument();
  expect(screen.getByText('Expected 12, band 9 to 15')).toBeInTheDocument();
  expect(explainer.ask).toHaveBeenCalledTimes(1);
  expect(explainer.ask).toHaveBeenCalledWith(series, 1);
});

test('a bar is as wide as the share of its column', async () => {
  show(Promise.resolve(explanation));
  const list = await screen.findByRole('list', { name: 'Attribution' });
  const widths = [...list.querySelectorAll<HTMLElement>('[style]')].map(({ style }) => style.width);
  expect(widths).toEqual(['75%', '25%']);
});

test('what silenced a score is told', async () => {
  show(Promise.resolve({ ...explanation, skipped: 'calendar black-friday', channels: null, columns: null }));
  expect(await screen.findByText('Silenced: calendar black-friday')).toBeInTheDocument();
});

test('a failure stands where the reasons would', async () => {
  show(Promise.reject(new Error('account staging: access denied')));
  expect(await screen.findByText('account staging: access denied')).toBeInTheDocument();
});

test('who carries a roll-up is listed by share', async () => {
  const influencers = [
    { label: 'account', value: 'payments', score: 78, share: 0.64, series: 12 },
    { label: 'region', value: 'us-east-1', score: 20, share: 0.2, series: 3 },
  ];
  show(Promise.resolve({ kind: 'influencers', score: 88, influencers }), { one: rollUp });
  const list = await screen.findByRole('list', { name: 'Carried by: share · own score' });
  expect(rows(list)).toEqual(['account payments64 % · 78', 'region us-east-120 % · 20']);
});

test('no one is asked before the tooltip is pinned; a hint stands where a click would do it', () => {
  const explainer = show(Promise.resolve(explanation), { isPinned: false });
  expect(screen.getByText('Click to explain')).toBeInTheDocument();
  expect(explainer.ask).not.toHaveBeenCalled();
});

test.each([{ canAsk: false }, { isNear: false }])('there is no hint with %j', (setting) => {
  show(Promise.resolve(explanation), { isPinned: false, ...setting });
  expect(screen.queryByText('Click to explain')).not.toBeInTheDocument();
});
