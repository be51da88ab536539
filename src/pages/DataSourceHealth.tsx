import { css } from '@emotion/css';
import { type DataSourceInstanceSettings, type GrafanaTheme2 } from '@grafana/data';
import { Alert, Badge, Button, Icon, LinkButton, Spinner, Stack, Text, useStyles2 } from '@grafana/ui';
import { useCallback, useEffect, useState } from 'react';
import { Resources } from '../datasource/resources';
import { Collector } from './Collector';
import { checkedRow, type HealthRow, pendingRow, roleName } from './accountHealth';

/** One data source: a link to its settings, and each of its accounts with what it answers right now. */
export function DataSourceHealth({ source }: { source: DataSourceInstanceSettings }) {
  const styles = useStyles2(getStyles);
  const { rows, failure, check } = useHealth(source.uid);
  const isSimulated = rows?.some((row) => row.simulated);
  return (
    <section className={styles.card} aria-label={source.name}>
      <Stack direction="row" alignItems="center" gap={1} wrap="wrap">
        <Text element="h3" variant="h5">
          {source.name}
        </Text>
        {source.isDefault && <Badge color="blue" text="default" />}
        {isSimulated && <Badge color="purple" icon="info-circle" text="Simulated data" />}
        <div className={styles.actions}>
          <Button size="sm" variant="secondary" icon="sync" onClick={check}>
            Check again
          </Button>
          <LinkButton
            size="sm"
            variant="secondary"
            icon="compass"
            href={`/explore?schemaVersion=1&panes=${encodeURIComponent(explorePane(source.uid))}`}
          >
            Explore
          </LinkButton>
          <LinkButton size="sm" variant="secondary" icon="cog" href={`/connections/datasources/edit/${source.uid}`}>
            Settings
          </LinkButton>
        </div>
      </Stack>
      {failure && (
        <Alert severity="error" title="The data source does not answer">
          {failure}
        </Alert>
      )}
      {!rows && !failure && <Spinner />}
      {rows?.length === 0 && <Text color="secondary">No account yet: add one in the settings.</Text>}
      {rows && rows.length > 0 && (
        <>
          <HealthTable rows={rows} />
          <Collector uid={source.uid} />
        </>
      )}
    </section>
  );
}

const explorePane = (uid: string) =>
  JSON.stringify({ vigia: { datasource: uid, queries: [{ refId: 'A' }], range: { from: 'now-7d', to: 'now' } } });

function HealthTable({ rows }: { rows: HealthRow[] }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>Account</th>
          <th>Id</th>
          <th>Role</th>
          <th>Regions</th>
          <th>Health</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td className={styles.alias}>{row.alias || row.id}</td>
            <td>{row.id}</td>
            <td className={styles.short} title={row.role}>
              {roleName(row.role)}
            </td>
            <td className={styles.short}>{row.regions.join(', ') || 'default'}</td>
            <td>
              <Health row={row} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Health({ row }: { row: HealthRow }) {
  if (row.state === 'checking') {
    return <Spinner inline />;
  }
  const isOk = row.state === 'ok';
  return (
    <Text color={isOk ? 'success' : 'error'}>
      <Icon name={isOk ? 'check-circle' : 'exclamation-circle'} /> {row.message || (isOk ? 'answers' : 'failed')}
    </Text>
  );
}

/** The accounts of a data source, and then, one after the other as they answer, their health. */
function useHealth(uid: string) {
  const [rows, setRows] = useState<HealthRow[]>();
  const [failure, setFailure] = useState('');
  const [round, setRound] = useState(0);
  const check = useCallback(() => {
    setRows(undefined);
    setFailure('');
    setRound((n) => n + 1);
  }, []);

  useEffect(() => {
    let isCurrent = true;
    const resources = new Resources(uid);
    const run = async () => {
      const pending = (await resources.accounts()).map(pendingRow);
      if (!isCurrent) {
        return;
      }
      setRows(pending);
      const show = (checked: HealthRow) =>
        isCurrent && setRows((now) => now?.map((row) => (row.id === checked.id ? checked : row)));
      await Promise.all(pending.map(async (row) => show(await checkedRow(row, resources))));
    };
    run().catch((error: Error) => isCurrent && setFailure(error.message));
    return () => {
      isCurrent = false;
    };
  }, [uid, round]);
  return { rows, failure, check };
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(2),
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
  }),
  actions: css({ display: 'flex', gap: theme.spacing(1), marginLeft: 'auto' }),
  short: css({ whiteSpace: 'nowrap' }),
  alias: css({ fontWeight: theme.typography.fontWeightMedium }),
  table: css({
    width: '100%',
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    'td, th': {
      padding: theme.spacing(0.75, 1.5, 0.75, 0),
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      verticalAlign: 'top',
    },
  }),
});
