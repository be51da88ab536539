import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { type Usage } from '../contract';
import { formatPeriod } from './format';
import { type SeriesView, type ViewModel } from './viewModel';

/** In pixels. */
export const STATUS_HEIGHT = 26;

/** What kind of data this is, how much of it is shown, and what it cost. */
export function StatusLine(props: { model: ViewModel; shown: SeriesView[]; onReset?: () => void }) {
  const styles = useStyles2(getStyles);
  const { model, shown, onReset } = props;
  const total = model.series.length;
  const isScored = model.series.some((one) => one.lastScore >= 0);
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
          {shown.length} of {total} series{onReset || !isScored ? '' : ', the most anomalous'}
        </span>
      )}
      {onReset && (
        <Button size="sm" fill="text" variant="secondary" onClick={onReset}>
          Automatic choice
        </Button>
      )}
      <span className={styles.cost}>{costText(model.usage, shown)}</span>
    </div>
  );
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
  cost: css({ marginLeft: 'auto' }),
});
