/** The one of `candidates` that was probably meant: the same but for its case, or a slip or two away. */
export function nearestOf<T extends string>(given: string, candidates: readonly T[]): T | undefined {
  const wanted = given.toLowerCase();
  // A slip in a short word makes another word of it, so what may differ grows with the length.
  let most = Math.min(3, Math.floor(given.length / 3));
  let nearest: T | undefined;
  for (const candidate of candidates) {
    const distance = slipsBetween(wanted, candidate.toLowerCase(), most);
    if (distance === undefined) continue;
    nearest = candidate;
    most = distance - 1;
    if (most < 0) break;
  }
  return nearest;
}

/** Letters left out, added, changed or swapped with their neighbour; undefined when more than `most`. */
export function slipsBetween(a: string, b: string, most: number): number | undefined {
  if (Math.abs(a.length - b.length) > most) return undefined;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, beforeLast[j - 2]! + 1);
      }
      row.push(slips);
    }
    if (Math.min(...row) > most) return undefined;
    beforeLast = last;
    last = row;
  }
  const slips = last[b.length]!;
  return slips <= most ? slips : undefined;
}
