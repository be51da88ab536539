import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { Alert, Badge, Button, InlineSwitch, Stack, Text } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { type Measure, MEASURES } from '../contract';
import { type VigiaDataSource } from './datasource';
import { DetectorEditor } from './DetectorEditor';
import { FUNCTION_STATISTIC, functionOf } from './detector';
import { DimensionsEditor } from './DimensionsEditor';
import { NameField, NamesField, TextField } from './fields';
import { HORIZONS, normaliseQuery, numberOrNull, PERIODS, STATISTICS, usesForecast, validateQuery } from './query';
import { type Scope } from './resources';
import { type Option, toOption, useOptions } from './suggestions';
import {
  type AccountInfo,
  ALL,
  type DetectorDefinition,
  type VariableKind,
  type VigiaOptions,
  type VigiaQuery,
} from './types';

type Props = QueryEditorProps<VigiaDataSource, VigiaQuery, VigiaOptions>;

const MEASURE_DESCRIPTIONS: Record<Measure, string> = {
  value: 'Observed value',
  expected: 'Expected value',
  lower: 'Lower edge of the expected band',
  upper: 'Upper edge of the expected band',
  anomaly_score: '0 to 100; 25 warning, 50 major, 75 critical',
  direction: '+1 above, -1 below what was expected, 0 neither',
  anomaly_event: 'The score where an anomaly begins, 0 elsewhere: one alert for each anomaly',
  raw_score: 'The score in the detector’s own unit, 0 while it learns',
  forecast: 'Forecast value',
  forecast_lower: 'Lower edge of the forecast band',
  forecast_upper: 'Upper edge of the forecast band',
  hours_to_threshold: 'Hours until the forecast reaches the threshold',
  max_in_horizon: 'Highest forecast value within the horizon',
};

const OUTPUTS: Option[] = [
  { value: ALL, label: 'Every measure', description: 'For dashboards' },
  ...MEASURES.map((value) => ({ value, label: value, description: MEASURE_DESCRIPTIONS[value] })),
];

/** What an author of an alert rule has to know of a measure. */
const ALERT_HELP: Partial<Record<Measure, string>> = {
  anomaly_score:
    'Alert on “is above 75” for critical anomalies. The score stays up as long as the anomaly lasts; anomaly_event is up once.',
  anomaly_event:
    'Alert on “is above 25”: the score stands where an anomaly begins and is 0 elsewhere, so that an anomaly sends one alert.',
  raw_score:
    'In the detector’s own unit: its values mean nothing to another detector, and no severity belongs to them.',
};

