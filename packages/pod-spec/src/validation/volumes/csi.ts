import type { CSIVolumeSource } from '../../gen/pod-types.js';
import { byteLength } from '../go-print.js';
import { dnsSubdomainErrors } from '../grammar.js';
import type { Report } from '../report.js';

const MAX_DRIVER_BYTES = 63;

export const validateCsi = ({ driver = '', nodePublishSecretRef }: CSIVolumeSource, field: string, report: Report): void => {
  if (driver === '') report.required(`${field}.driver`);
  if (byteLength(driver) > MAX_DRIVER_BYTES) report.tooLong(`${field}.driver`, MAX_DRIVER_BYTES);
  report.invalidEach(`${field}.driver`, driver, dnsSubdomainErrors(driver.toLowerCase()));
  if (nodePublishSecretRef === undefined) return;
  const { name = '' } = nodePublishSecretRef;
  if (name === '') report.required(`${field}.nodePublishSecretRef.name`);
  else report.invalidEach(`${field}.name`, name, dnsSubdomainErrors(name));
};
