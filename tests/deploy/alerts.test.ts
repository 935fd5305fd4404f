import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { METRIC_CATALOGUES } from '../../scripts/lib/metric-catalogues.ts';

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const root = new URL('../../', import.meta.url);
const { groups } = parse(readFileSync(new URL('deploy/alerts.yml', root), 'utf8')) as {
  groups: { name: string; rules: Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

/** Series that Prometheus keeps itself, and the labels that a scrape adds. */
const PROMETHEUS_SERIES = new Map([['up', ['job', 'instance']]]);
const SCRAPE_LABELS = ['job', 'instance', 'le'];
const HISTOGRAM_SERIES = ['_bucket', '_count', '_sum'];
const WORDS = new Set(
  'sum min max by or unless and offset increase rate histogram_quantile on without absent min_over_time'.split(' '),
);

/** What a scrape has: name of the series → its labels. */
const series = new Map<string, readonly string[]>(PROMETHEUS_SERIES);
for (const catalogue of Object.values(METRIC_CATALOGUES)) {
  for (const [name, { kind, labels = [] }] of Object.entries(catalogue)) {
    const names = kind === 'histogram' ? HISTOGRAM_SERIES.map((suffix) => name + suffix) : [name];
    for (const one of names) series.set(one, [...labels, ...SCRAPE_LABELS]);
  }
}

/** Names of series and of labels in an expression. */
function namesOf(expr: string): { metrics: string[]; labels: string[] } {
  const labels: string[] = [];
  const rest = expr
    .replace(/\{([^}]*)\}/g, (_, matchers: string) => {
      labels.push(...[...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1]!));
      return ' ';
    })
    .replace(/\b(?:by|on|without)\s*\(([^)]*)\)/g, (_, list: string) => {
      labels.push(...list.split(',').map((name) => name.trim()));
      return ' ';
    })
    .replace(/\[[^\]]*\]|\b\d+(?:\.\d+)?[smhd]?\b/g, ' ');
  return { metrics: [...rest.matchAll(/[a-z_]+/g)].map(([word]) => word).filter((word) => !WORDS.has(word)), labels };
}

/** Headings of a page as GitHub names them in links. */
const anchorsOf = (page: string) =>
  [...page.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('OPS-02 alert rules', () => {
  it('have names of their own', () => {
    const names = rules.map((rule) => rule.alert);
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for metrics and labels that exist', (_, rule) => {
    const { metrics, labels } = namesOf(rule.expr);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect([...series.keys()]).toContain(metric);
    const known = metrics.flatMap((metric) => series.get(metric) ?? []);
    for (const label of labels) expect(known).toContain(label);
    const told = Object.values(rule.annotations).join(' ');
    const left = /\bby \(([^)]*)\)/.exec(rule.expr)?.[1]?.split(', ') ?? ['job', 'instance'];
    for (const [, label] of told.matchAll(/\$labels\.([a-z_]+)/g)) expect(left).toContain(label);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s says what to do', (_, { labels, annotations }) => {
    expect(['info', 'warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/.{10,}/);
    expect(annotations.description).toMatch(/.{30,}/);
    const [page, anchor] = annotations.runbook_url!.split('#');
    const file = new URL(page!, root);
    expect(existsSync(file)).toBe(true);
    expect(anchorsOf(readFileSync(file, 'utf8'))).toContain(anchor);
  });

  it('cover what nobody may overlook: tokens, the brake, capture, outboxes, dead letters', () => {
    const asked = rules.flatMap((rule) => namesOf(rule.expr).metrics);
    for (const metric of [
      'oauth_authorizations_lost_total',
      'oauth_refresh_token_warning_days',
      'sync_brake_waiting',
      'sync_last_complete_age_seconds',
      'capture_polls_total',
      'bus_outbox_oldest_age_seconds',
      'bus_dead_letters_total',
    ]) {
      expect(asked).toContain(metric);
    }
  });
});