/** Edits one query. Every change of a choice runs it at once; texts do so when their field is left. */
export function QueryEditor({ datasource, query: raw, onChange, onRunQuery, app }: Props) {
  const query = normaliseQuery(raw);
  const isUntouched = query.namespace === '' && query.metric === '';
  const errors = isUntouched ? {} : validateQuery(query);
  const accounts = useAccounts(datasource);
  const [failure, setFailure] = useState('');
  const definitions = useDetectors(datasource, setFailure);
  const decides = functionOf(query.detector);
  const decided = decides && FUNCTION_STATISTIC[decides];
  const id = (field: string) => `vigia-${query.refId}-${field}`;

  const update = (patch: Partial<VigiaQuery>) => {
    onChange(normaliseQuery({ ...query, ...patch }));
    onRunQuery();
  };

  const scope: Scope = { ...query };
  const useList = (kind: VariableKind, dependsOn: Scope, fixed: Option[] = []) =>
    useOptions(
      JSON.stringify([datasource.uid, kind, dependsOn]),
      fixed,
      async () => {
        const { items, notice } = await datasource.suggest(kind, dependsOn);
        setFailure(notice);
        return items.map(toOption);
      },
      (error) => setFailure(error.message)
    );
  const accountOptions = useOptions(
    datasource.uid,
    [{ value: ALL, label: 'All accounts' }],
    async () =>
      (await datasource.resources.accounts()).map((account) => ({
        value: account.alias || account.id,
        label: account.alias || account.id,
        description: account.id,
      })),
    (error) => setFailure(error.message)
  );
  const regionOptions = useList('regions', { accounts: query.accounts }, [
    { value: ALL, label: 'All regions of each account' },
  ]);
  const namespaceOptions = useList('namespaces', { accounts: query.accounts, regions: query.regions });
  const metricOptions = useList('metrics', {
    accounts: query.accounts,
    regions: query.regions,
    namespace: query.namespace,
  });

  return (
    <Stack direction="column" gap={1.5}>
      <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
        <NamesField
          id={id('accounts')}
          label="Accounts"
          all="All accounts"
          values={query.accounts}
          options={accountOptions}
          onChange={(values) => update({ accounts: values })}
        />
        <NamesField
          id={id('regions')}
          label="Regions"
          all="All regions of each account"
          values={query.regions}
          options={regionOptions}
          onChange={(regions) => update({ regions })}
        />
        {accounts.some((account) => account.simulated) && (
          <Badge
            color="purple"
            icon="info-circle"
            text="Simulated"
            tooltip="This data source answers from the built-in simulator"
          />
        )}
      </Stack>

      <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
        <NameField
          id={id('namespace')}
          label="Namespace"
          placeholder="AWS/EC2"
          error={errors.namespace}
          value={query.namespace}
          options={namespaceOptions}
          onChange={(namespace) => update({ namespace })}
        />
        <NameField
          id={id('metric')}
          label="Metric"
          placeholder="CPUUtilization"
          error={errors.metric}
          value={query.metric}
          options={metricOptions}
          onChange={(metric) => update({ metric })}
        />
        <NameField
          id={id('statistic')}
          label="Statistic"
          width={18}
          error={errors.statistic}
          disabled={decided !== undefined}
          value={decided ?? query.statistic}
          options={STATISTICS.map(toOption)}
          onChange={(statistic) => update({ statistic })}
        />
        <NameField
          id={id('period')}
          label="Period"
          width={14}
          error={errors.period}
          value={query.period}
          options={PERIODS.map((value) => (value === 'auto' ? { value, label: 'auto (5m)' } : toOption(value)))}
          onChange={(period) => update({ period })}
        />
      </Stack>

      <DimensionsEditor
        id={id('dimensions')}
        datasource={datasource}
        dimensions={query.dimensions}
        scope={scope}
        error={errors.dimensions}
        onChange={(dimensions) => update({ dimensions })}
        onFailure={setFailure}
      />

      <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-end">
        <MeasureSwitches id={id} query={query} update={update} />
        {usesForecast(query) && (
          <NameField
            id={id('horizon')}
            label="Horizon"
            width={14}
            error={errors.horizon}
            value={query.horizon}
            options={HORIZONS.map(toOption)}
            onChange={(horizon) => update({ horizon })}
          />
        )}
        <TextField
          id={id('threshold')}
          label="Threshold"
          type="number"
          width={14}
          placeholder="none"
          error={errors.threshold}
          value={query.threshold === null ? '' : String(query.threshold)}
          onCommit={(text) => update({ threshold: numberOrNull(text) })}
        />
        <NameField
          id={id('output')}
          label="Output"
          width={24}
          error={errors.output}
          value={query.output || ALL}
          options={OUTPUTS}
          onChange={(output) => update({ output: MEASURES.find((measure) => measure === output) ?? '' })}
        />
        <TextField
          id={id('legend')}
          label="Legend"
          width={32}
          placeholder="{{account}} {{region}} {{metric}}"
          value={query.legend}
          onCommit={(legend) => update({ legend })}
        />
      </Stack>

      {query.output !== '' && (
        <Text color="secondary" variant="bodySmall">
          {ALERT_HELP[query.output] ?? `${MEASURE_DESCRIPTIONS[query.output]}.`}
        </Text>
      )}
      <DetectorEditor
        id={id}
        query={query}
        definitions={definitions}
        calendars={datasource.calendars}
        metrics={metricOptions}
        update={update}
      />

      {app === CoreApp.UnifiedAlerting && query.output === '' && (
        <Alert severity="warning" title="An alert rule needs one measure">
          <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
            <Text>Grafana tells the series of a rule apart by their labels alone. Choose an output:</Text>
            <Button size="sm" variant="secondary" onClick={() => update({ output: 'anomaly_score' })}>
              Use anomaly_score
            </Button>
          </Stack>
        </Alert>
      )}
      {failure !== '' && (
        <Text color="warning" variant="bodySmall">
          Suggestions are incomplete: {failure}
        </Text>
      )}
    </Stack>
  );
}

/** What a dashboard query adds to the observed value. One chosen output makes these choices void, and a roll-up all but the events. */
function MeasureSwitches(props: {
  id: (field: string) => string;
  query: VigiaQuery;
  update: (patch: Partial<VigiaQuery>) => void;
}) {
  const { id, query, update } = props;
  const switches = [
    { field: 'score', label: 'Score' },
    { field: 'band', label: 'Band' },
    { field: 'forecast', label: 'Forecast' },
    { field: 'events', label: 'Events' },
    { field: 'raw', label: 'Raw score' },
  ] as const;
  return (
    <Stack direction="row" gap={0.5}>
      {switches.map(({ field, label }) => (
        <InlineSwitch
          key={field}
          id={id(field)}
          label={label}
          showLabel
          disabled={query.output !== '' || (query.rollUp !== undefined && field !== 'events')}
          value={query[field] ?? false}
          onChange={(event) => update({ [field]: event.currentTarget.checked })}
        />
      ))}
    </Stack>
  );
}

function useAccounts(datasource: VigiaDataSource): AccountInfo[] {
  const [accounts, setAccounts] = useState<AccountInfo[]>([]);
  useEffect(() => {
    let current = true;
    datasource.resources.accounts().then(
      (answer) => current && setAccounts(answer),
      () => current && setAccounts([])
    );
    return () => {
      current = false;
    };
  }, [datasource]);
  return accounts;
}

function useDetectors(datasource: VigiaDataSource, onFailure: (message: string) => void): DetectorDefinition[] {
  const [definitions, setDefinitions] = useState<DetectorDefinition[]>([]);
  useEffect(() => {
    let current = true;
    datasource.resources.detectors().then(
      (answer) => current && setDefinitions(answer),
      (error: Error) => current && onFailure(error.message)
    );
    return () => {
      current = false;
    };
  }, [datasource, onFailure]);
  return definitions;
}
