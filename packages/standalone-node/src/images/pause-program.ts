/** Processor names as images and Go use them. */
export type Architecture = 'amd64' | 'arm64';

/**
 * The whole program of a sandbox's first process: block every signal, then wait for one; leave on SIGTERM or SIGINT, and reap the
 * children that a shared process namespace hands to it on any other. It calls the kernel directly and needs no library.
 */
export const pauseProgram = (architecture: Architecture): Buffer => {
  const { machine, instructions } = programs[architecture];
  return elfExecutable(machine, Buffer.from(instructions.replace(/;.*$/gm, '').replace(/\s/g, ''), 'hex'));
};

const programs = {
  amd64: {
    machine: 62,
    instructions: `
      b80e000000      ; mov eax, 14            rt_sigprocmask(
      bf02000000      ; mov edi, 2               SIG_SETMASK,
      488d3553000000  ; lea rsi, [rip + mask]    every signal,
      31d2            ; xor edx, edx             no old set,
      41ba08000000    ; mov r10d, 8              8 bytes)
      0f05            ; syscall
      b880000000      ; wait: mov eax, 128     rt_sigtimedwait(
      488d3d3d000000  ; lea rdi, [rip + mask]    any signal,
      31f6            ; xor esi, esi             no details,
      31d2            ; xor edx, edx             no time limit,
      41ba08000000    ; mov r10d, 8              8 bytes)
      0f05            ; syscall
      83f80f 7423     ; cmp eax, 15; je exit   SIGTERM
      83f802 741e     ; cmp eax, 2; je exit    SIGINT
      b83d000000      ; reap: mov eax, 61      wait4(
      48c7c7ffffffff  ; mov rdi, -1              any child,
      31f6            ; xor esi, esi             no status,
      ba01000000      ; mov edx, 1               WNOHANG,
      4531d2          ; xor r10d, r10d           no usage)
      0f05            ; syscall
      85c0 7fe4       ; test eax, eax; jg reap
      ebc0            ; jmp wait
      b8e7000000      ; exit: mov eax, 231     exit_group(
      31ff            ; xor edi, edi             0)
      0f05            ; syscall
      ffffffffffffffff ; mask: every signal`,
  },
  arm64: {
    machine: 183,
    instructions: `
      e81080d2 ; mov x8, #135        rt_sigprocmask(
      400080d2 ; mov x0, #2            SIG_SETMASK,
      41030010 ; adr x1, mask          every signal,
      020080d2 ; mov x2, #0            no old set,
      030180d2 ; mov x3, #8            8 bytes)
      010000d4 ; svc #0
      281180d2 ; wait: mov x8, #137  rt_sigtimedwait(
      a0020010 ; adr x0, mask          any signal,
      010080d2 ; mov x1, #0            no details,
      020080d2 ; mov x2, #0            no time limit,
      030180d2 ; mov x3, #8            8 bytes)
      010000d4 ; svc #0
      1f3c00f1 ; cmp x0, #15         SIGTERM
      80010054 ; b.eq exit
      1f0800f1 ; cmp x0, #2          SIGINT
      40010054 ; b.eq exit
      882080d2 ; reap: mov x8, #260  wait4(
      00008092 ; mov x0, #-1           any child,
      010080d2 ; mov x1, #0            no status,
      220080d2 ; mov x2, #1            WNOHANG,
      030080d2 ; mov x3, #0            no usage)
      010000d4 ; svc #0
      1f0000f1 ; cmp x0, #0
      2cffff54 ; b.gt reap
      eeffff17 ; b wait
      c80b80d2 ; exit: mov x8, #94   exit_group(
      000080d2 ; mov x0, #0            0)
      010000d4 ; svc #0
      ffffffffffffffff ; mask: every signal`,
  },
} as const;

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const LOAD_ADDRESS = 0x400000;

/** A static ELF64 executable with one readable and executable segment that holds the file from its first byte. */
const elfExecutable = (machine: number, code: Buffer): Buffer => {
  const headerBytes = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const fileBytes = headerBytes + code.length;
  const file = Buffer.alloc(fileBytes);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, 64 bits, little-endian, version
  file.writeUInt16LE(2, 16); // type: executable
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20); // version
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS + headerBytes), 24); // entry
  file.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32); // program headers' offset
  file.writeUInt16LE(ELF_HEADER_BYTES, 52);
  file.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  file.writeUInt16LE(1, 56); // one program header
  file.writeUInt32LE(1, ELF_HEADER_BYTES); // load
  file.writeUInt32LE(5, ELF_HEADER_BYTES + 4); // read, execute
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), ELF_HEADER_BYTES + 16); // virtual address
  file.writeBigUInt64LE(BigInt(LOAD_ADDRESS), ELF_HEADER_BYTES + 24); // physical address
  file.writeBigUInt64LE(BigInt(fileBytes), ELF_HEADER_BYTES + 32); // bytes in the file
  file.writeBigUInt64LE(BigInt(fileBytes), ELF_HEADER_BYTES + 40); // bytes in memory
  file.writeBigUInt64LE(0x10000n, ELF_HEADER_BYTES + 48); // alignment: the largest page size
  code.copy(file, headerBytes);
  return file;
};
