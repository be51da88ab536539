module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/src'],
  testEnvironment: 'jest-environment-jsdom',
  setupFilesAfterEnv: ['<rootDir>/jest.setup.js'],
  moduleNameMapper: { '\\.css$': '<rootDir>/jest.empty.js', '^react-inlinesvg$': '<rootDir>/jest.empty.js' },
  transform: { '\\.[cm]?[jt]sx?$': '@swc/jest' },
  // Many packages below Grafana's are ECMAScript modules only, and Jest runs CommonJS: all are transformed, once, and cached.
  transformIgnorePatterns: [],
  testTimeout: 30_000, // people's clicks are played one by one: on a busy machine that takes its time
};
