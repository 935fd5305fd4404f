import { describe, expect, it } from '@jest/globals';
import { liveness, readiness } from './health.ts';

describe('readiness', () => {
  const good = { name: 'good', check: () => null };

  it('needs the process to run and every check to pass, and says which does not and why', async () => {
    expect(await readiness({ phase: 'running' }, [good])).toEqual({ ok: true, checks: [{ name: 'good', ok: true }] });
    const bad = {
      name: 'postgres',
      check: async () => {
        throw new Error('connect ECONNREFUSED postgres://u:pw@h');
      },
    };
    expect(
      await readiness({ phase: 'running' }, [good, bad, { name: 'topic', check: () => 'is not read to its end' }]),
    ).toEqual({
      ok: false,
      checks: [
        { name: 'good', ok: true },
        { name: 'postgres', ok: false, reason: 'connect ECONNREFUSED postgres://[redacted]@h' },
        { name: 'topic', ok: false, reason: 'is not read to its end' },
      ],
    });
  });

  it('stays when a check only has something to tell, and tells it', async () => {
    expect(
      await readiness({ phase: 'running' }, [good, { name: 'consumer', check: () => ({ note: 'stands still' }) }]),
    ).toEqual({
      ok: true,
      checks: [
        { name: 'good', ok: true },
        { name: 'consumer', ok: true, note: 'stands still' },
      ],
    });
  });

  it.each(['starting', 'stopping'] as const)('is refused while %s, without asking anybody', async (phase) => {
    let asked = false;
    const report = await readiness({ phase }, [
      {
        name: 'x',
        check() {
          asked = true;
          return null;
        },
      },
    ]);
    expect(report.ok).toBe(false);
    expect(asked).toBe(false);
  });
});

describe('liveness', () => {
  it('comes from the age of the loops’ last turns alone', () => {
    const fresh = { name: 'relay', lastTickMs: () => Date.now(), maxAgeMs: 1_000 };
    const stuck = { name: 'consumer', lastTickMs: () => Date.now() - 5_000, maxAgeMs: 1_000 };
    expect(liveness([]).ok).toBe(true);
    expect(liveness([fresh]).ok).toBe(true);
    const report = liveness([fresh, stuck]);
    expect(report.ok).toBe(false);
    expect(report.checks[1]).toMatchObject({ name: 'consumer', ok: false });
  });
});
