import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, IconButton, Label, Stack, Text, useStyles2 } from '@grafana/ui';
import { type ReactNode, useState } from 'react';

interface Props<T> {
  label: string;
  description?: string;
  /** What one row is called: `rule` gives "Add rule" and "Remove rule 1". */
  noun: string;
  values: T[];
  /** What an added row holds. It is a value only once something of it was changed. */
  empty: T;
  error?: string;
  disabled?: boolean;
  /** No row beyond these. */
  max?: number;
  row: (value: T, onChange: (value: T) => void, index: number) => ReactNode;
  onChange: (values: T[]) => void;
}

/** A list of small rows to add to and to remove from. */
export function Rows<T>(props: Props<T>) {
  const { label, description, noun, values, empty, error, disabled, max = Infinity } = props;
  const styles = useStyles2(rowStyles);
  const [isAdding, setAdding] = useState(false);
  const rows = isAdding ? [...values, empty] : values;

  const change = (index: number, value: T) => {
    setAdding(isAdding && index < values.length);
    props.onChange(rows.slice(0, Math.max(values.length, index + 1)).map((one, i) => (i === index ? value : one)));
  };
  const remove = (index: number) => {
    if (index === values.length) {
      setAdding(false);
      return;
    }
    props.onChange(values.filter((_, i) => i !== index));
  };
  return (
    <Stack direction="column" gap={0.5}>
      <Label description={description}>{label}</Label>
      {rows.map((value, index) => (
        <Stack key={index} direction="row" gap={1} alignItems="flex-start" wrap="wrap">
          {props.row(value, (changed) => change(index, changed), index)}
          <div className={styles.beside}>
            <IconButton
              name="trash-alt"
              size="lg"
              disabled={disabled}
              aria-label={`Remove ${noun} ${index + 1}`}
              onClick={() => remove(index)}
            />
          </div>
        </Stack>
      ))}
      {error && (
        <Text color="error" variant="bodySmall">
          {error}
        </Text>
      )}
      <div>
        <Button
          size="sm"
          variant="secondary"
          icon="plus"
          disabled={disabled || isAdding || values.length >= max}
          onClick={() => setAdding(true)}
        >
          Add {noun}
        </Button>
      </div>
    </Stack>
  );
}

/** One of several things that each open to their fields: what it is, what is wrong with it, and what can be done with it. */
export function OpeningRow(props: {
  /** What it is one of: `Calendar`. */
  kind: string;
  name: string;
  /** Stands for the name; absent: the name itself. */
  title?: string;
  /** More words about it, in the same line. */
  words?: ReactNode;
  problem?: string;
  /** What can be done with it besides removing it. */
  actions?: ReactNode;
  /** Stands beneath, open or not. */
  note?: ReactNode;
  isOpen: boolean;
  disabled?: boolean;
  onToggle: () => void;
  onRemove: () => void;
  /** Its fields. */
  children: ReactNode;
}) {
  const { kind, name, isOpen, problem } = props;
  const styles = useStyles2(rowStyles);
  return (
    <div className={styles.row} role="group" aria-label={`${kind} ${name}`}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <IconButton
          name={isOpen ? 'angle-down' : 'angle-right'}
          aria-label={isOpen ? `Close ${name}` : `Open ${name}`}
          aria-expanded={isOpen}
          onClick={props.onToggle}
        />
        <Text weight="medium">{props.title ?? name}</Text>
        {props.words}
        {problem && <Badge color="red" icon="exclamation-triangle" text={isOpen ? 'Incomplete' : problem} />}
        <div className={styles.actions}>
          {props.actions}
          <IconButton
            name="trash-alt"
            aria-label={`Remove ${name}`}
            disabled={props.disabled}
            onClick={props.onRemove}
          />
        </div>
      </Stack>
      {props.note}
      {isOpen && props.children}
    </div>
  );
}

export const rowStyles = (theme: GrafanaTheme2) => ({
  /** A row that opens to its fields. */
  row: css({
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(1, 1.5),
  }),
  actions: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), marginLeft: 'auto' }),
  fields: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-start',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1.5, 0, 1, 3),
  }),
  /** Puts a button beside inputs whose labels stand above them. */
  beside: css({ paddingTop: theme.spacing(3.5) }),
});
