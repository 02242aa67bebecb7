import { fields } from '../../../packages/kubelet/src/config/fields.js';
import { flagTable } from '../../../packages/kubelet/src/config/flag-table.js';
import type { Command } from '../../../packages/kubelet-cli/src/command.js';

/** What stands in the head of every page. */
export interface PageFacts {
  readonly version: string;
  /** Of the release, `2026-01-31`. */
  readonly date: string;
}

/** One flag of the kubelet, as its help has it. */
export interface KubeletFlag {
  readonly name: string;
  readonly shorthand?: string;
  readonly meaning: string;
}

/** A text for troff: nothing in it is a request, and a hyphen stays one that can be searched and pasted. */
export const roff = (text: string): string =>
  text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const head = (name: string, section: number, { version, date }: PageFacts): string =>
  `.TH ${name.toUpperCase()} ${section} "${date}" "Solo Kubelet ${version}" "Solo Kubelet"\n`;

/** Lines as they are, in a fixed face. */
const verbatim = (text: string): string => `.nf\n.ft CW\n${roff(text)}\n.ft R\n.fi\n`;

/** kubelet-cli(1): every command of the table, with its help. */
export const commandLinePage = (commands: readonly Command[], facts: PageFacts): string =>
  [
    head('kubelet-cli', 1, facts),
    '.SH NAME\nkubelet\\-cli \\- run Kubernetes Pod manifests on one machine, without a control plane\n',
    '.SH SYNOPSIS\n.B kubelet\\-cli\n.I COMMAND\n[\\fIARGUMENTS\\fR]\n',
    '.SH DESCRIPTION\nSolo Kubelet runs the Pods of a manifest directory on containerd or CRI\\-O. This program starts it, shows what runs and changes it.\n',
    '.SH COMMANDS\n',
    ...commands.map(commandSection),
    ".SH EXIT STATUS\n0 when it was done, 1 when it failed, 2 for wrong arguments or configuration, 3 for a rejected manifest, 4 when the runtime or the node cannot be reached, 70 for a bug, 130 and 143 after SIGINT and SIGTERM; \\fBexec\\fR ends with the command's own.\n",
    '.SH FILES\n.TP\n.I /etc/kubernetes/kubelet.yaml\nThe configuration of the service.\n.TP\n.I /etc/kubernetes/manifests\nThe Pods of the service.\n',
    '.SH SEE ALSO\n.BR kubelet (8),\n.BR systemctl (1)\n',
  ].join('');

const commandSection = (command: Command): string => {
  const { name, usage, summary, details = '' } = command;
  const options = furtherOptions(command);
  return [
    `.SS ${roff(name)}\n${roff(summary)}\n${verbatim(`kubelet-cli ${name} ${usage}`.trimEnd())}`,
    details === '' ? '' : `.PP\n${verbatim(details.trim())}`,
    options.length === 0 ? '' : `.PP\nFurther options: ${roff(options.join(', '))}.\n`,
  ].join('');
};

/** Options that neither the usage line nor the details of a command speak of. */
const furtherOptions = ({ usage, details = '', options = {} }: Command): readonly string[] =>
  Object.entries(options)
    .filter(([name]) => !new RegExp(`--${name}(?![\\w-])`).test(`${usage} ${details}`))
    .map(([name, { type, short }]) => `--${name}${type === 'string' ? ' VALUE' : ''}${short === undefined ? '' : ` (-${short})`}`);

/** The flags that the kubelet heeds, as its help tells of them. */
export const kubeletFlags = (): readonly KubeletFlag[] =>
  Object.entries(flagTable).flatMap(([name, spec]) => {
    if (spec.type === 'dead') return [];
    const shorthand = spec.shorthand === undefined ? {} : { shorthand: spec.shorthand };
    if (spec.type === 'own') return [{ name, ...shorthand, meaning: spec.usage }];
    const { note } = fields[spec.field];
    return [{ name, ...shorthand, meaning: note === '' ? spec.field : `${spec.field} (${note})` }];
  });

/** kubelet(8): the daemon and every flag of it. */
export const kubeletPage = (flags: readonly KubeletFlag[], facts: PageFacts): string =>
  [
    head('kubelet', 8, facts),
    '.SH NAME\nkubelet \\- run the Pods of a manifest directory, without a control plane\n',
    '.SH SYNOPSIS\n.B kubelet\n[\\fIFLAGS\\fR]\n',
    '.SH DESCRIPTION\nThe kubelet of Solo Kubelet: the same as \\fBkubelet\\-cli run\\fR. It takes the flags and the KubeletConfiguration of Kubernetes\\(aq kubelet.\n',
    'Flags win over \\fB\\-\\-config\\-dir\\fR, which wins over \\fB\\-\\-config\\fR. Stopping it stops no container.\n',
    '.SH OPTIONS\nA flag that is followed by the name of a field of KubeletConfiguration sets that field.\n',
    ...flags.map(
      ({ name, shorthand, meaning }) =>
        `.TP\n${shorthand === undefined ? '' : `\\fB\\-${shorthand}\\fR, `}\\fB${roff(`--${name}`)}\\fR\n${roff(meaning)}\n`,
    ),
    '.SH FILES\n.TP\n.I /etc/kubernetes/kubelet.yaml\nThe configuration of the service \\fBsolo\\-kubelet\\fR.\n',
    '.SH SEE ALSO\n.BR kubelet\\-cli (1)\n',
  ].join('');
