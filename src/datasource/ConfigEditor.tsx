import {
  type DataSourcePluginOptionsEditorProps,
  onUpdateDatasourceSecureJsonDataOption,
  updateDatasourcePluginResetOption,
} from '@grafana/data';
import { config } from '@grafana/runtime';
import { Alert, Box, Combobox, Field, Input, SecretInput, Stack, Switch, Text } from '@grafana/ui';
import { type ReactNode } from 'react';
import { AccountsEditor } from './AccountsEditor';
import { CacheEditor } from './CacheEditor';
import { CalendarsEditor } from './CalendarsEditor';
import { CollectorEditor } from './CollectorEditor';
import { TextField } from './fields';
import { keyError } from './privacy';
import { PrivacyEditor } from './PrivacyEditor';
import { QualityEditor } from './QualityEditor';
import { numberOrNull } from './query';
import { AUTH_TYPE_NAMES, REGIONS, validateOptions } from './settings';
import { toOption } from './suggestions';
import { AUTH_TYPES, type AuthType, type VigiaOptions, type VigiaSecrets } from './types';

type Props = DataSourcePluginOptionsEditorProps<VigiaOptions, VigiaSecrets>;
type TextOption = 'profile' | 'stsEndpoint' | 'cloudWatchEndpoint' | 'timezone';

const WIDTH = 50;

/** Edits the settings of a data source: how to sign in, which accounts to watch, and the clock of their seasons. */
export function ConfigEditor(props: Props) {
  const { options, onOptionsChange } = props;
  const { jsonData } = options;
  const errors = validateOptions(jsonData);
  const disabled = options.readOnly;
  const update = (patch: Partial<VigiaOptions>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...patch } });

  const textField = (name: TextOption, label: string, description: string, placeholder: string) => {
    const error = name === 'profile' ? undefined : errors[name];
    return (
      <Field label={label} description={description} invalid={Boolean(error)} error={error} htmlFor={`vigia-${name}`}>
        <Input
          id={`vigia-${name}`}
          width={WIDTH}
          disabled={disabled}
          placeholder={placeholder}
          value={jsonData[name] ?? ''}
          onChange={(event) => update({ [name]: event.currentTarget.value.trim() })}
        />
      </Field>
    );
  };

  return (
    <Stack direction="column" gap={4}>
      <Section title="Source" description="Where the metrics come from.">
        <Field
          label="Simulated"
          description="The built-in simulator answers with three invented accounts; nothing leaves this machine."
          htmlFor="vigia-simulated"
        >
          <Switch
            id="vigia-simulated"
            disabled={disabled}
            value={jsonData.simulated ?? false}
            onChange={(event) => update({ simulated: event.currentTarget.checked })}
          />
        </Field>
        {jsonData.simulated && (
          <Alert severity="info" title="Simulated data">
            Every panel and page marks what this data source shows as simulated. Credentials and endpoints are not used.
          </Alert>
        )}
        <Field
          label="Default region"
          description="For accounts that name no regions, and for signing in."
          invalid={Boolean(errors.defaultRegion)}
          error={errors.defaultRegion}
          htmlFor="vigia-defaultRegion"
        >
          <Combobox
            id="vigia-defaultRegion"
            width={WIDTH}
            disabled={disabled}
            createCustomValue
            placeholder="us-east-1"
            options={REGIONS.map(toOption)}
            value={jsonData.defaultRegion || null}
            onChange={(option) => update({ defaultRegion: option.value })}
          />
        </Field>
        {textField('timezone', 'Time zone', 'The wall clock of daily and weekly seasons, an IANA name.', 'UTC')}
      </Section>

      {!jsonData.simulated && (
        <Section title="Credentials" description="What the data source signs in with before it assumes a role.">
          <Authentication {...props} update={update} />
          {jsonData.authType === 'credentials' &&
            textField('profile', 'Profile', 'Of the credentials file; empty is the default profile.', 'default')}
          {textField('stsEndpoint', 'STS endpoint', 'Replaces the address of STS alone.', 'AWS')}
          {textField('cloudWatchEndpoint', 'CloudWatch endpoint', 'Replaces the address of CloudWatch alone.', 'AWS')}
        </Section>
      )}

      <Section title="Accounts" description="Each is read through its own role. The alias is what people see.">
        <AccountsEditor {...props} onChange={(accounts) => update({ accounts })} />
      </Section>

      <Section
        title="Cost"
        description="AWS charges for each metric that is asked, $0.01 for 1,000. The dashboard “Vigia: what AWS is asked, and what it costs” shows who asks."
      >
        <TextField
          id="vigia-dailyBudgetUSD"
          label="Daily budget in US dollars"
          description="Estimated, for all accounts together, by the day in UTC. Once it is spent, what is stored is shown with a notice, and nothing more is fetched."
          type="number"
          width={WIDTH}
          placeholder="no limit"
          disabled={disabled}
          error={errors.dailyBudgetUSD}
          value={jsonData.dailyBudgetUSD?.toString() ?? ''}
          onCommit={(text) => update({ dailyBudgetUSD: numberOrNull(text) ?? undefined })}
        />
      </Section>

      <Section
        title="Calendars"
        description="Planned events: forecasts learn their effect, and inside them there is no score unless one says otherwise. A query follows all of them unless it names some."
      >
        <CalendarsEditor
          calendars={jsonData.calendars ?? []}
          disabled={disabled}
          onChange={(calendars) => update({ calendars })}
        />
      </Section>

      <Section
        title="Collector"
        description="Asks for what was looked at, once per period, so that it is there at the next look. A series at 5 minutes costs some $0.003 a day."
      >
        <CollectorEditor
          collector={jsonData.collector}
          disabled={disabled}
          onChange={(collector) => update({ collector })}
        />
      </Section>

      <Section
        title="Cache"
        description="Keeps what was fetched, on the machine of the back end. Data sources share it: what any of them keeps is kept."
      >
        <CacheEditor cache={jsonData.cache} disabled={disabled} onChange={(cache) => update({ cache })} />
      </Section>

      <Section
        title="Quality"
        description="What values must be like to be learnt from. Those that are not stay visible, are flagged, and can be counted and alerted on by queries of kind quality."
      >
        <QualityEditor quality={jsonData.quality} disabled={disabled} onChange={(quality) => update({ quality })} />
      </Section>

      <Section
        title="Privacy"
        description="Values of these labels are masked before they leave the back end: in panels, errors, logs, lists and notifications. The same value has the same mask, and a mask is understood in queries."
      >
        <PrivacyEditor
          privacy={jsonData.privacy}
          disabled={disabled}
          keyField={
            <Secret
              {...props}
              name="privacyKey"
              label="Key of masks"
              description="A secret text of 16 characters or more. Another key makes other masks; data sources that share it have the same."
              error={keyError(
                jsonData.privacy,
                Boolean(options.secureJsonFields?.privacyKey),
                options.secureJsonData?.privacyKey ?? ''
              )}
            />
          }
          onChange={(privacy) => update({ privacy })}
        />
      </Section>
    </Stack>
  );
}

