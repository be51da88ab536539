import { AppPlugin } from '@grafana/data';
import { ConfigPage } from './pages/ConfigPage';
import { Overview } from './pages/Overview';

export const plugin = new AppPlugin()
  .setRootPage(Overview)
  .addConfigPage({ title: 'Configuration', icon: 'cog', body: ConfigPage, id: 'configuration' });
