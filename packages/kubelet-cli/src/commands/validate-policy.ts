import { resolve } from 'node:path';
import { formatSettingsIssue } from '@solo-kubelet/manifest-source/settings';
import type { ObjectResult } from '@solo-kubelet/object-spec';
import {
  createPolicyHost,
  isRejection,
  MAX_POLICY_BYTES,
  type PolicyHost,
  parsePolicy,
  rejectionText,
  subjectOf,
  withOutcome,
} from '@solo-kubelet/pod-admission';
import { type FeatureGates, losslessJson, type ParseResult, printablePod } from '@solo-kubelet/pod-spec';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { firstValueFrom } from 'rxjs';
import { CliError } from '../cli-error.js';
import { PLUGINS_FROM } from '../client/plugins-from.js';

/** What a policy makes of one document. */
export type PolicyOutcome =
  | { readonly type: 'admitted'; readonly object: object }
  | { readonly type: 'rejected'; readonly message: string };

/** A policy as the kubelet would have it in force. */
export interface LoadedPolicy extends AsyncDisposable {
  judge(result: (ParseResult | ObjectResult) & { readonly ok: true }): Promise<PolicyOutcome>;
}

/** @throws CliError CLI_NOT_FOUND for a file that can't be read, CLI_USAGE for one that can't be used */
export const loadPolicy = async (
  name: string,
  { nodeName, featureGates }: { readonly nodeName: string; readonly featureGates: FeatureGates },
): Promise<LoadedPolicy> => {
  const path = resolve(name);
  const bytes = await readRegular(path, { followLinks: true, maxBytes: MAX_POLICY_BYTES }).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}`, cause });
  });
  const parsed = parsePolicy(bytes.toString(), { path });
  if (!parsed.ok) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `this admission policy can not be used:\n${parsed.issues.map(formatSettingsIssue).join('\n')}`,
      hint: 'docs/admission.md has every field.',
    });
  }
  const host: PolicyHost = createPolicyHost({ policy: parsed.policy, resolveFrom: PLUGINS_FROM, featureGates });
  return {
    judge: async (result) => {
      const object = 'pod' in result ? { ...result.pod, apiVersion: 'v1', kind: 'Pod' } : result.object;
      const subject = subjectOf(object);
      if (subject === undefined) return { type: 'admitted', object };
      const { kind, namespace, name: own, resource } = subject;
      const outcome = await firstValueFrom(host.admission(subject.pod, { kind, namespace, name: own, nodeName, mayChange: true }));
      if (isRejection(outcome)) return { type: 'rejected', message: rejectionText(resource, own, outcome) };
      return { type: 'admitted', object: 'pod' in result ? printablePod(outcome) : withOutcome(object, outcome) };
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
};

/** Objects as documents of one file. */
export const yamlOf = async (objects: readonly object[]): Promise<string> => {
  const { parse, stringify } = await import('yaml');
  return objects.map((object) => stringify(parse(losslessJson(object), { intAsBigInt: true }), { lineWidth: 0 })).join('---\n');
};
