import { describe, expect, it } from 'vitest';
import { parseNetworksAnnotation } from './networks-annotation.js';

const parse = (text: string) => parseNetworksAnnotation(text, { podNamespace: 'plant' });

describe('the short form', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['cam', [{ namespace: 'plant', name: 'cam', ifName: 'net1' }]],
    ['other/cam', [{ namespace: 'other', name: 'cam', ifName: 'net1' }]],
    ['cam@video0', [{ namespace: 'plant', name: 'cam', ifName: 'video0' }]],
    [
      ' cam , other/plc@plc0,cam ',
      [
        { namespace: 'plant', name: 'cam', ifName: 'net1' },
        { namespace: 'other', name: 'plc', ifName: 'plc0' },
        { namespace: 'plant', name: 'cam', ifName: 'net3' },
      ],
    ],
  ])('%j', (text, expected) => expect(parse(text)).toEqual(expected));
});

it('the JSON form carries every field', () => {
  const element = {
    name: 'cam',
    namespace: 'other',
    interface: 'video0',
    mac: '02:00:00:00:00:01',
    ips: ['10.5.0.7/24', 'fd05::7/64'],
    'default-route': ['10.5.0.1', 'fd05::1'],
    portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    bandwidth: { ingressRate: 1000, ingressBurst: 2000 },
    'infiniband-guid': 'c2:11:22:33:44:55:66:77',
    deviceID: '0000:03:02.1',
    'cni-args': { vlan: 7 },
    'ipam-claim-reference': 'claim',
  };
  expect(parse(JSON.stringify([element, { name: 'plc' }]))).toEqual([
    {
      namespace: 'other',
      name: 'cam',
      ifName: 'video0',
      mac: element.mac,
      ips: element.ips,
      defaultRoute: element['default-route'],
      portMappings: element.portMappings,
      bandwidth: element.bandwidth,
      infinibandGUID: element['infiniband-guid'],
      deviceID: element.deviceID,
      cniArgs: { vlan: 7 },
      ipamClaimReference: 'claim',
    },
    { namespace: 'plant', name: 'plc', ifName: 'net2' },
  ]);
});

it.each([
  ['a/b/c', '"a/b/c" is not of the form'],
  ['cam,', '"" is not of the form'],
  ['cam@', '"cam@" is not of the form'],
  ['cam@eth0', '[0].interface must not be eth0'],
  ['cam@lo', '[0].interface must not be lo'],
  ['cam@sixteencharacter', '[0].interface must not be longer'],
  ['cam@net2,plc', 'interface net2 is asked for twice'],
  ['c$m', '[0].name must start with'],
  ['{"name":"cam"}', 'must be a JSON list'],
  ['[{"name":"cam"}', 'line 1, column 16: not valid JSON'],
  ['["cam"]', '[0] must be an object'],
  ['[{"name":"cam"},{}]', '[1].name must not be empty'],
  ['[{"name":7}]', '[0].name must be a string'],
  ['[{"name":"cam","mac":"xx"}]', '[0].mac "xx" is not a MAC address'],
  ['[{"name":"cam","ips":"10.0.0.1"}]', '[0].ips must be a list'],
  ['[{"name":"cam","ips":["x"]}]', '[0].ips[0] "x" is not an address'],
  ['[{"name":"cam","default-route":["x"]}]', '[0].default-route[0] "x" is not an address'],
  ['[{"name":"a","default-route":["10.0.0.1"]},{"name":"b","default-route":["10.1.0.1"]}]', 'default-route names two IPv4 gateways'],
  ['[{"name":"cam","portMappings":{}}]', '[0].portMappings must be a list'],
  ['[{"name":"cam","bandwidth":1}]', '[0].bandwidth must be an object'],
  ['[{"name":"cam","cni-args":[]}]', '[0].cni-args must be an object'],
])('%j is refused: %s', (text, message) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({
      code: 'CNI_INVALID_ANNOTATION',
      message: expect.stringContaining(`k8s.v1.cni.cncf.io/networks: ${message}`),
    }),
  );
});
