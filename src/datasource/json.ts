/** Reads JSON that someone else wrote: what is not of the wanted kind is left out. */

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText) : []);

export const objects = (value: unknown): Array<Record<string, unknown>> =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Undefined for a list of nothing, which is then not written. */
export const nonEmptyList = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

/** The same for an object without fields. */
export const nonEmpty = <T extends object>(value: T): T | undefined =>
  Object.keys(value).length > 0 ? value : undefined;
