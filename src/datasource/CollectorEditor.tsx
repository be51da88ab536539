import { Field, Stack, Switch, Text } from '@grafana/ui';
import { withoutAbsent } from './absent';
import { METRICS_PER_MINUTE, collectorErrors, WARM_FOR } from './collector';
import { TextField } from './fields';
import { nonEmpty } from './json';
import { numberOrNull } from './query';
import { type CollectorOptions } from './types';

interface Props {
  collector?: CollectorOptions;
  /** A provisioned data source is looked at, not edited. */
  disabled?: boolean;
  onChange: (collector: CollectorOptions | undefined) => void;
}

/** Edits what is kept warm without anyone looking. The watch list is written in YAML, and counted here. */
export function CollectorEditor({ collector = {}, disabled, onChange }: Props) {
  const errors = collectorErrors(collector);
  const isOn = collector.enabled ?? true;
  const watched = collector.watch?.length ?? 0;
  const set = (patch: Partial<CollectorOptions>) => onChange(nonEmpty(withoutAbsent({ ...collector, ...patch })));
  return (
    <Stack direction="column" gap={2}>
      <Field noMargin label="Keep warm" htmlFor="vigia-collector-enabled">
        <Switch
          id="vigia-collector-enabled"
          disabled={disabled}
          value={isOn}
          onChange={(event) => set({ enabled: event.currentTarget.checked ? undefined : false })}
        />
      </Field>
      {isOn && (
        <>
          <TextField
            id="vigia-collector-warmFor"
            label="For how long"
            description="After a dashboard or Explore looked last: a duration such as 90m, 6h or 2d; 0s keeps the watch list alone."
            width={20}
            placeholder={WARM_FOR}
            disabled={disabled}
            error={errors.warmFor}
            value={collector.warmFor ?? ''}
            onCommit={(text) => set({ warmFor: text.trim() || undefined })}
          />
          <TextField
            id="vigia-collector-metricsPerMinute"
            label="Metrics a minute"
            description="At most. What it does not reach waits for its turn; nothing is lost by that."
            type="number"
            width={20}
            placeholder={String(METRICS_PER_MINUTE)}
            disabled={disabled}
            error={errors.metricsPerMinute}
            value={collector.metricsPerMinute?.toString() ?? ''}
            onCommit={(text) => set({ metricsPerMinute: numberOrNull(text) ?? undefined })}
          />
          <Text color="secondary" variant="bodySmall">
            {watched === 0
              ? 'No watch list: provisioning can give one (collector.watch).'
              : `The watch list has ${watched} ${watched === 1 ? 'entry' : 'entries'}, written in provisioning (collector.watch).`}
          </Text>
        </>
      )}
    </Stack>
  );
}
