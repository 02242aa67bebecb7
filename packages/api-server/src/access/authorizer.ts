import type { ApiError } from '../status/api-error.js';
import type { StoredObject } from '../stored-object.js';

/** Who asks. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do. */
export interface Attributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResource: boolean;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly evaluationError?: string;
}

export interface RulesAnswer {
  readonly resourceRules: readonly unknown[];
  readonly nonResourceRules: readonly unknown[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** Who may do what. */
export interface Authorizer {
  readonly decide: (attributes: Attributes) => Decision;
  /** All that a user may do in a namespace. */
  readonly rulesFor: (user: UserInfo, namespace: string) => RulesAnswer;
  /** The refusal of a write to a role or a binding that would give away more than the user has; undefined if it would not. */
  readonly escalation: (user: UserInfo, object: StoredObject, old: StoredObject | undefined) => ApiError | undefined;
}

const EVERYTHING = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];

/** Everything is allowed to everybody. */
export const allowAll: Authorizer = {
  decide: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ resourceRules: EVERYTHING, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }], incomplete: false }),
  escalation: () => undefined,
};
