import { type AbsoluteTimeRange, colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import {
  AxisPlacement,
  DrawStyle,
  PointVisibility,
  ScaleDirection,
  ScaleOrientation,
  UPlotConfigBuilder,
} from '@grafana/ui';
import type uPlot from 'uplot';
import { severityColors } from './colors';
import { formatValue } from './format';
import { type PanelOptions } from './options';
import {
  BAND_LINES,
  type Line,
  lineIndex,
  LINES,
  seriesOfLine,
  type Table,
  type Threshold,
  widestFirst,
} from './plotData';
import { markedFrom, severityOf } from './severity';
import { type SeriesView } from './viewModel';

/** All that decides how a plot looks. */
export interface PlotLook {
  series: SeriesView[];
  colors: string[];
  options: PanelOptions;
  thresholds: Threshold[];
  axis: AbsoluteTimeRange;
  theme: GrafanaTheme2;
  timeZone: TimeZone;
  /** One of many: thinner lines, fewer words. */
  isSmall: boolean;
  /** Of the value axes, in pixels, where plots have to stand exactly above each other; else as wide as their labels. */
  axisSize?: number;
}

/** Room for the half of the last time label that stands beyond the axis. */
export const RIGHT_PADDING = 16;
const LABEL_FONT_SIZE = 11;
const MARKER_RADIUS = 4.5;
const HELD_RADIUS = 3;

/** The chart of some series over the table that `buildTable` made of them. */
export function buildPlotConfig(look: PlotLook, table: Table): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder(look.timeZone);
  builder.setPadding([null, RIGHT_PADDING, null, null]);
  addTimeScale(builder, look);
  builder.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone: look.timeZone,
    theme: look.theme,
  });
  addValueScales(builder, look, table);
  look.series.forEach((_, i) => addSeries(builder, look, i));
  builder.setCursor({
    points: { size: (_plot: uPlot, index: number) => (isVisibleLine(index) ? 8 : 0) },
    focus: { prox: 24 },
    drag: { x: true, y: false, setScale: false },
  });
  builder.addHook('draw', (plot) => {
    drawThresholds(plot, look);
    drawNow(plot, look);
    drawMarkers(plot, look);
  });
  return builder;
}

const isVisibleLine = (index: number): boolean => ['value', 'forecast'].includes(LINES[(index - 1) % LINES.length]);

/** Series of one unit share a value axis, and so do roll-ups, which are scores. */
export const scaleOf = ({ isRollUp, field }: SeriesView): string =>
  isRollUp ? 'score' : `y-${field.config.unit ?? ''}`;

const limitsOf = ({ isRollUp, field }: SeriesView) => (isRollUp ? { min: 0, max: 100 } : field.config);

/** The time axis of a plot: what is shown, whatever the data. */
export function addTimeScale(builder: UPlotConfigBuilder, { axis }: PlotLook) {
  builder.addScale({
    scaleKey: 'x',
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [axis.from, axis.to],
  });
}

function addValueScales(builder: UPlotConfigBuilder, look: PlotLook, table: Table) {
  for (const scaleKey of new Set(look.series.map(scaleOf))) {
    const lead = look.series.find((series) => scaleOf(series) === scaleKey)!;
    const { min, max } = limitsOf(lead);
    builder.addScale({
      scaleKey,
      orientation: ScaleOrientation.Vertical,
      direction: ScaleDirection.Up,
      min,
      max,
      ...softLimits(look, scaleKey, table),
    });
    addValueAxis(builder, look, lead);
  }
}

/** The axis of the values of a series, which others of its unit share. */
export function addValueAxis(builder: UPlotConfigBuilder, { theme, axisSize }: PlotLook, lead: SeriesView) {
  builder.addAxis({
    scaleKey: scaleOf(lead),
    theme,
    placement: AxisPlacement.Auto,
    size: axisSize,
    formatValue: (value: number) => formatValue(lead.field, value),
  });
}

/** Keeps a threshold in sight that lies outside the values, with a little room for its label. */
function softLimits(look: PlotLook, scaleKey: string, table: Table): { softMin?: number; softMax?: number } {
  const lines = look.thresholds
    .filter((threshold) => scaleOf(look.series[threshold.series]) === scaleKey)
    .map((threshold) => threshold.value);
  const values = look.series.flatMap((series, i) =>
    scaleOf(series) === scaleKey ? LINES.flatMap((line) => table[lineIndex(i, line)] ?? []) : []
  );
  const [low, high] = extent(values);
  const room = 0.08 * (Math.max(high, ...lines) - Math.min(low, ...lines));
  const above = Math.max(...lines, -Infinity);
  const below = Math.min(...lines, Infinity);
  return {
    softMax: above > high ? above + room : undefined,
    softMin: below < low ? below - room : undefined,
  };
}

function extent(values: Array<number | null | undefined>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value != null) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}

const isCrowded = ({ series }: PlotLook) => series.length > 2;

/** How thick a line of a plot is. */
export const lineWidth = (look: PlotLook): number => (look.isSmall || isCrowded(look) ? 1.25 : 1.75);

