import { getTemplateSrv } from '@grafana/runtime';
import { type ComboboxOption } from '@grafana/ui';
import { useMemo } from 'react';
import { ALL } from './types';

export type Option = ComboboxOption<string>;

/** What a Combobox asks while someone types. */
export type LoadOptions = (typed: string) => Promise<Option[]>;

export const toOption = (value: string): Option => ({ value, label: value });

/** The dashboard's variables as texts that can be chosen, `$name`. */
export const variableOptions = (): Option[] =>
  getTemplateSrv()
    .getVariables()
    .map(({ name }) => ({ value: `$${name}`, label: `$${name}`, description: 'Dashboard variable' }));

const matches = (option: Option, typed: string) =>
  `${option.label ?? ''} ${option.value} ${option.description ?? ''}`.toLowerCase().includes(typed.toLowerCase());

/**
 * Options that are loaded when a menu first opens and filtered while typing. `scope` names what they depend on: another scope
 * loads again. A failure reaches `onFailure` and leaves the fixed options, so that a field can always be filled in by hand.
 */
export function useOptions(
  scope: string,
  fixed: Option[],
  load: () => Promise<Option[]>,
  onFailure: (failure: Error) => void
): LoadOptions {
  return useMemo(
    () => {
      let loading: Promise<Option[]> | undefined;
      const loadOnce = () =>
        (loading ??= load().catch((failure: Error) => {
          loading = undefined;
          onFailure(failure);
          return [];
        }));
      return async (typed: string) => {
        const loaded = await loadOnce();
        return [...fixed, ...variableOptions(), ...loaded].filter((option) => matches(option, typed));
      };
    },
    // The loaders are made anew at each render; only a change of scope makes their answers different.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [scope]
  );
}

/** `*` stands alone: choosing it drops the names, choosing a name drops it, and choosing nothing means it. */
export function reconcileAll(before: string[], after: string[]): string[] {
  if (after.length === 0 || (after.includes(ALL) && !before.includes(ALL))) {
    return [ALL];
  }
  return after.length > 1 ? after.filter((value) => value !== ALL) : after;
}
