import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-status.js';

/** What a shell needs to know of the commands. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly string[];
}

const RESOURCES = ['pods', 'node', 'images', 'events', 'manifests'];
/** Commands whose first operand is a pod: their completion asks the node. */
const POD_COMMANDS = ['describe', 'logs', 'exec', 'attach', 'port-forward', 'restart', 'delete', 'wait', 'cp'];

const completed = (commands: readonly Command[]): readonly Completed[] =>
  commands.map(({ name, summary, options = {} }) => ({ name, summary, options: Object.keys(options).map((option) => `--${option}`) }));

const bash = (commands: readonly Completed[]): string => `# kubelet-cli completion for bash: source <(kubelet-cli completion bash)
_kubelet_cli() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  if [[ $word == -* ]]; then
    case $command in
${commands.map(({ name, options }) => `      ${name}) COMPREPLY=($(compgen -W "${options.join(' ')}" -- "$word")) ;;`).join('\n')}
    esac
    return
  fi
  case $command in
    get) COMPREPLY=($(compgen -W "${RESOURCES.join(' ')}" -- "$word")) ;;
    ${POD_COMMANDS.join('|')}) COMPREPLY=($(compgen -W "$(kubelet-cli get pods -o 'jsonpath={.items[*].metadata.name}' 2>/dev/null)" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _kubelet_cli kubelet-cli
`;

const zsh = (commands: readonly Completed[]): string => `#compdef kubelet-cli
# kubelet-cli completion for zsh: source <(kubelet-cli completion zsh)
_kubelet_cli() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    '${name}:${summary.replace(/'/g, "'\\''").replace(/:/g, '\\:')}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  if [[ $words[CURRENT] == -* ]]; then
    case $words[2] in
${commands.map(({ name, options }) => `      ${name}) compadd -- ${options.join(' ')} ;;`).join('\n')}
    esac
    return
  fi
  case $words[2] in
    get) compadd -- ${RESOURCES.join(' ')} ;;
    ${POD_COMMANDS.join('|')}) compadd -- $(kubelet-cli get pods -o 'jsonpath={.items[*].metadata.name}' 2>/dev/null) ;;
    *) _files ;;
  esac
}
# As a file of fpath it is the function itself, and is called at once.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _kubelet_cli "$@"
else
  compdef _kubelet_cli kubelet-cli
fi
`;

const fish = (commands: readonly Completed[]): string => {
  const quoted = (text: string): string => `'${text.replace(/'/g, "\\'")}'`;
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c kubelet-cli -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => `complete -c kubelet-cli -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
  ]);
  return `# kubelet-cli completion for fish: kubelet-cli completion fish | source
${lines.join('\n')}
complete -c kubelet-cli -n '__fish_seen_subcommand_from get' -f -a '${RESOURCES.join(' ')}'
complete -c kubelet-cli -n '__fish_seen_subcommand_from ${POD_COMMANDS.join(' ')}' -f -a "(kubelet-cli get pods -o 'jsonpath={.items[*].metadata.name}' 2>/dev/null | string split ' ')"
`;
};

const SHELLS: Readonly<Record<string, (commands: readonly Completed[]) => string>> = { bash, zsh, fish };

/** `completion bash|zsh|fish`: made from the table of commands, so that it is never behind. */
export const completionCommand = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  maxOperands: 1,
  usage: 'bash|zsh|fish',
  summary: "Print a shell's completion script.",
  run: async ({ operands }, io) => {
    const script = SHELLS[operands[0] ?? ''];
    if (!script) throw new CliError({ code: 'CLI_USAGE', message: 'completion for which shell? bash, zsh or fish' });
    print(io.stdout, script(completed(commands())));
    return EXIT.done;
  },
});