function addSeries(builder: UPlotConfigBuilder, look: PlotLook, i: number) {
  const { theme, series } = look;
  const color = look.colors[i];
  for (const line of LINES) {
    const isEdge = line !== 'value' && line !== 'forecast';
    builder.addSeries({
      scaleKey: scaleOf(series[i]),
      theme,
      drawStyle: DrawStyle.Line,
      spanNulls: false,
      pxAlign: false,
      lineColor: isEdge ? 'transparent' : color,
      lineWidth: isEdge ? 0 : lineWidth(look),
      lineStyle: line === 'forecast' ? { fill: 'dash', dash: [7, 5] } : undefined,
      showPoints: line === 'value' ? PointVisibility.Auto : PointVisibility.Never,
      pointSize: 4,
    });
  }
  const alpha = isCrowded(look) ? 0.1 : theme.isDark ? 0.2 : 0.16;
  const band = (upper: Line, lower: Line, share: number) =>
    builder.addBand({
      series: [lineIndex(i, upper), lineIndex(i, lower)],
      fill: colorManipulator.alpha(color, alpha * share),
      dir: -1,
    });
  band('upper', 'lower', 1);
  // A narrow band lies on the wide ones and is the darker for it: the more there are, the fainter is each.
  const bands = widestFirst(series[i].forecastBands);
  bands.forEach((_, k) => band(BAND_LINES[k].upper, BAND_LINES[k].lower, 1.5 / (bands.length + 1)));
}

/** Lets a hook draw within the plot's area, in canvas pixels. */
function withinPlot(plot: uPlot, draw: (context: CanvasRenderingContext2D, ratio: number) => void) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx, window.devicePixelRatio || 1);
  ctx.restore();
}

function drawThresholds(plot: uPlot, look: PlotLook) {
  const color = look.theme.visualization.getColorByName('red');
  withinPlot(plot, (context, ratio) => {
    for (const threshold of look.thresholds) {
      const series = look.series[threshold.series];
      const y = Math.round(plot.valToPos(threshold.value, scaleOf(series), true));
      const right = plot.bbox.left + plot.bbox.width;
      line(context, [plot.bbox.left, y], [right, y], color, ratio, [4, 3]);
      const text = `${threshold.label} ${formatValue(series.field, threshold.value)}`;
      const isAtTop = y - plot.bbox.top < 2 * LABEL_FONT_SIZE * ratio;
      label(context, look.theme, text, [right - 6 * ratio, y + (isAtTop ? 4 : -4) * ratio], color, ratio, {
        align: 'right',
        baseline: isAtTop ? 'top' : 'bottom',
      });
    }
  });
}

/** Where the observed ends and the forecast begins. */
function drawNow(plot: uPlot, look: PlotLook) {
  const ends = look.series
    .filter((series) => series.last >= 0 && series.forecast.some((cell) => cell !== null))
    .map((series) => series.time[series.last]);
  const now = Math.max(...ends);
  if (!look.options.showForecast || !Number.isFinite(now) || now >= look.axis.to) {
    return;
  }
  const color = look.theme.colors.text.disabled;
  withinPlot(plot, (context, ratio) => {
    const x = Math.round(plot.valToPos(now, 'x', true));
    line(context, [x, plot.bbox.top], [x, plot.bbox.top + plot.bbox.height], color, ratio, [2, 4]);
    if (!look.isSmall) {
      const foot = plot.bbox.top + plot.bbox.height - 3 * ratio;
      label(context, look.theme, 'forecast', [x + 5 * ratio, foot], color, ratio, {
        align: 'left',
        baseline: 'bottom',
      });
    }
  });
}

/**
 * Marks on anomalous observations; where the value itself is missing, on what was expected. Where an anomaly begins, a dot; a ring on
 * what is held back after that. The worst are drawn last, and dots after rings.
 */
function drawMarkers(plot: uPlot, look: PlotLook) {
  const colors = severityColors(look.theme);
  const least = markedFrom(look.options.markers);
  const background = look.theme.colors.background.primary;
  withinPlot(plot, (context, ratio) => {
    const marks = look.series.flatMap((series) =>
      series.marks.flatMap((mark, i) => {
        const severity = severityOf(series.score[i]);
        const value = series.value[i] ?? series.expected[i];
        const isMarked = mark !== null && severity && severity.from >= least && value !== null;
        return isMarked ? [{ series, severity, value, i, isHeld: mark === 'held' }] : [];
      })
    );
    marks.sort((a, b) => Number(b.isHeld) - Number(a.isHeld) || a.severity.from - b.severity.from);
    for (const { series, severity, value, i, isHeld } of marks) {
      const x = plot.valToPos(series.time[i], 'x', true);
      const y = plot.valToPos(value, scaleOf(series), true);
      const radius = (isHeld ? HELD_RADIUS : MARKER_RADIUS) * (look.isSmall ? 0.75 : 1) * ratio;
      const color = colors[severity.name];
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = isHeld ? background : color;
      context.fill();
      context.lineWidth = (isHeld ? 1.5 : 1) * ratio;
      context.strokeStyle = isHeld ? color : background;
      context.stroke();
    }
  });
}

type Point = [x: number, y: number];

function line(context: CanvasRenderingContext2D, from: Point, to: Point, color: string, ratio: number, dash: number[]) {
  context.beginPath();
  context.setLineDash(dash.map((length) => length * ratio));
  context.strokeStyle = color;
  context.lineWidth = ratio;
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
  context.setLineDash([]);
}

function label(
  context: CanvasRenderingContext2D,
  theme: GrafanaTheme2,
  text: string,
  at: Point,
  color: string,
  ratio: number,
  { align, baseline }: { align: CanvasTextAlign; baseline: CanvasTextBaseline }
) {
  context.font = `${LABEL_FONT_SIZE * ratio}px ${theme.typography.fontFamily}`;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.lineWidth = 3 * ratio;
  context.strokeStyle = theme.colors.background.primary;
  context.strokeText(text, ...at);
  context.fillStyle = color;
  context.fillText(text, ...at);
}

/** The series under the cursor, by the line that is closest to it. */
export const focusedSeries = (lineOfPlot: number | null): number | undefined =>
  lineOfPlot === null ? undefined : seriesOfLine(lineOfPlot);
