import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { passOn } from './service-variables.ts';
import { ROOT } from './services.ts';

describe('npm run up passes the caller’s variables on', () => {
  it('all that the services know, but those that are drawn', async () => {
    const set = { SEGMENTER_BATCH_SIZE: '7', OIDC_ISSUER: 'https://id.example', DATABASE_POOL_SIZE: '5', PATH: '/bin' };
    const { environment, unused } = await passOn({
      ...set,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel.example',
      WEBEX_SCOPES: 'cjp:config',
      HTTP_PORT: '8080',
      SEALING_KEYS_FILE: '/run/secrets/keys',
      LINK_LIFETIME_SECONDS: '',
    });
    const { PATH: _path, ...known } = set;
    expect(environment).toEqual({
      ...known,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel.example',
      WEBEX_SCOPES: 'cjp:config',
    });
    expect(unused).toEqual(['HTTP_PORT', 'SEALING_KEYS_FILE']);
  });

  it('none of the documented ones is forgotten silently', async () => {
    const page = readFileSync(`${ROOT}/docs/environment-variables.md`, 'utf8').split('## The migration job')[0]!;
    const documented = new Set([...page.matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]!));
    expect(documented.size).toBeGreaterThan(50);
    const { environment, unused } = await passOn(Object.fromEntries([...documented].map((name) => [name, 'x'])));
    // What `npm run up` reads itself: the servers, and where Webex is.
    const own = ['KAFKA_BROKERS', 'KAFKA_TOPIC_PREFIX', 'REDIS_URL', 'WEBHOOK_PUBLIC_BASE'];
    const left = [...documented].filter((name) => !(name in environment) && !unused.includes(name));
    expect(left.filter((name) => !name.startsWith('WEBEX_')).sort()).toEqual(own);
  });
});
