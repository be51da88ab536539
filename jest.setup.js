// What browsers have and jsdom lacks, as far as Grafana's components ask for it while they render.
const { TextDecoder, TextEncoder } = require('node:util');

require('@testing-library/jest-dom');

Object.assign(global, { TextDecoder, TextEncoder });

global.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
global.IntersectionObserver = global.ResizeObserver;

window.matchMedia = (media) => ({
  media,
  matches: false,
  addListener() {},
  removeListener() {},
  addEventListener() {},
  removeEventListener() {},
});

// Menus draw only the rows that fit, and texts are measured on a canvas.
Element.prototype.getBoundingClientRect = () => ({
  width: 400,
  height: 400,
  top: 0,
  left: 0,
  bottom: 400,
  right: 400,
  x: 0,
  y: 0,
  toJSON() {},
});
HTMLCanvasElement.prototype.getContext = () => ({ measureText: (text) => ({ width: 8 * text.length }) });
for (const side of ['clientWidth', 'clientHeight', 'offsetWidth', 'offsetHeight']) {
  Object.defineProperty(HTMLElement.prototype, side, { configurable: true, value: 400 });
}
