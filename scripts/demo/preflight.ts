import type { Stack } from '../stack/start-stack.ts';
import { callService } from './connect-acd.ts';

interface Preflight {
  summary: { pass: number; fail: number; cannotBeChecked: number };
  checks: { title: string; outcome: string; evidence: string }[];
}

/** One line about the guide's prerequisites, with what failed of them. */
export async function tellPreflight(stack: Stack, acdId: string): Promise<string> {
  const url = `${stack.url('oauth')}/v1/acds/${acdId}/preflight`;
  const { summary, checks } = await callService<Preflight>(stack, url, { method: 'POST' });
  const failed = checks
    .filter(({ outcome }) => outcome === 'fail')
    .map(({ title, evidence }) => `${title}: ${evidence}`);
  const { pass, fail, cannotBeChecked } = summary;
  const line = `preflight: ${pass} pass, ${fail} fail, ${cannotBeChecked} for a person to look at`;
  return failed.length === 0 ? line : `${line} (${failed.join(' · ')})`;
}
