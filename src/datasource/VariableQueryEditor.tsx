import { type QueryEditorProps } from '@grafana/data';
import { Combobox, Stack, Text } from '@grafana/ui';
import { useState } from 'react';
import { type VigiaDataSource } from './datasource';
import { Labelled, NameField, NamesField } from './fields';
import { DEFAULT_VARIABLE_QUERY } from './query';
import { type Scope, WANTED } from './resources';
import { type Option, toOption, useOptions } from './suggestions';
import { ALL, type VariableKind, type VigiaOptions, type VigiaQuery, type VigiaVariableQuery } from './types';

type Props = QueryEditorProps<VigiaDataSource, VigiaQuery, VigiaOptions, VigiaVariableQuery>;

const KINDS: Array<Option & { value: VariableKind }> = [
  { value: 'accounts', label: 'Accounts' },
  { value: 'regions', label: 'Regions' },
  { value: 'namespaces', label: 'Namespaces' },
  { value: 'metrics', label: 'Metrics' },
  { value: 'dimension-keys', label: 'Dimension keys' },
  { value: 'dimension-values', label: 'Dimension values' },
];

/** Edits what a dashboard variable lists. */
export function VariableQueryEditor({ datasource, query: raw, onChange }: Props) {
  const query: VigiaVariableQuery = { ...DEFAULT_VARIABLE_QUERY, ...raw };
  const [failure, setFailure] = useState('');
  const wanted = WANTED[query.kind];
  const update = (patch: Partial<VigiaVariableQuery>) => onChange({ ...query, ...patch });

  const { accounts, regions, namespace, metric } = query;
  const useList = (kind: VariableKind, scope: Scope, fixed: Option[] = []) =>
    useOptions(
      JSON.stringify([datasource.uid, kind, scope]),
      fixed,
      async () => (await datasource.suggest(kind, scope)).items.map(toOption),
      (error) => setFailure(error.message)
    );
  const accountOptions = useList('accounts', {}, [{ value: ALL, label: 'All accounts' }]);
  const regionOptions = useList('regions', { accounts }, [{ value: ALL, label: 'All regions of each account' }]);
  const namespaceOptions = useList('namespaces', { accounts, regions });
  const metricOptions = useList('metrics', { accounts, regions, namespace });
  const keyOptions = useList('dimension-keys', { accounts, regions, namespace, metric });

  return (
    <Stack direction="column" gap={1.5}>
      <Labelled id="vigia-variable-kind" label="List">
        <Combobox
          id="vigia-variable-kind"
          width={28}
          options={KINDS}
          value={query.kind}
          onChange={(option) => update({ kind: option.value })}
        />
      </Labelled>
      <Stack direction="row" wrap="wrap" gap={1.5}>
        {wanted.includes('accounts') && (
          <NamesField
            id="vigia-variable-accounts"
            label="Accounts"
            all="All accounts"
            values={accounts}
            options={accountOptions}
            onChange={(values) => update({ accounts: values })}
          />
        )}
        {wanted.includes('regions') && (
          <NamesField
            id="vigia-variable-regions"
            label="Regions"
            all="All regions of each account"
            values={regions}
            options={regionOptions}
            onChange={(values) => update({ regions: values })}
          />
        )}
        {wanted.includes('namespace') && (
          <NameField
            id="vigia-variable-namespace"
            label="Namespace"
            value={namespace}
            options={namespaceOptions}
            onChange={(value) => update({ namespace: value })}
          />
        )}
        {wanted.includes('metric') && (
          <NameField
            id="vigia-variable-metric"
            label="Metric"
            value={metric}
            options={metricOptions}
            onChange={(value) => update({ metric: value })}
          />
        )}
        {wanted.includes('dimensionKey') && (
          <NameField
            id="vigia-variable-key"
            label="Dimension key"
            value={query.dimensionKey}
            options={keyOptions}
            onChange={(value) => update({ dimensionKey: value })}
          />
        )}
      </Stack>
      {failure !== '' && (
        <Text color="warning" variant="bodySmall">
          Suggestions are incomplete: {failure}
        </Text>
      )}
    </Stack>
  );
}
