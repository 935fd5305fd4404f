import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Type } from 'typebox';
import { baseConfig } from './base-config.ts';
import { ConfigError, loadConfig } from './config.ts';
import { describeEnvironment } from './describe-environment.ts';
import { newSealingKey } from './sealer.ts';

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 1, maximum: 65_535, description: 'Where it listens' }),
  RATIO: Type.Number({ default: 0.5, description: 'A share' }),
  ENABLED: Type.Boolean({ default: false, description: 'Whether' }),
  HOSTS: Type.Array(Type.String(), { default: [], description: 'Hosts' }),
  LIMITS: Type.Optional(Type.Object({ a: Type.Integer() }, { description: 'Limits' })),
  MODE: Type.Enum(['fast', 'safe'], { default: 'safe', description: 'How' }),
  BASE: Type.Optional(Type.String({ format: 'uri', description: 'Where' })),
  PASSWORD: Type.String({ minLength: 8, secret: true, description: 'The password' }),
});

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kit-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('converts text to numbers, booleans, lists and JSON, and fills defaults in', () => {
    const config = loadConfig(schema, {
      PORT: '8080',
      ENABLED: 'yes',
      HOSTS: 'a.example, b.example,',
      LIMITS: '{"a":3}',
      PASSWORD: '0123456789',
      UNRELATED: 'ignored',
    });
    expect(config).toEqual({
      PORT: 8080,
      RATIO: 0.5,
      ENABLED: true,
      HOSTS: ['a.example', 'b.example'],
      LIMITS: { a: 3 },
      MODE: 'safe',
      PASSWORD: '0123456789',
    });
  });

  it('keeps a numeric secret as text', () => {
    expect(loadConfig(schema, { PORT: '1', PASSWORD: '12345678' }).PASSWORD).toBe('12345678');
  });

  it('lists every problem at once, each with the variable, the reason and the remedy', () => {
    const problems = problemsOf({ PORT: '99999', ENABLED: 'perhaps', MODE: 'slow', BASE: 'not a url', LIMITS: '{' });
    expect(problems).toEqual([
      'PASSWORD: is not set. Set PASSWORD or PASSWORD_FILE (The password).',
      'PORT: is too large. Give a number <= 65535 (Where it listens).',
      'ENABLED: is not of type boolean. Give a value of type boolean (Whether).',
      'LIMITS: is not of type object. Give a value of type object (Limits).',
      'MODE: is none of the allowed values. Use one of fast, safe (How).',
      "BASE: is not a valid uri. Give a value in the format 'uri' (Where).",
    ]);
  });

  it('counts an empty variable as unset', () => {
    expect(problemsOf({ PORT: '', PASSWORD: '0123456789' })).toEqual([
      'PORT: is not set. Set PORT (Where it listens).',
    ]);
  });

  it('reads a secret from the file that <NAME>_FILE names, without the last line break', () => {
    const path = join(folder, 'password');
    writeFileSync(path, 'from a file\n');
    expect(loadConfig(schema, { PORT: '1', PASSWORD_FILE: path }).PASSWORD).toBe('from a file');
  });

  it('says when that file is missing, when both are set, and that only secrets come from files', () => {
    const missing = join(folder, 'missing');
    expect(problemsOf({ PORT: '1', PASSWORD_FILE: missing })).toEqual([
      `PASSWORD_FILE: the file '${missing}' does not exist. Mount the secret there or correct the path.`,
    ]);
    expect(problemsOf({ PORT: '1', PASSWORD: '0123456789', PASSWORD_FILE: missing })).toEqual([
      'PASSWORD: is set twice, also by PASSWORD_FILE. Keep one of the two.',
    ]);
    expect(problemsOf({ PORT: '1', PASSWORD: '0123456789', PORT_FILE: missing })).toEqual([
      'PORT_FILE: only secrets are read from files. Set PORT itself.',
    ]);
  });

  it('never repeats the value of a secret', () => {
    expect(problemsOf({ PORT: '1', PASSWORD: 'shorty1' }).join()).not.toContain('shorty1');
  });

  it('checks the base configuration down to one entry of API_KEYS', () => {
    const base = Type.Object({ ...baseConfig });
    const env = { DATABASE_URL: 'postgres://h/d', REDIS_URL: 'redis://h', KAFKA_BROKERS: 'a:1,b:2' };
    const config = loadConfig(base, env);
    expect(config.KAFKA_BROKERS).toEqual(['a:1', 'b:2']);
    expect(config.API_KEYS).toEqual([]);
    expect(config.SHUTDOWN_DEADLINE_MS).toBe(10_000);
    const keys = JSON.stringify([{ id: 'a', sha256: 'x', scopes: ['*'], tenantId: null }]);
    expect(() => loadConfig(base, { ...env, API_KEYS: keys })).toThrow(
      /API_KEYS: does not have the expected form at 0\/sha256\. Give a value that matches/,
    );
  });

  it('tells what is wrong with keyrings, the provider and API keys together with all else', () => {
    const keyring = (description: string) => Type.String({ format: 'keyring', secret: true, description });
    const whole = Type.Object({
      ...baseConfig,
      SEALING_KEYS: keyring('At rest'),
      HANDOVER_KEYS: keyring('Handed over'),
    });
    const key = { id: 'a', sha256: '0'.repeat(64), scopes: ['*'], tenantId: null };
    const good = `k1:${newSealingKey()}`;
    const env = { DATABASE_URL: 'postgres://h/d', REDIS_URL: 'redis://h', KAFKA_BROKERS: 'a:1' };
    expect(loadConfig(whole, { ...env, SEALING_KEYS: good, HANDOVER_KEYS: good }).SEALING_KEYS).toBe(good);
    const wrong = {
      HTTP_PORT: 'x',
      SEALING_KEYS: `k1:tooShort,${good}`,
      HANDOVER_KEYS: 'no colon',
      OIDC_ISSUER: 'https://id.example',
      OIDC_JWKS_URL: 'https://id.example/jwks',
      API_KEYS: JSON.stringify([key, key]),
    };
    try {
      loadConfig(whole, { ...env, ...wrong });
      throw new Error('taken');
    } catch (error) {
      expect((error as ConfigError).problems).toEqual([
        'HTTP_PORT: is not of type integer. Give a value of type integer (Port that the HTTP server listens on; 0 takes a free one).',
        "SEALING_KEYS: Key 'k1' is not base64 of 32 bytes. Make one: openssl rand -base64 32",
        "HANDOVER_KEYS: Keyring entry 1 is not '<id>:<base64 of 32 bytes>'. Write it so.",
        'OIDC_AUDIENCE: is not set, but another OIDC_ variable is. Set all three of them or none.',
        "API_KEYS: names the id 'a' twice. Give every key an id of its own.",
      ]);
    }
  });

  it('describes every variable for the generated page', () => {
    expect(describeEnvironment('demo', schema)).toBe(`## demo

| variable | takes | default | what it is for |
|---|---|---|---|
| \`PORT\` | integer | **required** | Where it listens |
| \`RATIO\` | number | \`0.5\` | A share |
| \`ENABLED\` | boolean | \`false\` | Whether |
| \`HOSTS\` | list | \`(empty)\` | Hosts |
| \`LIMITS\` | JSON | – | Limits |
| \`MODE\` | fast, safe | \`safe\` | How |
| \`BASE\` | URL | – | Where |
| \`PASSWORD\` or \`PASSWORD_FILE\` (secret) | text | **required** | The password |
`);
  });
});
