import { MESSAGE_TABLE } from './message-table.js';

/** How values of a field are written. Any other word is a message of the table. */
export interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  readonly map: boolean;
  /** The message's fields stand in the JSON of the one around it. */
  readonly inline: boolean;
  /** Zero is told apart from not set. */
  readonly optional: boolean;
  readonly type: string;
}

export interface Message {
  readonly name: string;
  readonly byNumber: ReadonlyMap<number, MessageField>;
}

const FIELD = /^(\w+):(\d+):(\[\]|\{\}|\+)?([\w.]+)(\?)?$/;

const readField = (text: string): MessageField => {
  const [, name = '', number = '', form, type = '', optional] = FIELD.exec(text)!;
  return {
    name,
    number: Number(number),
    repeated: form === '[]',
    map: form === '{}',
    inline: form === '+',
    optional: optional !== undefined,
    type,
  };
};

const readMessage = (line: string): Message => {
  const [name = '', fields = ''] = line.split(' = ');
  return {
    name,
    byNumber: new Map(
      fields
        .split(' ')
        .filter(Boolean)
        .map((text) => [readField(text).number, readField(text)]),
    ),
  };
};

let lines: ReadonlyMap<string, string> | undefined;
const messages = new Map<string, Message>();

/** A message of the table; read when it is first asked for. undefined if it has none of that name. */
export const messageOf = (name: string): Message | undefined => {
  const known = messages.get(name);
  if (known !== undefined) return known;
  lines ??= new Map(
    MESSAGE_TABLE.trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line]),
  );
  const line = lines.get(name);
  if (line === undefined) return undefined;
  const message = readMessage(line);
  messages.set(name, message);
  return message;
};

const GROUPS: ReadonlyMap<string, string> = new Map([
  ['v1', 'core'],
  ['apidiscovery.k8s.io/v2', 'apidiscovery'],
  ['apps/v1', 'apps'],
  ['batch/v1', 'batch'],
  ['autoscaling/v1', 'autoscalingv1'],
  ['autoscaling/v2', 'autoscalingv2'],
  ['authentication.k8s.io/v1', 'authentication'],
  ['authorization.k8s.io/v1', 'authorization'],
  ['coordination.k8s.io/v1', 'coordination'],
  ['discovery.k8s.io/v1', 'discovery'],
  ['events.k8s.io/v1', 'events'],
  ['networking.k8s.io/v1', 'networking'],
  ['node.k8s.io/v1', 'node'],
  ['policy/v1', 'policy'],
  ['rbac.authorization.k8s.io/v1', 'rbac'],
  ['scheduling.k8s.io/v1', 'scheduling'],
  ['storage.k8s.io/v1', 'storage'],
  ['meta.k8s.io/v1', 'meta'],
  ['meta.k8s.io/v1beta1', 'meta'],
]);

/** Kinds that are sent under the version of the resource that they are for, and what discovery says, which has none or another one. */
const EVERYWHERE = ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'DeleteOptions', 'Status'];

const field = (name: string, number: number, type: string, repeated: boolean): MessageField => ({
  ...{ name, number, type, repeated },
  ...{ map: false, inline: false, optional: false },
});

/** Every list has the same two fields. */
const listOf = (item: Message): Message => ({
  name: `${item.name}List`,
  byNumber: new Map([field('metadata', 1, 'meta.ListMeta', false), field('items', 2, item.name, true)].map((each) => [each.number, each])),
});

const LIST = 'List';

/** The message of a kind, or of a list of one; undefined for one that is not in the table. */
export const messageOfKind = (apiVersion: string, kind: string): Message | undefined => {
  if (EVERYWHERE.includes(kind)) return messageOf(`meta.${kind}`);
  const group = GROUPS.get(apiVersion);
  if (group === undefined) return undefined;
  const known = messageOf(`${group}.${kind}`);
  if (known !== undefined || !kind.endsWith(LIST)) return known;
  const item = messageOf(`${group}.${kind.slice(0, -LIST.length)}`);
  return item?.byNumber.get(1)?.name === 'metadata' ? listOf(item) : undefined;
};
