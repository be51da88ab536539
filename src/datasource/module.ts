import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './ConfigEditor';
import { VigiaDataSource } from './datasource';
import { QueryEditor } from './QueryEditor';
import { type VigiaOptions, type VigiaQuery, type VigiaSecrets } from './types';

export const plugin = new DataSourcePlugin<VigiaDataSource, VigiaQuery, VigiaOptions, VigiaSecrets>(VigiaDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
