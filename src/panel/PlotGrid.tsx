import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ScrollContainer, useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { componentsOf, LEAST_MAIN_HEIGHT, leastStackHeight } from './components';
import { type PlotProps } from './Plot';
import { PlotStack } from './PlotStack';

const LEAST_CELL_WIDTH = 300;
const TITLE_HEIGHT = 20;
const GAP = 8;
const SCROLLBAR = 12;

/** How many columns and how large each cell is, in pixels, for some cells in an area. */
export function gridCells(count: number, width: number, height: number, leastHeight = LEAST_MAIN_HEIGHT) {
  const columns = Math.max(1, Math.min(count, Math.floor((width + GAP) / (LEAST_CELL_WIDTH + GAP))));
  const rows = Math.ceil(count / columns);
  const cellHeight = Math.max(leastHeight, Math.floor((height - (rows - 1) * GAP) / rows));
  const scrolls = rows * cellHeight + (rows - 1) * GAP > height;
  const available = width - (columns - 1) * GAP - (scrolls ? SCROLLBAR : 0);
  return { columns, cellWidth: Math.floor(available / columns), cellHeight };
}

/** A small plot for each series, on value axes of their own. */
export function PlotGrid({ series, colors, width, height, ...rest }: PlotProps) {
  const styles = useStyles2(getStyles);
  const components = componentsOf(series).length;
  const leastHeight = leastStackHeight(components) + (components > 0 ? TITLE_HEIGHT : 0);
  const { columns, cellWidth, cellHeight } = gridCells(series.length, width, height, leastHeight);
  // Each plot is drawn anew when its list of series is another one.
  const cells = useMemo(() => series.map((one, i) => ({ series: [one], colors: [colors[i]] })), [series, colors]);
  return (
    <div style={{ height, width }}>
      <ScrollContainer>
        <div className={styles.grid} style={{ gridTemplateColumns: `repeat(${columns}, ${cellWidth}px)` }}>
          {cells.map((cell) => (
            <div key={cell.series[0].key} style={{ height: cellHeight }}>
              <div className={styles.title} title={cell.series[0].name}>
                <span className={styles.swatch} style={{ background: cell.colors[0] }} />
                {cell.series[0].name}
              </div>
              <PlotStack {...rest} {...cell} isSmall width={cellWidth} height={cellHeight - TITLE_HEIGHT} />
            </div>
          ))}
        </div>
      </ScrollContainer>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({ display: 'grid', gap: GAP }),
  title: css({
    height: TITLE_HEIGHT,
    lineHeight: `${TITLE_HEIGHT}px`,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
  swatch: css({
    display: 'inline-block',
    width: 10,
    height: 4,
    borderRadius: 2,
    margin: theme.spacing(0, 0.75, 0.25, 0.5),
  }),
});
