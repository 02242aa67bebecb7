import { describe, expect, it } from 'vitest';
import { messagesOf, podWith } from './sound-pod.js';

const NAME_PATTERN =
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe('the fields of the spec', () => {
  it.each([
    [
      { restartPolicy: 'Sometimes' },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [{ preemptionPolicy: '' }, ['spec.preemptionPolicy: Required value']],
    [{ activeDeadlineSeconds: 0 }, ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive']],
    [
      { hostname: 'a.b', subdomain: 'c.d' },
      ['spec.hostname: Invalid value: "a.b": must not contain dots', 'spec.subdomain: Invalid value: "c.d": must not contain dots'],
    ],
    [
      { hostnameOverride: 'a'.repeat(65), hostNetwork: true },
      [
        'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
        'spec.hostnameOverride: Too long: may not be more than 64 bytes',
      ],
    ],
    [
      { dnsPolicy: 'Other' },
      ['spec.dnsPolicy: Unsupported value: "Other": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'],
    ],
    [{ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
    [
      { dnsPolicy: 'None', dnsConfig: { options: [{}] } },
      ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ],
    [
      { dnsConfig: { searches: ['.', 'a.b.', '_tcp.x'], options: [{ name: '' }] } },
      ['spec.dnsConfig.options[0]: Required value: must not be empty'],
    ],
    [
      { hostAliases: [{ ip: '', hostnames: ['a'] }] },
      ['spec.hostAliases[0].ip: Invalid value: "": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      { readinessGates: [{ conditionType: '-' }] },
      [
        `spec.readinessGates[0].conditionType: Invalid value: "-": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${NAME_PATTERN}`,
      ],
    ],
    [
      { schedulingGates: [{ name: 'a' }, { name: 'a' }] },
      [
        'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
        'spec.schedulingGates[1]: Duplicate value: "a"',
      ],
    ],
    [
      { resourceClaims: [{ name: 'a' }] },
      ['spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'],
    ],
  ])('%j', (spec, messages) => expect(messagesOf(podWith(spec)).sort()).toEqual(messages));

  it('allows 32 search paths of 2048 bytes in all', () => {
    const searches = Array.from({ length: 33 }, () => 'a'.repeat(62));
    const messages = messagesOf(podWith({ dnsConfig: { searches } })).map((message) => message.slice(message.lastIndexOf(': ') + 2));
    expect(messages).toEqual([
      'must not have more than 32 search paths',
      'must not have more than 2048 characters (including spaces) in the search list',
    ]);
  });
});

describe('tolerations', () => {
  const at = 'spec.tolerations[0]';
  it.each([
    [{ operator: 'Exists' }, []],
    [{ key: 'a', value: 'v' }, []],
    [{}, [`${at}.operator: Invalid value: "": operator must be Exists when \`key\` is empty, which means "match all values and all keys"`]],
    [
      { key: 'a', operator: 'Exists', value: 'v' },
      [`${at}.operator: Invalid value: "v": value must be empty when \`operator\` is 'Exists'`],
    ],
    [{ key: 'a', operator: 'exists' }, [`${at}.operator: Unsupported value: "exists": supported values: "Equal", "Exists"`]],
    [
      { key: 'a', operator: 'Gt', value: '1' },
      [`${at}.operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"`],
    ],
    [{ key: 'a', tolerationSeconds: 1 }, [`${at}.effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`]],
    [
      { key: 'a', effect: 'Never' },
      [`${at}.effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`],
    ],
  ])('%j', (toleration, messages) => expect(messagesOf(podWith({ tolerations: [toleration] }))).toEqual(messages));
});

describe('affinity', () => {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const node = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`;
  const toPod = `spec.affinity.podAffinity.${required}[0]`;
  const labelSelector = { matchLabels: { app: 'x' } };
  it.each([
    [{ nodeAffinity: { [required]: {} } }, [`${node}: Required value: must have at least one node selector term`]],
    [
      { nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'k', operator: 'Gt', values: ['1', '2'] }] }] } } },
      [`${node}[0].matchExpressions[0].values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`],
    ],
    [
      { nodeAffinity: { [required]: { nodeSelectorTerms: [{ matchFields: [{ key: 'a', operator: 'Exists' }] }] } } },
      [
        `${node}[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator`,
        `${node}[0].matchFields[0].key: Invalid value: "a": not a valid field selector key`,
      ],
    ],
    [
      {
        nodeAffinity: {
          [preferred]: [{ weight: 0, preference: { matchExpressions: [{ key: 'k', operator: 'In', values: ['no label!'] }] } }],
        },
      },
      [`spec.affinity.nodeAffinity.${preferred}[0].weight: Invalid value: 0: must be in the range 1-100`],
    ],
    [
      { podAffinity: { [required]: [{ topologyKey: 'k', namespaces: ['a.b'] }] } },
      [`${toPod}.namespace: Invalid value: "a.b": must not contain dots`],
    ],
    [
      { podAffinity: { [required]: [{ topologyKey: 'k', matchLabelKeys: ['a'] }] } },
      [`${toPod}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
    ],
    [{ podAffinity: { [required]: [{ topologyKey: 'k', labelSelector, matchLabelKeys: ['app'] }] } }, []],
    [
      {
        podAffinity: {
          [required]: [
            {
              topologyKey: 'k',
              labelSelector: { ...labelSelector, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
              matchLabelKeys: ['v', 'app'],
              mismatchLabelKeys: ['v'],
            },
          ],
        },
      },
      [
        `${toPod}[1]: Invalid value: "app": exists in both matchLabelKeys and labelSelector`,
        `${toPod}.matchLabelKeys[0]: Invalid value: "v": exists in both matchLabelKeys and mismatchLabelKeys`,
      ],
    ],
    [
      { podAntiAffinity: { [preferred]: [{ weight: 1 }] } },
      [
        `spec.affinity.podAntiAffinity.${preferred}[0].podAffinityTerm.topologyKey: Required value: can not be empty`,
        `spec.affinity.podAntiAffinity.${preferred}[0].podAffinityTerm.topologyKey: Invalid value: "": name part must be non-empty`,
        `spec.affinity.podAntiAffinity.${preferred}[0].podAffinityTerm.topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${NAME_PATTERN}`,
      ],
    ],
  ])('%j', (affinity, messages) => expect(messagesOf(podWith({ affinity }))).toEqual(messages));
});

describe('topology spread', () => {
  const at = 'spec.topologySpreadConstraints[0]';
  const sound = { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' };
  it.each([
    [[sound], []],
    [[sound, sound], [`${at}.{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"`]],
    [
      [{ ...sound, maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'X', minDomains: 0 }],
      [
        `${at}.maxSkew: Invalid value: 0: must be greater than zero`,
        `${at}.topologyKey: Required value: can not be empty`,
        `${at}.whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"`,
        `${at}.minDomains: Invalid value: 0: must be greater than zero`,
        `${at}.minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not X`,
      ],
    ],
    [[{ ...sound, nodeTaintsPolicy: 'X' }], [`${at}.nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"`]],
  ])('%j', (topologySpreadConstraints, messages) => expect(messagesOf(podWith({ topologySpreadConstraints }))).toEqual(messages));
});
