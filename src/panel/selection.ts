import { type SeriesView, worstFirst } from './viewModel';

/** The keys that someone picked; undefined leaves the choice to the panel. */
export type Picked = ReadonlySet<string> | undefined;

/** The series to draw: those that were picked and still exist, or else the worst ones up to a number. */
export function shownSeries(series: SeriesView[], picked: Picked, max: number): SeriesView[] {
  const kept = series.filter((one) => picked?.has(one.key));
  if (kept.length > 0) {
    return kept;
  }
  const worst = new Set(
    worstFirst(series)
      .slice(0, Math.max(1, max))
      .map((one) => one.key)
  );
  return series.filter((one) => worst.has(one.key));
}

/** Shows or hides one series beside those that are shown; the last one stays. */
export function toggled(shown: SeriesView[], one: SeriesView): Picked {
  const keys = new Set(shown.map((other) => other.key));
  if (!keys.delete(one.key)) {
    keys.add(one.key);
  }
  return keys.size > 0 ? keys : undefined;
}

/** Shows one series alone; a second time gives the choice back to the panel. */
export function isolated(shown: SeriesView[], one: SeriesView): Picked {
  const isAlone = shown.length === 1 && shown[0].key === one.key;
  return isAlone ? undefined : new Set([one.key]);
}
