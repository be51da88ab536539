import { type Field, FieldColorModeId, type GrafanaTheme2 } from '@grafana/data';
import { type SeverityName } from './severity';

// Without yellow, orange and red, which mark severities.
const SERIES_COLORS = [
  'blue',
  'purple',
  'green',
  '#2ab7ca',
  'light-blue',
  'dark-purple',
  'light-green',
  '#8d9ac6',
  'dark-blue',
  'light-purple',
  'dark-green',
  '#1a8a8a',
];

/** The colour of a series: the one that an override fixes, or the next of the palette. */
export function seriesColor(theme: GrafanaTheme2, index: number, field?: Field): string {
  const color = field?.config.color;
  const fixed = color?.mode === FieldColorModeId.Fixed ? color.fixedColor : undefined;
  return theme.visualization.getColorByName(fixed ?? SERIES_COLORS[index % SERIES_COLORS.length]);
}

export const severityColors = (theme: GrafanaTheme2): Record<SeverityName, string> => ({
  warning: theme.visualization.getColorByName('yellow'),
  major: theme.visualization.getColorByName('orange'),
  critical: theme.visualization.getColorByName('red'),
});
