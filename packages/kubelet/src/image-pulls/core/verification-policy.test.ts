import { describe, expect, it } from 'vitest';
import { allowlistFault, verificationRule, withoutTagAndDigest } from './verification-policy.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('the policy', () => {
  it.each([
    ['NeverVerify', true, false],
    ['NeverVerify', false, false],
    ['NeverVerifyPreloadedImages', true, true],
    ['NeverVerifyPreloadedImages', false, false],
    ['AlwaysVerify', true, true],
    ['AlwaysVerify', false, true],
  ] as const)('%s asks for credentials of an image that the kubelet has pulled (%s): %s', (policy, pulled, required) =>
    expect(verificationRule(policy, [])('reg.example/app:1', pulled)).toBe(required),
  );

  it.each([
    ['reg.example/app', false],
    ['reg.example/app:1', false],
    [`reg.example/app:1@${digest}`, false],
    ['reg.example/apple', true],
    ['reg.example/app/more', true],
    ['free.example/any/thing:2', false],
    ['free.example.org/thing', true],
    ['free.example', true],
    ['team.example/open/app', false],
    ['team.example/closed/app', true],
    ['busybox:1.36', false],
    ['docker.io/library/busybox', true],
  ])('NeverVerifyAllowlistedImages asks for those of %s: %s, whoever has pulled it', (image, required) => {
    const rule = verificationRule('NeverVerifyAllowlistedImages', ['reg.example/app', 'free.example/*', 'team.example/open/*', 'busybox']);
    expect([rule(image, false), rule(image, true)]).toEqual([required, required]);
  });

  it.each([
    [' reg.example/app', /leading\/trailing spaces/],
    ['', /too short/],
    ['/*', /at least registry hostname/],
    ['*', /not a valid wildcard/],
    ['*.example/*', /not a valid wildcard/],
    ['reg.example/app*', /not a valid wildcard/],
    ['reg.example/app:1', /neither tag nor digest/],
    [`reg.example/app@${digest}`, /neither tag nor digest/],
    ['Not An Image', /failed to parse as an image name/],
    ['reg.example/app', undefined],
    ['reg.example:5000/app', undefined],
    ['reg.example/*', undefined],
    ['busybox', undefined],
  ])('the pattern %j of an allowlist: %s', (pattern, fault) => {
    if (fault === undefined) expect(allowlistFault(pattern)).toBeUndefined();
    else expect(allowlistFault(pattern)).toMatch(fault);
  });

  it.each([
    ['busybox', 'busybox'],
    ['busybox:1', 'busybox'],
    ['reg.example:5000/app', 'reg.example:5000/app'],
    ['reg.example:5000/app:1', 'reg.example:5000/app'],
    [`reg.example:5000/app:1@${digest}`, 'reg.example:5000/app'],
    ['NOT AN IMAGE', undefined],
  ])('%s is known by %s', (image, name) => expect(withoutTagAndDigest(image)).toBe(name));
});
