/** One line of the table. */
export interface Measurement {
  name: string;
  /** What was measured, with its unit. */
  figure: string;
  /** The floor of the same run, with its unit; undefined where the target is absolute. */
  floor?: string;
  /** Product against floor: the median of the paired rounds. */
  ratio?: number;
  /** In words, as the order says it. */
  target: string;
  passed: boolean;
}

/** A benchmark of `npm run bench`; it starts what it needs and leaves nothing behind. */
export interface Benchmark {
  name: string;
  run(o: BenchmarkOptions): Promise<Measurement[]>;
}

export interface BenchmarkOptions {
  /** Fewer rounds and smaller amounts. */
  quick: boolean;
  /** For what it writes; exists, and is removed afterwards. */
  folder: string;
  say(line: string): void;
}

/** The value below which the share `q` (0…1) of the values lies; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Ratio of pairs taken one after the other: what else the machine did then weighs on both. */
export function pairedRatio(product: readonly number[], floor: readonly number[]): number {
  return median(product.map((value, index) => value / floor[index]!));
}

const COLUMNS = ['benchmark', 'figure', 'floor', 'ratio', 'target', ''] as const;

export function formatTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((m) => [
    m.name,
    m.figure,
    m.floor ?? '–',
    m.ratio === undefined ? '–' : m.ratio.toFixed(2),
    m.target,
    m.passed ? 'pass' : 'MISSED',
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(COLUMNS), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
