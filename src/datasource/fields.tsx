import { css } from '@emotion/css';
import { Combobox, Field, IconButton, Input, Label, MultiCombobox, useTheme2 } from '@grafana/ui';
import { type ReactElement, useState } from 'react';
import { type LoadOptions, type Option, reconcileAll, toOption } from './suggestions';
import { ALL } from './types';

interface NamedProps {
  id: string;
  label: string;
  /** One line beneath the label. */
  description?: string;
  /** More words, for whoever points at the sign beside the label. */
  help?: string;
  error?: string;
  disabled?: boolean;
  width?: number;
  placeholder?: string;
}

/** A labelled control with its error beneath, tight enough for rows. */
export function Labelled(props: {
  id: string;
  label: string;
  description?: string;
  help?: string;
  error?: string;
  children: ReactElement<Record<string, unknown>>;
}) {
  const { id, label, description, help, error } = props;
  return (
    <Field
      noMargin
      htmlFor={id}
      label={help ? <HelpedLabel id={id} label={label} description={description} help={help} /> : label}
      description={description}
      invalid={Boolean(error)}
      error={error}
    >
      {props.children}
    </Field>
  );
}

/** The sign stands beside the label, not within it: it is no part of the control's name. */
function HelpedLabel(props: { id: string; label: string; description?: string; help: string }) {
  const { id, label, description, help } = props;
  const theme = useTheme2();
  return (
    <div className={css({ display: 'flex', gap: theme.spacing(0.5) })}>
      <Label htmlFor={id} description={description}>
        {label}
      </Label>
      <IconButton name="info-circle" size="sm" tooltip={help} />
    </div>
  );
}

/** One name: chosen from suggestions, or any other text. An optional one can be cleared. */
export function NameField(
  props: NamedProps & {
    value: string;
    options: LoadOptions | Option[];
    optional?: boolean;
    onChange: (value: string) => void;
  }
) {
  const change = props.optional
    ? { isClearable: true as const, onChange: (option: Option | null) => props.onChange(option?.value ?? '') }
    : { onChange: (option: Option) => props.onChange(option.value) };
  return (
    <Labelled id={props.id} label={props.label} description={props.description} help={props.help} error={props.error}>
      <Combobox
        id={props.id}
        width={props.width ?? 28}
        placeholder={props.placeholder}
        disabled={props.disabled}
        invalid={Boolean(props.error)}
        createCustomValue
        options={props.options}
        value={props.value === '' ? null : toOption(props.value)}
        {...change}
      />
    </Labelled>
  );
}

/** One of some choices, and nothing else. A value that is no choice is shown as it is. */
export function ChoiceField(
  props: NamedProps & { value: string; options: Option[]; onChange: (value: string) => void }
) {
  const isKnown = props.options.some(({ value }) => value === props.value);
  return (
    <Labelled id={props.id} label={props.label} description={props.description} help={props.help} error={props.error}>
      <Combobox
        id={props.id}
        width={props.width ?? 28}
        disabled={props.disabled}
        invalid={Boolean(props.error)}
        options={isKnown ? props.options : [toOption(props.value), ...props.options]}
        value={props.value}
        onChange={(option) => props.onChange(option.value)}
      />
    </Labelled>
  );
}

/** Several names, or all of them. */
export function NamesField(
  props: NamedProps & {
    values: string[];
    all: string;
    options: LoadOptions;
    onChange: (values: string[]) => void;
  }
) {
  const theme = useTheme2();
  const shown = (value: string): Option => (value === ALL ? { value, label: props.all } : toOption(value));
  return (
    // A MultiCombobox that is given a width takes its units for pixels and folds its values up: its container has the width.
    <div className={css({ width: theme.spacing(props.width ?? 46), maxWidth: '100%' })}>
      <Labelled id={props.id} label={props.label} description={props.description} help={props.help} error={props.error}>
        <MultiCombobox
          id={props.id}
          placeholder={props.placeholder}
          disabled={props.disabled}
          createCustomValue
          options={props.options}
          value={props.values.map(shown)}
          onChange={(options) =>
            props.onChange(
              reconcileAll(
                props.values,
                options.map((option) => option.value)
              )
            )
          }
        />
      </Labelled>
    </div>
  );
}

/** Some of a few choices, in the order in which they were chosen. A value that is no choice is shown as it is. */
export function ChoicesField(
  props: NamedProps & { values: string[]; options: Option[]; onChange: (values: string[]) => void }
) {
  const theme = useTheme2();
  const { options, values } = props;
  return (
    <div className={css({ width: theme.spacing(props.width ?? 28), maxWidth: '100%' })}>
      <Labelled id={props.id} label={props.label} description={props.description} help={props.help} error={props.error}>
        <MultiCombobox
          id={props.id}
          disabled={props.disabled}
          invalid={Boolean(props.error)}
          options={options}
          value={values.map((value) => options.find((option) => option.value === value) ?? toOption(value))}
          onChange={(chosen) => props.onChange(chosen.map(({ value }) => value))}
        />
      </Labelled>
    </div>
  );
}

/** A text that is handed on when the field is left or Enter is pressed, so that half a word starts no query. */
export function TextField(
  props: NamedProps & { value: string; type?: 'text' | 'number'; onCommit: (value: string) => void }
) {
  const [draft, setDraft] = useState<string>();
  const commit = () => {
    if (draft !== undefined && draft !== props.value) {
      props.onCommit(draft);
    }
    setDraft(undefined);
  };
  return (
    <Labelled id={props.id} label={props.label} description={props.description} error={props.error}>
      <Input
        id={props.id}
        type={props.type ?? 'text'}
        width={props.width ?? 20}
        placeholder={props.placeholder}
        disabled={props.disabled}
        value={draft ?? props.value}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </Labelled>
  );
}
