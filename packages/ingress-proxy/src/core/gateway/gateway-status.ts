import type { GatewayParentReference, RouteGroupKind } from '@solo-kubelet/object-spec';

/** A condition of a status, without the times that whoever keeps it adds. */
export interface RouteCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface GatewayClassVerdict {
  readonly name: string;
  readonly conditions: readonly RouteCondition[];
}

export interface ListenerVerdict {
  readonly name: string;
  readonly port: number;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly attachedRoutes: number;
  readonly conditions: readonly RouteCondition[];
  /** Why it can't be in force, where it can't; else it is once the proxy holds its port. */
  readonly fault?: string;
}

export interface GatewayVerdict {
  /** `namespace/name`. */
  readonly key: string;
  /** Without `Programmed`, which is for whoever knows the proxy. */
  readonly conditions: readonly RouteCondition[];
  readonly listeners: readonly ListenerVerdict[];
}

export interface HTTPRouteVerdict {
  readonly key: string;
  readonly parents: readonly { readonly parentRef: GatewayParentReference; readonly conditions: readonly RouteCondition[] }[];
}

export const condition = (type: string, status: boolean, reason: string, message = ''): RouteCondition => ({
  type,
  status: status ? 'True' : 'False',
  reason,
  message,
});
