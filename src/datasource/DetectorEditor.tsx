import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, RadioButtonGroup, Stack, Text, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { dimensionLabel } from '../labels';
import { CalendarsField } from './CalendarsField';
import {
  chosenLabels,
  columnsError,
  detectorError,
  detectorName,
  detectorSummary,
  EVENT_SCORE,
  eventScoreError,
  FUNCTION_NAMES,
  FUNCTION_STATISTIC,
  patchedDetector,
  rulesError,
  shownLabels,
  splitError,
  switchedDetector,
  withFunction,
} from './detector';
import { ColumnFields, ParameterFields, RuleFields } from './DetectorFields';
import { ChoiceField, Labelled, NamesField, TextField } from './fields';
import { numberOrNull } from './query';
import { Rows } from './Rows';
import { type LoadOptions, type Option, toOption, useOptions } from './suggestions';
import {
  ALL,
  type Detector,
  type DetectorDefinition,
  type DetectorFunction,
  FUNCTIONS,
  type Rule,
  type VigiaQuery,
} from './types';

interface Props {
  id: (field: string) => string;
  query: VigiaQuery;
  definitions: DetectorDefinition[];
  /** The names of the data source's calendars. */
  calendars: string[];
  metrics: LoadOptions;
  update: (patch: Partial<VigiaQuery>) => void;
}

const AS_IT_IS = 'none';
const FUNCTION_OPTIONS: Option[] = [
  { value: AS_IT_IS, label: 'The statistic as it is' },
  ...FUNCTIONS.map((value) => ({ value, label: FUNCTION_NAMES[value], description: functionHelp(value) })),
];

const NO_SPLIT = 'Each series by itself';
const NO_ROLL_UP = 'No roll-up';

const BOTH = 'both';
const DIRECTION_OPTIONS = [
  { value: BOTH, label: 'Both' },
  { value: 'low', label: 'Low', description: 'What is higher than expected scores 0' },
  { value: 'high', label: 'High', description: 'What is lower than expected scores 0' },
];

function functionHelp(name: DetectorFunction): string {
  const statistic = `Takes the statistic ${FUNCTION_STATISTIC[name]}`;
  return name === 'rare_zero'
    ? `${statistic} and the detector of that name: it speaks where nothing comes, a 0 where zeros are rare`
    : statistic;
}

/** How the score is made: closed, one line that says what is set; open, the form. */
export function DetectorEditor(props: Props) {
  const { query, definitions } = props;
  const [isOpen, setOpen] = useState(false);
  const error = detectorError(query, definitions);
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <Button
          size="sm"
          fill="text"
          variant="secondary"
          icon={isOpen ? 'angle-down' : 'angle-right'}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          Detector
        </Button>
        <Text color="secondary" variant="bodySmall">
          {detectorSummary(query, definitions)}
        </Text>
        {error && !isOpen && (
          <Text color="error" variant="bodySmall">
            {error}
          </Text>
        )}
      </Stack>
      {isOpen && <DetectorForm {...props} />}
    </Stack>
  );
}

