import { css } from '@emotion/css';
import { type GrafanaTheme2, type PanelProps } from '@grafana/data';
import { Badge, Button, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { seriesColor } from './colors';
import { explainerOf } from './explain';
import { formatPeriod } from './format';
import { type Usage } from './measures';
import { type PanelOptions } from './options';
import { PanelState, stateOf } from './PanelState';
import { Plot } from './Plot';
import { PlotGrid } from './PlotGrid';
import { isolated, type Picked, shownSeries, toggled } from './selection';
import { SeriesLegend } from './SeriesLegend';
import { buildViewModel, type SeriesView, type ViewModel, worstFirst } from './viewModel';

const STATUS_HEIGHT = 26;
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

  const spare = height - STATUS_HEIGHT - LEAST_PLOT_HEIGHT;
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
    height: height - legendHeight - (hasStatus ? STATUS_HEIGHT : 0),
    explainer,
    onZoom: props.onChangeTimeRange,
  };
  return (
    <div className={styles.panel}>
      {hasStatus && (
        <StatusLine model={model} shown={shown} options={options} onReset={picked && (() => setPicked(undefined))} />
      )}
      {options.layout === 'grid' ? <PlotGrid {...plotProps} /> : <Plot {...plotProps} />}
      {hasLegend && (
        <div className={styles.legend} style={{ height: legendHeight }}>
          <SeriesLegend
            series={rows}
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

/** What kind of data this is, how much of it is shown, and what it cost. */
function StatusLine(props: { model: ViewModel; shown: SeriesView[]; options: PanelOptions; onReset?: () => void }) {
  const styles = useStyles2(getStyles);
  const { model, shown, options, onReset } = props;
  const total = model.series.length;
  return (
    <div className={styles.status}>
      {model.simulated && (
        <Badge
          color="purple"
          icon="info-circle"
          text="Simulated data"
          tooltip="Answered by the built-in simulator, not by AWS"
        />
      )}
      {shown.length < total && (
        <span>
          {shown.length} of {total} series{onReset ? '' : ', the most anomalous'}
        </span>
      )}
      {onReset && (
        <Button size="sm" fill="text" variant="secondary" onClick={onReset}>
          Automatic choice
        </Button>
      )}
      <span className={styles.note}>{options.showForecast && noForecastText(shown)}</span>
      <span className={styles.cost}>{costText(model.usage, shown)}</span>
    </div>
  );
}

/** Why some of the shown series have no forecast, in the words of the back end. */
function noForecastText(shown: SeriesView[]): string {
  const notes = shown.flatMap((one) => one.forecastNote ?? []);
  if (notes.length === 0) {
    return '';
  }
  return `${notes.length === shown.length ? 'No forecast' : `${notes.length} without a forecast`}: ${notes[0]}`;
}

function costText(usage: Usage | undefined, shown: SeriesView[]): string {
  const periods = [...new Set(shown.map((one) => one.periodMs))].filter((period) => period !== undefined);
  const parts = [
    ...periods.map((period) => `every ${formatPeriod(period)}`),
    ...(usage
      ? [
          usage.metricsAsked === 0 ? 'all from the cache' : `${usage.metricsAsked} metrics asked`,
          `≈ $${Number(usage.estimatedCostUSD.toPrecision(2))}`,
        ]
      : []),
  ];
  return parts.join(' · ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ position: 'relative', height: '100%', overflow: 'hidden' }),
  status: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    height: STATUS_HEIGHT,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'nowrap',
    overflow: 'hidden',
  }),
  note: css({ flexShrink: 1, overflow: 'hidden', textOverflow: 'ellipsis' }),
  cost: css({ marginLeft: 'auto' }),
  legend: css({ overflowY: 'auto' }),
});
