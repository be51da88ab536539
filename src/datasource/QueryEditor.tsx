import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { Alert, Badge, Button, InlineSwitch, Stack, Text } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { type VigiaDataSource } from './datasource';
import { DetectorEditor } from './DetectorEditor';
import { FUNCTION_STATISTIC, functionOf } from './detector';
import { DimensionsEditor } from './DimensionsEditor';
import { ChoiceField, ChoicesField, NameField, NamesField, TextField } from './fields';
import { ForecastEditor } from './ForecastEditor';
import { COST_LABELS, kindOf, type KINDS, needsMetric, ofKind, queryErrors, usesField, withoutUnused } from './kinds';
import { alertError, alertOutput, outputHelp, outputOf, outputOptions } from './outputs';
import { normaliseQuery, PERIODS } from './query';
import { type Resources, type Scope } from './resources';
import { STATISTICS } from './statistics';
import { type Option, toOption, useOptions } from './suggestions';
import { ALL, type VariableKind, type VigiaOptions, type VigiaQuery } from './types';

type Props = QueryEditorProps<VigiaDataSource, VigiaQuery, VigiaOptions>;

const PERIOD_OPTIONS = PERIODS.map((value) => (value === 'auto' ? { value, label: 'auto (5m)' } : toOption(value)));

const COST_PERIOD_OPTIONS: Option[] = [
  { value: 'auto', label: 'auto (1h)' },
  { value: '6h', label: '6h' },
  { value: '1d', label: '1d' },
];

const KIND_OPTIONS: Array<Option & { value: (typeof KINDS)[number] }> = [
  { value: 'metric', label: 'Metric', description: 'Values and scores' },
  { value: 'quality', label: 'Quality', description: 'Checks that values fail' },
  { value: 'costs', label: 'Costs', description: 'Price of what was asked' },
  { value: 'events', label: 'Events', description: 'The log of anomalies' },
];

const COST_LABEL_OPTIONS: Array<Option & { value: (typeof COST_LABELS)[number] }> = [
  { value: 'account', label: 'Account' },
  { value: 'region', label: 'Region' },
  { value: 'asked_by', label: 'Asked by' },
];

