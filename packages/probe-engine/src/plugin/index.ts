export { resolvePort } from '../core/resolve-port.js';
export { createPluginHost, type PluginFailure, type PluginHost, type PluginHostOptions } from './create-plugin-host.js';
export { defineProbePlugin, type PluginTarget, type ProbePlugin } from './probe-plugin.js';
