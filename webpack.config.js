// The three modules of the app are AMD modules that Grafana's loader joins to its own copies of React, RxJS and the
// @grafana packages. Nothing here empties dist: the Go build puts its binaries into dist/datasource.

const fs = require('node:fs');
const path = require('node:path');
const CopyPlugin = require('copy-webpack-plugin');

const { version } = require('./package.json');

const source = path.resolve(__dirname, 'src');

/** What Grafana hands to plugins at run time; anything else is bundled. */
const SHARED = [
  '@emotion/css',
  '@emotion/react',
  'jquery',
  'lodash',
  'moment',
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'react-redux',
  'react-router',
  'redux',
  'rxjs',
  'rxjs/operators',
  /^@grafana\/(data|runtime|ui|i18n)(\/|$)/,
];

const fillIn = (text) =>
  String(text).replaceAll('%VERSION%', version).replaceAll('%TODAY%', new Date().toISOString().slice(0, 10));

/** The files at the root that a plugin archive carries, as far as they exist. */
const documents = ['README.md', 'CHANGELOG.md', 'LICENSE']
  .filter((name) => fs.existsSync(path.resolve(__dirname, name)))
  .map((name) => ({ from: path.resolve(__dirname, name), to: name, toType: 'file' }));

module.exports = (_env, { mode }) => ({
  context: source,
  target: ['web', 'es2022'],
  entry: {
    module: './module.tsx',
    'datasource/module': './datasource/module.ts',
    'panel/module': './panel/module.tsx',
  },
  output: {
    path: path.resolve(__dirname, 'dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    uniqueName: 'vigia-cloudwatch-app',
    publicPath: '',
  },
  externals: SHARED,
  externalsType: 'amd',
  resolve: { extensions: ['.tsx', '.ts', '.js'] },
  module: { rules: [{ test: /\.tsx?$/, exclude: /node_modules/, use: 'swc-loader' }] },
  plugins: [
    new CopyPlugin({
      patterns: [{ from: '**/plugin.json', transform: fillIn }, { from: '**/img/**' }, ...documents],
    }),
  ],
  devtool: 'source-map',
  optimization: { splitChunks: false, runtimeChunk: false },
  performance: { hints: mode === 'production' ? 'warning' : false, maxAssetSize: 300_000, maxEntrypointSize: 300_000 },
  stats: 'errors-warnings',
});
