import { expandVariables, type VolumeMount } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import type { Environment } from './environment.js';

const reference = /\$\$|\$\(([^)]*)(?:(\))|$)/g;

/** The subPath of a volumeMount, variables expanded; empty for none. A variable that is missing or empty is an error. */
export const mountSubPath = ({ name, subPath, subPathExpr }: VolumeMount, environment: Environment): string => {
  if (!subPathExpr) return checked(subPath ?? '', name);
  const missing = [...subPathExpr.matchAll(reference)].flatMap(([, variable, closed]) =>
    variable !== undefined && closed !== undefined && !environment.get(variable) ? [variable] : [],
  );
  if (missing.length > 0) throw refused(`missing value for ${missing.join(', ')}`, name);
  return checked(
    expandVariables(subPathExpr, (variable) => environment.get(variable)),
    name,
  );
};

const checked = (path: string, volumeName: string): string => {
  if (path.startsWith('/')) throw refused('must be a relative path', volumeName);
  if (path.split('/').includes('..')) throw refused("must not contain '..'", volumeName);
  return path;
};

const refused = (what: string, volumeName: string): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'SUB_PATH_REFUSED', retryable: false, message: `subPath of volumeMount "${volumeName}": ${what}` });
