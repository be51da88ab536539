import { withoutAbsent } from './absent';
import { textToList } from './calendars';
import { type Privacy } from './types';

/** What stands for one value of a label instead of a hash. */
export interface GivenAlias {
  label: string;
  value: string;
  alias: string;
}

export const EMPTY_ALIAS: GivenAlias = { label: 'account', value: '', alias: '' };

/** The key of masks has at least so many characters: an account id can be tried out with any key that can be. */
export const LEAST_KEY = 16;

/** Names in one text: `account, InstanceId`. */
export const textToNames = (text: string): string[] => [...new Set(textToList(text))];

export const aliasesToRows = (aliases: Privacy['aliases'] = {}): GivenAlias[] =>
  Object.entries(aliases).flatMap(([label, values]) =>
    Object.entries(values ?? {}).map(([value, alias]) => ({ label, value, alias }))
  );

/** The reverse of `aliasesToRows`; a row that lacks something is left out. */
export function rowsToAliases(rows: GivenAlias[]): Privacy['aliases'] {
  const aliases: Record<string, Record<string, string>> = {};
  for (const { label, value, alias } of rows) {
    if (label && value && alias) {
      aliases[label] = { ...aliases[label], [value]: alias };
    }
  }
  return Object.keys(aliases).length > 0 ? aliases : undefined;
}

/** Settings without what is empty; undefined where nothing is masked and nothing is left. */
export function privacyOf(privacy: Privacy): Privacy | undefined {
  const { labels = [], aliases } = privacy;
  const kept = withoutAbsent<Privacy>({ ...privacy, labels: labels.length > 0 ? labels : undefined, aliases });
  return Object.keys(kept).some((name) => name !== 'for') ? kept : undefined;
}

/** What is wrong with the labels. */
export function maskedError({ labels = [] }: Privacy = {}): string | undefined {
  return labels.includes('stat') ? 'A statistic is no name of anything and cannot be masked' : undefined;
}

/** What is wrong with the key, which may be set already. */
export function keyError({ labels = [] }: Privacy = {}, isSet: boolean, typed: string): string | undefined {
  if (labels.length === 0 || (isSet && typed === '') || typed.length >= LEAST_KEY) {
    return undefined;
  }
  return `Give at least ${LEAST_KEY} characters: without its key the data source answers nothing`;
}

/** What is wrong with the aliases. */
export function aliasesError(rows: GivenAlias[], labels: string[] = []): string | undefined {
  const masked = labels.map(labelName);
  for (const [index, { label, value, alias }] of rows.entries()) {
    if (!label || !value || !alias) {
      return 'Give a label, its value and what stands for it';
    }
    if (!masked.includes(labelName(label))) {
      return `"${label}" is not masked: name it above too`;
    }
    if (alias.toLowerCase().includes(value.toLowerCase())) {
      return `"${alias}" holds the value that it is to hide`;
    }
    const others = rows.filter((other, at) => at !== index && labelName(other.label) === labelName(label));
    if (others.some((other) => other.alias === alias)) {
      return `"${alias}" stands for two values`;
    }
    if (others.some((other) => other.value === value)) {
      return `"${value}" stands twice`;
    }
  }
  return undefined;
}

/** The name of a label in answers: settings call an account's name its alias. */
const labelName = (name: string) => (name === 'alias' ? 'account' : name);
