import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { ScrollContainer, useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { COMPONENT_TITLES, componentsOf, stackHeights } from './components';
import { ComponentPlot, Plot, type PlotProps } from './Plot';

/** For the bar of a stack that is scrolled, in pixels. */
const SCROLLBAR = 12;

/** A plot of series; under it, aligned in time, a small one for each component that they are taken apart into. */
export function PlotStack(props: PlotProps) {
  const styles = useStyles2(getStyles);
  const stack = useId();
  const components = componentsOf(props.series);
  if (components.length === 0) {
    return <Plot {...props} />;
  }
  const heights = stackHeights(components.length, props.height);
  const width = props.width - (heights.scrolls ? SCROLLBAR : 0);
  const plots = (
    <>
      <Plot {...props} stack={stack} width={width} height={heights.main} />
      {components.map((component) => (
        <div key={component} role="group" aria-label={COMPONENT_TITLES[component]} className={styles.component}>
          <div className={styles.title}>{COMPONENT_TITLES[component]}</div>
          <ComponentPlot {...props} component={component} stack={stack} width={width} height={heights.component} />
        </div>
      ))}
    </>
  );
  return heights.scrolls ? (
    <div style={{ width: props.width, height: props.height }}>
      <ScrollContainer>{plots}</ScrollContainer>
    </div>
  ) : (
    plots
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  component: css({ position: 'relative' }),
  /** Within the plot, right of its axis, and no obstacle to the cursor. */
  title: css({
    position: 'absolute',
    top: 2,
    left: 72,
    zIndex: 1,
    padding: theme.spacing(0, 0.5),
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.primary,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: '14px',
    opacity: 0.85,
    pointerEvents: 'none',
  }),
});