/** Edits one query. Every change of a choice runs it at once; texts do so when their field is left. */
export function QueryEditor({ datasource, query: raw, onChange, onRunQuery, app }: Props) {
  const query = normaliseQuery(raw);
  const uses = (name: keyof VigiaQuery) => usesField(query, name);
  const isUntouched = needsMetric(query) && query.namespace === '' && query.metric === '';
  const errors = isUntouched ? {} : queryErrors(query);
  const isAlert = app === CoreApp.UnifiedAlerting;
  const [failure, setFailure] = useState('');
  const accounts = useResource(datasource, readAccounts, ignore);
  const definitions = useResource(datasource, readDetectors, setFailure);
  const forecasters = useResource(datasource, readForecasters, setFailure);
  const decides = uses('detector') ? functionOf(query.detector) : undefined;
  const decided = decides && FUNCTION_STATISTIC[decides];
  const id = (field: string) => `vigia-${query.refId}-${field}`;

  const save = (next: VigiaQuery) => {
    onChange(next);
    onRunQuery();
  };
  // What a kind does not use is in no query of it: it comes back from here when the kind does.
  const left = useRef<VigiaQuery[]>([]);
  const changeKind = (kind: string) => {
    const before = left.current;
    left.current = [query, ...before.filter((other) => kindOf(other) !== kindOf(query))];
    save(ofKind(query, kind, before));
  };
  const update = (patch: Partial<VigiaQuery>) => save(withoutUnused(normaliseQuery({ ...query, ...patch })));

  /** What every field of one name has. */
  const field = (name: 'namespace' | 'metric' | 'statistic' | 'period') => ({
    id: id(name),
    error: errors[name],
    value: query[name],
    onChange: (value: string) => update({ [name]: value }),
  });

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
        <ChoiceField
          id={id('kind')}
          label="Kind"
          width={24}
          value={kindOf(query)}
          options={KIND_OPTIONS}
          onChange={changeKind}
        />
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

      {uses('metric') && (
        <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
          <NameField
            {...field('namespace')}
            label="Namespace"
            placeholder={needsMetric(query) ? 'AWS/EC2' : 'any'}
            optional={!needsMetric(query)}
            options={namespaceOptions}
          />
          <NameField
            {...field('metric')}
            label="Metric"
            placeholder={needsMetric(query) ? 'CPUUtilization' : 'any'}
            optional={!needsMetric(query)}
            options={metricOptions}
          />
          {uses('statistic') && (
            <NameField
              {...field('statistic')}
              label="Statistic"
              width={18}
              disabled={decided !== undefined}
              value={decided ?? query.statistic}
              options={STATISTICS.map(toOption)}
            />
          )}
          {uses('period') && <NameField {...field('period')} label="Period" width={14} options={PERIOD_OPTIONS} />}
        </Stack>
      )}

      {uses('dimensions') && (
        <DimensionsEditor
          id={id('dimensions')}
          datasource={datasource}
          dimensions={query.dimensions}
          none={needsMetric(query) ? undefined : 'None: any dimensions'}
          scope={scope}
          error={errors.dimensions}
          onChange={(dimensions) => update({ dimensions })}
          onFailure={setFailure}
        />
      )}

      {uses('output') && (
        <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-end">
          {uses('score') && <MeasureSwitches id={id} query={query} update={update} />}
          {uses('by') && (
            <ChoicesField
              id={id('by')}
              label="By"
              values={query.by ?? COST_LABELS.slice(0, 1)}
              options={COST_LABEL_OPTIONS}
              onChange={(by) => update({ by })}
            />
          )}
          {uses('period') && !uses('metric') && (
            <NameField {...field('period')} label="Period" width={14} options={COST_PERIOD_OPTIONS} />
          )}
          <ChoiceField
            id={id('output')}
            label="Output"
            width={28}
            error={errors.output ?? (isAlert ? alertError(query.output) : undefined)}
            value={query.output || ALL}
            options={outputOptions(query, isAlert)}
            onChange={(output) => update({ output: outputOf(output) })}
          />
          <TextField
            id={id('legend')}
            label="Legend"
            width={32}
            placeholder={`{{account}} {{region}} ${needsMetric(query) ? '{{metric}}' : '{{asked_by}}'}`}
            value={query.legend}
            onCommit={(legend) => update({ legend })}
          />
        </Stack>
      )}

      {uses('output') && query.output !== '' && !errors.output && (
        <Text color="secondary" variant="bodySmall">
          {outputHelp(query.output)}
        </Text>
      )}
      {uses('forecast') && (
        <ForecastEditor
          id={id}
          query={query}
          errors={errors}
          forecasters={forecasters}
          calendars={datasource.calendars}
          metrics={metricOptions}
          update={update}
        />
      )}
      {uses('detector') && (
        <DetectorEditor
          id={id}
          query={query}
          definitions={definitions}
          calendars={datasource.calendars}
          metrics={metricOptions}
          update={update}
        />
      )}

      {isAlert && !uses('output') && (
        <Alert severity="warning" title="A table of events cannot be alerted on">
          Choose the kind Metric and the output anomaly_event.
        </Alert>
      )}
      {isAlert && uses('output') && query.output === '' && (
        <Alert severity="warning" title="An alert rule needs one measure">
          <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
            <Text>Grafana tells the series of a rule apart by their labels alone. Choose an output:</Text>
            <Button size="sm" variant="secondary" onClick={() => update({ output: alertOutput(query) })}>
              Use {alertOutput(query)}
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
    { field: 'decompose', label: 'Decompose' },
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

const ignore = () => undefined;
const readAccounts = (resources: Resources) => resources.accounts();
const readDetectors = (resources: Resources) => resources.detectors();
const readForecasters = (resources: Resources) => resources.forecasters();

/** What a resource lists; empty until it answers, and where it cannot. */
function useResource<T>(
  datasource: VigiaDataSource,
  read: (resources: Resources) => Promise<T[]>,
  onFailure: (message: string) => void
): T[] {
  const [items, setItems] = useState<T[]>([]);
  useEffect(() => {
    let current = true;
    read(datasource.resources).then(
      (answer) => current && setItems(answer),
      (error: Error) => {
        if (current) {
          setItems([]);
          onFailure(error.message);
        }
      }
    );
    return () => {
      current = false;
    };
  }, [datasource, read, onFailure]);
  return items;
}
