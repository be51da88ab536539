import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import { type Refusal } from './forecastText';

/** In pixels. */
export const REFUSAL_HEIGHT = 22;

/** Why something that was asked for is not drawn. */
export function RefusalLine({ refusal }: { refusal: Refusal }) {
  const styles = useStyles2(getStyles);
  return (
    <div role="status" className={styles.line} title={refusal.details}>
      <Icon name="exclamation-triangle" size="sm" />
      <span className={styles.text}>{refusal.text}</span>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    height: REFUSAL_HEIGHT,
    color: theme.colors.warning.text,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  text: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
});
