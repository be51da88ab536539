import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { type ReactNode } from 'react';
import { COMPONENT_MEASURES } from '../contract';
import { severityColors } from './colors';
import { COMPONENT_TITLES } from './components';
import { type Explainer } from './explain';
import { Explained } from './Explained';
import { backTestText, bandLabel, extremeRange, hoursRange, hoursText, modelText, withRange } from './forecastText';
import { formatDirection, formatScore, formatTime, formatValue } from './format';
import { type Mark, severityOf } from './severity';
import { type Extreme, sampleAt, type SeriesView } from './viewModel';

interface Props {
  series: SeriesView[];
  colors: string[];
  /** The series to tell everything about; the others get a line each. */
  focused?: number;
  /** Milliseconds under the cursor. */
  time: number;
  timeZone: TimeZone;
  /** Asked once the tooltip is pinned. */
  explainer?: Explainer;
  isPinned?: boolean;
}

/** What stood, and what was expected, at a time. */
export function PlotTooltip({ series, colors, focused, time, timeZone, explainer, isPinned }: Props) {
  const styles = useStyles2(getStyles);
  const samples = series
    .map((one, i) => ({
      one,
      color: colors[i],
      at: sampleAt(one, time),
      isFocused: series.length === 1 || i === focused,
    }))
    .filter(({ at }) => at >= 0);
  const moment = samples.find(({ isFocused }) => isFocused) ?? samples[0];
  if (!moment) {
    return null;
  }
  return (
    <div className={styles.tooltip}>
      <div className={styles.time}>{formatTime(moment.one.time[moment.at], timeZone)}</div>
      {samples.map(({ one, color, at, isFocused }) => (
        <div key={one.key}>
          <SampleLine series={one} color={color} at={at} isFocused={isFocused} />
          {isFocused && <SampleDetails series={one} at={at} />}
          {isFocused && explainer?.canAsk(one, at) && (
            <Reasons explainer={explainer} series={one} at={at} isNear={focused !== undefined} isPinned={isPinned} />
          )}
        </div>
      ))}
    </div>
  );
}

/** The explanation, or how to get it: a click near a line pins the tooltip. */
function Reasons(props: { explainer: Explainer; series: SeriesView; at: number; isNear: boolean; isPinned?: boolean }) {
  const styles = useStyles2(getStyles);
  const { explainer, series, at, isNear, isPinned } = props;
  if (isPinned) {
    return <Explained key={series.time[at]} explainer={explainer} series={series} at={at} />;
  }
  return isNear ? (
    <div className={styles.hint}>{series.isRollUp ? 'Click: who carries it' : 'Click to explain'}</div>
  ) : null;
}

const MARK_WORDS: Record<Mark, string> = { begins: 'an anomaly begins', held: 'held back, it goes on' };

function SampleLine(props: { series: SeriesView; color: string; at: number; isFocused: boolean }) {
  const styles = useStyles2(getStyles);
  const { series, at, isFocused } = props;
  return (
    <div className={styles.line}>
      <span className={styles.swatch} style={{ background: props.color }} />
      <span className={isFocused ? styles.focusedName : styles.name}>{series.name}</span>
      <span className={styles.value}>{formatValue(series.field, series.value[at] ?? series.forecast[at])}</span>
      <ScoreMark score={series.score[at]} />
    </div>
  );
}

/** A score on the colour of its severity; unremarkable ones are left out. */
function ScoreMark({ score }: { score: number | null }) {
  const theme = useTheme2();
  const severity = severityOf(score);
  if (!severity) {
    return null;
  }
  const background = severityColors(theme)[severity.name];
  return (
    <span
      style={{
        background,
        color: theme.colors.getContrastText(background),
        borderRadius: theme.shape.radius.default,
        padding: theme.spacing(0, 0.5),
      }}
    >
      {formatScore(score)}
    </span>
  );
}

