import { type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { Stack, Text, TextLink } from '@grafana/ui';
import { APP_ID, DATASOURCE_ID } from '../constants';

/** Leads to where things are set: Grafana itself switches the app on and off, and everything else belongs to a data source. */
export function ConfigPage({ plugin }: PluginConfigPageProps<AppPluginMeta>) {
  return (
    <Stack direction="column" gap={2} alignItems="flex-start">
      <Text element="p">
        Vigia has no settings of its own: accounts, roles and regions belong to each{' '}
        <TextLink href={`/connections/datasources/${DATASOURCE_ID}`}>data source</TextLink>.
      </Text>
      {plugin.meta.enabled ? (
        <TextLink href={`/a/${APP_ID}`} inline={false} icon="arrow-right">
          How the accounts are
        </TextLink>
      ) : (
        <Text color="warning">Enable the app above to use its data source and its panel.</Text>
      )}
    </Stack>
  );
}
