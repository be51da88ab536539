import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { severityColors } from './colors';
import { extremeRange, hoursRange, hoursText, hoursTitle } from './forecastText';
import { formatScore, formatValue } from './format';
import { SEVERITIES, severityOf } from './severity';
import { type Extreme, type SeriesView } from './viewModel';

interface Props {
  /** In the order of the rows. */
  series: SeriesView[];
  /** In pixels: it decides what stands in columns of its own. */
  width: number;
  colorOf: (series: SeriesView) => string;
  isShown: (series: SeriesView) => boolean;
  /** Shows or hides one series. */
  onToggle: (series: SeriesView) => void;
  /** Shows one series alone. */
  onIsolate: (series: SeriesView) => void;
}

/** What the names of series would have no room beside, in pixels. The tooltip of a forecast tells it too. */
const LEAST_WIDTH_WITH_EXTREMES = 760;
const LEAST_WIDTH_WITH_RANGES = 1000;

/** A row for each series: its account, newest value and score, its events by severity; it is also the picker. */
export function SeriesLegend({ series, width, colorOf, isShown, onToggle, onIsolate }: Props) {
  const styles = useStyles2(getStyles);
  const hasHours = series.some((one) => one.toThreshold !== undefined);
  const hasScores = series.some((one) => one.lastScore >= 0 || one.events.length > 0);
  const hasExtremes = width >= LEAST_WIDTH_WITH_EXTREMES;
  const hasHighest = hasExtremes && series.some((one) => one.maxInHorizon !== undefined);
  const hasLowest = hasExtremes && series.some((one) => one.minInHorizon !== undefined);
  const hasRanges = width >= LEAST_WIDTH_WITH_RANGES;
  const hasAccounts = series.some((one) => one.labels.account);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th aria-label="Shown" />
          {hasAccounts && <th>Account</th>}
          <th className={styles.wide}>Series</th>
          <th className={styles.number}>Last</th>
          {hasScores && <th className={styles.number}>Score</th>}
          {hasScores && <th className={styles.events}>Events</th>}
          {hasHours && <th className={styles.number}>To threshold</th>}
          {hasHighest && <th className={styles.number}>Highest ahead</th>}
          {hasLowest && <th className={styles.number}>Lowest ahead</th>}
        </tr>
      </thead>
      <tbody>
        {series.map((one) => (
          <tr key={one.key} className={cx(!isShown(one) && styles.hidden)}>
            <td>
              <button
                type="button"
                role="checkbox"
                aria-checked={isShown(one)}
                aria-label={`Show ${one.name}`}
                className={styles.swatch}
                style={{ background: isShown(one) ? colorOf(one) : 'transparent', borderColor: colorOf(one) }}
                onClick={() => onToggle(one)}
              />
            </td>
            {hasAccounts && <td className={styles.account}>{one.labels.account}</td>}
            <td className={styles.wide}>
              <button
                type="button"
                className={styles.name}
                title={`${one.name}: show alone`}
                onClick={() => onIsolate(one)}
              >
                {one.name}
              </button>
            </td>
            <td className={styles.number}>{formatValue(one.field, one.value[one.last])}</td>
            {hasScores && (
              <td className={styles.number}>
                <Score score={one.score[one.lastScore]} isLearning={one.last >= 0} />
              </td>
            )}
            {hasScores && (
              <td className={styles.events}>
                <EventCountsView series={one} />
              </td>
            )}
            {hasHours && <HoursCell series={one} hasRange={hasRanges} />}
            {hasHighest && <ExtremeCell series={one} extreme={one.maxInHorizon} hasRange={hasRanges} />}
            {hasLowest && <ExtremeCell series={one} extreme={one.minInHorizon} hasRange={hasRanges} />}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HoursCell({ series, hasRange }: { series: SeriesView; hasRange: boolean }) {
  const { toThreshold } = series;
  return toThreshold ? (
    <NumberCell
      text={hoursText(series)}
      range={hasRange ? hoursRange(toThreshold) : ''}
      title={hoursTitle(toThreshold)}
    />
  ) : (
    <td />
  );
}

function ExtremeCell(props: { series: SeriesView; extreme?: Extreme; hasRange: boolean }) {
  const { series, extreme, hasRange } = props;
  if (!extreme) {
    return <td />;
  }
  const format = (value: number | null) => formatValue(series.field, value);
  const range = extremeRange(extreme, format);
  const title = extreme.value === null ? series.forecastNote : range && `Between ${range.replace(' to ', ' and ')}`;
  return <NumberCell text={format(extreme.value)} range={hasRange ? range : ''} title={title || undefined} />;
}

/** A number of now, with its uncertainty where there is room for it. */
function NumberCell({ text, range, title }: { text: string; range: string; title?: string }) {
  const styles = useStyles2(getStyles);
  return (
    <td className={styles.number} title={title}>
      {text}
      {range !== '' && <span className={styles.quiet}> ({range})</span>}
    </td>
  );
}

/** The newest score. An observed series without any is still learning. */
function Score({ score, isLearning }: { score: number | null | undefined; isLearning: boolean }) {
  const theme = useTheme2();
  const severity = severityOf(score);
  if (!severity) {
    return <>{score == null && isLearning ? 'learning' : formatScore(score)}</>;
  }
  const background = severityColors(theme)[severity.name];
  const color = theme.colors.getContrastText(background);
  return <strong style={{ background, color, borderRadius: 3, padding: '0 5px' }}>{formatScore(score)}</strong>;
}

/** The events of the range: a dot and a number for each severity that occurs. */
function EventCountsView({ series }: { series: SeriesView }) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const colors = severityColors(theme);
  const found = SEVERITIES.filter(({ name }) => series.counts[name] > 0).reverse();
  if (found.length === 0) {
    return <span className={styles.quiet}>none</span>;
  }
  return (
    <>
      {found.map(({ name, label }) => (
        <span key={name} className={styles.count} title={`${label}: ${series.counts[name]}`}>
          <span className={styles.dot} style={{ background: colors[name] }} />
          {series.counts[name]}
          <span className={styles.quiet}> {label.toLowerCase()}</span>
        </span>
      ))}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: '22px',
    th: {
      position: 'sticky',
      top: 0,
      background: theme.colors.background.primary,
      color: theme.colors.text.secondary,
      fontWeight: theme.typography.fontWeightRegular,
      whiteSpace: 'nowrap',
    },
    'td, th': { padding: theme.spacing(0, 0.75) },
    'tbody tr:hover': { background: theme.colors.action.hover },
  }),
  hidden: css({ opacity: 0.55 }),
  swatch: css({
    display: 'block',
    width: 14,
    height: 10,
    padding: 0,
    border: '2px solid',
    borderRadius: 3,
    cursor: 'pointer',
  }),
  account: css({ whiteSpace: 'nowrap', fontWeight: theme.typography.fontWeightMedium }),
  wide: css({ width: '99%', maxWidth: 0, overflow: 'hidden' }),
  name: css({
    all: 'unset',
    display: 'block',
    maxWidth: '100%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'pointer',
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}` },
  }),
  number: css({ textAlign: 'right', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }),
  events: css({ whiteSpace: 'nowrap' }),
  count: css({ marginRight: theme.spacing(1), fontVariantNumeric: 'tabular-nums' }),
  dot: css({
    display: 'inline-block',
    width: 8,
    height: 8,
    borderRadius: '50%',
    marginRight: theme.spacing(0.5),
  }),
  quiet: css({ color: theme.colors.text.secondary }),
});
