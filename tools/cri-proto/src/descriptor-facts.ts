import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  type FileDescriptorSet,
} from '@bufbuild/protobuf/wkt';

const fact = (...columns: (string | number)[]): string => columns.join('\t').trimEnd();

const typeName = (field: FieldDescriptorProto, packageName: string): string =>
  field.typeName === ''
    ? FieldDescriptorProto_Type[field.type].toLowerCase()
    : field.typeName.replace(new RegExp(`^\\.${packageName.replaceAll('.', '\\.')}\\.`), '').replace(/^\./, '');

const fieldType = (field: FieldDescriptorProto, owner: DescriptorProto, packageName: string): string => {
  const entry = owner.nestedType.find((nested) => nested.options?.mapEntry && field.typeName.endsWith(`.${owner.name}.${nested.name}`));
  if (entry !== undefined) return `map<${entry.field.map((part) => typeName(part, packageName)).join(',')}>`;
  const label = field.label === FieldDescriptorProto_Label.REPEATED ? 'repeated ' : field.proto3Optional ? 'optional ' : '';
  return `${label}${field.options?.deprecated ? 'deprecated ' : ''}${typeName(field, packageName)}`;
};

const messageFacts = (message: DescriptorProto, prefix: string, packageName: string): string[] => [
  fact('message', `${prefix}.${message.name}`, message.field.length),
  ...message.field.map((field) =>
    fact('field', `${prefix}.${message.name}.${field.name}`, field.number, fieldType(field, message, packageName)),
  ),
  ...message.enumType.flatMap((nested) =>
    nested.value.map((value) => fact('enum', `${prefix}.${message.name}.${nested.name}.${value.name}`, value.number)),
  ),
  ...message.nestedType
    .filter((nested) => !nested.options?.mapEntry)
    .flatMap((nested) => messageFacts(nested, `${prefix}.${message.name}`, packageName)),
];

const fileFacts = (file: FileDescriptorProto): string[] => {
  const short = (name: string): string => name.replace(`.${file.package}.`, '').replace(/^\./, '');
  return [
    ...file.service.flatMap((service) =>
      service.method.map((method) =>
        fact(
          'rpc',
          `${file.package}.${service.name}/${method.name}`,
          `${method.clientStreaming ? 'stream ' : ''}${short(method.inputType)}`,
          `${method.serverStreaming ? 'stream ' : ''}${short(method.outputType)}`,
        ),
      ),
    ),
    ...file.messageType.flatMap((message) => messageFacts(message, file.package, file.package)),
    ...file.enumType.flatMap((type) => type.value.map((value) => fact('enum', `${file.package}.${type.name}.${value.name}`, value.number))),
  ];
};

/** What compiled .proto files say, one fact a line, sorted, in the form of wire-facts.tsv. */
export const descriptorFacts = (set: FileDescriptorSet): string[] => set.file.flatMap(fileFacts).sort();
