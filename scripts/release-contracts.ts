// Writes the schemas of this version to libs/contracts/released; later versions are compared with them (OPS-04).
import { readFileSync, writeFileSync } from 'node:fs';
import { EVENT_DEFINITIONS, TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { ROOT } from './stack/services.ts';

const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string };
const released = Object.fromEntries(
  TOPIC_NAMES.map((topic) => {
    const { type, schema } = EVENT_DEFINITIONS[topic];
    return [topic, { type, schema: JSON.parse(JSON.stringify(schema)) as unknown }];
  }),
);
const file = `libs/contracts/released/${version}.json`;
writeFileSync(`${ROOT}/${file}`, `${JSON.stringify(released, null, 2)}\n`);
console.log(`wrote ${file}`);
