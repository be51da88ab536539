import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Text, useStyles2, useTheme2 } from '@grafana/ui';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Bar, Bars } from './Bars';
import { severityColors } from './colors';
import {
  type Answer,
  type Attribution,
  type Channel,
  type Explainer,
  type Explanation,
  type Influencer,
} from './explain';
import { formatArrow, formatScore, formatShare, formatValue } from './format';
import { severityOf } from './severity';
import { type SeriesView } from './viewModel';

interface Props {
  explainer: Explainer;
  series: SeriesView;
  /** Index of the sample. */
  at: number;
}

/** Why a point has its score, in the words of the back end; of a roll-up, who carries it. */
export function Explained({ explainer, series, at }: Props) {
  const styles = useStyles2(getStyles);
  const [answer, setAnswer] = useState<Answer>();
  const [failure, setFailure] = useState('');
  const card = useKeptInSight(answer ?? failure);

  useEffect(() => {
    let current = true;
    explainer.ask(series, at).then(
      (answered) => current && setAnswer(answered),
      (error: Error) => current && setFailure(error.message)
    );
    return () => {
      current = false;
    };
  }, [explainer, series, at]);

  return (
    <div ref={card} className={styles.card}>
      {failure !== '' && (
        <Text color="error" element="p">
          {failure}
        </Text>
      )}
      {answer === undefined && failure === '' && <Text color="secondary">Asking for the reasons…</Text>}
      {answer?.kind === 'explanation' && <Reasons answer={answer} series={series} at={at} />}
      {answer?.kind === 'influencers' && <Carriers influencers={answer.influencers ?? []} />}
    </div>
  );
}

function Reasons({ answer, series, at }: { answer: Explanation; series: SeriesView; at: number }) {
  const styles = useStyles2(getStyles);
  const color = useScoreColor();
  const channels = answer.channels ?? [];
  const columns = answer.columns ?? [];
  const format = (value: number | null) => formatValue(series.field, value);
  const isBandKnown = series.expected[at] !== null;
  const isSilent = channels.length === 0 && columns.length === 0 && !answer.skipped;
  return (
    <>
      {answer.skipped && (
        <Text color="warning" element="p">
          Silenced: {answer.skipped}
        </Text>
      )}
      {!isBandKnown && answer.expected !== null && (
        <div>
          Expected {format(answer.expected)}, band {format(answer.lower)} to {format(answer.upper)}
        </div>
      )}
      {channels.length > 0 && (
        <Bars
          title={`Channels: ${channels[0].name} spoke`}
          bars={channels.map((one, i) => channelBar(one, i, color))}
        />
      )}
      {columns.length > 0 && <Bars title="Attribution" bars={columnBars(columns, color(100))} />}
      {isSilent && (
        <Text color="secondary">Nothing looked at this point: it is missing, or still being learnt from.</Text>
      )}
      {columns.length > 0 && answer.raw !== null && (
        <div className={styles.foot}>
          Raw score {Number(answer.raw.toPrecision(3))}
          {answer.strength ? `, strength ${Number(answer.strength.toPrecision(2))}` : ''}
        </div>
      )}
    </>
  );
}

function Carriers({ influencers }: { influencers: Influencer[] }) {
  const color = useScoreColor();
  if (influencers.length === 0) {
    return <Text color="secondary">No single one carries this score.</Text>;
  }
  const bars = influencers.map(({ label, value, score, share }, i) => ({
    name: `${label} ${value}`,
    share,
    text: `${formatShare(share)} · ${formatScore(score)}`,
    color: color(score),
    isFirst: i === 0,
  }));
  return <Bars title="Carried by: share · own score" bars={bars} />;
}

const channelBar = (channel: Channel, i: number, color: (score: number | null) => string): Bar => ({
  name: channel.name,
  share: (channel.score ?? 0) / 100,
  text: `${formatScore(channel.score)} ${formatArrow(channel.direction)}`.trim(),
  color: color(channel.score),
  isFirst: i === 0,
});

/** Each column's share of the sum, which is the forest's score. */
function columnBars(columns: Attribution[], color: string): Bar[] {
  const total = columns.reduce((sum, { attribution }) => sum + attribution, 0);
  return columns.map(({ name, direction, attribution }) => ({
    name,
    share: total > 0 ? attribution / total : 0,
    text: `${direction} ${Number(attribution.toPrecision(3))}`,
    color,
  }));
}

/** The colour of a score's severity, and a quiet one below the first. */
function useScoreColor(): (score: number | null) => string {
  const theme = useTheme2();
  const colors = severityColors(theme);
  return (score) => {
    const severity = severityOf(score);
    return severity ? colors[severity.name] : theme.colors.text.disabled;
  };
}

/** The tooltip is placed before the answer makes it taller: it is then moved up by what would hang below the window. */
function useKeptInSight(content: unknown) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tooltip = card.current?.closest<HTMLElement>('[aria-live]');
    const hanging = (tooltip?.getBoundingClientRect().bottom ?? 0) - window.innerHeight;
    if (tooltip && hanging > 0) {
      tooltip.style.marginTop = `${-hanging}px`;
    }
  }, [content]);
  return card;
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    borderTop: `1px solid ${theme.colors.border.weak}`,
    paddingTop: theme.spacing(0.5),
    maxHeight: 260,
    overflowY: 'auto',
    whiteSpace: 'normal',
    p: { margin: 0 },
  }),
  foot: css({ color: theme.colors.text.secondary, marginTop: theme.spacing(0.5) }),
});
