/** The labels of every series; the others are its dimensions. */
export const SERIES_LABELS = ['account_id', 'account', 'region', 'namespace', 'metric', 'stat'];

/** The label of a dimension: its name, or a longer one where a label of every series is called so. */
export const dimensionLabel = (key: string): string => (SERIES_LABELS.includes(key) ? `dimension_${key}` : key);
