import { css } from '@emotion/css';
import { type PanelProps } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { seriesColor } from './colors';
import { explainerOf } from './explain';
import { refusals } from './forecastText';
import { type PanelOptions } from './options';
import { PanelState, stateOf } from './PanelState';
import { PlotGrid } from './PlotGrid';
import { PlotStack } from './PlotStack';
import { REFUSAL_HEIGHT, RefusalLine } from './RefusalLine';
import { isolated, type Picked, shownSeries, toggled } from './selection';
import { SeriesLegend } from './SeriesLegend';
import { STATUS_HEIGHT, StatusLine } from './StatusLine';
import { buildViewModel, worstFirst } from './viewModel';

const LEGEND_ROW_HEIGHT = 22;
const SCROLLBAR = 8;
/** What a plot gets before the legend gets any. */
const LEAST_PLOT_HEIGHT = 130;

/** Observed values with their expected bands, anomalies, forecasts and thresholds, of one series or many. */
export function VigiaPanel(props: PanelProps<PanelOptions>) {
  const { data, options, width, height } = props;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [picked, setPicked] = useState<Picked>();

  const model = useMemo(() => buildViewModel(data.series), [data.series]);
  const shown = useMemo(() => shownSeries(model.series, picked, options.maxSeries), [model, picked, options.maxSeries]);
  const rows = useMemo(() => worstFirst(model.series), [model]);
  const colorByKey = useMemo(
    () => new Map(model.series.map((one, i) => [one.key, seriesColor(theme, i, one.field)])),
    [model, theme]
  );
  const colors = useMemo(() => shown.map((one) => colorByKey.get(one.key) ?? ''), [shown, colorByKey]);

  const explainer = useMemo(() => explainerOf(data.request), [data.request]);

  const state = stateOf(data, model);
  if (state) {
    return <PanelState {...state} />;
  }

  const refused = refusals(shown, options);
  const refusedHeight = refused.length * REFUSAL_HEIGHT;
  const spare = height - refusedHeight - STATUS_HEIGHT - LEAST_PLOT_HEIGHT;
  const hasLegend = options.showLegend && spare >= 2 * LEGEND_ROW_HEIGHT;
  const legendHeight = hasLegend
    ? Math.min((rows.length + 1) * LEGEND_ROW_HEIGHT + SCROLLBAR, spare, 0.45 * height)
    : 0;
  const hasStatus = hasLegend || model.simulated;
  const plotProps = {
    series: shown,
    colors,
    options,
    range: { from: data.timeRange.from.valueOf(), to: data.timeRange.to.valueOf() },
    timeZone: props.timeZone,
    width,
    height: height - legendHeight - refusedHeight - (hasStatus ? STATUS_HEIGHT : 0),
    explainer,
    onZoom: props.onChangeTimeRange,
  };
  return (
    <div className={styles.panel}>
      {hasStatus && <StatusLine model={model} shown={shown} onReset={picked && (() => setPicked(undefined))} />}
      {refused.map((refusal) => (
        <RefusalLine key={refusal.text} refusal={refusal} />
      ))}
      {options.layout === 'grid' ? <PlotGrid {...plotProps} /> : <PlotStack {...plotProps} />}
      {hasLegend && (
        <div className={styles.legend} style={{ height: legendHeight }}>
          <SeriesLegend
            series={rows}
            width={width}
            colorOf={(one) => colorByKey.get(one.key) ?? ''}
            isShown={(one) => shown.includes(one)}
            onToggle={(one) => setPicked(toggled(shown, one))}
            onIsolate={(one) => setPicked(isolated(shown, one))}
          />
        </div>
      )}
    </div>
  );
}

const getStyles = () => ({
  panel: css({ position: 'relative', height: '100%', overflow: 'hidden' }),
  legend: css({ overflowY: 'auto' }),
});
