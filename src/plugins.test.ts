import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP_ID, DATASOURCE_ID, PANEL_ID } from './constants';
import packageJson from '../package.json';

interface PluginJson {
  id: string;
  type: string;
  info: { version: string; logos: { small: string; large: string }; screenshots: Array<{ path: string }> };
  includes?: Array<{ type: string; path: string }>;
  dependencies: { grafanaDependency: string };
  backend?: boolean;
  alerting?: boolean;
  metrics?: boolean;
  executable?: string;
}

const read = (path: string) => readFileSync(join(__dirname, path), 'utf8');
const pluginJson = (folder: string) => JSON.parse(read(join(folder, 'plugin.json'))) as PluginJson;
const [app, datasource, panel] = ['.', 'datasource', 'panel'].map(pluginJson);

test('the ids are the same in plugin.json, in the code and in package.json', () => {
  expect([app.id, datasource.id, panel.id]).toEqual([APP_ID, DATASOURCE_ID, PANEL_ID]);
  expect(packageJson.name).toBe(APP_ID);
  expect([app.type, datasource.type, panel.type]).toEqual(['app', 'datasource', 'panel']);
});

test('the app includes the data source and the panel by path', () => {
  const nested = app.includes?.filter(({ type }) => type !== 'page');
  expect(nested).toEqual([
    expect.objectContaining({ type: 'datasource', path: 'datasource/plugin.json' }),
    expect.objectContaining({ type: 'panel', path: 'panel/plugin.json' }),
  ]);
});

test('the pages of the app stand under its id', () => {
  const pages = app.includes?.filter(({ type }) => type === 'page').map(({ path }) => path);
  expect(pages).toEqual([`/a/${APP_ID}`, `/plugins/${APP_ID}`]);
});

test('only the data source has a back end, and it can be alerted on', () => {
  expect(datasource).toMatchObject({
    backend: true,
    alerting: true,
    metrics: true,
    executable: 'gpx_vigia_cloudwatch',
  });
  expect([app.backend, panel.backend]).toEqual([undefined, undefined]);
});

test.each([
  ['.', app],
  ['datasource', datasource],
  ['panel', panel],
])('%s has its own logo and asks for the Grafana that has react/jsx-runtime', (folder, plugin) => {
  expect(read(join(folder, plugin.info.logos.small))).toContain('<svg');
  expect(plugin.info.logos.large).toBe(plugin.info.logos.small);
  expect(plugin.dependencies.grafanaDependency).toBe('>=12.3.0');
  expect(plugin.info.version).toBe('%VERSION%');
});

test('the screenshots exist', () => {
  const paths = app.info.screenshots.map(({ path }) => path);
  expect(paths).not.toEqual([]);
  paths.forEach((path) => expect(read(path)).toContain('PNG'));
});

test('the plugin.json at the root is that of the app', () => {
  expect(read('../plugin.json')).toBe(read('plugin.json'));
});

test('no plugin loads code later: a chunk of a nested plugin would not be found', () => {
  const modules = ['module.tsx', 'datasource/module.ts', 'panel/module.tsx'].map(read);
  modules.forEach((source) => expect(source).not.toMatch(/\bimport\(|\blazy\(/));
});
