import { type DetectorDefinition, type ForecasterDefinition } from './types';

/** Detectors as the back end lists them, for tests. */
export const DETECTORS: DetectorDefinition[] = [
  { name: 'auto', title: 'Automatic', help: 'Right for nearly every metric.', maxColumns: 0, parameters: [] },
  {
    name: 'random_cut_forest',
    title: 'Random cut forest',
    help: 'Learns as it goes and says why.',
    maxColumns: 2,
    parameters: [
      { name: 'trees', title: 'Trees', help: 'More are steadier.', default: 100, min: 1, max: 1000, whole: true },
      { name: 'decay', title: 'Time decay', help: 'Share forgotten.', default: 0.1, min: 0, max: 1, whole: false },
      { name: 'directed', title: 'Directionality', help: 'High or low.', default: 1, min: 0, max: 1, whole: true },
    ],
  },
  { name: 'rare_zero', title: 'Rare zero', help: 'Where nothing is the rule.', maxColumns: 0, parameters: [] },
];

/** Forecasters, likewise. */
export const FORECASTERS: ForecasterDefinition[] = [
  { name: 'auto', title: 'Automatic', help: 'Several models side by side.' },
  { name: 'ets', title: 'ETS', help: 'Exponential smoothing.' },
];
