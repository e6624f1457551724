import { deadlineOrder } from "./_deadline_order.ts";
import { type IndexTable, indexTable } from "./_index_table.ts";

/**
 * The most steps (slots times weights) for which a cycle is laid out in nginx's order: some 20 ms.
 */
export const MAX_SMOOTH_STEPS = 4_000_000;

/** The longest cycle, in slots: above it the weights are scaled down, which rounds the shares. */
export const MAX_CYCLE_LENGTH = 2 ** 18;

/**
 * Lays out one cycle of picks in which every place comes up as often as its weight says, evenly
 * spread. The length is the sum of the weights divided by their greatest common divisor.
 *
 * The order is that of nginx's smooth weighted round robin: each slot adds every weight to its
 * place's account and takes the sum of all weights from the highest one, the first among equals.
 * That costs slots times weights. A cycle of more than {@linkcode MAX_SMOOTH_STEPS} is laid out by
 * {@linkcode deadlineOrder} instead: the same shares exactly, spread at least as evenly, in another
 * order. A cycle of more than {@linkcode MAX_CYCLE_LENGTH} slots is shortened by scaling the weights;
 * each keeps one slot or more, and the shares are right to one slot in the cycle.
 *
 * @param weights integers of 1 or more
 */
export function smoothOrder(weights: readonly number[]): IndexTable {
  const reduced = divideByGcd(capSum(divideByGcd(weights)));
  const length = sumOf(reduced);
  return length * reduced.length > MAX_SMOOTH_STEPS ? deadlineOrder(reduced) : nginxOrder(reduced);
}

function nginxOrder(weights: Float64Array): IndexTable {
  const count = weights.length;
  const length = sumOf(weights);
  const order = indexTable(length, count - 1);
  const accounts = new Float64Array(count);
  for (let slot = 0; slot < length; slot += 1) {
    let best = 0;
    let highest = -Infinity;
    for (let place = 0; place < count; place += 1) {
      const account = (accounts[place] as number) + (weights[place] as number);
      accounts[place] = account;
      if (account > highest) {
        best = place;
        highest = account;
      }
    }
    accounts[best] = highest - length;
    order[slot] = best;
  }
  return order;
}

function divideByGcd(weights: ArrayLike<number>): Float64Array {
  const reduced = Float64Array.from(weights);
  let divisor = 0;
  for (const weight of reduced) divisor = gcd(divisor, weight);
  return divisor > 1 ? reduced.map((weight) => weight / divisor) : reduced;
}

function capSum(weights: Float64Array): Float64Array {
  const sum = sumOf(weights);
  if (sum <= MAX_CYCLE_LENGTH) return weights;
  // Leaves room for each weight to be rounded up by one.
  const scale = Math.max(MAX_CYCLE_LENGTH - weights.length, 0) / sum;
  return weights.map((weight) => Math.max(1, Math.round(weight * scale)));
}

function gcd(a: number, b: number): number {
  let divisor = a;
  let rest = b;
  while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

function sumOf(weights: Float64Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  return sum;
}
