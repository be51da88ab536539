import { Label, Stack } from '@grafana/ui';
import { withoutAbsent } from './absent';
import { cacheErrors, KEPT, MAX_GIB, MAX_STALENESS } from './cache';
import { TextField } from './fields';
import { nonEmpty } from './json';
import { numberOrNull } from './query';
import { type CacheOptions, type KeepDays } from './types';

interface Props {
  cache?: CacheOptions;
  /** A provisioned data source is looked at, not edited. */
  disabled?: boolean;
  onChange: (cache: CacheOptions | undefined) => void;
}

/** Edits how late panels may be, how large the cache may become, and how long history is kept. */
export function CacheEditor({ cache = {}, disabled, onChange }: Props) {
  const errors = cacheErrors(cache);
  const set = (patch: Partial<CacheOptions>) => onChange(nonEmpty(withoutAbsent({ ...cache, ...patch })));
  const keep = (patch: Partial<KeepDays>) =>
    set({ keepDays: nonEmpty(withoutAbsent({ ...cache.keepDays, ...patch })) });
  return (
    <Stack direction="column" gap={2}>
      <TextField
        id="vigia-cache-maxStaleness"
        label="Late by at most"
        description="The newest point of a long range, in panels alone: AWS is asked less often. 0s: as fresh as can be; up to 1h."
        width={20}
        placeholder={MAX_STALENESS}
        disabled={disabled}
        error={errors.maxStaleness}
        value={cache.maxStaleness ?? ''}
        onCommit={(text) => set({ maxStaleness: text.trim() || undefined })}
      />
      <TextField
        id="vigia-cache-maxGiB"
        label="Largest size in GiB"
        description="Of the whole cache. What was used least leaves first."
        type="number"
        width={20}
        placeholder={String(MAX_GIB)}
        disabled={disabled}
        error={errors.maxGiB}
        value={cache.maxGiB?.toString() ?? ''}
        onCommit={(text) => set({ maxGiB: numberOrNull(text) ?? undefined })}
      />
      <div>
        <Label description="By the period of the points. What AWS itself has given up cannot be fetched again.">
          Days kept
        </Label>
        <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
          {KEPT.map(({ field, label, days }) => (
            <TextField
              key={field}
              id={`vigia-cache-${field}`}
              label={label}
              type="number"
              width={18}
              placeholder={String(days)}
              disabled={disabled}
              error={errors[field]}
              value={cache.keepDays?.[field]?.toString() ?? ''}
              onCommit={(text) => keep({ [field]: numberOrNull(text) ?? undefined })}
            />
          ))}
        </Stack>
      </div>
    </Stack>
  );
}
