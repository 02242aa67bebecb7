/** The text of a `grpc-message`: percent-encoded UTF-8, in which whatever is no encoding stands for itself (http_util.go, decodeGrpcMessage). */
export const decodeGrpcMessage = (value: string): string => {
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const digits = value[at] === '%' ? value.slice(at + 1, at + 3) : '';
    if (HEX.test(digits)) {
      bytes[length++] = Number.parseInt(digits, 16);
      at += 2;
    } else bytes[length++] = value.charCodeAt(at);
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, length));
};

const HEX = /^[0-9a-f]{2}$/i;
