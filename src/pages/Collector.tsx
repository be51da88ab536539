import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { Icon, Text, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { Resources } from '../datasource/resources';
import { type CollectorRun, type CollectorState } from '../datasource/types';

/** How often the state is asked for: the collector itself looks each ten seconds. */
const REFRESH_MS = 10_000;
const SHOWN_RUNS = 5;

/** What the collector of a data source keeps, how far a back-fill is, and what its last runs did. */
export function Collector({ uid }: { uid: string }) {
  const styles = useStyles2(getStyles);
  const { state, failure } = useCollector(uid);
  if (failure) {
    return <Text color="error">The collector does not answer: {failure}</Text>;
  }
  if (!state) {
    return null;
  }
  const isFilling = state.done < state.total;
  return (
    <div className={styles.block} role="region" aria-label="Collector">
      <Text color="secondary">{collectorWords(state)}</Text>
      {isFilling && (
        <progress className={styles.progress} value={state.done} max={state.total} aria-label="Back-fill" />
      )}
      {(state.notes ?? []).map((note) => (
        <Text key={note} color="warning">
          <Icon name="exclamation-triangle" /> {note}
        </Text>
      ))}
      {(state.runs ?? []).length > 0 && <Runs runs={state.runs.slice(0, SHOWN_RUNS)} />}
    </div>
  );
}

/** One line about what is kept and what it costs. */
export function collectorWords(state: CollectorState): string {
  if (!state.enabled) {
    return 'Collector: off. Series are fetched when they are looked at.';
  }
  if (state.warm === 0) {
    return 'Collector: nothing is kept warm; nobody has looked lately.';
  }
  const watched = state.watched > 0 ? `, ${state.watched} of them watched` : '';
  const filling = state.done < state.total ? `, ${state.done} of ${state.total} filled in` : '';
  return `Collector: ${state.warm} series kept${watched}${filling}, some $${state.estimatedUSDPerDay.toFixed(3)} a day.`;
}

/** The newest runs; what failed has a column only where something did. */
function Runs({ runs }: { runs: CollectorRun[] }) {
  const styles = useStyles2(getStyles);
  const hasErrors = runs.some((run) => run.error !== '');
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>Run</th>
          <th>Kind</th>
          <th className={styles.number}>Series</th>
          <th className={styles.number}>Metrics asked</th>
          <th className={styles.number}>Points</th>
          <th className={styles.number}>Revised</th>
          {hasErrors && <th>Error</th>}
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={`${run.started} ${run.kind}`}>
            <td className={styles.short}>{dateTimeFormat(run.started)}</td>
            <td className={styles.short}>{run.kind}</td>
            <td className={styles.number}>{run.series}</td>
            <td className={styles.number}>{run.asked}</td>
            <td className={styles.number}>{run.points}</td>
            <td className={styles.number}>{run.revised}</td>
            {hasErrors && <td>{run.error}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function useCollector(uid: string) {
  const [state, setState] = useState<CollectorState>();
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let isCurrent = true;
    const resources = new Resources(uid);
    const ask = () =>
      resources.collector().then(
        (answer) => {
          if (isCurrent) {
            setState(answer);
            setFailure('');
          }
        },
        (error: Error) => isCurrent && setFailure(error.message)
      );
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [uid]);
  return { state, failure };
}

const getStyles = (theme: GrafanaTheme2) => ({
  block: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5) }),
  progress: css({ width: '100%', maxWidth: 360 }),
  short: css({ whiteSpace: 'nowrap' }),
  number: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums' }),
  table: css({
    alignSelf: 'flex-start',
    fontSize: theme.typography.bodySmall.fontSize,
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular, whiteSpace: 'nowrap' },
    'td, th': { padding: theme.spacing(0.25, 2, 0.25, 0), verticalAlign: 'top' },
  }),
});
