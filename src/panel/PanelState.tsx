import { css } from '@emotion/css';
import { type GrafanaTheme2, LoadingState, type PanelData } from '@grafana/data';
import { Alert, Spinner, Text, useStyles2 } from '@grafana/ui';
import { refusals } from './forecastText';
import { isEventTable } from './measures';
import { type SeriesView, type ViewModel } from './viewModel';

export interface State {
  kind: 'loading' | 'error' | 'empty';
  title: string;
  text: string;
}

/** Why there is nothing to draw; undefined where there is something. */
export function stateOf(data: PanelData, model: ViewModel): State | undefined {
  const isDrawable = model.series.some((one) => one.value.concat(one.forecast).some((cell) => cell !== null));
  if (isDrawable) {
    return undefined;
  }
  const errors = data.errors ?? [];
  if (data.state === LoadingState.Error || errors.length > 0) {
    const texts = errors.map((error) => error.data?.message ?? error.message).filter((text) => text !== undefined);
    return { kind: 'error', title: 'The query failed', text: [...new Set(texts)].join('\n') };
  }
  if (data.state === LoadingState.Loading || data.state === LoadingState.NotStarted) {
    return {
      kind: 'loading',
      title: 'Loading',
      text: 'The first time, CloudWatch is asked for the training window too.',
    };
  }
  const [refused] = refusals(model.series, { showForecast: true });
  if (refused) {
    return { kind: 'empty', title: 'Nothing to draw', text: `${refused.text}.` };
  }
  if (data.series.some(isEventTable)) {
    return {
      kind: 'empty',
      title: 'Events are a table',
      text: 'This panel draws series. Choose Grafana’s panel Table for a query of kind Events.',
    };
  }
  if (model.series.some(isOneMeasure)) {
    return {
      kind: 'empty',
      title: 'One measure without observed values',
      text: 'The query’s output is one measure, as an alert rule needs it. Set it to “Every measure” to see the plot.',
    };
  }
  return {
    kind: 'empty',
    title: 'No data in this range',
    text:
      data.series.length > 0
        ? 'The answer holds no observed value.'
        : 'No metric matches the query, or nothing was recorded.',
  };
}

/** Scores, components or numbers of now, which are drawn only beside what they speak of. */
function isOneMeasure({ score, event = [], raw, components, toThreshold, maxInHorizon, minInHorizon }: SeriesView) {
  const numbers = [toThreshold?.hours, maxInHorizon?.value, minInHorizon?.value];
  const cells = [...score, ...event, ...raw, ...Object.values(components).flat(), ...numbers];
  return cells.some((cell) => cell != null);
}

/** Fills a panel that has nothing to draw. */
export function PanelState({ kind, title, text }: State) {
  const styles = useStyles2(getStyles);
  if (kind === 'error') {
    return (
      <div className={styles.top}>
        <Alert severity="error" title={title}>
          <span className={styles.lines}>{text}</span>
        </Alert>
      </div>
    );
  }
  return (
    <div className={styles.center} role="status">
      {kind === 'loading' && <Spinner size="xl" />}
      <Text variant="h5">{title}</Text>
      <Text color="secondary" textAlignment="center">
        {text}
      </Text>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  top: css({ height: '100%', overflowY: 'auto' }),
  lines: css({ whiteSpace: 'pre-wrap' }),
  center: css({
    height: '100%',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: theme.spacing(1),
    padding: theme.spacing(2),
  }),
});
