import { type DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Button, Stack, Text, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { NamesField, TextField } from './fields';
import { Resources } from './resources';
import { OpeningRow, rowStyles } from './Rows';
import { labelsToText, REGIONS, textToLabels, validateAccount } from './settings';
import { toOption, type LoadOptions } from './suggestions';
import { type Account, ALL, type VigiaOptions, type VigiaSecrets } from './types';

type Props = DataSourcePluginOptionsEditorProps<VigiaOptions, VigiaSecrets> & {
  onChange: (accounts: Account[]) => void;
};

/** Adds, edits, tests and removes the accounts of a data source. */
export function AccountsEditor({ options, onChange }: Props) {
  const accounts = options.jsonData.accounts ?? [];
  const saved = useSavedAccounts(options);
  const resources = useMemo(() => new Resources(options.uid), [options.uid]);
  const [open, setOpen] = useState<number>();

  const add = () => {
    onChange([...accounts, { id: '', alias: '' }]);
    setOpen(accounts.length);
  };
  const remove = (index: number) => {
    onChange(accounts.filter((_, i) => i !== index));
    setOpen(undefined);
  };

  return (
    <Stack direction="column" gap={1}>
      {accounts.length === 0 && !options.jsonData.simulated && (
        <Text color="secondary">No account yet: add the first one that Vigia should watch.</Text>
      )}
      {accounts.length === 0 && options.jsonData.simulated && (
        <Text color="secondary">None: the simulator brings its own accounts.</Text>
      )}
      {accounts.map((account, index) => (
        <AccountRow
          key={index}
          index={index}
          account={account}
          all={accounts}
          disabled={options.readOnly}
          isSaved={saved.some((other) => JSON.stringify(other) === JSON.stringify(account))}
          isOpen={open === index}
          test={() => resources.accountHealth(account.alias || account.id)}
          onToggle={() => setOpen(open === index ? undefined : index)}
          onChange={(changed) => onChange(accounts.map((other, i) => (i === index ? changed : other)))}
          onRemove={() => remove(index)}
        />
      ))}
      <div>
        <Button variant="secondary" icon="plus" disabled={options.readOnly} onClick={add}>
          Add account
        </Button>
      </div>
    </Stack>
  );
}

/** The accounts as they were last saved: what the back end, and so a test, knows. */
function useSavedAccounts({ version, jsonData }: Props['options']): Account[] {
  const [saved, setSaved] = useState({ version, accounts: jsonData.accounts ?? [] });
  if (saved.version !== version) {
    setSaved({ version, accounts: jsonData.accounts ?? [] });
  }
  return saved.accounts;
}

interface RowProps {
  index: number;
  account: Account;
  all: Account[];
  disabled?: boolean;
  isSaved: boolean;
  isOpen: boolean;
  test: () => Promise<{ ok: boolean; message: string }>;
  onToggle: () => void;
  onChange: (account: Account) => void;
  onRemove: () => void;
}

type TestResult = { state: 'running' } | { state: 'ok' | 'failed'; message: string };

function AccountRow(props: RowProps) {
  const { account, isSaved } = props;
  const errors = validateAccount(account, props.all);
  const [result, setResult] = useState<TestResult>();
  const name = account.alias || account.id || `account ${props.index + 1}`;

  const run = async () => {
    setResult({ state: 'running' });
    try {
      const { ok, message } = await props.test();
      setResult({ state: ok ? 'ok' : 'failed', message });
    } catch (failure) {
      setResult({ state: 'failed', message: (failure as Error).message });
    }
  };

  return (
    <OpeningRow
      kind="Account"
      name={name}
      title={account.alias || 'New account'}
      words={
        <>
          <Text color="secondary">{account.id}</Text>
          <Text color="secondary" variant="bodySmall">
            {account.regions?.length ? account.regions.join(', ') : 'default region'}
          </Text>
        </>
      }
      problem={Object.values(errors)[0]}
      actions={
        <Button
          size="sm"
          variant="secondary"
          disabled={!isSaved || result?.state === 'running'}
          tooltip={isSaved ? 'Assumes the role and reads one metric' : 'Save the data source first'}
          onClick={() => void run()}
        >
          {result?.state === 'running' ? 'Testing…' : 'Test'}
        </Button>
      }
      note={isSaved && result && <TestNote result={result} />}
      isOpen={props.isOpen}
      disabled={props.disabled}
      onToggle={props.onToggle}
      onRemove={props.onRemove}
    >
      <AccountFields {...props} errors={errors} />
    </OpeningRow>
  );
}

function TestNote({ result }: { result: TestResult }) {
  if (result.state === 'running') {
    return null;
  }
  const isOK = result.state === 'ok';
  return (
    <Text color={isOK ? 'success' : 'error'} variant="bodySmall" element="p">
      {result.message || (isOK ? 'The account answers.' : 'The test failed without a message.')}
    </Text>
  );
}

const regionOptions: LoadOptions = (typed) =>
  Promise.resolve(REGIONS.filter((region) => region.includes(typed)).map(toOption));

function AccountFields(props: RowProps & { errors: ReturnType<typeof validateAccount> }) {
  const styles = useStyles2(rowStyles);
  const { account, errors, disabled } = props;
  const id = (field: string) => `vigia-account-${props.index}-${field}`;
  const text = (
    field: 'id' | 'alias' | 'roleArn' | 'externalId',
    label: string,
    width: number,
    placeholder: string
  ) => (
    <TextField
      id={id(field)}
      label={label}
      width={width}
      placeholder={placeholder}
      disabled={disabled}
      error={errors[field]}
      value={account[field] ?? ''}
      onCommit={(value) => props.onChange({ ...account, [field]: value.trim() })}
    />
  );
  return (
    <div className={styles.fields}>
      {text('alias', 'Alias', 24, 'production')}
      {text('id', 'Account id', 20, '123456789012')}
      {text('roleArn', 'Role ARN', 56, 'empty: the credentials above')}
      {text('externalId', 'External id', 24, 'as the role demands')}
      <NamesField
        id={id('regions')}
        label="Regions"
        all="Default region"
        disabled={disabled}
        error={errors.regions}
        values={account.regions?.length ? account.regions : [ALL]}
        options={regionOptions}
        onChange={(values) => props.onChange({ ...account, regions: values.filter((value) => value !== ALL) })}
      />
      <TextField
        id={id('labels')}
        label="Labels"
        width={36}
        placeholder="team=payments, tier=1"
        disabled={disabled}
        error={errors.labels}
        value={labelsToText(account.labels)}
        onCommit={(value) => props.onChange({ ...account, labels: textToLabels(value) })}
      />
    </div>
  );
}