function DetectorForm({ id, query, definitions, calendars, metrics, update }: Props) {
  const styles = useStyles2(getStyles);
  const detector = query.detector ?? {};
  const name = detectorName(detector);
  const definition = definitions.find((one) => one.name === name);
  const splitOptions = useLabels(query, NO_SPLIT);
  const rollUpOptions = useLabels(query, NO_ROLL_UP);
  const set = (patch: Detector) => update({ detector: patchedDetector(query.detector, patch) });
  const choose = (chosen: string) => {
    const next = definitions.find((one) => one.name === chosen);
    update({ detector: switchedDetector(query.detector, chosen, next) });
  };
  const maxColumns = definition?.maxColumns ?? 0;

  return (
    <div className={styles.form}>
      <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
        <ChoiceField
          id={id('detector')}
          label="Detector"
          width={32}
          disabled={detector.function === 'rare_zero'}
          error={definition || definitions.length === 0 ? undefined : `There is no detector "${name}"`}
          value={name}
          options={definitions.map(({ name: value, title, help }) => ({ value, label: title, description: help }))}
          onChange={choose}
        />
        <ChoiceField
          id={id('function')}
          label="Function"
          width={28}
          value={detector.function ?? AS_IT_IS}
          options={FUNCTION_OPTIONS}
          onChange={(value) => update(withFunction(query, value === AS_IT_IS ? undefined : value))}
        />
        <Labelled id={id('direction')} label="Direction">
          <RadioButtonGroup
            id={id('direction')}
            aria-label="Direction"
            options={DIRECTION_OPTIONS}
            value={detector.direction ?? BOTH}
            onChange={(value) => set({ direction: value === BOTH ? undefined : value })}
          />
        </Labelled>
        <TextField
          id={id('eventScore')}
          label="An anomaly begins at score"
          description="anomaly_event is above 0 where an anomaly begins: a score from here on, once until it is over or becomes ten times rarer"
          type="number"
          placeholder={String(EVENT_SCORE)}
          error={eventScoreError(detector)}
          value={detector.eventScore === undefined ? '' : String(detector.eventScore)}
          onCommit={(text) => set({ eventScore: numberOrNull(text) ?? undefined })}
        />
      </Stack>
      {definition && (
        <Text color="secondary" variant="bodySmall">
          {definition.help}
        </Text>
      )}
      <ParameterFields id={id} detector={query.detector} definition={definition} update={update} />

      {(maxColumns > 0 || detector.columns) && (
        <Rows
          label="Further columns"
          description={`More metrics of the same dimensions that the detector looks at together, ${maxColumns} at most.`}
          noun="column"
          values={detector.columns ?? []}
          empty={{ metric: '', statistic: 'Average' }}
          max={maxColumns}
          error={definition && columnsError(detector.columns, maxColumns)}
          row={(column, onChange, index) => (
            <ColumnFields id={id(`column-${index}`)} column={column} metrics={metrics} onChange={onChange} />
          )}
          onChange={(columns) => set({ columns })}
        />
      )}
      <Rows<Rule>
        label="Rules"
        description="What keeps a score at 0 that would be no use to anyone. Any one limit is enough."
        noun="rule"
        values={detector.rules ?? []}
        empty={{}}
        error={rulesError(detector.rules)}
        row={(rule, onChange, index) => <RuleFields id={id(`rule-${index}`)} rule={rule} onChange={onChange} />}
        onChange={(rules) => set({ rules })}
      />
      <Stack direction="row" wrap="wrap" gap={1.5} alignItems="flex-start">
        <NamesField
          id={id('split')}
          label="Split by"
          description="One series for each value of these labels, joined by the function or the statistic."
          error={splitError(detector, query.statistic)}
          all={NO_SPLIT}
          values={shownLabels(detector.split)}
          options={splitOptions}
          onChange={(values) => set({ split: chosenLabels(values) })}
        />
        <NamesField
          id={id('rollUp')}
          label="Roll up by"
          description="One score for each value of these labels over all series that share it, instead of the series."
          all={NO_ROLL_UP}
          values={shownLabels(query.rollUp)}
          options={rollUpOptions}
          onChange={(values) => update({ rollUp: chosenLabels(values) })}
        />
        <CalendarsField
          id={id('calendars')}
          label="Calendars"
          description="Planned events: inside quiet ones there is no score and nothing is learnt."
          none="Planned events are scored like any other time"
          calendars={calendars}
          value={detector.calendars}
          onChange={(chosen) => set({ calendars: chosen })}
        />
      </Stack>
    </div>
  );
}

/** The labels that the series of a query have, after the name of choosing none. */
function useLabels(query: VigiaQuery, none: string) {
  const names = [
    'account',
    'region',
    'metric',
    ...Object.keys(query.dimensions)
      .filter((key) => key !== '')
      .map(dimensionLabel),
  ];
  return useOptions(
    JSON.stringify(names),
    [{ value: ALL, label: none }],
    () => Promise.resolve(names.map(toOption)),
    () => undefined
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  form: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    paddingLeft: theme.spacing(2),
    borderLeft: `2px solid ${theme.colors.border.weak}`,
  }),
});
