import { labelValueErrors, qualifiedNameErrors } from '@solo-kubelet/pod-spec';

const EFFECTS: readonly unknown[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const FIELDS: readonly string[] = ['key', 'value', 'effect', 'timeAdded'];

type Taint = Readonly<Record<string, unknown>>;

/** What is wrong with key and value of a taint; undefined: nothing. */
export const taintFault = (key: string, value: string): string | undefined => {
  const [ofKey] = qualifiedNameErrors(key);
  if (ofKey !== undefined) return `invalid taint key: ${ofKey}`;
  const [ofValue] = value === '' ? [] : labelValueErrors(value);
  return ofValue === undefined ? undefined : `invalid taint value: ${ofValue}`;
};

/** What is wrong with `registerWithTaints`, beginning with upstream's words (pkg/kubelet/apis/config/validation/validation.go, pkg/util/taints). */
export const taintFaults = (taints: readonly Taint[]): readonly string[] =>
  taints.flatMap((taint, index) => {
    const at = `registerWithTaints[${index}]`;
    const unknown = Object.keys(taint).find((name) => !FIELDS.includes(name));
    if (unknown !== undefined) return [`${at}: unknown field ${JSON.stringify(unknown)}`];
    const { key = '', value = '', effect = '', timeAdded } = taint;
    if (typeof key !== 'string' || typeof value !== 'string' || typeof effect !== 'string')
      return [`${at}: key, value and effect must be strings`];
    const fault =
      taintFault(key, value) ??
      (effect === '' || EFFECTS.includes(effect) ? undefined : `invalid taint effect: ${effect}, unsupported taint effect`);
    return [
      ...(fault === undefined ? [] : [`invalid taint: {${[key, value, effect].join(' ').slice(0, 200)} <nil>} (${at}): ${fault}`]),
      ...(timeAdded === undefined || timeAdded === null ? [] : [`taint.TimeAdded is not nil (${at})`]),
    ];
  });
