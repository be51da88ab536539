import { Stack } from '@grafana/ui';
import { type ReactNode, useState } from 'react';
import { ChoiceField, TextField } from './fields';
import {
  aliasesError,
  aliasesToRows,
  EMPTY_ALIAS,
  type GivenAlias,
  maskedError,
  privacyOf,
  rowsToAliases,
  textToNames,
} from './privacy';
import { Rows } from './Rows';
import { type Privacy } from './types';

interface Props {
  privacy?: Privacy;
  /** A provisioned data source is looked at, not edited. */
  disabled?: boolean;
  /** Edits the key, which is a secret. */
  keyField: ReactNode;
  onChange: (privacy?: Privacy) => void;
}

const AUDIENCES = [
  { value: 'everyone', label: 'Everyone' },
  { value: 'viewers', label: 'Viewers', description: 'Whoever may edit sees the values; notifications are masked' },
];

/** Which labels are masked, for whom, and what stands for their values. */
export function PrivacyEditor({ privacy = {}, disabled, keyField, onChange }: Props) {
  // A row that is not complete yet has no place in the settings.
  const [rows, setRows] = useState(() => aliasesToRows(privacy.aliases));
  const { labels = [] } = privacy;
  const update = (patch: Partial<Privacy>) => onChange(privacyOf({ ...privacy, ...patch }));
  return (
    <Stack direction="column" gap={2}>
      <TextField
        id="vigia-privacy-labels"
        label="Masked labels"
        description="account, account_id, region, namespace, metric, asked_by, labels of accounts, dimensions such as InstanceId; separated by commas. Empty: none."
        width={50}
        placeholder="account, account_id, InstanceId"
        disabled={disabled}
        error={maskedError(privacy)}
        value={labels.join(', ')}
        onCommit={(text) => update({ labels: textToNames(text) })}
      />
      {labels.length > 0 && (
        <>
          <ChoiceField
            id="vigia-privacy-for"
            label="Masked for"
            disabled={disabled}
            options={AUDIENCES}
            value={privacy.for ?? 'everyone'}
            onChange={(value) => update({ for: value === 'everyone' ? undefined : value })}
          />
          {keyField}
          <Rows<GivenAlias>
            label="Aliases"
            description="What stands for a value instead of a hash."
            noun="alias"
            values={rows}
            empty={EMPTY_ALIAS}
            error={aliasesError(rows, labels)}
            disabled={disabled}
            row={(row, set, index) => <AliasFields index={index} row={row} disabled={disabled} onChange={set} />}
            onChange={(changed) => {
              setRows(changed);
              update({ aliases: rowsToAliases(changed) });
            }}
          />
        </>
      )}
    </Stack>
  );
}

function AliasFields(props: {
  index: number;
  row: GivenAlias;
  disabled?: boolean;
  onChange: (row: GivenAlias) => void;
}) {
  const { index, row, disabled } = props;
  const text = (field: keyof GivenAlias, label: string) => (
    <TextField
      id={`vigia-privacy-alias-${index}-${field}`}
      label={label}
      width={24}
      disabled={disabled}
      value={row[field]}
      onCommit={(value) => props.onChange({ ...row, [field]: value.trim() })}
    />
  );
  return (
    <>
      {text('label', 'Label')}
      {text('value', 'Value')}
      {text('alias', 'Shown as')}
    </>
  );
}
