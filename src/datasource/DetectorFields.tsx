import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Switch, Text, useStyles2 } from '@grafana/ui';
import {
  isSwitch,
  parameterError,
  patchedDetector,
  ruleErrors,
  ruleWords,
  unknownParameters,
  withParameter,
} from './detector';
import { Labelled, NameField, TextField } from './fields';
import { numberOrNull } from './query';
import { STATISTICS } from './statistics';
import { type LoadOptions, toOption } from './suggestions';
import {
  type Detector,
  type DetectorDefinition,
  type DetectorParameter,
  type ExtraColumn,
  type Rule,
  type VigiaQuery,
} from './types';

interface ParameterProps {
  id: (field: string) => string;
  detector?: Detector;
  /** Undefined while the detectors are on their way. */
  definition?: DetectorDefinition;
  update: (patch: Partial<VigiaQuery>) => void;
}

/** A field for each parameter of a detector, with its default where nothing is set. */
export function ParameterFields({ id, detector, definition, update }: ParameterProps) {
  const styles = useStyles2(getStyles);
  if (!definition) {
    return null;
  }
  const unknown = unknownParameters(detector, definition);
  return (
    <>
      {definition.parameters.length > 0 && (
        <div className={styles.grid}>
          {definition.parameters.map((parameter) => (
            <ParameterField
              key={parameter.name}
              id={id(`parameter-${parameter.name}`)}
              parameter={parameter}
              value={detector?.parameters?.[parameter.name]}
              onChange={(value) => update({ detector: withParameter(detector, parameter, value) })}
            />
          ))}
        </div>
      )}
      {unknown.length > 0 && (
        <div>
          <Text color="error" variant="bodySmall">
            This detector has no parameter {unknown.join(', ')}.
          </Text>
          <Button
            size="sm"
            fill="text"
            onClick={() =>
              update({ detector: patchedDetector(detector, { parameters: knownOnly(detector, unknown) }) })
            }
          >
            Remove
          </Button>
        </div>
      )}
    </>
  );
}

const knownOnly = (detector: Detector | undefined, unknown: string[]) =>
  Object.fromEntries(Object.entries(detector?.parameters ?? {}).filter(([name]) => !unknown.includes(name)));

function ParameterField(props: {
  id: string;
  parameter: DetectorParameter;
  value?: number;
  onChange: (value: number | null) => void;
}) {
  const { id, parameter, value, onChange } = props;
  if (isSwitch(parameter)) {
    return (
      <Labelled id={id} label={parameter.title} description={parameter.help}>
        <Switch
          id={id}
          value={(value ?? parameter.default) === 1}
          onChange={(event) => onChange(event.currentTarget.checked ? 1 : 0)}
        />
      </Labelled>
    );
  }
  return (
    <TextField
      id={id}
      label={parameter.title}
      description={parameter.help}
      type="number"
      width={16}
      placeholder={String(parameter.default)}
      error={parameterError(parameter, value)}
      value={value === undefined ? '' : String(value)}
      onCommit={(text) => onChange(numberOrNull(text))}
    />
  );
}

/** One more metric beside the query's, with its statistic. */
export function ColumnFields(props: {
  id: string;
  column: ExtraColumn;
  metrics: LoadOptions;
  onChange: (column: ExtraColumn) => void;
}) {
  const { id, column, metrics, onChange } = props;
  return (
    <>
      <NameField
        id={`${id}-metric`}
        label="Metric"
        value={column.metric}
        options={metrics}
        onChange={(metric) => onChange({ ...column, metric })}
      />
      <NameField
        id={`${id}-statistic`}
        label="Statistic"
        width={18}
        value={column.statistic}
        options={STATISTICS.map(toOption)}
        onChange={(statistic) => onChange({ ...column, statistic })}
      />
    </>
  );
}

const LIMITS = [
  { field: 'skipWithin', label: 'Skip within' },
  { field: 'skipWithinPercent', label: 'Skip within %' },
  { field: 'onlyAbove', label: 'Only above' },
  { field: 'onlyBelow', label: 'Only below' },
] as const;

/** The limits of one rule, and what it means. */
export function RuleFields({ id, rule, onChange }: { id: string; rule: Rule; onChange: (rule: Rule) => void }) {
  const styles = useStyles2(getStyles);
  const errors = ruleErrors(rule);
  return (
    <>
      {LIMITS.map(({ field, label }) => (
        <TextField
          key={field}
          id={`${id}-${field}`}
          label={label}
          type="number"
          width={14}
          placeholder="none"
          error={errors[field]}
          value={rule[field] == null ? '' : String(rule[field])}
          onCommit={(text) => onChange({ ...rule, [field]: numberOrNull(text) })}
        />
      ))}
      <div className={styles.words}>
        <Text color="secondary" variant="bodySmall">
          {ruleWords(rule)}
        </Text>
      </div>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'grid',
    gridTemplateColumns: `repeat(auto-fill, minmax(${theme.spacing(32)}, 1fr))`,
    alignItems: 'end',
    gap: theme.spacing(1.5),
  }),
  words: css({ paddingTop: theme.spacing(3.5), maxWidth: theme.spacing(48) }),
});
