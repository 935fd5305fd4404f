import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';

type Line = Record<string, unknown> & { err?: { cause?: unknown } };

function capture(write: (logger: ReturnType<typeof createLogger>) => void): Line[] {
  const lines: string[] = [];
  write(createLogger({ service: 'demo', level: 'debug', destination: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line));
}

describe('log lines', () => {
  it('carry the level as a word, the service and the time in epoch ms', () => {
    const [line] = capture((logger) => logger.warn({ taskId: 't1' }, 'late'));
    expect(line).toEqual({ level: 'warn', time: expect.any(Number), service: 'demo', taskId: 't1', msg: 'late' });
  });

  it.each(
    'authorization access_token refreshToken clientSecret key code password ani DNIS phoneNumber e-mail agentName name'
      .split(' ')
      .map((key) => [key]),
  )('hide what stands under %s, however deep', (key) => {
    const [line] = capture((logger) => logger.info({ [key]: 'private', list: [{ deep: { [key]: 'private' } }] }));
    expect(JSON.stringify(line)).not.toContain('private');
  });

  it('hide it in what a child logger is bound to as well', () => {
    const [line] = capture((logger) => logger.child({ acdId: 'a', email: 'a@b.example' }).info('x'));
    expect(line).toMatchObject({ acdId: 'a', email: '[redacted]' });
  });

  it('take credentials out of free text: URLs, bearers, API keys, JWTs, signed queries', () => {
    const key = `wfo_op_${'s'.repeat(43)}`;
    const [line] = capture((logger) =>
      logger.info(
        { url: 'https://storage.example/a?X-Amz-Signature=abcdef&n=1' },
        `postgres://user:hunter2@db/x Bearer abcdefghijkl ${key} eyJhbGciOiJ.eyJzdWIiOiI.c2ln https://x/?code=4711`,
      ),
    );
    expect(JSON.stringify(line)).not.toMatch(/hunter2|abcdef|sss|eyJ|4711/);
    expect(line?.url).toBe('https://storage.example/a?X-Amz-Signature=[redacted]&n=1');
    expect(line?.msg).toContain('wfo_op_[redacted]');
  });

  it('take e-mail addresses and phone numbers out of free text, but leave versions, times and paths alone', () => {
    const kept = 'pg@8.23.1/lib 2026-11-22T20:00:00+0100 a+1234567b';
    const [line] = capture((logger) => logger.info(`ann.lee+x@mail.example.org called +4930123456 ${kept}`));
    expect(line?.msg).toBe(`[redacted] called [redacted] ${kept}`);
  });

  it('show errors with type, message, code and causes, but none of their other properties', () => {
    const cause = Object.assign(new TypeError('cannot reach redis://:pw123@host'), { detail: 'Key (ani)=(+4930)' });
    const error = Object.assign(new Error('outer', { cause }), { code: 'ECONNREFUSED', config: { token: 'secret-1' } });
    const [line] = capture((logger) => logger.error({ err: error }, 'failed'));
    expect(line?.err).toMatchObject({ type: 'Error', message: 'outer', errorCode: 'ECONNREFUSED' });
    expect(line?.err?.cause).toMatchObject({ type: 'TypeError', message: 'cannot reach redis://[redacted]@host' });
    expect(JSON.stringify(line)).not.toMatch(/pw123|secret-1|4930/);
  });

  it('survive circular, very deep and binary values', () => {
    const circular: Record<string, unknown> = { bytes: Buffer.from('abc') };
    circular.self = circular;
    const [line] = capture((logger) => logger.info(circular, 'x'));
    expect(line?.msg).toBe('x');
    expect(line?.bytes).toBe('[3 bytes]');
  });
});
