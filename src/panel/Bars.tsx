import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

export interface Bar {
  name: string;
  /** 0 to 1 of the full width. */
  share: number;
  text: string;
  color: string;
  /** The one to look at first. */
  isFirst?: boolean;
}

/** Named shares as small bars. */
export function Bars({ title, bars }: { title: string; bars: Bar[] }) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <div className={styles.title}>{title}</div>
      <ul className={styles.list} aria-label={title}>
        {bars.map(({ name, share, text, color, isFirst }, i) => (
          <li key={i} className={styles.row}>
            <span className={cx(styles.name, isFirst && styles.first)} title={name}>
              {name}
            </span>
            <span className={styles.track}>
              <span className={styles.bar} style={{ width: `${100 * clamp(share)}%`, background: color }} />
            </span>
            <span className={styles.text}>{text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const clamp = (share: number) => (Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0);

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({ color: theme.colors.text.secondary, marginTop: theme.spacing(0.75) }),
  // The rows share the columns of the list, so that the bars begin and end beneath each other.
  list: css({
    listStyle: 'none',
    margin: 0,
    padding: 0,
    display: 'grid',
    gridTemplateColumns: 'minmax(70px, 1.2fr) minmax(60px, 1fr) auto',
    columnGap: theme.spacing(1),
  }),
  row: css({ display: 'grid', gridColumn: '1 / -1', gridTemplateColumns: 'subgrid', alignItems: 'center' }),
  name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  first: css({ fontWeight: theme.typography.fontWeightMedium }),
  track: css({ height: 6, borderRadius: 3, background: theme.colors.border.weak, overflow: 'hidden' }),
  bar: css({ display: 'block', height: '100%', borderRadius: 3 }),
  text: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }),
});
