import type { JsonObject } from '../src/json.js';

/** The example configuration of CNI spec 1.1 section 1. */
export const dbnet = {
  cniVersion: '1.1.0',
  cniVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'],
  name: 'dbnet',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      keyA: ['some more', 'plugin specific', 'configuration'],
      ipam: { type: 'host-local', subnet: '10.1.0.0/16', gateway: '10.1.0.1', routes: [{ dst: '0.0.0.0/0' }] },
      dns: { nameservers: ['10.1.0.1'] },
    },
    { type: 'tuning', capabilities: { mac: true }, sysctl: { 'net.core.somaxconn': '500' } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

/** What the example's runtime passes. */
export const attachment = {
  containerId: 'blue',
  netns: '/var/run/netns/blue',
  ifName: 'eth0',
  args: [['argA', 'foo']] as const,
  capabilityArgs: { mac: '00:11:22:33:44:66', portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] },
};

/** What the bridge plugin answers; the example leaves `cniVersion` out. */
export const bridgeResult: JsonObject = {
  ips: [{ address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 2 }],
  routes: [{ dst: '0.0.0.0/0' }],
  interfaces: [
    { name: 'cni0', mac: '00:11:22:33:44:55' },
    { name: 'veth3243', mac: '55:44:33:22:11:11' },
    { name: 'eth0', mac: '99:88:77:66:55:44', sandbox: '/var/run/netns/blue' },
  ],
  dns: { nameservers: ['10.1.0.1'] },
};

/** What the tuning plugin makes of it: another MAC. */
export const tunedResult: JsonObject = {
  ...bridgeResult,
  interfaces: [
    { name: 'cni0', mac: '00:11:22:33:44:55' },
    { name: 'veth3243', mac: '55:44:33:22:11:11' },
    { name: 'eth0', mac: '00:11:22:33:44:66', sandbox: '/var/run/netns/blue' },
  ],
};
