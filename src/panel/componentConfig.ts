import {
  AxisPlacement,
  DrawStyle,
  PointVisibility,
  ScaleDirection,
  ScaleOrientation,
  UPlotConfigBuilder,
} from '@grafana/ui';
import { addTimeScale, addValueAxis, lineWidth, type PlotLook, RIGHT_PADDING, scaleOf } from './plotConfig';

/** The chart of one component of some series, a line each, over the table that `componentTable` made of them. */
export function buildComponentConfig(look: PlotLook): UPlotConfigBuilder {
  const { series, colors, theme, timeZone } = look;
  const builder = new UPlotConfigBuilder(timeZone);
  builder.setPadding([4, RIGHT_PADDING, 2, null]);
  addTimeScale(builder, look);
  // The times stand under the main plot; here are only their grid lines.
  builder.addAxis({
    scaleKey: 'x',
    isTime: true,
    placement: AxisPlacement.Bottom,
    timeZone,
    theme,
    size: 0,
    ticks: { show: false },
    values: (_plot, splits) => splits.map(() => ''),
  });
  for (const scaleKey of new Set(series.map(scaleOf))) {
    builder.addScale({ scaleKey, orientation: ScaleOrientation.Vertical, direction: ScaleDirection.Up });
    addValueAxis(
      builder,
      look,
      series.find((one) => scaleOf(one) === scaleKey)!
    );
  }
  series.forEach((one, i) =>
    builder.addSeries({
      scaleKey: scaleOf(one),
      theme,
      drawStyle: DrawStyle.Line,
      showPoints: PointVisibility.Never,
      spanNulls: false,
      pxAlign: false,
      lineColor: colors[i],
      lineWidth: Math.min(1.25, lineWidth(look)),
    })
  );
  builder.setCursor({ focus: { prox: 24 }, drag: { x: true, y: false, setScale: false } });
  return builder;
}
