import { describe, expect, it } from '@jest/globals';
import { isConflict, isTransient, sqlState } from './sql-error.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('kinds of SQL errors', () => {
  it.each([
    '40001',
    '40P01',
    '57P01',
    '57P03',
    '53300',
    '53200',
    '08006',
    '08001',
    '55P03',
    '57014',
    'ECONNREFUSED',
    'EPIPE',
  ])('%s passes by itself', (code) => expect(isTransient(withCode(code))).toBe(true));
  it.each(['23505', '22P05', '22021', '42P01', '42501', 'ENOSPC', '22P02'])('%s does not', (code) =>
    expect(isTransient(withCode(code))).toBe(false),
  );
  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
    'the driver’s “%s” passes by itself',
    (message) => expect(isTransient(new Error(message))).toBe(true),
  );
  it('several refused addresses pass by themselves, no error at all does not', () => {
    expect(isTransient(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]))).toBe(true);
    expect(isTransient(new AggregateError([withCode('ECONNREFUSED'), new Error('bug')]))).toBe(false);
    expect(isTransient(undefined)).toBe(false);
    expect(isTransient('text')).toBe(false);
  });
  it('a SQLSTATE is told from a system code', () => {
    expect(sqlState(withCode('23505'))).toBe('23505');
    expect(sqlState(withCode('ENOENT'))).toBeUndefined();
    expect(sqlState(withCode('EPIPE'))).toBeUndefined();
    expect(isConflict(withCode('40P01'))).toBe(true);
    expect(isConflict(withCode('57P01'))).toBe(false);
  });
});
