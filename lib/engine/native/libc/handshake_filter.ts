import { SO_ATTACH_FILTER, SO_DETACH_FILTER, SOL_SOCKET } from "./constants.ts";
import { ERRNO } from "./errno.ts";
import type { Libc } from "./libc.ts";

/**
 * A classic BPF program over a TCP header: a segment with SYN and without ACK is dropped, every
 * other passes. An instruction's 8 bytes are the code (2), how many instructions to skip if a
 * comparison holds (1) or does not (1), and the operand (4).
 */
const INSTRUCTIONS = [
  /* the byte with the flags        BPF_LD | BPF_B | BPF_ABS  */ [0x30, 0, 0, 13],
  /* of which SYN and ACK           BPF_ALU | BPF_AND | BPF_K */ [0x54, 0, 0, 0x12],
  /* SYN alone: on; else: skip one  BPF_JMP | BPF_JEQ | BPF_K */ [0x15, 0, 1, 0x02],
  /* take none of it                BPF_RET | BPF_K           */ [0x06, 0, 0, 0],
  /* take all of it                 BPF_RET | BPF_K           */ [0x06, 0, 0, 0xffff_ffff],
] as const;

const INSTRUCTION_BYTES = 8;
/** `struct sock_fprog { unsigned short len; struct sock_filter *filter; }` on 64-bit machines. */
const FPROG_BYTES = 16;
const FILTER_OFFSET = 8;

/**
 * Created once and kept: the kernel reads the program by its address, only during the call. An
 * explicit `ArrayBuffer` does not move, where a small typed array without one may.
 */
const program = encodeProgram();

/**
 * Lets no new client into the queue of a listening socket until {@linkcode resumeHandshakes}.
 * Handshakes in progress are completed. To a new client it looks as if a packet had been lost: it
 * tries again after a second, and is refused if the socket is closed by then.
 *
 * The kernel resets the connections that wait in a queue when its socket is closed, and one may
 * always have come since the last look; after this call, the queue can be emptied safely.
 *
 * Returns false if the kernel rejects the filter.
 */
export function stopHandshakes(libc: Libc, socket: number): boolean {
  const fprog = new DataView(new ArrayBuffer(FPROG_BYTES));
  fprog.setUint16(0, INSTRUCTIONS.length, true);
  fprog.setBigUint64(FILTER_OFFSET, libc.addressOf(program, program, 0), true);
  return libc.setsockopt(
    socket,
    SOL_SOCKET,
    SO_ATTACH_FILTER,
    new Uint8Array(fprog.buffer),
    FPROG_BYTES,
  ) === 0;
}

/**
 * Lets clients in again, including those whose first packet was dropped: they try again. Returns
 * false if the kernel does not remove the filter.
 */
export function resumeHandshakes(libc: Libc, socket: number): boolean {
  const ignored = new Int32Array(1);
  return libc.setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, ignored, 4) === 0 ||
    libc.errno() === ERRNO.ENOENT;
}

function encodeProgram(): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(INSTRUCTIONS.length * INSTRUCTION_BYTES));
  for (const [index, [code, ifTrue, ifFalse, operand]] of INSTRUCTIONS.entries()) {
    const at = index * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, operand, true);
  }
  return new Uint8Array(view.buffer);
}
