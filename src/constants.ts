/** The ids of the three plugins; `plugins.test.ts` holds them equal to the plugin.json files. */
export const APP_ID = 'vigia-cloudwatch-app';
export const DATASOURCE_ID = 'vigia-cloudwatch-datasource';
export const PANEL_ID = 'vigia-cloudwatch-panel';
