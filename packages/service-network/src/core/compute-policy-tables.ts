import type { EndpointPod } from './endpoint-pod.js';
import type { IpFamily } from './ip-address.js';
import type { PolicySet } from './network-policy.js';
import type { NftTable } from './nft-table.js';
import { type PoliciesInForce, policiesInForce } from './policies-in-force.js';
import { policyTable, policyTableName } from './policy-table.js';

export interface PolicyTablesInput {
  readonly policies: PolicySet | PoliciesInForce;
  readonly pods: readonly EndpointPod[];
  readonly families: readonly IpFamily[];
  /** What nodes of one machine are told apart by. */
  readonly owner: string;
  /** Tell the kernel's log of some of what is dropped. Default: no. */
  readonly logsDrops?: boolean | undefined;
}

/** The tables of all policies; none where there are no policies, so that packets cost nothing. */
export const computePolicyTables = ({ policies, pods, families, owner, logsDrops }: PolicyTablesInput): readonly NftTable[] => {
  if (policies.policies.length === 0) return [];
  const inForce = 'leftOut' in policies ? policies : policiesInForce(policies, pods);
  return families.map((family) => policyTable({ name: policyTableName(owner), family, policies: inForce, pods, logsDrops }));
};
