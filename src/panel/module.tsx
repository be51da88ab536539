import { FieldColorModeId, FieldConfigProperty, PanelPlugin } from '@grafana/data';
import { DEFAULT_OPTIONS, type PanelOptions } from './options';
import { SEVERITIES } from './severity';
import { VigiaPanel } from './VigiaPanel';

const severityOptions = SEVERITIES.map(({ name, label, from }) => ({
  value: name,
  label,
  description: `Score ${from} and more`,
}));

export const plugin = new PanelPlugin<PanelOptions>(VigiaPanel)
  .useFieldConfig({
    disableStandardOptions: [FieldConfigProperty.Thresholds, FieldConfigProperty.Mappings],
    standardOptions: {
      [FieldConfigProperty.Color]: {
        defaultValue: { mode: FieldColorModeId.PaletteClassic },
        settings: { byValueSupport: false },
      },
    },
  })
  .setPanelOptions((builder) =>
    builder
      .addRadio({
        path: 'layout',
        name: 'Layout',
        defaultValue: DEFAULT_OPTIONS.layout,
        settings: {
          options: [
            { value: 'overlay', label: 'Overlay', description: 'All series in one plot' },
            { value: 'grid', label: 'Grid', description: 'A plot for each series' },
          ],
        },
      })
      .addSliderInput({
        path: 'maxSeries',
        name: 'Series shown at once',
        description: 'The most anomalous first; the legend offers the rest.',
        defaultValue: DEFAULT_OPTIONS.maxSeries,
        settings: { min: 1, max: 24, step: 1 },
      })
      .addBooleanSwitch({ path: 'showBand', name: 'Expected band', defaultValue: DEFAULT_OPTIONS.showBand })
      .addBooleanSwitch({ path: 'showForecast', name: 'Forecast', defaultValue: DEFAULT_OPTIONS.showForecast })
      .addSelect({
        path: 'forecastSpan',
        name: 'Future on the time axis',
        defaultValue: DEFAULT_OPTIONS.forecastSpan,
        settings: {
          options: [
            { value: 'half', label: 'Up to half of the width' },
            { value: 'all', label: 'The whole forecast' },
            { value: 'range', label: 'Only the dashboard’s range' },
          ],
        },
        showIf: (options) => options.showForecast,
      })
      .addSelect({
        path: 'markers',
        name: 'Mark anomalies from',
        defaultValue: DEFAULT_OPTIONS.markers,
        settings: { options: [...severityOptions, { value: 'none', label: 'Never' }] },
      })
      .addNumberInput({
        path: 'threshold',
        name: 'Threshold line',
        description: 'Beside the thresholds that queries have.',
        settings: { placeholder: 'none' },
      })
      .addTextInput({
        path: 'thresholdLabel',
        name: 'Threshold label',
        defaultValue: DEFAULT_OPTIONS.thresholdLabel,
        settings: { placeholder: 'Threshold' },
        showIf: (options) => typeof options.threshold === 'number',
      })
      .addBooleanSwitch({ path: 'showLegend', name: 'Legend', defaultValue: DEFAULT_OPTIONS.showLegend })
  );
