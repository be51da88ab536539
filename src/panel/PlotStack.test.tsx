import { fireEvent, render, waitFor } from '@testing-library/react';
import { DEFAULT_OPTIONS } from './options';
import { PlotStack } from './PlotStack';
import { measureFrame, STEP } from './testFrames';
import { buildViewModel } from './viewModel';

// The charts are real; what they paint goes nowhere, because jsdom has no canvas.
beforeAll(() => {
  const context = new Proxy(
    {},
    {
      get: (_, name) => (name === 'measureText' ? (text: string) => ({ width: 8 * text.length }) : () => undefined),
      set: () => true,
    }
  );
  HTMLCanvasElement.prototype.getContext = (() => context) as unknown as HTMLCanvasElement['getContext'];
  const nothing = () => undefined;
  const methods = { moveTo: nothing, lineTo: nothing, rect: nothing, arc: nothing, closePath: nothing };
  Object.assign(global, { Path2D: jest.fn(() => ({ ...methods, addPath: nothing })) });
});

const values = Array.from({ length: 50 }, (_, i) => 1000 * i);
const { series } = buildViewModel([
  measureFrame('value', values),
  measureFrame('trend', values),
  measureFrame(
    'remainder',
    values.map((_, i) => (i % 2) / 10)
  ),
  measureFrame('forecast', values, { start: 50 * STEP }),
  measureFrame('forecast_lower', values, { start: 50 * STEP }),
  measureFrame('forecast_upper', values, { start: 50 * STEP }),
]);

const all = (container: HTMLElement, selector: string) => [...container.querySelectorAll<HTMLElement>(selector)];

test('the plots of a stack cover the same pixels with the same times, and share their cursor', async () => {
  const range = { from: 0, to: 60 * STEP };
  const { container } = render(
    <PlotStack
      series={series}
      colors={['#ff0000']}
      options={DEFAULT_OPTIONS}
      range={range}
      timeZone="utc"
      width={600}
      height={500}
      onZoom={jest.fn()}
    />
  );
  await waitFor(() => expect(all(container, '.u-over')).toHaveLength(3));
  const plots = all(container, '.u-over');
  await waitFor(() => expect(plots[2].style.width).not.toBe(''));
  const [main] = plots.map(({ style }) => [style.left, style.width]);
  expect(plots.map(({ style }) => [style.left, style.width])).toEqual([main, main, main]);

  fireEvent.mouseEnter(plots[1], { clientX: 100, clientY: 20 });
  fireEvent.mouseMove(plots[1], { clientX: 100, clientY: 20 });
  await waitFor(() =>
    expect(all(container, '.u-cursor-x').map(({ style }) => style.transform)).toEqual([
      'translate(100px,0px)',
      'translate(100px,0px)',
      'translate(100px,0px)',
    ])
  );
});
