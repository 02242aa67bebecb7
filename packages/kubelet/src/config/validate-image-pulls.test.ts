import { expect, it } from 'vitest';
import { validateImagePulls } from './validate-image-pulls.js';

it.each<[string, readonly string[], Readonly<Record<string, boolean>>, readonly RegExp[]]>([
  ['NeverVerifyPreloadedImages', [], {}, []],
  ['AlwaysVerify', [], {}, []],
  ['NeverVerify', [], {}, []],
  ['Sometimes', [], {}, [/^option "Sometimes" specified for imagePullCredentialsVerificationPolicy/]],
  ['AlwaysVerify', ['reg.example/app'], {}, [/^can't set `preloadedImagesVerificationAllowlist`/]],
  ['NeverVerifyAllowlistedImages', ['reg.example/*', 'busybox'], {}, []],
  ['NeverVerifyAllowlistedImages', ['ok', 'app:1', 'app:2'], {}, [/^invalid image pattern in `pre.*`: neither tag nor digest .*: app:1$/]],
  ['NeverVerifyPreloadedImages', [], { KubeletEnsureSecretPulledImages: false }, []],
  ['NeverVerify', ['a'], { KubeletEnsureSecretPulledImages: false }, [/^`imagePull.*must not be set/, /^`preloaded.*must not be set/]],
])('%s with %j and %j', (policy, allowlist, featureGates, faults) => {
  const found = validateImagePulls({
    featureGates,
    imagePullCredentialsVerificationPolicy: policy,
    preloadedImagesVerificationAllowlist: allowlist,
  });
  expect(found).toEqual(faults.map((fault) => expect.stringMatching(fault)));
});
