import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { getDataSourceSrv, PluginPage } from '@grafana/runtime';
import { LinkButton, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import { type ReactNode } from 'react';
import { DATASOURCE_ID } from '../constants';
import { DataSourceHealth } from './DataSourceHealth';

/** The page of the app: what Vigia is, how to set it up, and how the accounts are. */
export function Overview() {
  const styles = useStyles2(getStyles);
  // The list of a type also holds Grafana's own sources.
  const sources = getDataSourceSrv()
    .getList({ type: DATASOURCE_ID })
    .filter((source) => source.type === DATASOURCE_ID);
  return (
    <PluginPage subTitle="One place to watch what every AWS account does, and to hear of it before it hurts.">
      <div className={styles.page}>
        <section>
          <Heading>Data sources</Heading>
          <Stack direction="column" gap={2}>
            {sources.length === 0 && <NoSource />}
            {sources.map((source) => (
              <DataSourceHealth key={source.uid} source={source} />
            ))}
          </Stack>
        </section>
        <section>
          <Heading>What Vigia does</Heading>
          <Text element="p">
            It reads CloudWatch metrics of many accounts and regions through assumed roles, asks AWS for each point once
            and keeps it, scores every observation against what was to be expected at that hour of that day, and
            forecasts what comes. A score of 25 is a warning, 50 is major, 75 is critical; scores and forecasts can be
            alerted on.
          </Text>
        </section>
        <section>
          <Heading>Set up</Heading>
          <div className={styles.steps}>
            <Step number={1} title="Data source">
              Add a <TextLink href={`/connections/datasources/${DATASOURCE_ID}`}>Vigia CloudWatch data source</TextLink>
              , name its accounts and test each one. Without credentials at hand, switch on Simulated.
            </Step>
            <Step number={2} title="Dashboard">
              <TextLink href="/dashboard/new">Create a dashboard</TextLink> with the Vigia panel, or{' '}
              <TextLink href="/dashboard/import">import one</TextLink>. One query can take every account and region.
            </Step>
            <Step number={3} title="Alerts">
              <TextLink href="/alerting/new/alerting">Write a rule</TextLink> on a query whose output is anomaly_score,
              or hours_to_threshold to be told ahead of time.
            </Step>
          </div>
        </section>
      </div>
    </PluginPage>
  );
}

function Heading({ children }: { children: string }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.heading}>
      <Text element="h2" variant="h4">
        {children}
      </Text>
    </div>
  );
}

function Step(props: { number: number; title: string; children: NonNullable<ReactNode> }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.step}>
      <span className={styles.number}>{props.number}</span>
      <div>
        <Text element="h3" variant="h5">
          {props.title}
        </Text>
        <Text element="p" color="secondary">
          {props.children}
        </Text>
      </div>
    </div>
  );
}

function NoSource() {
  return (
    <Stack direction="row" gap={2} alignItems="center">
      <Text color="secondary">None yet.</Text>
      <LinkButton icon="plus" href={`/connections/datasources/${DATASOURCE_ID}`}>
        Add a data source
      </LinkButton>
    </Stack>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(4), maxWidth: 1100 }),
  heading: css({ marginBottom: theme.spacing(1) }),
  steps: css({ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(280px, 1fr))', gap: theme.spacing(2) }),
  step: css({
    display: 'flex',
    gap: theme.spacing(1.5),
    padding: theme.spacing(2),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  number: css({
    flexShrink: 0,
    width: 28,
    height: 28,
    lineHeight: '28px',
    textAlign: 'center',
    borderRadius: '50%',
    background: theme.colors.primary.main,
    color: theme.colors.primary.contrastText,
    fontWeight: theme.typography.fontWeightMedium,
  }),
});