function Section(props: { title: string; description: string; children: ReactNode }) {
  return (
    <section>
      <Box marginBottom={2}>
        <Text element="h3" variant="h4">
          {props.title}
        </Text>
        <Text element="p" color="secondary" variant="bodySmall">
          {props.description}
        </Text>
      </Box>
      {props.children}
    </section>
  );
}

/** The types that this Grafana allows, and the one that is set even where it is no longer allowed. */
function authTypeOptions(current: AuthType) {
  const allowed = config.awsAllowedAuthProviders ?? [];
  const isOffered = (type: AuthType) => allowed.length === 0 || allowed.includes(type) || type === current;
  return AUTH_TYPES.filter(isOffered).map((value) => ({ value, label: AUTH_TYPE_NAMES[value] }));
}

function Authentication(props: Props & { update: (patch: Partial<VigiaOptions>) => void }) {
  const { options, update } = props;
  const authType = options.jsonData.authType ?? 'default';
  return (
    <>
      <Field label="Authentication" htmlFor="vigia-authType">
        <Combobox
          id="vigia-authType"
          width={WIDTH}
          disabled={options.readOnly}
          options={authTypeOptions(authType)}
          value={authType}
          onChange={(option) => update({ authType: option.value })}
        />
      </Field>
      {authType === 'keys' && (
        <>
          <Secret {...props} name="accessKey" label="Access key" />
          <Secret {...props} name="secretKey" label="Secret key" />
          <Secret {...props} name="sessionToken" label="Session token" description="Only for temporary keys." />
        </>
      )}
    </>
  );
}

function Secret(props: Props & { name: keyof VigiaSecrets; label: string; description?: string; error?: string }) {
  const { options, name, error } = props;
  return (
    <Field
      label={props.label}
      description={props.description}
      invalid={Boolean(error)}
      error={error}
      htmlFor={`vigia-${name}`}
    >
      <SecretInput
        id={`vigia-${name}`}
        width={WIDTH}
        disabled={options.readOnly}
        isConfigured={Boolean(options.secureJsonFields?.[name])}
        value={options.secureJsonData?.[name] ?? ''}
        onChange={onUpdateDatasourceSecureJsonDataOption(props, name)}
        onReset={() => updateDatasourcePluginResetOption(props, name)}
      />
    </Field>
  );
}
