import { type Command, flagOption, textOption, textsOption } from '../command.js';
import { given, usage } from './node-command.js';

const WHATS = ['keygen', 'encrypt', 'edit'] as const;

export const secretCommand: Command = {
  name: 'secret',
  usage: 'keygen | encrypt [-r RECIPIENT]… [FILE] | edit [-r RECIPIENT]… FILE   [--root-dir DIR | --age-identity FILE]',
  summary: 'Manifests that lie encrypted for the node: make its identity, encrypt a manifest, edit an encrypted one.',
  details: `
  keygen   makes the identity of the node if there is none, and prints the recipient to encrypt for
  encrypt  writes FILE (or standard input) encrypted to standard output, or in its place with --in-place
  edit     opens the decrypted FILE in $VISUAL or $EDITOR and encrypts what was saved; its recipients stand in its first lines

  -r RECIPIENT           whom to encrypt for (age1…); again for more. Default: this node
  --in-place             encrypt FILE where it is
  --age-identity FILE    the identity. Default: age-identity.txt in the kubelet's root directory
  --root-dir DIR         of the kubelet. Default: /var/lib/kubelet, or that of the node of "up"
`,
  options: {
    recipient: { type: 'string', short: 'r', multiple: true },
    'in-place': { type: 'boolean', short: 'i' },
    'age-identity': { type: 'string' },
    'root-dir': { type: 'string' },
  },
  run: async (input, io) => {
    const [what, file, ...more] = input.operands;
    const verb = WHATS.find((one) => one === what);
    const recipients = textsOption(input, 'recipient');
    const inPlace = flagOption(input, 'in-place');
    const rootDirectory = textOption(input, 'root-dir');
    const identityFile = textOption(input, 'age-identity');
    if (verb === undefined || more.length > 0) throw usage('secret keygen, secret encrypt [FILE], or secret edit FILE');
    if (identityFile !== undefined && rootDirectory !== undefined) throw usage('give --age-identity or --root-dir, not both');
    if (inPlace && verb !== 'encrypt') throw usage('--in-place goes with secret encrypt');
    if (verb === 'keygen' && (file !== undefined || recipients.length > 0)) throw usage('secret keygen takes no file and no recipients');
    const options = { recipients, ...given('rootDirectory', rootDirectory), ...given('identityFile', identityFile) };
    if (verb === 'edit') {
      if (file === undefined || file === '-') throw usage('secret edit which file?');
      return (await import('./secret-edit.js')).secretEdit({ ...options, file }, io);
    }
    const { secretEncrypt, secretKeygen } = await import('./secret.js');
    if (verb === 'keygen') return secretKeygen(options, io);
    if (inPlace && (file === undefined || file === '-')) throw usage('--in-place needs a file');
    return secretEncrypt({ ...options, inPlace, ...given('file', file === '-' ? undefined : file) }, io);
  },
};
