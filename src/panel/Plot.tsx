import { type AbsoluteTimeRange, DashboardCursorSync } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import {
  EventBusPlugin,
  TooltipPlugin2,
  type UPlotConfigBuilder,
  UPlotChart,
  usePanelContext,
  useTheme2,
} from '@grafana/ui';
import { type ReactNode, useMemo } from 'react';
import type uPlot from 'uplot';
import { type ComponentMeasure } from '../contract';
import { componentTable } from './components';
import { buildComponentConfig } from './componentConfig';
import { type Explainer } from './explain';
import { type PanelOptions } from './options';
import { buildPlotConfig, focusedSeries, type PlotLook } from './plotConfig';
import { buildTable, type Table, thresholds, timeAxis } from './plotData';
import { PlotTooltip } from './PlotTooltip';
import { type SeriesView } from './viewModel';

/** What every way of plotting series is given. */
export interface PlotProps {
  series: SeriesView[];
  colors: string[];
  options: PanelOptions;
  range: AbsoluteTimeRange;
  timeZone: TimeZone;
  width: number;
  height: number;
  isSmall?: boolean;
  /** Of a stack of plots that share their cursor and stand exactly above each other. */
  stack?: string;
  explainer?: Explainer;
  onZoom: (range: AbsoluteTimeRange) => void;
}

/** Below this, in pixels, the words within a plot would hide its lines. */
const LEAST_HEIGHT_WITH_WORDS = 140;

/** Of the value axes of a stack, in pixels. */
const STACK_AXIS_SIZE = 64;

/** `TooltipHoverMode.xAll` of @grafana/ui, which does not export the enum. */
const HOVER_ALL_SERIES = 1;

/** One chart of one or more series. */
export function Plot(props: PlotProps) {
  const { eventBus } = usePanelContext();
  const look = useLook(props);
  const { table, config } = useMemo(() => {
    const data = buildTable(look.series, look.options, look.axis);
    return { table: data, config: buildPlotConfig(look, data) };
  }, [look]);
  return (
    <Chart {...props} config={config} table={table} seriesOf={focusedSeries}>
      <EventBusPlugin config={config} eventBus={eventBus} />
    </Chart>
  );
}

/** One component of the same series. */
export function ComponentPlot({ component, ...props }: PlotProps & { component: ComponentMeasure }) {
  const look = useLook(props);
  const { table, config } = useMemo(
    () => ({ table: componentTable(look.series, component, look.axis), config: buildComponentConfig(look) }),
    [look, component]
  );
  return <Chart {...props} config={config} table={table} seriesOf={(line) => (line === null ? undefined : line - 1)} />;
}

function useLook(props: PlotProps): PlotLook {
  const { series, colors, options, range, timeZone, height, isSmall = false, stack } = props;
  const theme = useTheme2();
  const { from, to } = range;
  const isCramped = isSmall || height < LEAST_HEIGHT_WITH_WORDS;
  const isStacked = stack !== undefined;
  return useMemo(
    () => ({
      series,
      colors,
      options,
      theme,
      timeZone,
      axis: timeAxis(series, options, { from, to }),
      thresholds: thresholds(series, options),
      isSmall: isCramped,
      axisSize: isStacked ? STACK_AXIS_SIZE : undefined,
    }),
    [series, colors, options, from, to, theme, timeZone, isCramped, isStacked]
  );
}

interface ChartProps extends PlotProps {
  config: UPlotConfigBuilder;
  table: Table;
  /** Which series a line of the chart belongs to. */
  seriesOf: (line: number | null) => number | undefined;
  children?: ReactNode;
}

function Chart(props: ChartProps) {
  const { series, colors, timeZone, width, height, stack, explainer, onZoom, config, table, seriesOf } = props;
  return (
    // A chart keeps the hooks of its plugins: another configuration is another chart.
    <UPlotChart key={config.uid} config={config} data={table as uPlot.AlignedData} width={width} height={height}>
      {props.children}
      <TooltipPlugin2
        config={config}
        hoverMode={HOVER_ALL_SERIES}
        syncMode={stack === undefined ? DashboardCursorSync.Off : DashboardCursorSync.Crosshair}
        syncScope={stack}
        queryZoom={onZoom}
        maxWidth={420}
        render={(plot, _indexes, closest, isPinned) => (
          <PlotTooltip
            series={series}
            colors={colors}
            focused={seriesOf(closest)}
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
