import { type AbsoluteTimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { EventBusPlugin, TooltipPlugin2, UPlotChart, usePanelContext, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import type uPlot from 'uplot';
import { type Explainer } from './explain';
import { type PanelOptions } from './options';
import { buildPlotConfig, focusedSeries } from './plotConfig';
import { buildTable, thresholds, timeAxis } from './plotData';
import { PlotTooltip } from './PlotTooltip';
import { type SeriesView } from './viewModel';

interface Props {
  series: SeriesView[];
  colors: string[];
  options: PanelOptions;
  range: AbsoluteTimeRange;
  timeZone: TimeZone;
  width: number;
  height: number;
  isSmall?: boolean;
  explainer?: Explainer;
  onZoom: (range: AbsoluteTimeRange) => void;
}

/** Below this, in pixels, the words within a plot would hide its lines. */
const LEAST_HEIGHT_WITH_WORDS = 140;

/** `TooltipHoverMode.xAll` of @grafana/ui, which does not export the enum. */
const HOVER_ALL_SERIES = 1;

/** One chart of one or more series. */
export function Plot(props: Props) {
  const { series, colors, options, range, timeZone, width, height, isSmall = false, explainer, onZoom } = props;
  const theme = useTheme2();
  const { eventBus } = usePanelContext();
  const { from, to } = range;
  const isCramped = isSmall || height < LEAST_HEIGHT_WITH_WORDS;
  const { table, config } = useMemo(() => {
    const axis = timeAxis(series, options, { from, to });
    const data = buildTable(series, options, axis);
    const lines = thresholds(series, options);
    const look = { series, colors, options, axis, theme, timeZone, isSmall: isCramped, thresholds: lines };
    return { table: data, config: buildPlotConfig(look, data) };
  }, [series, colors, options, from, to, theme, timeZone, isCramped]);

  return (
    // A chart keeps the hooks of its plugins: another configuration is another chart.
    <UPlotChart key={config.uid} config={config} data={table as uPlot.AlignedData} width={width} height={height}>
      <EventBusPlugin config={config} eventBus={eventBus} />
      <TooltipPlugin2
        config={config}
        hoverMode={HOVER_ALL_SERIES}
        queryZoom={onZoom}
        maxWidth={420}
        render={(plot, _indexes, closest, isPinned) => (
          <PlotTooltip
            series={series}
            colors={colors}
            focused={focusedSeries(closest)}
            time={plot.posToVal(plot.cursor.left ?? 0, 'x')}
            timeZone={timeZone}
            explainer={explainer}
            isPinned={isPinned}
          />
        )}
      />
    </UPlotChart>
  );
}
