import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { LEVELS } from '../contract';
import { CalendarsField } from './CalendarsField';
import { ChoiceField, ChoicesField, NameField, TextField } from './fields';
import {
  FALLBACK_FORECASTERS,
  forecasterError,
  levelsError,
  levelsInForce,
  patchedForecaster,
  thresholdKind,
  type ThresholdKind,
  thresholdMetricErrors,
} from './forecaster';
import { HORIZONS, numberOrNull, type QueryErrors, usesForecast } from './query';
import { STATISTICS } from './statistics';
import { type LoadOptions, type Option, toOption } from './suggestions';
import {
  AUTO,
  DEFAULT_STATISTIC,
  type Forecaster,
  type ForecasterDefinition,
  type ThresholdMetric,
  type VigiaQuery,
} from './types';

interface Props {
  id: (field: string) => string;
  query: VigiaQuery;
  errors: QueryErrors;
  /** Empty where they cannot be read. */
  forecasters: ForecasterDefinition[];
  /** The names of the data source's calendars. */
  calendars: string[];
  metrics: LoadOptions;
  update: (patch: Partial<VigiaQuery>) => void;
}

const LEVEL_OPTIONS = LEVELS.map((level): Option => ({ value: String(level), label: `${level} %` }));

const THRESHOLD_OPTIONS: Array<Option & { value: ThresholdKind }> = [
  { value: 'none', label: 'None' },
  { value: 'value', label: 'A value' },
  { value: 'metric', label: 'Another metric', description: 'Such as a quota: its newest value, or a share of it' },
];

/** What is forecast and how, and the threshold, which a plot shows without a forecast too. */
export function ForecastEditor(props: Props) {
  const styles = useStyles2(getStyles);
  const isForecast = usesForecast(props.query);
  return (
    <div role="group" aria-label="Forecast and threshold" className={styles.form}>
      {isForecast && <ForecasterFields {...props} />}
      <ThresholdFields {...props} />
    </div>
  );
}

function ForecasterFields({ id, query, errors, forecasters, calendars, update }: Props) {
  const definitions = forecasters.length > 0 ? forecasters : FALLBACK_FORECASTERS;
  const name = query.forecaster?.name ?? AUTO;
  const set = (patch: Forecaster) => update({ forecaster: patchedForecaster(query.forecaster, patch) });
  return (
    <>
      <ChoiceField
        id={id('forecaster')}
        label="Forecaster"
        width={26}
        help={definitions.find((one) => one.name === name)?.help}
        error={forecasterError(name, forecasters)}
        value={name}
        options={definitions.map(({ name: value, title, help }) => ({ value, label: title, description: help }))}
        onChange={(chosen) => set({ name: chosen })}
      />
      <NameField
        id={id('horizon')}
        label="Horizon"
        width={14}
        error={errors.horizon}
        value={query.horizon}
        options={HORIZONS.map(toOption)}
        onChange={(horizon) => update({ horizon })}
      />
      <ChoicesField
        id={id('levels')}
        label="Bands"
        width={40}
        help="How much of what comes lies within each band. The first one is the main one: numbers such as the hours to a threshold go by it."
        error={levelsError(query.forecaster)}
        values={levelsInForce(query.forecaster).map(String)}
        options={LEVEL_OPTIONS}
        onChange={(values) => set({ levels: values.map(Number) })}
      />
      <CalendarsField
        id={id('forecastCalendars')}
        label="Calendar effects"
        help="Planned events whose effect is learnt from the past and expected again."
        none="Planned events are taken for any other time"
        calendars={calendars}
        value={query.forecaster?.calendars}
        onChange={(chosen) => set({ calendars: chosen })}
      />
    </>
  );
}

/** None, a number, or another metric. A kind that was chosen and not yet filled in stands in the form alone, not in the query. */
function ThresholdFields({ id, query, errors, metrics, update }: Props) {
  const [begun, setBegun] = useState<ThresholdKind>('none');
  const written = thresholdKind(query);
  const kind = written === 'none' ? begun : written;
  const choose = (chosen: ThresholdKind) => {
    setBegun(chosen);
    if (written !== 'none' && written !== chosen) {
      update({ threshold: null, thresholdMetric: undefined });
    }
  };
  return (
    <>
      <ChoiceField
        id={id('thresholdKind')}
        label="Threshold"
        width={18}
        error={errors.threshold}
        value={kind}
        options={THRESHOLD_OPTIONS}
        onChange={(value) => choose(value as ThresholdKind)}
      />
      {kind === 'value' && (
        <TextField
          id={id('threshold')}
          label="Value"
          type="number"
          width={14}
          value={query.threshold === null ? '' : String(query.threshold)}
          onCommit={(text) => update({ threshold: numberOrNull(text) })}
        />
      )}
      {kind === 'metric' && (
        <ThresholdMetricFields
          id={id}
          value={query.thresholdMetric}
          metrics={metrics}
          onChange={(thresholdMetric) => update({ threshold: null, thresholdMetric })}
        />
      )}
    </>
  );
}

function ThresholdMetricFields(props: {
  id: (field: string) => string;
  value?: ThresholdMetric;
  metrics: LoadOptions;
  onChange: (value: ThresholdMetric) => void;
}) {
  const { id, value, metrics, onChange } = props;
  const [draft, setDraft] = useState<ThresholdMetric>({ metric: '' });
  const shown = value ?? draft;
  const errors = value ? thresholdMetricErrors(value) : {};
  // Without a metric there is nothing to write yet.
  const set = (patch: Partial<ThresholdMetric>) => {
    const next = { ...shown, ...patch };
    return next.metric === '' ? setDraft(next) : onChange(next);
  };
  return (
    <>
      <NameField
        id={id('thresholdMetric')}
        label="Threshold metric"
        help="Of the same namespace, account, region and dimensions as the metric."
        error={errors.metric}
        value={shown.metric}
        options={metrics}
        onChange={(metric) => set({ metric })}
      />
      <NameField
        id={id('thresholdStatistic')}
        label="Threshold statistic"
        width={20}
        error={errors.statistic}
        value={shown.statistic ?? DEFAULT_STATISTIC}
        options={STATISTICS.map(toOption)}
        onChange={(statistic) => set({ statistic })}
      />
      <TextField
        id={id('thresholdPercent')}
        label="Percent of it"
        type="number"
        width={14}
        placeholder="100"
        error={errors.percent}
        value={shown.percent === undefined ? '' : String(shown.percent)}
        onCommit={(text) => set({ percent: numberOrNull(text) ?? undefined })}
      />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  form: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: theme.spacing(1.5) }),
});
