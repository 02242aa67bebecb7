import { type CniArgs, formatCniArgs } from './cni-args.js';
import { CniError } from './cni-error.js';
import type { JsonValue } from './json.js';
import { validateContainerId, validateIfName } from './names.js';

/** Values offered to plugins that declare the capability of that name, such as `portMappings`. */
export type CapabilityArgs = Readonly<Record<string, JsonValue>>;

/** Identifies one container's place on one network. */
export interface AttachmentKey {
  readonly containerId: string;
  readonly ifName: string;
}

/** One container's place on a network, as the runtime asks for it. */
export interface Attachment extends AttachmentKey {
  /** Path of the network namespace. Empty is allowed for DEL alone: the namespace is gone, clean up what is left. */
  readonly netns: string;
  /** `CNI_ARGS`. */
  readonly args?: CniArgs;
  readonly capabilityArgs?: CapabilityArgs;
}

/** Throws CNI_INVALID_ARGUMENT unless the attachment can be handed to a plugin. */
export const validateAttachment = (attachment: Attachment, { netnsOptional = false }: { netnsOptional?: boolean } = {}): void => {
  validateContainerId(attachment.containerId);
  validateIfName(attachment.ifName);
  if (attachment.netns === '' && !netnsOptional) {
    throw new CniError({
      code: 'CNI_INVALID_ARGUMENT',
      message: `the network namespace of container ${attachment.containerId} is missing`,
    });
  }
  formatCniArgs(attachment.args ?? []);
};
