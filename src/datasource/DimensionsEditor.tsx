import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, IconButton, Label, Stack, Text, useStyles2 } from '@grafana/ui';
import { type VigiaDataSource } from './datasource';
import { NameField, NamesField } from './fields';
import { type Scope } from './resources';
import { toOption, useOptions } from './suggestions';
import { ALL, type Dimensions } from './types';

interface Props {
  id: string;
  datasource: VigiaDataSource;
  dimensions: Dimensions;
  /** What it means to have none. */
  none?: string;
  scope: Scope;
  error?: string;
  onChange: (dimensions: Dimensions) => void;
  onFailure: (message: string) => void;
}

/** The dimensions of a metric, one row a key. A key appears once: choosing it again takes over the other's row. */
export function DimensionsEditor(props: Props) {
  const { none = 'None: the metric that has no dimensions' } = props;
  const rows = Object.entries(props.dimensions);
  const replace = (index: number, key: string, values: string[]) =>
    props.onChange(Object.fromEntries(rows.map((row, i) => (i === index ? [key, values] : row))));
  const remove = (index: number) => props.onChange(Object.fromEntries(rows.filter((_, i) => i !== index)));

  return (
    <Stack direction="column" gap={0.5}>
      <Label description={rows.length === 0 ? none : undefined}>Dimensions</Label>
      {rows.map(([key, values], index) => (
        <DimensionRow
          key={index}
          {...props}
          id={`${props.id}-${index}`}
          name={key}
          values={values}
          onRow={(nextKey, nextValues) => replace(index, nextKey, nextValues)}
          onRemove={() => remove(index)}
        />
      ))}
      {props.error && (
        <Text color="error" variant="bodySmall">
          {props.error}
        </Text>
      )}
      <div>
        <Button
          size="sm"
          variant="secondary"
          icon="plus"
          disabled={'' in props.dimensions}
          onClick={() => props.onChange({ ...props.dimensions, '': [ALL] })}
        >
          Add dimension
        </Button>
      </div>
    </Stack>
  );
}

function DimensionRow(
  props: Props & {
    name: string;
    values: string[];
    onRow: (key: string, values: string[]) => void;
    onRemove: () => void;
  }
) {
  const styles = useStyles2(getStyles);
  const { accounts, regions, namespace, metric } = props.scope;
  const keyScope: Scope = { accounts, regions, namespace, metric };
  const valueScope: Scope = { ...keyScope, dimensionKey: props.name };
  const loader = (kind: 'dimension-keys' | 'dimension-values', scope: Scope) => async () => {
    const { items, notice } = await props.datasource.suggest(kind, scope);
    props.onFailure(notice);
    return items.map(toOption);
  };
  const onFailure = (error: Error) => props.onFailure(error.message);
  const keyOptions = useOptions(JSON.stringify(keyScope), [], loader('dimension-keys', keyScope), onFailure);
  const valueOptions = useOptions(
    JSON.stringify(valueScope),
    [{ value: ALL, label: 'Any value' }],
    loader('dimension-values', valueScope),
    onFailure
  );
  return (
    <Stack direction="row" gap={1} alignItems="flex-start" wrap="wrap">
      <NameField
        id={`${props.id}-key`}
        label="Key"
        placeholder="InstanceId"
        value={props.name}
        options={keyOptions}
        onChange={(key) => props.onRow(key, props.values)}
      />
      <NamesField
        id={`${props.id}-values`}
        label="Values"
        all="Any value"
        width={60}
        values={props.values}
        options={valueOptions}
        onChange={(values) => props.onRow(props.name, values)}
      />
      <div className={styles.beside}>
        <IconButton name="trash-alt" size="lg" aria-label={`Remove dimension ${props.name}`} onClick={props.onRemove} />
      </div>
    </Stack>
  );
}

/** Puts a button beside inputs whose labels stand above them. */
const getStyles = (theme: GrafanaTheme2) => ({ beside: css({ paddingTop: theme.spacing(3.5) }) });
