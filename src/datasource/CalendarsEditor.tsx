import { Button, Stack, Switch, Text, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { withoutAbsent } from './absent';
import {
  calendarError,
  calendarSummary,
  daysToText,
  listToText,
  monthlyErrors,
  textToDays,
  textToList,
  validateCalendar,
  weeklyErrors,
  windowErrors,
} from './calendars';
import { Labelled, TextField } from './fields';
import { OpeningRow, Rows, rowStyles } from './Rows';
import { type Calendar } from './types';

interface Props {
  calendars: Calendar[];
  /** A provisioned data source is looked at, not edited. */
  disabled?: boolean;
  onChange: (calendars: Calendar[]) => void;
}

/** Adds, edits and removes the calendars of a data source. */
export function CalendarsEditor({ calendars, disabled, onChange }: Props) {
  const [open, setOpen] = useState<number>();
  const add = () => {
    onChange([...calendars, { name: '' }]);
    setOpen(calendars.length);
  };
  const remove = (index: number) => {
    onChange(calendars.filter((_, i) => i !== index));
    setOpen(undefined);
  };
  return (
    <Stack direction="column" gap={1}>
      {calendars.length === 0 && <Text color="secondary">None: every hour is scored and learnt from.</Text>}
      {calendars.map((calendar, index) => (
        <CalendarRow
          key={index}
          index={index}
          calendar={calendar}
          all={calendars}
          disabled={disabled}
          isOpen={open === index}
          onToggle={() => setOpen(open === index ? undefined : index)}
          onChange={(changed) => onChange(calendars.map((other, i) => (i === index ? changed : other)))}
          onRemove={() => remove(index)}
        />
      ))}
      <div>
        <Button variant="secondary" icon="plus" disabled={disabled} onClick={add}>
          Add calendar
        </Button>
      </div>
    </Stack>
  );
}

interface RowProps {
  index: number;
  calendar: Calendar;
  all: Calendar[];
  disabled?: boolean;
  isOpen: boolean;
  onToggle: () => void;
  onChange: (calendar: Calendar) => void;
  onRemove: () => void;
}

function CalendarRow(props: RowProps) {
  const { calendar } = props;
  return (
    <OpeningRow
      kind="Calendar"
      name={calendar.name || `calendar ${props.index + 1}`}
      title={calendar.name || 'New calendar'}
      words={
        <Text color="secondary" variant="bodySmall">
          {calendarSummary(calendar)}
        </Text>
      }
      problem={calendarError(calendar, props.all)}
      isOpen={props.isOpen}
      disabled={props.disabled}
      onToggle={props.onToggle}
      onRemove={props.onRemove}
    >
      <CalendarFields {...props} />
    </OpeningRow>
  );
}

function CalendarFields({ index, calendar, all, disabled, onChange }: RowProps) {
  const styles = useStyles2(rowStyles);
  const errors = validateCalendar(calendar, all);
  const set = (patch: Partial<Calendar>) => onChange(withoutAbsent({ ...calendar, ...patch }));
  const text = (
    field: string,
    label: string,
    value: string,
    onCommit: (value: string) => void,
    look: { width: number; placeholder: string; error?: string }
  ) => (
    <TextField
      id={`vigia-calendar-${index}-${field}`}
      label={label}
      disabled={disabled}
      value={value}
      onCommit={(committed) => onCommit(committed.trim())}
      {...look}
    />
  );
  return (
    <div className={styles.fields}>
      {text('name', 'Name', calendar.name, (name) => set({ name }), {
        width: 24,
        placeholder: 'black-friday',
        error: errors.name,
      })}
      {text('timezone', 'Time zone', calendar.timezone ?? '', (timezone) => set({ timezone }), {
        width: 28,
        placeholder: 'empty: the data source’s',
        error: errors.timezone,
      })}
      {text('holidays', 'Holidays', listToText(calendar.holidays), (days) => set({ holidays: textToList(days) }), {
        width: 48,
        placeholder: '2026-12-25, 01-01',
        error: errors.holidays,
      })}
      <Labelled
        id={`vigia-calendar-${index}-quiet`}
        label="Silence anomaly scores"
        description="Inside there is no score and detectors learn nothing. Forecasts learn its effect either way."
      >
        <Switch
          id={`vigia-calendar-${index}-quiet`}
          disabled={disabled}
          value={calendar.quiet ?? true}
          onChange={(event) => set({ quiet: event.currentTarget.checked ? undefined : false })}
        />
      </Labelled>
      <Rows
        label="Windows"
        description="Once, by the wall clock of the time zone; with an offset or Z, that instant. The end is exclusive."
        noun="window"
        disabled={disabled}
        values={calendar.windows ?? []}
        empty={{ from: '', to: '' }}
        onChange={(windows) => set({ windows })}
        row={(window, change, i) => (
          <>
            {text(`window-${i}-from`, 'From', window.from, (from) => change({ ...window, from }), {
              width: 30,
              placeholder: '2026-11-27T00:00:00',
              error: windowErrors(window).from,
            })}
            {text(`window-${i}-to`, 'To', window.to, (to) => change({ ...window, to }), {
              width: 30,
              placeholder: '2026-11-28T00:00:00',
              error: windowErrors(window).to,
            })}
          </>
        )}
      />
      <Rows
        label="Weekly"
        description="Each week, on the days it begins; an end before the start is on the next day."
        noun="weekly window"
        disabled={disabled}
        values={calendar.weekly ?? []}
        empty={{ days: [], from: '', to: '' }}
        onChange={(weekly) => set({ weekly })}
        row={(window, change, i) => {
          const wrong = weeklyErrors(window);
          return (
            <>
              {text(
                `weekly-${i}-days`,
                'Days',
                listToText(window.days),
                (days) => change({ ...window, days: textToList(days) }),
                { width: 30, placeholder: 'sat, sun', error: wrong.days }
              )}
              {text(`weekly-${i}-from`, 'From', window.from, (from) => change({ ...window, from }), {
                width: 14,
                placeholder: '22:00',
                error: wrong.from,
              })}
              {text(`weekly-${i}-to`, 'To', window.to, (to) => change({ ...window, to }), {
                width: 14,
                placeholder: '02:00',
                error: wrong.to,
              })}
            </>
          );
        }}
      />
      <Rows
        label="Monthly"
        description="Each month, on these days; one that a month does not have is its last. Without times, the whole day."
        noun="monthly window"
        disabled={disabled}
        values={calendar.monthly ?? []}
        empty={{ days: [] }}
        onChange={(monthly) => set({ monthly })}
        row={(window, change, i) => {
          const wrong = monthlyErrors(window);
          return (
            <>
              {text(
                `monthly-${i}-days`,
                'Days of the month',
                daysToText(window.days),
                (days) => change({ ...window, days: textToDays(days) }),
                { width: 30, placeholder: '15, 30', error: wrong.days }
              )}
              {text(
                `monthly-${i}-from`,
                'From',
                window.from ?? '',
                (from) => change(withoutAbsent({ ...window, from: from || undefined })),
                { width: 14, placeholder: '00:00', error: wrong.from }
              )}
              {text(
                `monthly-${i}-to`,
                'To',
                window.to ?? '',
                (to) => change(withoutAbsent({ ...window, to: to || undefined })),
                { width: 14, placeholder: '24:00', error: wrong.to }
              )}
            </>
          );
        }}
      />
    </div>
  );
}
