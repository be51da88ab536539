import { Stack, Text, useStyles2 } from '@grafana/ui';
import { withoutAbsent } from './absent';
import { NameField, TextField } from './fields';
import { EMPTY_RANGE, EMPTY_RULE, qualityOf, rangesError, rulesError } from './quality';
import { numberOrNull } from './query';
import { Rows, rowStyles } from './Rows';
import { STATISTICS } from './statistics';
import { toOption } from './suggestions';
import { type Quality, type QualityRange, type QualityRule } from './types';

interface Props {
  quality?: Quality;
  /** A provisioned data source is looked at, not edited. */
  disabled?: boolean;
  onChange: (quality?: Quality) => void;
}

/** What values must be like to be learnt from: ranges of metrics, and rules between them. */
export function QualityEditor({ quality, disabled, onChange }: Props) {
  const { rules = [], ranges = [] } = quality ?? {};
  return (
    <Stack direction="column" gap={2}>
      <Rows
        label="Ranges"
        description="What a metric can be, in its own unit. A value outside is shown, flagged and not learnt from."
        noun="range"
        values={ranges}
        empty={EMPTY_RANGE}
        error={rangesError(ranges)}
        disabled={disabled}
        row={(range, set, index) => <RangeFields index={index} range={range} disabled={disabled} onChange={set} />}
        onChange={(changed) => onChange(qualityOf(rules, changed))}
      />
      <Rows
        label="Rules"
        description="What is never above what, of the same resource, such as errors and requests. The second metric is read, and paid for, wherever the first is scored."
        noun="rule"
        values={rules}
        empty={EMPTY_RULE}
        error={rulesError(rules)}
        disabled={disabled}
        row={(rule, set, index) => <RuleFields index={index} rule={rule} disabled={disabled} onChange={set} />}
        onChange={(changed) => onChange(qualityOf(changed, ranges))}
      />
    </Stack>
  );
}

interface FieldsProps {
  index: number;
  disabled?: boolean;
}

function RangeFields(props: FieldsProps & { range: QualityRange; onChange: (range: QualityRange) => void }) {
  const { index, range, disabled } = props;
  const set = (patch: Partial<QualityRange>) => props.onChange(withoutAbsent({ ...range, ...patch }));
  const limit = (field: 'lower' | 'upper', label: string) => (
    <TextField
      id={`vigia-range-${index}-${field}`}
      label={label}
      type="number"
      width={12}
      placeholder="none"
      disabled={disabled}
      value={range[field]?.toString() ?? ''}
      onCommit={(value) => set({ [field]: numberOrNull(value) ?? undefined })}
    />
  );
  return (
    <>
      <MetricNames index={index} of="range" named={range} disabled={disabled} onChange={set} />
      {limit('lower', 'Lower limit')}
      {limit('upper', 'Upper limit')}
    </>
  );
}

function RuleFields(props: FieldsProps & { rule: QualityRule; onChange: (rule: QualityRule) => void }) {
  const { index, rule, disabled } = props;
  const styles = useStyles2(rowStyles);
  const set = (patch: Partial<QualityRule>) => props.onChange({ ...rule, ...patch });
  const than = (patch: Partial<QualityRule['than']>) => set({ than: { ...rule.than, ...patch } });
  const statistic = (field: string, label: string, value: string, onChange: (value: string) => void) => (
    <NameField
      id={`vigia-rule-${index}-${field}`}
      label={label}
      width={16}
      disabled={disabled}
      options={STATISTICS.map(toOption)}
      value={value}
      onChange={onChange}
    />
  );
  return (
    <>
      <MetricNames index={index} of="rule" named={rule} disabled={disabled} onChange={set} />
      {statistic('statistic', 'Statistic', rule.statistic, (value) => set({ statistic: value }))}
      <div className={styles.beside}>
        <Text>is at most</Text>
      </div>
      <Name
        index={index}
        of="rule"
        field="than"
        label="Other metric"
        value={rule.than.metric}
        disabled={disabled}
        onCommit={(metric) => than({ metric })}
      />
      {statistic('thanStatistic', 'Its statistic', rule.than.statistic, (value) => than({ statistic: value }))}
    </>
  );
}

/** Which metric it is about. */
function MetricNames(props: FieldsProps & { of: string; named: Named; onChange: (patch: Partial<Named>) => void }) {
  const { index, of, named, disabled, onChange } = props;
  const own = { index, of, disabled };
  return (
    <>
      <Name
        {...own}
        field="namespace"
        label="Namespace"
        value={named.namespace}
        onCommit={(namespace) => onChange({ namespace })}
      />
      <Name {...own} field="metric" label="Metric" value={named.metric} onCommit={(metric) => onChange({ metric })} />
    </>
  );
}

type Named = Pick<QualityRule, 'namespace' | 'metric'>;

function Name(
  props: FieldsProps & { of: string; field: string; label: string; value: string; onCommit: (value: string) => void }
) {
  return (
    <TextField
      id={`vigia-${props.of}-${props.index}-${props.field}`}
      label={props.label}
      width={22}
      placeholder={props.field === 'namespace' ? 'AWS/Lambda' : undefined}
      disabled={props.disabled}
      value={props.value}
      onCommit={(value) => props.onCommit(value.trim())}
    />
  );
}
