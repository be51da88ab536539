import { Badge, Button, IconButton, Stack, Text, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import {
  calendarError,
  calendarSummary,
  listToText,
  textToList,
  validateCalendar,
  weeklyErrors,
  windowErrors,
} from './calendars';
import { TextField } from './fields';
import { Rows, rowStyles } from './Rows';
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
  const styles = useStyles2(rowStyles);
  const { calendar, isOpen } = props;
  const name = calendar.name || `calendar ${props.index + 1}`;
  const problem = calendarError(calendar, props.all);
  return (
    <div className={styles.row} role="group" aria-label={`Calendar ${name}`}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <IconButton
          name={isOpen ? 'angle-down' : 'angle-right'}
          aria-label={isOpen ? `Close ${name}` : `Open ${name}`}
          aria-expanded={isOpen}
          onClick={props.onToggle}
        />
        <Text weight="medium">{calendar.name || 'New calendar'}</Text>
        <Text color="secondary" variant="bodySmall">
          {calendarSummary(calendar)}
        </Text>
        {problem && <Badge color="red" icon="exclamation-triangle" text={isOpen ? 'Incomplete' : problem} />}
        <div className={styles.actions}>
          <IconButton
            name="trash-alt"
            aria-label={`Remove ${name}`}
            disabled={props.disabled}
            onClick={props.onRemove}
          />
        </div>
      </Stack>
      {isOpen && <CalendarFields {...props} />}
    </div>
  );
}

function CalendarFields({ index, calendar, all, disabled, onChange }: RowProps) {
  const styles = useStyles2(rowStyles);
  const errors = validateCalendar(calendar, all);
  const set = (patch: Partial<Calendar>) => onChange({ ...calendar, ...patch });
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
    </div>
  );
}
