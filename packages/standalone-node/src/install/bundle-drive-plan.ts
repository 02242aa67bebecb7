import { NodeError } from '../node-error.js';
import { type InstallOptions, type InstallStep, programWords } from './install-plan.js';
import { execWord } from './unit-quoting.js';

export const DRIVE_RULES_PATH = '/etc/udev/rules.d/90-solo-kubelet-bundle.rules';
export const DRIVE_UNIT_PATH = '/etc/systemd/system/solo-kubelet-bundle@.service';

/** As udev shows labels without encoding anything in them; no file system has longer ones than 64. */
const LABEL = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * What applies the bundle of a drive when it is put in: a rule of udev, which knows the drive by its file system's label, and a unit, which is started for it.
 * The drive is mounted read-only, for that program alone, and goes with it. @throws NodeError NODE_HOST_UNSUITABLE for a label that a rule can not hold
 */
export const bundleDrivePlan = (
  label: string,
  options: Pick<InstallOptions, 'root' | 'nodeBinary' | 'program'>,
): readonly InstallStep[] => {
  if (!LABEL.test(label)) {
    throw new NodeError({
      code: 'NODE_HOST_UNSUITABLE',
      message: `${JSON.stringify(label)} can not be the label of drives with bundles`,
      hint: 'Take letters, digits, dots, dashes and underscores, such as SITE-BUNDLE.',
    });
  }
  const at = (path: string): string => (options.root === '/' ? path : `${options.root}${path}`);
  return [
    { type: 'directory', path: at('/etc/udev/rules.d'), mode: 0o755 },
    { type: 'directory', path: at('/etc/systemd/system'), mode: 0o755 },
    { type: 'file', path: at(DRIVE_UNIT_PATH), text: unit(options), mode: 0o644, keep: false },
    { type: 'file', path: at(DRIVE_RULES_PATH), text: rules(label), mode: 0o644, keep: false },
  ];
};

const rules = (
  label: string,
): string => `# Written by kubelet-cli install --bundle-drive: applies the bundle of such a drive when it is put in.
ACTION!="remove", SUBSYSTEM=="block", ENV{ID_FS_USAGE}=="filesystem", ENV{ID_FS_LABEL}=="${label}", TAG+="systemd", ENV{SYSTEMD_WANTS}+="solo-kubelet-bundle@$kernel.service"
`;

const unit = ({
  nodeBinary,
  program,
}: Pick<InstallOptions, 'nodeBinary' | 'program'>): string => `# Written by kubelet-cli install --bundle-drive.
[Unit]
Description=Solo Kubelet: applies the bundle of the drive %I
BindsTo=dev-%i.device
After=dev-%i.device solo-kubelet.service

[Service]
Type=oneshot
# The mount is seen by this program alone, and goes with it.
PrivateMounts=yes
RuntimeDirectory=solo-kubelet-bundle/%i
ExecStart=/bin/sh -c 'mount -o ro,nosuid,nodev,noexec -- "$$1" "$$2" && cd / && directory="$$2" && shift 2 && exec "$$@" "$$directory"' sh /dev/%I /run/solo-kubelet-bundle/%i ${programWords(
  nodeBinary,
  program,
)
  .map((word) => execWord(word))
  .join(' ')} bundle apply
TimeoutStartSec=6h
`;
