import type { Container, EnvVar, EphemeralContainer, HTTPGetAction, Probe } from '../gen/pod-types.js';
import type { Draft } from './draft.js';
import { defaultPullPolicy } from './image-reference.js';
import { roundList } from './resource-defaults.js';

const terminationMessagePath = '/dev/termination-log';

const fillHttpGet = (action: Draft<HTTPGetAction> | undefined): void => {
  if (action === undefined) return;
  action.path ||= '/';
  action.scheme ||= 'HTTP';
};

const fillProbe = (probe: Draft<Probe> | undefined): void => {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  fillHttpGet(probe.httpGet);
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
};

const fillEnv = ({ valueFrom }: Draft<EnvVar>): void => {
  if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= 'v1';
  if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
};

/** Fills in what a container of any kind leaves open, its resources' quantities rounded. */
export const fillContainer = (container: Draft<Container> | Draft<EphemeralContainer>): void => {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ||= terminationMessagePath;
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) fillEnv(variable);
  roundList(container.resources.limits);
  roundList(container.resources.requests);
  fillProbe(container.livenessProbe);
  fillProbe(container.readinessProbe);
  fillProbe(container.startupProbe);
  fillHttpGet(container.lifecycle?.postStart?.httpGet);
  fillHttpGet(container.lifecycle?.preStop?.httpGet);
};
