import { chosenCalendars, NO_CALENDAR, shownCalendars } from './chosenCalendars';
import { NamesField } from './fields';
import { toOption, useOptions } from './suggestions';
import { ALL } from './types';

interface Props {
  id: string;
  label: string;
  description?: string;
  help?: string;
  /** What choosing none of them means. */
  none: string;
  /** The names of the data source's calendars. */
  calendars: string[];
  /** Absent: all of them. */
  value?: string[];
  onChange: (value: string[] | undefined) => void;
}

/** Which calendars are followed: all, some or none. */
export function CalendarsField({ id, label, description, help, none, calendars, value, onChange }: Props) {
  const shown = shownCalendars(value);
  const options = useOptions(
    JSON.stringify(calendars),
    [
      { value: ALL, label: 'All calendars' },
      { value: NO_CALENDAR, label: NO_CALENDAR, description: none },
    ],
    () => Promise.resolve(calendars.map(toOption)),
    () => undefined
  );
  return (
    <NamesField
      id={id}
      label={label}
      description={description}
      help={help}
      all="All calendars"
      values={shown}
      options={options}
      onChange={(values) => onChange(chosenCalendars(shown, values))}
    />
  );
}