function SampleDetails({ series, at }: { series: SeriesView; at: number }) {
  const format = (value: number | null) => formatValue(series.field, value);
  const band = (lower: number | null, upper: number | null) =>
    lower === null && upper === null ? null : `${format(lower)} to ${format(upper)}`;
  const score = series.score[at];
  const severity = severityOf(score);
  const isFuture = at > series.last;
  const mark = series.marks[at];

  const rows: Row[] = [
    ['Value', series.isRollUp || isFuture ? null : series.value[at] === null ? 'missing' : format(series.value[at])],
    ['Expected', series.expected[at] === null ? null : format(series.expected[at])],
    ['Band', band(series.lower[at], series.upper[at])],
    ['Score', score === null ? null : `${formatScore(score)}${severity ? ` · ${severity.label}` : ''}`],
    ['Series', series.members === undefined ? null : String(series.members)],
    ['Event', mark && MARK_WORDS[mark]],
    ['Raw score', series.raw[at] === null ? null : String(Number(series.raw[at].toPrecision(3)))],
    ['Direction', formatDirection(series.direction[at]) || null],
    ...COMPONENT_MEASURES.map((measure): Row => {
      const cell = series.components[measure]?.[at] ?? null;
      return [COMPONENT_TITLES[measure], cell === null ? null : format(cell)];
    }),
  ];
  return (
    <>
      <Rows rows={rows} />
      {series.forecast[at] !== null && <ForecastDetails series={series} at={at} />}
    </>
  );
}

/** What is forecast for a time, how far that can be trusted, and the numbers of the whole horizon. */
function ForecastDetails({ series, at }: { series: SeriesView; at: number }) {
  const styles = useStyles2(getStyles);
  const { forecastBands, forecastReport: report, toThreshold, maxInHorizon, minInHorizon } = series;
  const format = (value: number | null) => formatValue(series.field, value);
  const narrowFirst = forecastBands.toSorted((a, b) => (a.level ?? 0) - (b.level ?? 0));
  const extreme = (one?: Extreme) => (one ? withRange(format(one.value), extremeRange(one, format)) : null);
  const rows: Row[] = [
    ['Median forecast', format(series.forecast[at])],
    ...narrowFirst.map((band): Row => [bandLabel(band), `${format(band.lower[at])} to ${format(band.upper[at])}`]),
    ['To threshold', toThreshold ? withRange(hoursText(series), hoursRange(toThreshold)) : null],
    ['Highest ahead', extreme(maxInHorizon)],
    ['Lowest ahead', extreme(minInHorizon)],
  ];
  return (
    <>
      <Rows rows={rows} />
      {report && (
        <p className={styles.honesty}>
          {modelText(report)}
          <br />
          {backTestText(report, format)}
        </p>
      )}
    </>
  );
}

type Row = [label: string, text: ReactNode];

/** Labels with their texts; a row without a text is left out. */
function Rows({ rows }: { rows: Row[] }) {
  const styles = useStyles2(getStyles);
  const told = rows.filter(([, text]) => text !== null);
  if (told.length === 0) {
    return null;
  }
  return (
    <dl className={styles.details}>
      {told.map(([label, text]) => (
        <div key={label} className={styles.detail}>
          <dt>{label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tooltip: css({ padding: theme.spacing(1), fontSize: theme.typography.bodySmall.fontSize, minWidth: 200 }),
  time: css({ fontWeight: theme.typography.fontWeightMedium, marginBottom: theme.spacing(0.5) }),
  line: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  swatch: css({ width: 14, height: 4, borderRadius: 2, flexShrink: 0 }),
  name: css({ flexGrow: 1, color: theme.colors.text.secondary, wordBreak: 'break-word' }),
  focusedName: css({
    flexGrow: 1,
    fontWeight: theme.typography.fontWeightMedium,
    wordBreak: 'break-word',
  }),
  value: css({ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }),
  hint: css({ color: theme.colors.text.disabled, marginLeft: theme.spacing(2.75) }),
  honesty: css({
    margin: theme.spacing(0, 0, 0.75, 2.75),
    color: theme.colors.text.secondary,
    whiteSpace: 'normal',
  }),
  details: css({ margin: theme.spacing(0.5, 0, 0.75, 2.75) }),
  detail: css({
    display: 'flex',
    justifyContent: 'space-between',
    gap: theme.spacing(2),
    dt: {
      color: theme.colors.text.secondary,
      fontWeight: theme.typography.fontWeightRegular,
      whiteSpace: 'nowrap',
    },
    dd: { margin: 0, fontVariantNumeric: 'tabular-nums', textAlign: 'right' },
  }),
});
