import type { Lifecycle } from './lifecycle.ts';
import { scrub } from './redaction.ts';

/** Something that the service needs to be of use. */
export interface ReadinessCheck {
  name: string;
  /** null when all is well, else the reason in words; an error counts as a reason */
  check(): Verdict | Promise<Verdict>;
}
/** `note`: ready all the same, and somebody should know. */
export type Verdict = string | null | { note: string };

/** A loop that must go on turning. */
export interface LivenessTick {
  name: string;
  /** When the loop turned last, epoch ms */
  lastTickMs(): number;
  /** How old that may be */
  maxAgeMs: number;
}

export interface HealthReport {
  ok: boolean;
  checks: { name: string; ok: boolean; reason?: string; note?: string }[];
}

const CHECK_TIMEOUT_MS = 2_000;

/** Whether work should come here: running, and every check passes within two seconds. */
export async function readiness(lifecycle: Lifecycle, checks: readonly ReadinessCheck[]): Promise<HealthReport> {
  if (lifecycle.phase !== 'running') {
    return { ok: false, checks: [{ name: 'life', ok: false, reason: `The service is ${lifecycle.phase}.` }] };
  }
  const results = await Promise.all(checks.map(runCheck));
  return { ok: results.every((result) => result.ok), checks: results };
}

/** Whether the process should be replaced: looks at the loops' last ticks only, never at a dependency. */
export function liveness(ticks: readonly LivenessTick[]): HealthReport {
  const nowMs = Date.now();
  const checks = ticks.map(({ name, lastTickMs, maxAgeMs }) => {
    const ageMs = nowMs - lastTickMs();
    return ageMs <= maxAgeMs
      ? { name, ok: true }
      : { name, ok: false, reason: `Its last turn was ${ageMs} ms ago, allowed are ${maxAgeMs} ms.` };
  });
  return { ok: checks.every((check) => check.ok), checks };
}

async function runCheck({ name, check }: ReadinessCheck): Promise<HealthReport['checks'][number]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`No answer within ${CHECK_TIMEOUT_MS} ms.`), CHECK_TIMEOUT_MS);
  });
  try {
    const verdict = await Promise.race([Promise.resolve().then(check), late]);
    if (typeof verdict === 'string') return { name, ok: false, reason: verdict };
    return { name, ok: true, ...verdict };
  } catch (error) {
    return { name, ok: false, reason: scrub(error instanceof Error ? error.message || error.name : String(error)) };
  } finally {
    clearTimeout(timer);
  }
}

/** Readiness of a pool: one statement. */
export function databaseCheck(pool: { query(text: string): Promise<unknown> }): ReadinessCheck {
  return {
    name: 'postgres',
    async check() {
      await pool.query('SELECT 1');
      return null;
    },
  };
}
