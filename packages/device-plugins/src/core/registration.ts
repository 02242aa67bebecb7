import { isExtendedResourceName } from './resource-name.js';

export const DEVICE_PLUGIN_VERSION = 'v1beta1';

/** Why a plugin can't be registered under this name with these versions, in upstream's words; undefined: it can. */
export const registrationFault = (resourceName: string, versions: readonly string[]): string | undefined => {
  if (!versions.includes(DEVICE_PLUGIN_VERSION)) {
    return `requested API version ${JSON.stringify(versions.join(','))} is not supported by kubelet. Supported version is ["${DEVICE_PLUGIN_VERSION}"]`;
  }
  return isExtendedResourceName(resourceName)
    ? undefined
    : `the ResourceName ${JSON.stringify(resourceName)} is invalid: device plugins serve names like vendor.example/camera`;
};
