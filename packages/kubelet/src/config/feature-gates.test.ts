import { expect, it } from 'vitest';
import { declaredFeatures, ineffectiveGates, isGateEnabled, lockedGates } from './feature-gates.js';

it('knows how a gate stands that nobody has set', () => {
  expect(isGateEnabled({}, 'GracefulNodeShutdown')).toBe(true);
  expect(isGateEnabled({ GracefulNodeShutdown: false }, 'GracefulNodeShutdown')).toBe(false);
  expect(isGateEnabled({}, 'CustomCPUCFSQuotaPeriod')).toBe(false);
  expect(isGateEnabled({ CustomCPUCFSQuotaPeriod: true }, 'CustomCPUCFSQuotaPeriod')).toBe(true);
});

it('refuses only what would unlock a gate', () => {
  expect(lockedGates({ SidecarContainers: false, NodeSwap: true, PodLevelResources: false, A: true })).toEqual([
    'cannot set feature gate SidecarContainers to false, feature is locked to true',
  ]);
});

it('names the gates that change nothing, known or not, and no other', () => {
  const gates = {
    A: true,
    EventedPLEG: true,
    EmptyDirVolumeMode: true,
    PodLevelResources: false,
    EnvFiles: true,
    GracefulNodeShutdown: false,
    CPUManagerPolicyAlphaOptions: true,
  };
  expect(ineffectiveGates(gates)).toEqual([
    'featureGates: A is not a gate that this kubelet knows: it changes nothing',
    'featureGates: EventedPLEG=true changes nothing: this kubelet always works as with EventedPLEG=false',
    'featureGates: PodLevelResources=false changes nothing: this kubelet always works as with PodLevelResources=true',
  ]);
});

it.each(['constructor', '__proto__', 'toString'])('knows no gate by the name %s, which every object has', (name) => {
  expect(isGateEnabled({}, name)).toBe(false);
  expect(ineffectiveGates(Object.fromEntries([[name, true]]))).toEqual([
    `featureGates: ${name} is not a gate that this kubelet knows: it changes nothing`,
  ]);
});

it('declares the features that it has, in order, less what is turned off', () => {
  expect(declaredFeatures({})).toEqual(['InPlacePodLevelResourcesVerticalScaling', 'RestartAllContainersOnContainerExits']);
  expect(declaredFeatures({ InPlacePodLevelResourcesVerticalScaling: false })).toEqual(['RestartAllContainersOnContainerExits']);
});
